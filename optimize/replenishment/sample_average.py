"""Replenishment of a node from all its suppliers at once, by sample average and a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.calls import Calls, calls_by
from optimize.replenishment.buying import Buyer, Review
from optimize.replenishment.expediting import Expediting
from optimize.replenishment.levels import HOLDING_BP, LEAST_DEMAND, ORDER_CENTS, SHORTAGE_BP, Levels
from optimize.replenishment.purchase_offers import Offers
from optimize.replenishment.purchase_program import Curve, PurchaseProgram
from optimize.replenishment.purchase_worth import sampled, worth_of_units
from optimize.solver import Limits, Solver, solve
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.units import BASIS_POINTS
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE = "best_s_S"
"""Who orders where a node is fed by another, or the solver has no answer."""


@policy("replenishment", "sample_average")
@dataclass(slots=True)
class SampleAverage:
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

    holding_share_bp: int = HOLDING_BP
    shortage_share_bp: int = SHORTAGE_BP
    lost_share_bp: int = BASIS_POINTS
    order_cents: int = ORDER_CENTS
    budget_cents: int | None = None
    samples: int = 50
    gap_share_bp: int = 50
    work: int = 500
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("replenishment", "sample_average", RULE), init=False, repr=False)
    solver: Solver = field(default=solve, init=False, repr=False)
    _levels: Levels = field(init=False, repr=False)
    _buyer: Buyer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError("an average needs a sample of 1 or more demands")

    def bind(self, world: World) -> None:
        """Learn lead times, prices and terms."""
        self.calls.bind(world)
        self._levels = Levels(world, self.holding_share_bp, self.shortage_share_bp, self.order_cents)
        urgent = Levels(world, self.holding_share_bp, self.lost_share_bp, 0)
        expediting = Expediting.of(world)
        self._buyer = Buyer(self._levels, urgent, expediting, self.order_cents, self.budget_cents, self.samples)

    def watch(self, company: CompanyView) -> None:
        """Keep the look-up of what is on order."""
        self._buyer.company = company

    def decide(self, view: PositionView) -> list[Wanted]:
        """Buy what the program says, or what the rule does."""
        levels = self._levels
        if view.outlook is None:
            return list(levels.plan.decide(view))
        point, level = levels.searched(view, by_quantity=False)
        position = np.asarray(view.position, dtype=np.int64)
        if levels.world.network.nodes[view.node].source is None:
            chosen = self._buy(view, view.outlook, point, level)
            if chosen is not None:
                return [*chosen, *levels.with_plan(view, np.zeros_like(position))]
        return list(levels.with_plan(view, np.where(position <= point, level - position, 0)))

    def _buy(self, view: PositionView, outlook: Outlook, point: Ints, level: Ints) -> list[Purchase] | None:
        """What the program buys, with the best (s, S) at hand; None without an answer."""
        levels, position = self._levels, np.asarray(view.position, dtype=np.int64)
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
        gap = self.gap_share_bp / BASIS_POINTS
        limits = Limits(gap=gap, work=self.work, guard_seconds=self.guard_seconds, apart=self.calls.apart)
        found = self.solver(program.program, limits)
        self.calls.keep(found.record, view.now_ms, len(bought))
        return offers.bought(program.units(found.values)) if found.record.has_solution else None
