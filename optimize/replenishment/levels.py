"""Best levels by exact inventory theory, anew at each review from the forecast and its error.

Demand has the forecast's mean and the variance of its error: Poisson where that is no more than the mean, else negative
binomial. Where a node has no forecast the levels of the stock plan stand in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.newsvendor import critical_levels
from optimize.inventory.search_kernel import search_many
from optimize.replenishment.unit_prices import UnitPrices
from sim.policies.protected_demand import ProtectedDemand, spread_of
from sim.policies.replenishment import MinMax, PositionView
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_DEMAND = 1e-3
"""Units a review: below it nobody would notice, and a cycle would never end."""
HOLDING_BP = 2_500
SHORTAGE_BP = 500
"""A unit that is short at one node is usually sent from another: the longer way costs a twentieth of the margin."""
ORDER_CENTS = 200


def best_levels(
    demand: tuple[Floats, Floats],
    protected: tuple[Floats, Floats],
    prices: tuple[Floats, Floats],
    order_cents: float,
    *,
    by_quantity: bool = False,
) -> Ints:
    """The best (s, S), or (r, Q), of each product, shape (2, products).

    Parameters
    ----------
    demand, protected
        Mean and variance of what is asked for in a review, and until an order that is placed now could serve.
    prices
        Of a unit for a review: to hold it, to be short of it.
    order_cents
        Of an order line.
    """
    (mean, variance), (until, until_variance) = demand, protected
    columns = (
        np.maximum(mean, LEAST_DEMAND),
        variance,
        np.maximum(until, LEAST_DEMAND),
        until_variance,
        *prices,
        np.full(len(mean), float(order_cents)),
    )
    return search_many(np.column_stack(columns), by_quantity).T


@dataclass(slots=True)
class Levels:
    """Best levels of every product at a node, at each review from its forecast.

    Parameters
    ----------
    world
        Lead times, reviews, what is carried.
    holding_share_bp, shortage_share_bp, order_cents
        What a unit costs to hold for a year, as a share of its cost; what a unit short costs for a review, as a share
        of its margin; what an order line costs.
    """

    world: World
    holding_share_bp: int
    shortage_share_bp: int
    order_cents: int
    plan: MinMax = field(default_factory=MinMax)
    prices: UnitPrices = field(init=False)
    protected: ProtectedDemand = field(init=False)

    def __post_init__(self) -> None:
        self.plan.bind(self.world)
        self.prices = UnitPrices.of(self.world, self.holding_share_bp, self.shortage_share_bp)
        self.protected = ProtectedDemand(self.world)

    def covered(self, view: PositionView) -> NDArray[np.bool_]:
        """Which products the node carries and has a forecast of."""
        assert view.outlook is not None
        return np.asarray(view.outlook.covers & (self.world.stock.order_up_to[view.node] > 0))

    def newsvendor(self, view: PositionView) -> Ints:
        """The level that serves demand of lead time and review with the chance of the critical ratio."""
        assert view.outlook is not None
        mean, variance = self.protected.moments(view.node, view.now_ms, view.outlook, view.shut)
        return np.maximum(critical_levels(mean, variance, self.prices.ratio(view.node)), 1)

    def searched(self, view: PositionView, *, by_quantity: bool = False) -> tuple[Ints, Ints]:
        """(s, S), or (r, Q): an order serves after the lead time, and protects until the next one does."""
        assert view.outlook is not None
        node, covered = view.node, self.covered(view)
        period = np.full(len(covered), float(self.prices.period_ms[node]))
        mean = view.outlook.demand(view.now_ms, period)
        until, until_variance = self.protected.moments(node, view.now_ms, view.outlook, view.shut)
        low, high = np.zeros((2, len(covered)), dtype=np.int64)
        low[covered], high[covered] = best_levels(
            (mean[covered], spread_of(view.outlook, mean, period, np.zeros(1))[covered]),
            (until[covered], until_variance[covered]),
            (self.prices.holding[node][covered], self.prices.shortage[covered]),
            self.order_cents,
            by_quantity=by_quantity,
        )
        return np.maximum(low, 0), np.maximum(high, 1)

    def with_plan(self, view: PositionView, wanted: Ints) -> list[tuple[int, int]]:
        """(product, units) wanted of what is carried and forecast, and what the plan wants of what has no forecast."""
        covered = self.covered(view)
        chosen = np.flatnonzero(covered & (wanted > 0))
        planned = [(p, units) for p, units in self.plan.decide(view) if not covered[p]]
        return sorted([*planned, *zip(chosen.tolist(), wanted[chosen].tolist(), strict=True)])
