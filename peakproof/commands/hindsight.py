"""``peakproof hindsight``: how far a run is from what anybody could have done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Tell a run's regret: its cost of fulfilment above that of somebody who knew everything beforehand.

Examples:

    peakproof hindsight runs/peak-1
    peakproof hindsight runs/peak-1 --rounds 300

Freight, handling and packaging of all orders sent by parcel, against a lower bound on what the same orders must have
cost, each again in time if it was, from the stock that the nodes had by then, with floors and carriers that are never
busy. The figures are kept in the run's folder; docs/decisions.md says what the bound leaves out.

The table says where the regret comes from. *For waiting*: dearer services than the same parcels would have needed, had
they left at once. *For the place*: what those cost more, stock at its price, than the cheapest way to send the order.
"""


@told
def hindsight(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    rounds: Annotated[
        int | None, typer.Option("--rounds", min=1, help="Of the search for prices; more tighten the bound.")
    ] = None,
) -> None:
    """Judge a run (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.judging import hindsight as judge
    from peakproof.judging import regret_causes
    from peakproof.tables import print_grids
    from reports.regret import regret_grid
    from reports.run_page import currency_of
    from scenarios.display import display, percent
    from sim.run import Run

    opened = Run.open(run)
    found = judge(opened, rounds)
    currency = currency_of(opened)
    if not found.orders:
        say("Nothing was sent by parcel: there is nothing to regret.")
        return
    cost, bound, more = (
        display(cents / found.orders, "cents", currency)
        for cents in (found.cost_cents, found.bound_cents, found.regret_cents)
    )
    say(
        f"{found.orders:,} orders cost {cost} each to send; knowing everything, at least {bound}. "
        f"Regret: {more} an order, {percent(found.regret_share)}."
    )
    print_grids(regret_grid(regret_causes(opened, rounds), currency))


hindsight.__doc__ = HELP
