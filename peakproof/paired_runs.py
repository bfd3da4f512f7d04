"""Continuity reports: each scenario under each policy, run with and without what happens to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from peakproof.outputs import check_free, file_hashes, free_folder, whole_folder, write_json
from sim.run_files import MANIFEST

if TYPE_CHECKING:
    from reports.continuity import Continuity
    from reports.continuity_page import Pair
    from sim.world import World

Progress = Callable[[float], None]


def continuity(
    scenarios: str | Path | Sequence[str | Path],
    policies: Sequence[str] = (),
    decision: str = "allocation",
    seed: int = 1,
    *,
    sets: Sequence[str] = (),
    use: Sequence[str] = (),
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[list[Continuity], Path]:
    """Run each scenario under each policy twice, with and without its disruptions, and report what these did.

    Promotions are demand: they are in both runs.

    Parameters
    ----------
    scenarios
        One name or file, or several.
    policies
        Of ``decision``; none: the scenario's own.
    seed
        Of all runs.
    sets, use
        ``key=value`` and names of the scenarios' own overrides.
    out
        Folder for continuity.json and report.html; by default ``runs/<scenario>-continuity``.
    progress
        Called with the share of the runs that are done.

    Returns
    -------
    list of Continuity, Path
        In the order of the scenarios, then of the policies; and the folder.

    Raises
    ------
    ContinuityError
        If nothing happens in a scenario.

    Examples
    --------
    >>> results, folder = continuity("outage", ["closest", "cheapest"])  # doctest: +SKIP
    >>> results[0].recover_ms / 3_600_000  # doctest: +SKIP
    71.9
    """
    from scenarios.load import load

    names = [scenarios] if isinstance(scenarios, (str, Path)) else list(scenarios)
    worlds = [
        (policy, load(name, use, sets, [f"{decision}={policy}"] if policy else ()).world)
        for name in names
        for policy in (policies or [""])
    ]
    folder = Path(out) if out is not None else free_folder(f"{worlds[0][1].name}-continuity")
    check_free(folder)
    with tempfile.TemporaryDirectory() as scratch:
        pairs = []
        for number, (policy, world) in enumerate(worlds):
            label = policy or world.policies[decision].name
            pairs.append(_pair(world, label, seed, Path(scratch) / str(number)))
            if progress is not None:
                progress((number + 1) / len(worlds))
        return _written(pairs, seed, folder), folder


def _written(pairs: list[Pair], seed: int, folder: Path) -> list[Continuity]:
    """What pairs of runs tell, as files and as results; the page still reads the books of the runs."""
    from reports.continuity_page import continuity_page
    from reports.html import write_page

    results = [pair.result for pair in pairs]
    with whole_folder(folder) as partial:
        write_json(partial / "continuity.json", [asdict(result) for result in results])
        write_page(partial / "report.html", continuity_page(pairs))
        write_json(partial / MANIFEST, {"seed": seed, "files": file_hashes(partial)})
    return results


def _pair(world: World, policy: str, seed: int, scratch: Path) -> Pair:
    from reports.continuity import continuity as compare
    from reports.continuity_page import Pair
    from sim.model import Model
    from sim.run import Run

    runs = []
    for name, one in (("disturbed", world), ("undisturbed", undisturbed(world))):
        folder = scratch / name
        folder.mkdir(parents=True)
        Model(one, seed).run(folder)
        runs.append(Run(folder))
    return Pair(compare(runs[0], runs[1], policy), runs[0], runs[1])


def undisturbed(world: World) -> World:
    """The same world with nothing on the clock but its promotions."""
    kept = [n for n, d in enumerate(world.disruptions) if d.kind == "promotion"]
    return replace(
        world,
        disruptions=tuple(world.disruptions[n] for n in kept),
        disruption_names=tuple(world.disruption_name(n) for n in kept),
    )
