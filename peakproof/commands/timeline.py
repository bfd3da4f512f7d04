"""``peakproof timeline``: one order's story."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Tell one order's story, across every part of the company: events, stock movements, postings.

Examples:

    peakproof timeline runs/outage-1 1042
    peakproof timeline runs/online-retail-1 536365

An order is called by its number in the run or by its reference in the file that it was imported from.
"""


@told
def timeline(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Number or reference of an order.")],
) -> None:
    """Show an order's timeline (`HELP` is what the command line shows)."""
    from peakproof.tables import print_timeline
    from sim.run import Run

    opened = Run.open(run)
    print_timeline(opened, opened.timeline(order), order)


timeline.__doc__ = HELP
