"""Allocation at shadow prices: each order by its cheapest shipments, units and work priced by linear programs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.allocation.deviation import Deviation
from optimize.allocation.network_lp import price_network
from optimize.allocation.outlook_programs import OutlookPrograms
from optimize.allocation.searching import Searching
from optimize.calls import crashed, noted
from optimize.solver import Limits, SolveRecord, solve
from optimize.solver_process import SolverProcess
from sim.policies.allocation import Answer, OrderView, StockView
from sim.policies.calls import CallBook
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.units import HOUR_MS
from sim.world import World

LAST_PRICES = "last prices"
"""Who acts where a program has no answer: the prices of the one before, or none at all, which is the exact policy."""
WITHOUT_MASTER = "prices without the master program"
"""Who acts where the master program of the network has no answer: the products' own programs, at the best prices of
capacity until then."""


@policy("allocation", "shadow_prices")
@dataclass(slots=True)
class ShadowPrices(Searching):
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

    every_hours: float = 2.0
    ahead_days: float = 2.0
    by_basket: int = 0
    work_minutes: float = 0.0
    share: float = 1.0
    gap: float = 0.001
    most_work: int = 200_000
    guard_seconds: float = 60.0
    deviation_errors: float = 0.0
    pause_minutes: float = 15.0
    calls: CallBook = field(default_factory=CallBook, init=False, repr=False)
    _apart: SolverProcess | None = field(default=None, init=False, repr=False)
    _programs: OutlookPrograms = field(init=False, repr=False)
    _company: CompanyView | None = field(default=None, init=False, repr=False)
    _priced_ms: int = field(default=-(1 << 61), init=False, repr=False)
    _worked_ms: int = field(default=-(1 << 61), init=False, repr=False)
    _open: bytes = field(default=b"", init=False, repr=False)
    _deviation: Deviation = field(init=False, repr=False)

    def bind(self, world: World) -> None:
        """Learn prices, handling costs and what a usual order is."""
        Searching.bind(self, world)
        self._apart = SolverProcess.of(world)
        self._programs = OutlookPrograms(world, self._costs, by_basket=bool(self.by_basket))
        self._deviation = Deviation(self.deviation_errors, self.pause_minutes * HOUR_MS / 60)

    def watch(self, company: CompanyView) -> None:
        """Look at floors, purchase orders and sales from now on."""
        Searching.watch(self, company)
        self._company = company

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Renew prices that are old, then search."""
        if self._company is not None:
            if self.deviation_errors:
                self._deviation.see(order.order, sum(units for _, _, units in order.lines))
            self._renew(self._company, stock, order.now_ms)
        return Searching.decide(self, order, stock)

    def _renew(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        is_open = bytes(stock.is_open)
        is_old = now_ms - self._priced_ms >= self.every_hours * HOUR_MS or is_open != self._open
        if is_old or self._deviation.is_large(now_ms):
            self._priced_ms = now_ms
            self._deviation.begin(lambda a, b: float(company.demand(a, b).sum()), now_ms, self.every_hours)
            self._price_stock(company, stock, now_ms)
        if self.work_minutes and (
            now_ms - self._worked_ms >= self.work_minutes * HOUR_MS / 60 or is_open != self._open
        ):
            self._worked_ms = now_ms
            self._price_work(company, stock, now_ms)
        self._open = is_open

    @property
    def _limits(self) -> Limits:
        return Limits(gap=self.gap, work=self.most_work, guard_seconds=self.guard_seconds, apart=self._apart)

    def _price_stock(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        try:
            problem = self._programs.stock(company, stock, now_ms, self.ahead_days)
            answer = price_network(problem, self._limits)
        except Exception as crash:  # a run outlives its solvers
            self._note(crashed("network_lp", crash), now_ms, 0)
            return
        acted = WITHOUT_MASTER if answer.record.reason else ""  # only the master program gives one
        self._note(answer.record, now_ms, problem.supply.size, acted)
        if answer.record.has_solution:
            self._chooser.prices = (self.share * np.maximum(0.0, answer.stock_price)).tolist()

    def _price_work(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        try:
            solution = solve(self._programs.work(company, stock, now_ms, self.late_cents), self._limits)
        except Exception as crash:  # as above
            self._note(crashed("glop", crash), now_ms, 0)
            return
        self._note(solution.record, now_ms, len(stock.available))
        if len(solution.duals):
            self._chooser.work_cents = self._programs.work_prices(company, solution.duals)

    def _note(self, record: SolveRecord, now_ms: int, size: int, acted: str = "") -> None:
        noted(self.calls, record, "allocation", "shadow_prices", now_ms, size, LAST_PRICES, acted)
