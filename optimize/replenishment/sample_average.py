"""Replenishment of a node from all its suppliers at once, by sample average and a mixed-integer program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.calls import Calls, calls_by
from optimize.replenishment.buying import Review
from optimize.replenishment.levels import LEAST_DEMAND
from optimize.replenishment.purchase_offers import Offers
from optimize.replenishment.purchase_program import Curve, PurchaseProgram
from optimize.replenishment.purchase_worth import sampled, worth_of_units
from optimize.replenishment.sampled_buying import SampledBuying
from sim.policies.outlook import Outlook
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Purchase, Wanted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE = "best_s_S"
"""Who orders where a node is fed by another, or the solver has no answer."""


@policy("replenishment", "sample_average")
@dataclass(slots=True)
class SampleAverage(SampledBuying):
    """All products and suppliers of a node in one program: minimum orders, lots, price breaks, storage and budget.

    Cost of a further unit is the average over ``samples`` equally likely demands: what it costs to hold until it is
    sold, less the shortage that it prevents and the order line that it puts off, so that without anything shared each
    product orders nearly as by its best (s, S). A supplier's ``expedite`` and its second source are offers beside the
    regular one, and its alternates while it is shut; an offer that comes later is charged the shortage that it does not
    prevent.
    ``budget_cents`` bounds what one review of a node spends, a node's ``storage`` what it holds. Prices as for
    ``dual_index``. Where the solver has no answer within ``guard_seconds`` of wall time, or another node feeds it,
    ``best_s_S`` orders.
    """

    calls: Calls = field(default_factory=calls_by("replenishment", "sample_average", RULE), init=False, repr=False)

    def decide(self, view: PositionView) -> Sequence[Wanted]:
        """Buy what the program says, or what the rule does."""
        if view.outlook is not None and self._levels.world.network.nodes[view.node].source is None:
            bought = self._bought(view, view.outlook)
            if bought is not None:
                return self.with_plan(view, bought)
        return SampledBuying.decide(self, view)

    def _bought(self, view: PositionView, outlook: Outlook) -> list[Purchase] | None:
        """What the program buys; None without an answer."""
        levels, position = self._levels, np.asarray(view.position, dtype=np.int64)
        point, level = levels.searched(view)
        pace = outlook.demand(view.now_ms, np.full(len(position), float(levels.prices.period_ms[view.node])))
        near = position <= point + np.ceil(pace).astype(np.int64)
        offers = Offers(levels.world, view.shut)
        wanted = np.flatnonzero(levels.covered(view) & near & (level > position)).tolist()
        bought = np.array([p for p in wanted if offers.who(p)], dtype=np.int64)
        if not bought.size:
            return []
        mean, variance = levels.protected.moments(view.node, view.now_ms, outlook, view.shut)
        demand = sampled(mean[bought], variance[bought], self.samples)
        review = Review(view, outlook, position, level, bought, demand)
        served, pace = levels.newsvendor(view), np.maximum(pace, LEAST_DEMAND)

        def worth(place: int, ends: Floats) -> Curve:
            product = int(bought[place])
            return worth_of_units(
                demand[place],
                float(pace[product]),
                int(position[product]),
                int(served[product]),
                int(level[product]),
                float(levels.prices.holding[view.node][product]),
                float(levels.prices.shortage[product]),
                ends,
            )

        program = PurchaseProgram(self._buyer.problem(review, offers, worth))
        found = self.solver(program.program, self.limits)
        self.calls.keep(found.record, view.now_ms, len(bought))
        return offers.bought(program.units(found.values)) if found.record.has_solution else None
