"""The transfer policy that plans several days: what must go today, and what may wait for a fuller truck."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from optimize.calls import Calls, calls_by
from optimize.transfers.period_transfers import LIMITS, PeriodProblem, plan_periods
from optimize.transfers.trucks import Trucks, days_on_the_way
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.policies.transfers import CoverView, LevelCover, Transfer
from sim.units import DAY_MS
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE = "level_cover"
"""Who decides where a flow has no answer."""


@policy("transfers", "multi_period")
@dataclass(slots=True)
class MultiPeriod:
    """Sends today what is worth its truck today, in a plan of ``periods`` of ``period_days``: flows of least cost.

    Each unit that a node is expected to sell must be there ``early`` periods before that in which it is expected, and
    is worth ``short_cents`` times the chance that it is asked for until the end. What is on order counts from when
    it is expected; what leaves arrives when its truck does; a later truck may be the better one, and only what leaves
    today is carried out. Demand varies as if it were Poisson, times ``dispersion``. Trucks are those of the rules.
    Where a flow has no answer ``level_cover`` decides.
    """

    periods: int = 7
    period_days: float = 1.0
    short_cents: float = 500.0
    dispersion: float = 1.0
    early: int = 0
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("transfers", "multi_period", RULE), init=False, repr=False)
    _rule: LevelCover = field(init=False, repr=False)
    _lead: Ints = field(init=False, repr=False)
    _trucks: Trucks = field(init=False, repr=False)
    _company: CompanyView | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.periods < 1 or not self.period_days > 0:
            raise ValueError("a plan has one period or more, of some length")

    def bind(self, world: World) -> None:
        """What trucks cost and when they arrive, by lane."""
        self._trucks = Trucks.of(world)
        self._lead = np.ceil(days_on_the_way(world) / self.period_days - 1e-9).astype(np.int64)
        self._rule = LevelCover(ahead_days=self.periods * self.period_days)
        self.calls.bind(world)

    def watch(self, company: CompanyView) -> None:
        """Keep the look-up of what is on order."""
        self._company = company

    def decide(self, view: CoverView) -> list[Transfer]:
        """What leaves in the first period of the plan."""
        limits = replace(LIMITS, guard_seconds=self.guard_seconds, apart=self.calls.apart)
        answer = plan_periods(self._problem(view), limits)
        self.calls.keep(answer.record, view.now_ms, len(answer.moves))
        if not answer.record.has_solution:
            return self._rule.decide(view)
        return [(i, j, product, units) for i, j, product, units in answer.now.tolist()]

    def _problem(self, view: CoverView) -> PeriodProblem:
        position, free = (np.array(part, dtype=np.int64) for part in (view.position, view.free))
        until = [view.demand(n * self.period_days) for n in range(1, self.periods + 1)]
        due, on_the_way = self._due(view.now_ms, position.shape)
        return PeriodProblem(
            stock=position - on_the_way,
            free=free,
            due=due,
            demand=np.diff(np.array([np.zeros_like(until[0]), *until]), axis=0),
            lead=self._lead,
            shortage_cost=np.full(len(self._trucks.unit_weight), self.short_cents),
            trucks=self._trucks,
            dispersion=self.dispersion,
            early=self.early,
            is_open=np.array(view.is_open, dtype=np.bool_),
        )

    def _due(self, now_ms: int, shape: tuple[int, ...]) -> tuple[Ints, Ints]:
        """Units that come in each period, those overdue in the next one; and all that are on order or on the road."""
        due, total = np.zeros((self.periods, *shape), dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for node, product, units, due_ms in self._company.on_order() if self._company is not None else ():
            total[node, product] += units
            period = max(1, math.ceil((due_ms - now_ms) / DAY_MS / self.period_days))
            if period < self.periods:
                due[period, node, product] += units
        return due, total
