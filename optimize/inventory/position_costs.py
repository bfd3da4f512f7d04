"""Expected cost of an inventory position: convex, and looked up again and again by searches for the best policy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import cost_by_level, critical_level

Floats = NDArray[np.float64]


class PositionCosts:
    """Cost of each position against one demand, in a table that grows around the cheapest one.

    Parameters
    ----------
    demand
        Chances of the units asked for until an order placed now could serve.
    holding, penalty
        Cost of a unit left, and of a unit short.
    """

    def __init__(self, demand: Floats, holding: float, penalty: float) -> None:
        self.cheapest = critical_level(demand, holding, penalty)
        self._demand, self._prices = demand, (holding, penalty)
        self._reach = 64
        self._tabulate()

    def _tabulate(self) -> None:
        self._lowest = self.cheapest - self._reach
        levels = np.arange(self._lowest, self.cheapest + self._reach + 1)
        self._costs = cost_by_level(levels, self._demand, *self._prices)

    def between(self, low: int, high: int) -> Floats:
        """Costs of the positions from ``low`` to ``high``, both included."""
        while max(self.cheapest - low, high - self.cheapest) > self._reach:
            self._reach *= 4
            self._tabulate()
        return self._costs[low - self._lowest : high - self._lowest + 1]

    def at(self, level: int) -> float:
        """The cost of one position."""
        return float(self.between(level, level)[0])
