"""``peakproof harm``: the chain of harm of a run, order by order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Follow the orders of a run from the stale view to the lost sale, link by link, with examples.

Examples:

    peakproof harm runs/fragmented-1
    peakproof harm runs/fragmented-1 --timelines

Two chains: what a stale view sold comes late, is asked about and is cancelled; and what is held for people waits behind
those tickets, reaches the floor late, misses its carrier and is cancelled. Each link counts the orders that all links
before it hold for too. --timelines tells the story of the first example of each chain's last link that any order
reached.
"""


@told
def harm(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    timelines: Annotated[bool, typer.Option("--timelines", help="Also tell one order's story for each chain.")] = False,
) -> None:
    """Show the chain of harm (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.tables import print_grids, print_timeline
    from reports.harm import CHAINS
    from reports.harm import harm as find
    from reports.harm_tables import harm_tables
    from reports.run_page import currency_of
    from sim.run import Run

    opened = Run.open(run)
    links = find(opened)
    grids = harm_tables(links, currency_of(opened))
    print_grids(*grids)
    if not grids:
        say("No order was sold from a stale view or held for people.")
    for chain in CHAINS if timelines else ():
        reached = [link for link in links if link.chain == chain and link.orders]
        if reached:
            order = str(reached[-1].examples[0])
            say(f"{chain}, as far as “{reached[-1].name.lower()}”:")
            print_timeline(opened, opened.timeline(order), order)


harm.__doc__ = HELP
