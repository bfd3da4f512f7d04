"""Pickers of a store, who pick while it is quiet."""

from __future__ import annotations

from sim.agents.floor.crew import Crew
from sim.calendar import Calendar
from sim.network import Shift
from sim.plans.labour import QuietHours
from sim.units import BASIS_POINTS, DAY_MS

_AHEAD_MS = 15 * DAY_MS
"""How far ahead the next moment at which somebody picks is looked for."""


class QuietCrew(Crew):
    """A crew that is itself in quiet hours, and a share of itself at others."""

    def __init__(self, shifts: tuple[Shift, ...], station: int, calendar: Calendar, hours: QuietHours) -> None:
        super().__init__(shifts, station, calendar)
        self._hours = hours

    def _look_up(self, now_ms: int) -> None:
        size, until_ms = self._stretch(now_ms)
        while not size and until_ms < now_ms + _AHEAD_MS:
            following, ends_ms = self._stretch(until_ms)
            if following:
                break
            until_ms = ends_ms
        self._from_ms, self._size, self.until_ms = now_ms, size, until_ms

    def _stretch(self, now_ms: int) -> tuple[int, int]:
        """How many pick at a moment, and until when neither the shift nor the hour changes."""
        super()._look_up(now_ms)
        if not self._size:
            return 0, self.until_ms
        hours, day = self._hours, self._calendar.day_at(now_ms)
        starts, ends = self._calendar.at(day, hours.start_minute), self._calendar.at(day, hours.end_minute)
        if starts <= now_ms < ends:
            return self._size, min(self.until_ms, ends)
        changes = starts if now_ms < starts else self._calendar.at(day + 1, hours.start_minute)
        return self._size * hours.otherwise_bp // BASIS_POINTS, min(self.until_ms, changes)
