"""Changes of a scenario: what each recovers alone, last, and in the order of its gain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakproof.outputs import check_free, file_hashes, free_folder, whole_folder, write_json
from sim.run_files import MANIFEST

if TYPE_CHECKING:
    from scenarios.experiments.changes import Attribution, Change


def changes(
    scenario: str | Path,
    changes: Sequence[Change | str],
    replications: int = 5,
    seed: int = 1,
    *,
    out: str | Path | None = None,
    **options: Any,
) -> tuple[Attribution, Path]:
    """Ask which change of a scenario recovers how much; write changes.json, replications.csv and report.html.

    See `scenarios.experiments.changes.attribute` for the options.

    Examples
    --------
    >>> found, folder = changes("fragmented", ["live_sync", "node_balancing"])  # doctest: +SKIP
    >>> found.alone("live_sync", "oversold_units").mean  # doctest: +SKIP
    -21.4
    """
    from scenarios.experiments.changes import attribute

    _check(out)
    return _written(attribute(scenario, changes, replications, seed, **options), "changes", seed, out)


def acting(
    scenario: str | Path, replications: int = 5, seed: int = 1, *, out: str | Path | None = None, **options: Any
) -> tuple[Attribution, Path]:
    """Ask what acting on the alerts of a scenario saves, each and all of them; writes what `changes` writes.

    See `scenarios.experiments.acting.acting` for the options.
    """
    from scenarios.experiments.acting import acting as act

    _check(out)
    return _written(act(scenario, replications, seed, **options), "alerts", seed, out)


def _check(out: str | Path | None) -> None:
    if out is not None:
        check_free(Path(out))  # before the work, not after it


def _written(found: Attribution, what: str, seed: int, out: str | Path | None) -> tuple[Attribution, Path]:
    from reports.changes_page import changes_page
    from reports.html import write_page

    folder = Path(out) if out is not None else free_folder(f"{found.comparison.scenario}-{what}")
    with whole_folder(folder) as partial:
        found.save(partial / f"{what}.json")
        found.comparison.frame.to_csv(partial / "replications.csv", index=False, lineterminator="\n")
        write_page(partial / "report.html", changes_page(found))
        write_json(partial / MANIFEST, {"seed": seed, "files": file_hashes(partial)})
    return found, folder
