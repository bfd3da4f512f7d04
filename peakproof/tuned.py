"""Tuning into a folder that an interrupted search can go on from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakproof.outputs import OutputError, file_hashes, free_folder, write_json
from sim.run_files import MANIFEST

if TYPE_CHECKING:
    from scenarios.tuning import Tuned

STUDY = "study.journal"


def tune(scenario: str | Path, decision: str, policy: str, params: Sequence[str], **options: Any) -> Tuned:
    """Search a policy's parameters against the simulation; see `scenarios.tuning.tune` for the options.

    Examples
    --------
    >>> found = tune("peak", "replenishment", "forecast_order_up_to", ["service_level=80%..99%"])  # doctest: +SKIP
    >>> print(found.summary())  # doctest: +SKIP
    """
    from scenarios.tuning import tune as search

    return search(scenario, decision, policy, params, **options)


def tune_to_folder(
    scenario: str | Path,
    decision: str,
    policy: str,
    params: Sequence[str],
    *,
    out: str | Path | None = None,
    **options: Any,
) -> tuple[Tuned, Path]:
    """Like `tune`; write tuning.json, trials.csv and report.html into a folder.

    Its trials are kept in ``study.journal`` there as they are made: the same call with the same ``out`` goes on where
    it stopped, or where other processes are, and adds trials if more are asked for.

    Raises
    ------
    OutputError
        If ``out`` is neither free nor the folder of a tuning.
    """
    folder = Path(out) if out is not None else free_folder(f"{Path(scenario).stem}-{decision}-tuning")
    _check(folder)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    study = folder / STUDY
    try:
        found = tune(scenario, decision, policy, params, study=study, **options)
    except BaseException:
        if is_new and not study.exists():
            folder.rmdir()
        raise
    _write(folder, found)
    return found, folder


def _check(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / STUDY).is_file():
        raise OutputError(f"{folder} exists and is no tuning (it has no {STUDY}), so it is left as it is")


def _write(folder: Path, found: Tuned) -> None:
    """Each file appears whole, the manifest last."""
    from reports.html import write_page
    from reports.tuning_page import tuning_page

    (folder / MANIFEST).unlink(missing_ok=True)
    found.save(folder / "tuning.json")
    partial = folder / f".trials.{os.getpid()}.partial"
    found.frame.to_csv(partial, index=False, lineterminator="\n")
    partial.replace(folder / "trials.csv")
    write_page(folder / "report.html", tuning_page(found))
    write_json(folder / MANIFEST, {"policy": found.best, "files": file_hashes(folder, skip=(MANIFEST, STUDY))})
