"""(s, S) under periodic review: at or below s, order up to S; unmet demand waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import left_and_short, of_periods
from optimize.inventory.search_kernel import search_min_max, stays_below

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MinMaxCost:
    """Long-run averages of one (s, S): orders and cost a period, units on hand and owed at its end."""

    cost: float
    orders: float
    on_hand: float
    owed: float


def min_max(
    demand: Floats, point: int, level: int, holding: float, penalty: float, fixed: float, lead_periods: int = 0
) -> MinMaxCost:
    """What one (s, S) costs, by renewal: how long the position stays at each level of a cycle.

    ``demand`` are chances of one period's units; review, order, receipt of what was ordered ``lead_periods`` ago,
    demand, cost.
    """
    stays = stays_below(demand, level - point)
    levels = level - np.arange(level - point)
    left, short = left_and_short(levels, of_periods(demand, lead_periods + 1))
    weights = stays / stays.sum()
    on_hand, owed, orders = float(weights @ left), float(weights @ short), float(1 / stays.sum())
    return MinMaxCost(fixed * orders + holding * on_hand + penalty * owed, orders, on_hand, owed)


def best_min_max(
    demand: Floats, holding: float, penalty: float, fixed: float, lead_periods: int = 0
) -> tuple[int, int, float]:
    """The best (s, S) and its cost a period (Zheng and Federgruen 1991, section 3).

    Cost of a position is convex, so S grows from its least while a position alone costs no more than the best policy,
    and s follows.
    """
    protected = of_periods(demand, lead_periods + 1)
    point, level, cost = search_min_max(demand, protected, holding, penalty, fixed)
    return int(point), int(level), float(cost)
