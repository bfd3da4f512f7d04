"""(s, S) under periodic review: at or below s, order up to S; unmet demand waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import left_and_short, of_periods
from optimize.inventory.position_costs import PositionCosts

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
    stays = _stays(demand, level - point)
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
    position = PositionCosts(of_periods(demand, lead_periods + 1), holding, penalty)
    cycle = _Cycle(demand, fixed, position)
    s = best_top = top = position.cheapest
    while True:
        s -= 1
        if cycle.cost(s, best_top) <= position.at(s):
            break
    best = cycle.cost(s, best_top)
    while True:
        top += 1
        if position.at(top) > best:
            return s, best_top, best
        if cycle.cost(s, top) < best:
            best_top = top
            while cycle.cost(s, best_top) <= position.at(s + 1):
                s += 1
            best = cycle.cost(s, best_top)


def _stays(demand: Floats, places: int) -> Floats:
    """Expected periods that the position spends j below S in a cycle, for j = 0 ... places - 1."""
    stays = np.zeros(places)
    stays[0] = 1 / (1 - demand[0])
    for j in range(1, places):
        reach = min(j, len(demand) - 1)
        stays[j] = demand[1 : reach + 1] @ stays[j - reach : j][::-1] * stays[0]
    return stays


class _Cycle:
    """Costs of (s, S) against one demand; the stays at each place below S are kept, and more are added as needed."""

    def __init__(self, demand: Floats, fixed: float, position: PositionCosts) -> None:
        self._demand, self._fixed, self._position = demand, fixed, position
        self._stays = _stays(demand, 64)

    def cost(self, point: int, level: int) -> float:
        """Cost a period of an (s, S)."""
        places = level - point
        if places > len(self._stays):
            self._stays = _stays(self._demand, 2 * places)
        stays = self._stays[:places]
        costs = self._position.between(point + 1, level)[::-1]
        return float((self._fixed + stays @ costs) / stays.sum())
