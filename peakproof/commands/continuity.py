"""``peakproof continuity``: what a disruption did, and how each policy took it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Quiet, Seed, Sets, Use

HELP = """Run scenarios with and without what happens to them, and tell how long each policy held and what it lost.

Examples:

    peakproof continuity outage
    peakproof continuity outage --policies closest,cheapest
    peakproof continuity carrier-strike recall --seed 7
    peakproof continuity outage --set disruptions.AVP\\ down.duration=36h

Time to survive ends when service first falls below that of the undisturbed run, time to recover when the backlog is
back at its level; late, cancelled and refused are the orders that it cost. Promotions are in both runs. What is
written: continuity.json and report.html.
"""


@told
def continuity(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="Names that 'peakproof list scenarios' shows, or YAML files."),
    ],
    policies: Annotated[
        str,
        typer.Option("--policies", metavar="A,B,C", help="Policies of one decision; by default the file's own."),
    ] = "",
    decision: Annotated[str, typer.Option("--decision", help="The decision point they stand for.")] = "allocation",
    seed: Seed = 1,
    set_: Sets = [],  # noqa: B006  # typer reads the default and never changes it
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-continuity, numbered if taken."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Report on continuity (`HELP` is what the command line shows)."""
    from peakproof.console import progress, say, table
    from peakproof.paired_runs import continuity as report
    from reports.continuity_page import COLUMNS, row

    names = [name.strip() for name in policies.split(",") if name.strip()]
    with progress(f"{', '.join(scenarios)}, seed {seed}", quiet) as tell:
        results, folder = report(scenarios, names, decision, seed, sets=set_, use=use, out=out, progress=tell)
    table(None, COLUMNS, [row(result) for result in results], numbers=range(2, len(COLUMNS)))
    say(f"The report: {folder / 'report.html'}")


continuity.__doc__ = HELP
