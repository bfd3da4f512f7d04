"""A desk: people of one role who look at exceptions, one case after the other, in their shifts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sim.agents.desks.cases import is_order, order_and_kind
from sim.agents.desks.seats import Seats
from sim.agents.desks.urgency import URGENCIES
from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.books.kinds import NUMBER
from sim.network import Shift
from sim.network import Station as StationSpec
from sim.units import HOUR_MS
from sim.world import DeskPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_WORKED = NUMBER["case_worked"]


class Desk:
    """Cases are worked in the sequence of the plan; ``effort`` says how many handling times they take, ``decide`` is
    told of each that is finished, and by whom."""

    def __init__(
        self,
        site: Site,
        number: int,
        plan: DeskPlan,
        actor: int,
        decide: Callable[[int, int], None],
        effort: Callable[[list[int]], int] = len,
    ) -> None:
        shifts = tuple(
            Shift(s.weekdays, s.start_minute, s.end_minute, (s.staff, 0, 0, 0), s.closed_days) for s in plan.shifts
        )
        self.plan, self.actor, self._decide = plan, actor, decide
        self.shifts, self.effort = shifts, effort
        self._site, self._paid_ms = site, 0
        self._urgency = URGENCIES.get(plan.sequence)
        """What goes first; None: what came first."""
        self.taker: int | None = None
        """Whose case is being decided, at a desk whose people decide what they took."""
        self.cases = (Seats if plan.decided_by == "taker" else Station)(
            StationSpec(plan.handling_ms),
            Crew(shifts, 0, site.calendar.of(plan)),
            site.clock,
            effort,
            self._finish,
            site.streams.counter("desk", plan.name),
            rank=(1 << 20) + number,
        )

    def put(self, case: int) -> None:
        """A case joins the queue, at its end or behind those that are as urgent."""
        if self._urgency is not None:
            urgency = partial(self._urgency, self._site)
            self.cases.queue.insert(bisect_right(self.cases.queue, urgency(case), key=urgency), case)
            self.cases.start()
        else:
            self.cases.put([case])

    def give_up(self, case: int) -> bool:
        """Take a case out of the queue, if nobody has begun it; whether that was so."""
        if case not in self.cases.queue:
            return False
        self.cases.queue.remove(case)
        return True

    def _finish(self, cases: list[int]) -> None:
        for case in cases:
            if self.plan.wage_cents_per_hour:
                self._pay(case)
            if isinstance(self.cases, Seats):
                self.taker = self.cases.taker(case)
            self._decide(case, self.actor)

    def _pay(self, case: int) -> None:
        """What the case that was just finished cost."""
        worked_ms, self._paid_ms = self.cases.busy_ms - self._paid_ms, self.cases.busy_ms
        cents = round(self.plan.wage_cents_per_hour * worked_ms / HOUR_MS)
        if cents:
            order, _ = order_and_kind(case)
            note = self._site.register.notes.add(order=order if is_order(order) else -1, value_cents=cents)
            self._site.log.one(_WORKED, self.actor, 0, note)
