"""``peakproof inbound``: what was on order at a moment, how late, and who waited for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Tell what was on order at a moment of a run: what is late, how late, who waits for it, and when it came.

Examples:

    peakproof inbound runs/supplier-failure-1
    peakproof inbound runs/supplier-failure-1 --at "2026-11-28 08:00" --csv inbound.csv

"expected" and "late by" are what the company knew at that moment (* where the supplier had confirmed nothing), "came"
is what the simulation knows. Without --at it is the end of demand.
"""


@told
def inbound(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    at: Annotated[str | None, typer.Option("--at", help="Local date and time, such as 2026-11-28 08:00.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many rows to show.")] = 20,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write all open lines to this file.")] = None,
) -> None:
    """Show what is on order (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.tables import print_grids
    from reports.inbound import inbound_grid
    from sim.errors import PeakproofError
    from sim.measures.inbound import inbound as every
    from sim.run import Run

    opened = Run.open(run)
    try:
        at_ms = opened.books.end_ms if at is None else opened.ms(at)
    except ValueError:
        raise PeakproofError(f"--at {at!r} is no date and time; accepted: 2026-11-28 08:00") from None
    print_grids(inbound_grid(opened, at_ms, top))
    if csv is not None:
        frame = every(opened.books, at_ms)
        frame.to_csv(csv, index=False, lineterminator="\n")
        say(f"All {len(frame):,} open lines: {csv}")


inbound.__doc__ = HELP
