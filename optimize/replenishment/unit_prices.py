"""What a unit too many and a unit too few cost at each node: the prices of the newsvendor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.units import BASIS_POINTS, DAY_MS
from sim.world import World

Floats = NDArray[np.float64]

_YEAR_MS = 365 * DAY_MS


def cost_something(*shares_bp: int, order_cents: int = 0) -> None:
    """Raise `ValueError` unless holding and being short cost something, and an order line not less than nothing."""
    if min(shares_bp) <= 0:
        raise ValueError("holding and shortages must cost something")
    if order_cents < 0:
        raise ValueError("an order line cannot cost less than nothing")


@dataclass(slots=True)
class UnitPrices:
    """Cents a review: to hold a unit, by node and product, and to be short of one, by product.

    A node under continuous review is priced by the day.
    """

    holding: list[Floats] = field(default_factory=list)
    shortage: Floats = field(default_factory=lambda: np.empty(0))
    period_ms: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, holding_share_bp: int, shortage_share_bp: int) -> UnitPrices:
        """Holding as a yearly share of a unit's cost, a shortage as a share of the margin that is lost with it."""
        cost_something(holding_share_bp, shortage_share_bp)
        products, found = world.network.products, cls()
        cost = np.array([p.cost_cents for p in products], dtype=np.float64)
        margin = np.array([p.price_cents - p.cost_cents for p in products], dtype=np.float64)
        found.shortage = np.maximum(margin, 1.0) * shortage_share_bp / BASIS_POINTS
        found.period_ms = [node.review_every_ms or DAY_MS for node in world.network.nodes]
        a_year = np.maximum(cost, 1.0) * holding_share_bp / BASIS_POINTS
        found.holding = [a_year * period_ms / _YEAR_MS for period_ms in found.period_ms]
        return found

    def ratio(self, node: int) -> Floats:
        """The critical ratio of each product at a node."""
        return self.shortage / (self.shortage + self.holding[node])
