"""Where a run's regret comes from, as a table: which orders, and whether they waited or went from the wrong place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from reports.html import Grid
from scenarios.display import display

if TYPE_CHECKING:
    from optimize.hindsight.regret_causes import RegretCauses

COLUMNS = ("orders", "number", "cost an order", "for waiting", "for the place", "of all regret")


def regret_grid(found: RegretCauses, currency: str) -> Grid:
    """Regret by punctuality, parcels and channel: cents an order, and the share of the run's regret."""
    orders = found.orders
    regret = float(orders["cost_cents"].sum()) - found.bound_cents
    rows = [_row(label, part, regret, currency) for label, part in _parts(orders)]
    if found.idle_cents > 0:
        rows.append(("stock that nobody used", "", "", "", "", _share(found.idle_cents, regret)))
    return Grid("Where it comes from", COLUMNS, tuple(rows), tuple(range(1, len(COLUMNS))))


def _parts(orders: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", orders
    in_time = orders["in_time"].astype(bool)
    yield "tendered in time", orders[in_time]
    yield "tendered late", orders[~in_time]
    yield "one parcel", orders[orders["parcels"] == 1]
    yield "several parcels", orders[orders["parcels"] > 1]
    for channel, part in orders.groupby("channel", sort=True):
        yield f"channel {channel}", part


def _row(label: str, part: pd.DataFrame, regret: float, currency: str) -> tuple[str, ...]:
    sums = [float(part[column].sum()) for column in ("cost_cents", "waiting_cents", "place_cents")]
    each = [display(cents / max(1, len(part)), "cents", currency) for cents in sums]
    return (label, f"{len(part):,}", *each, _share(sums[1] + sums[2], regret))


def _share(cents: float, regret: float) -> str:
    return display(cents / regret, "share") if regret > 0 else ""
