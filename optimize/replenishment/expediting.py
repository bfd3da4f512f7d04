"""What suppliers ask for a hurry, and up to where it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.newsvendor import critical_levels
from optimize.replenishment.levels import Levels
from sim.distributions import standard_deviation
from sim.policies.company import Coming
from sim.policies.protected_demand import spread_of
from sim.policies.replenishment import PositionView
from sim.units import BASIS_POINTS
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Expediting:
    """What suppliers ask for a hurry: by product the expedited lead time (infinite where nobody hurries), its spread,
    and the surcharge on a unit in cents."""

    lead_ms: Floats
    lead_sd_ms: Floats
    surcharge_cents: Floats

    @classmethod
    def of(cls, world: World) -> Expediting:
        """Read each product's own supplier's terms."""
        suppliers, products = world.network.suppliers, world.network.products
        leads = [s.expedited_lead_ms for s in suppliers]
        source = np.array([p.supplier for p in products])
        mean = np.array([np.inf if lead is None else lead.mean for lead in leads])
        spread = np.array([0.0 if lead is None else standard_deviation(lead) for lead in leads])
        share = np.array([s.expedite_surcharge_bp * s.price_bp / BASIS_POINTS**2 for s in suppliers])
        cost = np.array([p.cost_cents for p in products], dtype=np.float64)
        return cls(mean[source], spread[source], share[source] * cost)

    def level(self, levels: Levels, view: PositionView) -> Ints:
        """Up to where it pays to expedite: the newsvendor of the expedited lead time and a review, for whom a unit in a
        hurry costs its surcharge; 0 where nobody hurries or it never pays."""
        assert view.outlook is not None
        can = np.isfinite(self.lead_ms)
        span = np.where(can, self.lead_ms, 0.0) + levels.world.network.nodes[view.node].review_every_ms
        mean = view.outlook.demand(view.now_ms, span)
        variance = spread_of(view.outlook, mean, span, self.lead_sd_ms)
        shortage, holding = levels.prices.shortage, levels.prices.holding[view.node]
        ratio = (shortage - self.surcharge_cents) / (shortage + holding)
        pays = can & (ratio > 0)
        return np.where(pays, critical_levels(mean, variance, np.where(pays, ratio, 0.5)), 0)

    def soon(self, view: PositionView, position: Ints, on_order: Sequence[Coming], world: World) -> Ints:
        """Units at hand less what is owed, and what is expected before the next expedited order could come."""
        found = position.copy()
        until = view.now_ms + world.network.nodes[view.node].review_every_ms + self.lead_ms
        for node, product, units, due_ms in on_order:
            if node == view.node and due_ms > until[product]:
                found[product] -= units
        return found
