"""Replenishment of a node from all its suppliers at once, by sample average and a mixed-integer program."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.calls import noted
from optimize.dual_index import Expediting
from optimize.purchase_offers import Offers
from optimize.purchase_program import Curve, PurchaseProblem, PurchaseProgram
from optimize.purchase_worth import piece_ends, sampled, shortage_prevented, worth_of_early_units, worth_of_units
from optimize.replenishment import HOLDING_BP, LEAST_DEMAND, ORDER_CENTS, SHORTAGE_BP, Levels
from optimize.solver import Limits, Solver, solve
from optimize.solver_process import SolverProcess
from sim.distributions import standard_deviation
from sim.policies.calls import CallBook
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.protected_demand import spread_of
from sim.policies.registry import policy
from sim.policies.replenishment import PositionView, Purchase, Wanted
from sim.units import BASIS_POINTS
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE = "best_s_S"
"""Who orders where a node is fed by another, or the solver has no answer."""
_BREAKS_WITHIN = 4
"""A price break is looked at up to so many times what is wanted."""


@dataclass(frozen=True, slots=True)
class _Review:
    """One node's review: of every product its position, the best (s, S), and what is expected to be sold in a review;
    of those that may be bought now equally likely demands in lead time and review, shape (bought, samples)."""

    view: PositionView
    outlook: Outlook
    position: Ints
    point: Ints
    level: Ints
    pace: Floats
    bought: Ints
    demand: Floats
    served: Ints
    sooner: dict[int, Floats] = field(default_factory=dict)
    """The same demands in the lead time of suppliers that deliver sooner than the usual one."""


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
    calls: CallBook = field(default_factory=CallBook, init=False, repr=False)
    solver: Solver = field(default=solve, init=False, repr=False)
    _levels: Levels = field(init=False, repr=False)
    _urgent: Levels = field(init=False, repr=False)
    _expediting: Expediting = field(init=False, repr=False)
    _company: CompanyView | None = field(default=None, init=False, repr=False)
    _apart: SolverProcess | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError("an average needs a sample of 1 or more demands")

    def bind(self, world: World) -> None:
        """Learn lead times, prices and terms."""
        self._apart = SolverProcess.of(world)
        self._levels = Levels(world, self.holding_share_bp, self.shortage_share_bp, self.order_cents)
        self._urgent = Levels(world, self.holding_share_bp, self.lost_share_bp, 0)
        self._expediting = Expediting.of(world)

    def watch(self, company: CompanyView) -> None:
        """Keep the look-up of what is on order."""
        self._company = company

    def decide(self, view: PositionView) -> list[Wanted]:
        """Buy what the program says, or what the rule does."""
        levels = self._levels
        if view.outlook is None:
            return list(levels.plan.decide(view))
        point, level = levels.searched(view, by_quantity=False)
        position = np.asarray(view.position, dtype=np.int64)
        if levels.world.network.nodes[view.node].source is None:
            chosen = self._buy(self._review(view, view.outlook, point, level))
            if chosen is not None:
                return [*chosen, *levels.with_plan(view, np.zeros_like(position))]
        return list(levels.with_plan(view, np.where(position <= point, level - position, 0)))

    def _review(self, view: PositionView, outlook: Outlook, point: Ints, level: Ints) -> _Review:
        levels, position = self._levels, np.asarray(view.position, dtype=np.int64)
        mean, variance = levels.protected.moments(view.node, view.now_ms, outlook, view.shut)
        pace = outlook.demand(view.now_ms, np.full(len(mean), float(levels.prices.period_ms[view.node])))
        near = position <= point + np.ceil(pace).astype(np.int64)
        offers = Offers(levels.world, view.shut)
        wanted = np.flatnonzero(levels.covered(view) & near & (level > position)).tolist()
        bought = np.array([p for p in wanted if offers.who(p)], dtype=np.int64)
        demand = sampled(mean[bought], variance[bought], self.samples)
        pace = np.maximum(pace, LEAST_DEMAND)
        return _Review(view, outlook, position, point, level, pace, bought, demand, levels.newsvendor(view))

    def _buy(self, review: _Review) -> list[Purchase] | None:
        """What the program buys; None without an answer."""
        if not review.bought.size:
            return []
        offers = Offers(self._levels.world, review.view.shut)
        program = PurchaseProgram(self._problem(review, offers))
        gap = self.gap_share_bp / BASIS_POINTS
        limits = Limits(gap=gap, work=self.work, guard_seconds=self.guard_seconds, apart=self._apart)
        found = self.solver(program.program, limits)
        size, at_ms = len(review.bought), review.view.now_ms
        noted(self.calls, found.record, "replenishment", "sample_average", at_ms, size, RULE)
        if not found.record.has_solution:
            return None
        units = program.units(found.values)
        return [
            Purchase(p, n, supplier, urgent) for (p, supplier, urgent), n in zip(offers.lines, units, strict=True) if n
        ]

    def _problem(self, review: _Review, offers: Offers) -> PurchaseProblem:
        """Curves and offers of the products that may be bought now."""
        network = self._levels.world.network
        curves: list[Curve] = []
        early: dict[int, Curve] = {}
        soon, hurried = self._soon(review), self._hurried(review)
        for place, product in enumerate(review.bought.tolist()):
            suppliers, own = offers.who(product), network.products[product].supplier
            ends = self._ends(review, product, suppliers)
            curves.append(self._curve(review, place, ends))
            for supplier in suppliers:
                offers.add(product, place, supplier, self._lateness(review, place, supplier))
            if own in suppliers and np.isfinite(self._expediting.lead_ms[product]):
                offers.add(product, place, own, float(self._expediting.surcharge_cents[product]), urgent=True)
                shortage = float(self._urgent.prices.shortage[product])
                early[place] = worth_of_early_units(hurried[place], int(soon[product]), shortage, ends)
        return PurchaseProblem(
            curves,
            offers.offers,
            offers.terms(),
            early,
            float(self.order_cents),
            [network.products[p].volume_l for p in review.bought.tolist()],
            math.inf if self.budget_cents is None else float(self.budget_cents),
            self._room_l(review),
        )

    def _ends(self, review: _Review, product: int, suppliers: list[int]) -> Floats:
        """As far as a curve must go: what is wanted in lots, or a price break that is not too far off."""
        specs = [self._levels.world.network.suppliers[s] for s in suppliers]
        wanted = int(review.level[product] - review.position[product])
        near = [least for spec in specs for least, _ in spec.price_breaks if least <= _BREAKS_WITHIN * wanted]
        lots = [spec.lot_units for spec in specs]
        return piece_ends(max([wanted, *near]) + max(lots), min(lots))

    def _curve(self, review: _Review, place: int, ends: Floats) -> Curve:
        prices, product = self._levels.prices, int(review.bought[place])
        return worth_of_units(
            review.demand[place],
            float(review.pace[product]),
            int(review.position[product]),
            int(review.served[product]),
            int(review.level[product]),
            float(prices.holding[review.view.node][product]),
            float(prices.shortage[product]),
            ends,
        )

    def _lateness(self, review: _Review, place: int, supplier: int) -> float:
        """What a supplier's lead time costs a unit, against the one that the levels reckon with: who comes later does
        not prevent the shortage that the curve takes to be prevented; who comes sooner prevents an earlier one too."""
        levels, product = self._levels, int(review.bought[place])
        lead_ms = levels.world.network.suppliers[supplier].lead_ms.mean
        usual_ms = float(levels.protected.lead_ms(review.view.node, review.view.shut)[0][product])
        span = int(review.position[product]), int(review.level[product]), float(levels.prices.shortage[product])
        if lead_ms < usual_ms:
            return -shortage_prevented(self._with_lead_of(review, supplier)[place], *span)
        return shortage_prevented(review.demand[place], *span) if lead_ms > usual_ms else 0.0

    def _with_lead_of(self, review: _Review, supplier: int) -> Floats:
        """Equally likely demands in a supplier's lead time and a review."""
        if supplier not in review.sooner:
            lead, count = self._levels.world.network.suppliers[supplier].lead_ms, len(review.position)
            spread = np.full(count, standard_deviation(lead))
            review.sooner[supplier] = self._within(review, np.full(count, lead.mean), spread)
        return review.sooner[supplier]

    def _hurried(self, review: _Review) -> Floats:
        """The same in the expedited lead time, where there is one."""
        lead_ms = self._expediting.lead_ms
        return self._within(review, np.where(np.isfinite(lead_ms), lead_ms, 0.0), self._expediting.lead_sd_ms)

    def _within(self, review: _Review, lead_ms: Floats, lead_sd_ms: Floats) -> Floats:
        span = lead_ms + self._levels.world.network.nodes[review.view.node].review_every_ms
        mean = review.outlook.demand(review.view.now_ms, span)
        variance = spread_of(review.outlook, mean, span, lead_sd_ms)
        return sampled(mean[review.bought], variance[review.bought], self.samples)

    def _soon(self, review: _Review) -> Ints:
        """Units at hand less what is owed, and what is expected before the next order in a hurry could come."""
        on_order = self._company.on_order() if self._company is not None else ()
        return self._expediting.soon(review.view, review.position, on_order, self._levels.world)

    def _room_l(self, review: _Review) -> float:
        """Volume that the node has left for what is not on order yet; where it can rent more, there is no end to it."""
        storage = self._levels.world.network.nodes[review.view.node].storage
        if storage is None or storage.rent_cents_per_m3_day is not None:
            return math.inf
        volume = np.array([p.volume_l for p in self._levels.world.network.products])
        return max(0.0, storage.volume_l - float(volume @ np.maximum(review.position, 0)))
