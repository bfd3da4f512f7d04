"""Replenishment by exact inventory theory: each product by itself, up to its best level of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.replenishment.levels import HOLDING_BP, ORDER_CENTS, SHORTAGE_BP, Levels
from optimize.replenishment.unit_prices import cost_something
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Wanted
from sim.world import World

Ints = NDArray[np.int64]


@policy("replenishment", "newsvendor")
@dataclass(slots=True)
class ForecastNewsvendor:
    """Order up to the newsvendor's level of demand in lead time and review, at each review, from the forecast.

    The level serves all demand with the chance p / (p + h): h is what a unit costs to hold for a review, by a yearly
    ``holding_share_bp`` of its cost, p the ``shortage_share_bp`` of its margin that a unit short costs.
    """

    holding_share_bp: int = HOLDING_BP
    shortage_share_bp: int = SHORTAGE_BP
    _levels: Levels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cost_something(self.holding_share_bp, self.shortage_share_bp)

    def bind(self, world: World) -> None:
        """Learn lead times and prices."""
        self._levels = Levels(world, self.holding_share_bp, self.shortage_share_bp, 0)

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        if view.outlook is None:
            return self._levels.plan.decide(view)
        return self._levels.with_plan(view, self._levels.newsvendor(view) - np.asarray(view.position))


@dataclass(slots=True)
class ByLevels:
    """What replenishment policies have in common that reckon with the best (s, S) of each product.

    A unit costs a yearly ``holding_share_bp`` of its cost to hold, a unit short ``shortage_share_bp`` of its margin a
    review, and an order line ``order_cents``.
    """

    holding_share_bp: int = HOLDING_BP
    shortage_share_bp: int = SHORTAGE_BP
    order_cents: int = ORDER_CENTS
    _levels: Levels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        cost_something(self.holding_share_bp, self.shortage_share_bp, order_cents=self.order_cents)

    def bind(self, world: World) -> None:
        """Learn lead times and prices."""
        self._levels = Levels(world, self.holding_share_bp, self.shortage_share_bp, self.order_cents)

    def decide(self, view: PositionView) -> Sequence[Wanted]:
        """Review every carried product; by the plan's levels where there is no forecast."""
        if view.outlook is None:
            return self._levels.plan.decide(view)
        return self._levels.with_plan(view, self.wanted(view))

    def wanted(self, view: PositionView) -> Ints:
        """Units of each product that has a forecast, shape (products,)."""
        point, level = self._levels.searched(view)
        position = np.asarray(view.position)
        return np.where(position <= point, level - position, 0)


@policy("replenishment", "best_s_S")
@dataclass(slots=True)
class ForecastMinMax(ByLevels):
    """The best (s, S) of each SKU at each node, by Zheng and Federgruen's exact algorithm, from the forecast.

    A unit costs a yearly ``holding_share_bp`` of its cost to hold, a unit short ``shortage_share_bp`` of its margin a
    review, and an order line ``order_cents``.
    """


@policy("replenishment", "best_r_Q")
@dataclass(slots=True)
class ForecastReorderQuantity(ByLevels):
    """The best (r, Q) of each SKU at each node, by Federgruen and Zheng's exact algorithm, from the forecast.

    Prices as for ``best_s_S``. At or below r, as many lots of Q are ordered as bring the position above r.
    """

    def wanted(self, view: PositionView) -> Ints:
        """Whole lots."""
        point, quantity = self._levels.searched(view, by_quantity=True)
        position = np.asarray(view.position)
        return np.where(position <= point, (point - position) // quantity + 1, 0) * quantity
