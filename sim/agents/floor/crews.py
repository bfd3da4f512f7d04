"""Who works at a node's stations, when, and what staying on costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.elastic import OvertimeCrew
from sim.agents.floor.quiet import QuietCrew
from sim.books.kinds import NUMBER
from sim.network import Node
from sim.plans.labour import Overtime
from sim.units import BASIS_POINTS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_OVERTIME = NUMBER["overtime_worked"]


class Crews:
    """The crews of one node; ``backlog`` says how many jobs wait at a station."""

    def __init__(self, index: int, spec: Node, actor: int, site: Site, backlog: Callable[[int], int]) -> None:
        self._index, self._spec, self._actor, self._site, self._backlog = index, spec, actor, site, backlog
        self._calendar = site.calendar.of(spec)

    def rostered(self, station: int) -> Crew:
        """The people of a station as their shifts have them, and of pickers the quiet hours."""
        spec, calendar = self._spec, self._calendar
        if station or spec.quiet_hours is None:
            return Crew(spec.shifts, station, calendar)
        return QuietCrew(spec.shifts, station, calendar, spec.quiet_hours)

    def of(self, station: int) -> Crew:
        """The people of a station, who stay on after their shift where the house wants them to."""
        site, spec, calendar = self._site, self._spec, self._calendar
        fallback = site.world.fallbacks.labour
        if spec.overtime is None and (fallback is None or fallback.overtime is None):
            return self.rostered(station)

        def rule() -> Overtime | None:
            meanwhile = None if site.short_crews is None else site.short_crews.overtime(self._index)
            return spec.overtime if meanwhile is None else meanwhile

        def pay(people: int, ms: int, premium_bp: int) -> None:
            # Work is charged by the piece; where it is not, who stays on is paid in full.
            rate_bp = premium_bp + BASIS_POINTS * spec.is_paid_by_shift
            cents = round(people * ms * spec.wage_cents_per_hour * rate_bp / (HOUR_MS * BASIS_POINTS))
            note = site.register.notes.add(units=people * ms // MINUTE_MS, value_cents=cents)
            site.log.one(_OVERTIME, self._actor, 0, note)

        return OvertimeCrew(spec.shifts, station, calendar, rule, partial(self._backlog, station), pay)
