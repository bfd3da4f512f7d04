"""Lot sizes for known demand that varies: when to order, and how many periods at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LotSizes:
    """Units to order in each period, and what orders and stock cost in all."""

    orders: tuple[float, ...]
    cost: float


def best_lot_sizes(demand: Sequence[float], fixed: float, holding: float) -> LotSizes:
    """The cheapest plan that is never short (Wagner and Whitin 1958): an order covers whole periods.

    ``fixed`` is paid for an order, ``holding`` for a unit at the end of each period; there is no stock at first.
    """
    periods = len(demand)
    cost_from, covers = [0.0] * (periods + 1), [0] * periods
    for first in reversed(range(periods)):
        options, carried = [], 0.0
        for last in range(first, periods):
            carried += holding * (last - first) * demand[last]
            options.append(fixed + carried + cost_from[last + 1])
        cost_from[first] = min(options)
        covers[first] = options.index(cost_from[first]) + 1
    orders, period = [0.0] * periods, 0
    while period < periods:
        orders[period] = float(sum(demand[period : period + covers[period]]))
        period += covers[period]
    return LotSizes(tuple(orders), cost_from[0])
