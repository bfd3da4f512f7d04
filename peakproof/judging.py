"""Judging a finished run in hindsight, from its folder."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from peakproof.outputs import OutputError, file_hashes, write_json
from sim.run_files import HINDSIGHT, MANIFEST, SCENARIO

if TYPE_CHECKING:
    from optimize.hindsight.bound import Hindsight
    from optimize.hindsight.regret_causes import RegretCauses
    from sim.run import Run
    from sim.world import World


def hindsight(run: Run | str | Path, rounds: int | None = None) -> Hindsight:
    """The clairvoyant bound of a run, kept in its folder as ``hindsight.json``: from then on ``run.regret()`` tells it.

    Parameters
    ----------
    run
        A run or its folder, as `peakproof.run` wrote it.
    rounds
        Of the search for prices (None: the usual number); more of them tighten the bound.

    Raises
    ------
    OutputError
        If the folder does not hold the scenario that it is a run of.
    HindsightError
        If it is not a run of that scenario.

    Examples
    --------
    >>> found = hindsight("runs/peak-1")  # doctest: +SKIP
    >>> found.regret_share  # doctest: +SKIP
    0.14
    """
    from optimize.hindsight.bound import ROUNDS
    from optimize.hindsight.bound import hindsight as judge

    opened, world = _open(run)
    found = judge(world, opened.books, rounds or ROUNDS)
    share = found.regret_share
    row = asdict(found) | {"regret_share": share if math.isfinite(share) else None}
    write_json(opened.folder / HINDSIGHT, row)
    write_json(opened.folder / MANIFEST, {**opened.manifest, "files": file_hashes(opened.folder)})
    return found


def regret_causes(run: Run | str | Path, rounds: int | None = None) -> RegretCauses:
    """Where a run's regret comes from, order by order; ``orders`` of the answer is a DataFrame.

    Parameters
    ----------
    run, rounds
        As for `hindsight`.

    Raises
    ------
    OutputError, HindsightError
        As `hindsight` does.

    Examples
    --------
    >>> found = regret_causes("runs/peak-1")  # doctest: +SKIP
    >>> found.orders.groupby("channel")[["waiting_cents", "place_cents"]].mean()  # doctest: +SKIP
    """
    from optimize.hindsight.bound import ROUNDS
    from optimize.hindsight.regret_causes import regret_causes as causes

    opened, world = _open(run)
    return causes(world, opened.books, rounds or ROUNDS)


def _open(run: Run | str | Path) -> tuple[Run, World]:
    from scenarios.load import load
    from sim.run import Run

    opened = run if isinstance(run, Run) else Run.open(run)
    scenario = opened.folder / SCENARIO
    if not scenario.is_file():
        raise OutputError(f"{opened.folder} does not hold its {SCENARIO}: only `peakproof run` writes it")
    return opened, load(scenario).world
