"""(r, Q) under continuous review: order Q when the inventory position falls to r; unmet demand waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import left_and_short, poisson
from optimize.inventory.search_kernel import search_reorder_quantity

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReorderQuantityCost:
    """Long-run averages of one (r, Q): orders and cost by unit of time."""

    point: int
    quantity: int
    cost: float
    fill_rate: float
    on_hand: float
    owed: float
    orders: float


def reorder_quantity(
    rate: float, lead_time: float, point: int, quantity: int, holding: float, penalty: float, fixed: float
) -> ReorderQuantityCost:
    """Poisson demand: the position is uniform on r + 1 ... r + Q (Hadley and Whitin 1963)."""
    demand = poisson(rate * lead_time)
    levels = np.arange(point + 1, point + quantity + 1)
    left, short = (float(units.mean()) for units in left_and_short(levels, demand))
    served = np.concatenate([[0.0], np.cumsum(demand)])[np.clip(levels, 0, len(demand))]
    orders = rate / quantity
    cost = fixed * orders + holding * left + penalty * short
    return ReorderQuantityCost(point, quantity, cost, float(served.mean()), left, short, orders)


def best_reorder_quantity(
    demand: Floats, rate: float, holding: float, penalty: float, fixed: float
) -> tuple[int, int, float]:
    """The best (r, Q) and its cost by unit of time (Federgruen and Zheng 1992, section 2).

    The cost of a position is convex; each larger Q takes in the cheaper of its two neighbours, until that costs more
    than the average so far.

    Parameters
    ----------
    demand
        Chances of the units asked for in a lead time.
    rate
        Units asked for by unit of time.
    """
    point, quantity, cost = search_reorder_quantity(demand, rate, holding, penalty, fixed)
    return int(point), int(quantity), float(cost)
