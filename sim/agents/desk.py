"""A desk: people of one role who look at exceptions, one case after the other, in their shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.agents.crew import Crew
from sim.agents.station import Station
from sim.network import Shift
from sim.network import Station as StationSpec
from sim.world import DeskPlan

if TYPE_CHECKING:
    from sim.agents.site import Site


class Desk:
    """Cases are worked first in, first out; ``decide`` is told of each that is finished, and by whom."""

    def __init__(self, site: Site, number: int, plan: DeskPlan, actor: int, decide: Callable[[int, int], None]) -> None:
        shifts = tuple(Shift(s.weekdays, s.start_minute, s.end_minute, (s.staff, 0, 0, 0)) for s in plan.shifts)
        self.plan, self.actor, self._decide = plan, actor, decide
        self.cases = Station(
            StationSpec(plan.handling_ms),
            Crew(shifts, 0, site.calendar),
            site.clock,
            len,
            self._finish,
            site.streams.counter("desk", plan.name),
            rank=(1 << 20) + number,
        )

    def put(self, case: int) -> None:
        """A case joins the queue."""
        self.cases.put([case])

    def give_up(self, case: int) -> bool:
        """Take a case out of the queue, if nobody has begun it; whether that was so."""
        if case not in self.cases.queue:
            return False
        self.cases.queue.remove(case)
        return True

    def _finish(self, cases: list[int]) -> None:
        for case in cases:
            self._decide(case, self.actor)
