"""The chain of harm as tables, for the terminal and for a run's page."""

from __future__ import annotations

from collections.abc import Sequence

from reports.harm import CHAINS, Link
from reports.html import Grid
from scenarios.display import display

COLUMNS = (
    "Link",
    "Orders",
    "Of those before",
    "Worth",
    "Cancelled of it",
    "Margin lost",
    "What it means",
    "For example",
)


def harm_tables(links: Sequence[Link], currency: str) -> tuple[Grid, ...]:
    """One table for each chain that begins at all, down to the first link that no order reached."""
    grids = []
    for chain in CHAINS:
        own = [link for link in links if link.chain == chain]
        if own[0].orders:
            reached = sum(link.orders > 0 for link in own)
            rows = tuple(_row(own, position, currency) for position in range(min(reached + 1, len(own))))
            grids.append(Grid(chain, COLUMNS, rows, (1, 2, 3, 4, 5)))
    return tuple(grids)


def _row(links: Sequence[Link], position: int, currency: str) -> tuple[str, ...]:
    link = links[position]
    before = links[position - 1].orders if position else 0
    if not link.orders:
        return (link.name, "none", "", "", "", "", link.meaning, "")
    return (
        link.name,
        f"{link.orders:,}",
        f"{link.orders / before:.0%}" if before else "",
        display(link.value_cents, "cents", currency),
        display(link.cancelled_cents, "cents", currency),
        display(link.lost_margin_cents, "cents", currency),
        link.meaning,
        ", ".join(map(str, link.examples)),
    )
