"""Replenishment that follows a forecast and its error."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.policies.outlook import Outlook
from sim.policies.protected_demand import ProtectedDemand
from sim.policies.registry import policy
from sim.policies.replenishment import MinMax, PositionView
from sim.policies.safety_stock import factor_for_loss, level_for_loss, level_for_service
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import World

Floats = NDArray[np.float64]


@policy("replenishment", "forecast_order_up_to")
@dataclass(slots=True)
class ForecastOrderUpTo:
    """Order up to the demand forecast for lead time and review, plus safety stock from forecast error and lead times.

    With L the mean lead time, R the review interval, σ_e the forecast error of a bucket, d the forecast demand of a
    bucket and σ_L the lead time's standard deviation, both in buckets, safety stock is z √((L+R) σ_e² + d² σ_L²). z is
    the normal quantile of ``service_level_bp`` (no shortage between order and receipt) or, with a yearly
    ``holding_share_bp`` of a unit's cost, of the newsvendor's critical ratio: the margin lost with a unit, over that
    margin and the cost of holding one for a review. With ``order_cover_ms`` nothing is ordered until the position
    falls below that level, and then so much more as is expected to be sold in that time.

    With a ``fill_rate_bp`` the target is a share of demand instead, served from the shelf: σ G(k) = (1 - β) Q, where σ
    is the standard deviation of the protected demand and Q what is expected to be sold from order to order. Products
    of which fewer than ``slow_below`` units are expected in the protected time are counted unit by unit: Poisson, or
    negative binomial where their demand varies more, for either target.

    Levels of the stock plan stand in where a node has no forecast.
    """

    service_level_bp: int = 9_500
    holding_share_bp: int | None = None
    order_cover_ms: int = 0
    fill_rate_bp: int | None = None
    slow_below: float = 0.0
    _review_ms: list[int] = field(default_factory=list, init=False, repr=False)
    _plan: MinMax = field(default_factory=MinMax, init=False, repr=False)
    _carried: list[NDArray[np.bool_]] = field(default_factory=list, init=False, repr=False)
    _protected: ProtectedDemand = field(init=False, repr=False)
    _z: list[Floats] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.service_level_bp < BASIS_POINTS:
            raise ValueError("a service level lies between 0% and 100%")
        if self.fill_rate_bp is not None and not 0 < self.fill_rate_bp < BASIS_POINTS:
            raise ValueError("a fill rate lies between 0% and 100%")
        if self.fill_rate_bp is not None and self.holding_share_bp is not None:
            raise ValueError("either a fill_rate or a holding_share")

    def bind(self, world: World) -> None:
        """Learn lead times, their spread, and what a shortage costs."""
        network = world.network
        self._plan.bind(world)
        self._protected = ProtectedDemand(world)
        margin = np.array([p.price_cents - p.cost_cents for p in network.products], dtype=np.float64)
        cost = np.array([p.cost_cents for p in network.products], dtype=np.float64)
        for number, node in enumerate(network.nodes):
            self._carried.append(world.stock.order_up_to[number] > 0)
            self._review_ms.append(node.review_every_ms)
            self._z.append(self._safety_factor(margin, cost, node.review_every_ms))

    def _safety_factor(self, margin: Floats, cost: Floats, review_ms: int) -> Floats:
        if self.holding_share_bp is None:
            return np.full(len(cost), float(ndtri(self.service_level_bp / BASIS_POINTS)))
        cycle_ms = max(review_ms + self.order_cover_ms, 1)
        holding = cost * self.holding_share_bp / BASIS_POINTS * cycle_ms / (365 * DAY_MS)
        ratio = np.maximum(margin, 0.0) / np.maximum(margin + holding, 1e-9)
        return np.asarray(ndtri(np.clip(ratio, 0.01, 0.9999)), dtype=np.float64)

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        planned = self._plan.decide(view)
        if view.outlook is None:
            return planned
        covers = view.outlook.covers & self._carried[view.node]
        position = np.asarray(view.position)
        level = self.level(view.node, view.now_ms, view.outlook)
        protected_ms = self._protected.span_ms(view.node)
        cover = view.outlook.demand(view.now_ms, protected_ms + self.order_cover_ms)
        above = cover - view.outlook.demand(view.now_ms, protected_ms)
        units = level + np.ceil(above - 1e-9).astype(np.int64) - position
        wanted = np.flatnonzero(covers & (position < level) & (units > 0))
        ordered = [(p, n) for p, n in planned if not covers[p]]
        return sorted([*ordered, *zip(wanted.tolist(), units[wanted].tolist(), strict=True)])

    def level(self, node: int, now_ms: int, outlook: Outlook) -> NDArray[np.int64]:
        """The order-up-to level of each product at a node, at least one unit."""
        demand, variance = self._protected.moments(node, now_ms, outlook)
        loss = None if self.fill_rate_bp is None else self._allowed_loss(node, now_ms, outlook)
        sd = np.sqrt(variance)
        z = self._z[node] if loss is None else factor_for_loss(loss / np.maximum(sd, 1e-9))
        level = np.maximum(np.ceil(demand + z * sd - 1e-9), 1).astype(np.int64)
        slow = np.flatnonzero((demand > 0) & (demand < self.slow_below))
        if len(slow):
            mean, spread = demand[slow], variance[slow]
            level[slow] = np.maximum(
                level_for_service(self.service_level_bp / BASIS_POINTS, mean, spread)
                if loss is None
                else level_for_loss(loss[slow], mean, spread),
                1,
            )
        return level

    def _allowed_loss(self, node: int, now_ms: int, outlook: Outlook) -> Floats:
        """Units that may be short from order to order; at least those of one unit sold."""
        assert self.fill_rate_bp is not None
        cycle_ms = np.full(len(outlook.covers), float(self._review_ms[node] + self.order_cover_ms))
        sold = np.maximum(outlook.demand(now_ms, cycle_ms), 1.0)
        return (1 - self.fill_rate_bp / BASIS_POINTS) * sold
