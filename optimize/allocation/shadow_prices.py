"""Allocation at shadow prices: each order by its cheapest shipments, units and work priced by linear programs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.allocation.deviation import Deviation
from optimize.allocation.looking_ahead import LONG_AGO_MS, LookingAhead
from optimize.allocation.network_lp import price_network
from optimize.allocation.outlook_programs import OutlookPrograms
from optimize.allocation.searching import Searching
from optimize.calls import Calls, calls_by
from optimize.solver import solve
from sim.policies.allocation import Answer, OrderView, StockView
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.units import MINUTE_MS
from sim.world import World

LAST_PRICES = "last prices"
"""Who acts where a program has no answer: the prices of the one before, or none at all, which is the exact policy."""
WITHOUT_MASTER = "prices without the master program"
"""Who acts where the master program of the network has no answer: the products' own programs, at the best prices of
capacity until then."""


@policy("allocation", "shadow_prices")
@dataclass(slots=True)
class ShadowPrices(LookingAhead):
    """The cheapest set of shipments at prices for units and work, from linear programs (Acimovic and Graves 2015).

    Stock's program looks ``ahead_days`` ahead and is solved every ``every_hours`` and when a node closes or opens; that
    of the floors until the end of the next day, every ``work_minutes`` (0: never, and work has no price). ``share`` of
    a unit's price is charged: stock that nobody asks for after all is worth nothing. With ``by_basket`` demand is told
    apart by how many units are ordered together (1; 2 or 3; more), as each bears its share of a parcel. A solve ends at
    ``gap``, after ``most_work`` pivots, or at ``guard_seconds`` of wall time, which marks the run.

    Stock's program is solved before its time, too, when orders since the last solve asked for units more than
    ``deviation_errors`` standard errors above or below the forecast it was solved for (0: never), at most once in
    ``pause_minutes``.
    """

    by_basket: int = 0
    work_minutes: float = 0.0
    share: float = 1.0
    deviation_errors: float = 0.0
    pause_minutes: float = 15.0
    calls: Calls = field(default_factory=calls_by("allocation", "shadow_prices", LAST_PRICES), init=False, repr=False)
    _worked_ms: int = field(default=LONG_AGO_MS, init=False, repr=False)
    _deviation: Deviation = field(init=False, repr=False)

    def bind(self, world: World) -> None:
        """Learn prices, handling costs and what a usual order is, or one of each size."""
        LookingAhead.bind(self, world)
        self._programs = OutlookPrograms(world, self._costs, by_basket=bool(self.by_basket))
        self._deviation = Deviation(self.deviation_errors, self.pause_minutes * MINUTE_MS)

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Renew prices that are old, then search."""
        if self._company is not None:
            if self.deviation_errors:
                self._deviation.see(order.order, sum(units for _, _, units in order.lines))
            self._renew(self._company, stock, order.now_ms)
        return Searching.decide(self, order, stock)

    def _renew(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        has_changed = self.has_changed(stock)
        if has_changed or self.is_old(now_ms) or self._deviation.is_large(now_ms):
            self._solved_ms = now_ms
            self._deviation.begin(lambda a, b: float(company.demand(a, b).sum()), now_ms, self.every_hours)
            self._price_stock(company, stock, now_ms)
        if self.work_minutes and (has_changed or now_ms - self._worked_ms >= self.work_minutes * MINUTE_MS):
            self._worked_ms = now_ms
            self._price_work(company, stock, now_ms)

    def _price_stock(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        try:
            problem = self._programs.stock(company, stock, now_ms, self.ahead_days)
            answer = price_network(problem, self.limits)
        except Exception as crash:  # a run outlives its solvers
            self.calls.keep_crash("network_lp", crash, now_ms)
            return
        acted = WITHOUT_MASTER if answer.record.reason else ""  # only the master program gives one
        self.calls.keep(answer.record, now_ms, problem.supply.size, acted)
        if answer.record.has_solution:
            self._chooser.prices = (self.share * np.maximum(0.0, answer.stock_price)).tolist()

    def _price_work(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        try:
            solution = solve(self._programs.work(company, stock, now_ms, self.late_cents), self.limits)
        except Exception as crash:  # as above
            self.calls.keep_crash("glop", crash, now_ms)
            return
        self.calls.keep(solution.record, now_ms, len(stock.available))
        if len(solution.duals):
            self._chooser.work_cents = self._programs.work_prices(company, solution.duals)
