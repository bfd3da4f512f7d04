"""What the command line does, as functions: run a scenario, compare policies, write reports."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakproof.outputs import OutputError, check_free, file_hashes, free_folder, whole_folder, write_json
from sim.run_files import MANIFEST, REFERENCES, SCENARIO

if TYPE_CHECKING:
    from scenarios.experiments.comparison import Comparison
    from scenarios.load import Loaded
    from sim.run import Run

Progress = Callable[[float], None]

KPIS, REPORT, COMPARISON = "kpis.json", "report.html", "comparison.json"


def run(
    scenario: str | Path,
    seed: int = 1,
    *,
    policies: Sequence[str] = (),
    sets: Sequence[str] = (),
    use: Sequence[str] = (),
    out: str | Path | None = None,
    check: bool = False,
    report: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Run a scenario once and write everything about it into one folder.

    Parameters
    ----------
    scenario
        A name from the library or the path of a scenario file.
    seed
        Same seed, same customers, same bits.
    policies, sets, use
        ``decision=name:parameter=value``, ``key=value`` and names of the scenario's own overrides.
    out
        Folder to write; by default ``runs/<scenario>-<seed>``, with a number behind it if that is taken.
    check
        Verify every book at every event.
    report
        Whether to write ``report.html``.
    progress
        Called with the share of the run that is done.

    Returns
    -------
    Run
        The finished run, opened from its folder.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the scenario; nothing is written.
    OutputError
        If ``out`` exists and is not an earlier run.
    """
    from scenarios.load import load
    from scenarios.resolve import write_resolved
    from sim.model import Model
    from sim.run import Run

    loaded = load(scenario, use, sets, policies)
    folder = Path(out) if out is not None else free_folder(f"{loaded.world.name}-{seed}")
    check_free(folder)
    with whole_folder(folder) as partial:
        write_resolved(loaded, partial / SCENARIO)
        Model(loaded.world, seed=seed, check=check).run(partial, progress)
        _write_references(loaded, partial)
        _sign(partial, Run(partial).manifest)
        _finish(Run(partial), report)
    return Run(folder)


def compare(
    scenario: str | Path,
    policies: Sequence[str] = (),
    decision: str = "allocation",
    replications: int = 10,
    seed: int = 1,
    **options: Any,
) -> Comparison:
    """Run policies of one decision on the same customers; see `scenarios.experiments.experiment.compare` for the
    options, such as ``regret=True`` for a column of regret to hindsight.

    Examples
    --------
    >>> result = compare("outage", policies=["closest", "cheapest"], replications=5)  # doctest: +SKIP
    >>> print(result.summary())  # doctest: +SKIP
    """
    from scenarios.experiments.experiment import compare as run_experiment

    return run_experiment(scenario, policies, decision, replications, seed, **options)


def compare_to_folder(
    scenario: str | Path,
    policies: Sequence[str],
    decision: str = "allocation",
    replications: int = 10,
    seed: int = 1,
    *,
    out: str | Path | None = None,
    **options: Any,
) -> tuple[Comparison, Path]:
    """Like `compare`, and write comparison.json, replications.csv and report.html into one folder."""
    if out is not None:
        check_free(Path(out))  # before the work, not after it
    result = compare(scenario, policies, decision, replications, seed, **options)
    folder = Path(out) if out is not None else free_folder(f"{result.scenario}-comparison")
    with whole_folder(folder) as partial:
        _write_comparison(partial, result)
    return result, folder


def report(source: Run | Comparison | str | Path, out: str | Path | None = None, *, role: str | None = None) -> Path:
    """Write the page of a run or of a comparison, each as an object or as its folder.

    ``role`` (one of `reports.roles.VIEWS`) writes a run as that role sees it, by default to ``report-ROLE.html``.

    Returns
    -------
    Path
        The page: ``out``, or ``report.html`` in the folder.

    Raises
    ------
    OutputError
        If the folder holds neither, or a comparison that is in no folder has no ``out``.
    """
    from reports.html import write_page
    from scenarios.experiments.comparison import Comparison
    from sim.run import Run

    folder = None
    if isinstance(source, (str, Path)):
        folder = Path(source)
        source = Comparison.read(folder / COMPARISON) if (folder / COMPARISON).is_file() else Run.open(folder)
    elif isinstance(source, Run):
        folder = source.folder
    if out is None and folder is None:
        raise OutputError("say where to write the report of a comparison: report(result, 'report.html')")
    name = REPORT if role is None else f"report-{role}.html"
    file = Path(out) if out is not None else Path(folder or "") / name
    page = _page(source) if role is None else _role_page(source, role)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_page(file, page)
    return file


def read_kpis(run: Run) -> dict[str, float]:
    """The measures of a run as it wrote them down, or computed if it did not, or if that cannot be read."""
    file = run.folder / KPIS
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return {name: math.nan if value is None else float(value) for name, value in stored.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return run.kpis()


def _finish(run: Run, with_report: bool) -> None:
    """Measure a run, describe it, and sign its files."""
    from reports.html import write_page

    kpis = run.kpis()
    write_json(run.folder / KPIS, _plain(kpis))
    if with_report:
        write_page(run.folder / REPORT, _page(run))
    _sign(run.folder, run.manifest)


def _write_references(loaded: Loaded, folder: Path) -> None:
    """What replayed orders were called in the file that they came from; they are numbered as they stand
    there."""
    trace = loaded.world.trace
    if trace is None:
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = pa.array(range(len(trace.order_ref)), pa.int32())
    pq.write_table(pa.table({"order": numbers, "reference": pa.array(trace.order_ref)}), folder / REFERENCES)


def _write_comparison(folder: Path, result: Comparison) -> None:
    from reports.html import write_page

    result.save(folder / COMPARISON)
    result.frame.to_csv(folder / "replications.csv", index=False, lineterminator="\n")
    write_page(folder / REPORT, _page(result))
    _sign(folder, {"scenario": result.scenario, "seed": result.seed, "replications": result.replications})


def _sign(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest last: a folder that has one is complete, and each file's hash says that it is
    unchanged."""
    from importlib.metadata import version

    write_json(folder / MANIFEST, {**manifest, "version": version("peakproof"), "files": file_hashes(folder)})


def _page(source: Run | Comparison) -> str:
    from reports.comparison_page import comparison_page
    from reports.run_page import run_page
    from scenarios.experiments.comparison import Comparison

    return comparison_page(source) if isinstance(source, Comparison) else run_page(source, read_kpis(source))


def _role_page(source: Run | Comparison, role: str) -> str:
    from reports.role_page import role_page
    from sim.run import Run

    if not isinstance(source, Run):
        raise OutputError("a comparison has no views by role: name the folder of a run")
    return role_page(source, role, read_kpis(source))


def _plain(kpis: Mapping[str, float]) -> dict[str, float | None]:
    """JSON has no NaN; null stands for a measure without a value."""
    return {name: value if math.isfinite(value) else None for name, value in kpis.items()}
