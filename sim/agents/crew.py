"""Who is at work at a node, and until when."""

from __future__ import annotations

from sim.calendar import Calendar
from sim.network import Shift


class Crew:
    """The shifts of one node as a function of time, for one of its stations.

    Attributes
    ----------
    until_ms
        When what `size` last said ends: the end of the shift, or the start of the next.
    """

    def __init__(self, shifts: tuple[Shift, ...], station: int, calendar: Calendar) -> None:
        self._shifts = [s for s in shifts if s.staff[station] > 0]
        self._station = station
        self._calendar = calendar
        self._from_ms = 0
        self.until_ms = -1
        self._size = 0

    @property
    def ever_works(self) -> bool:
        """Whether anyone is rostered at all."""
        return bool(self._shifts)

    def size(self, now_ms: int) -> int:
        """People on shift at ``now_ms``; a shift holds from its start up to, not including, its end."""
        if not self._from_ms <= now_ms < self.until_ms:
            self._look_up(now_ms)
        return self._size

    def _look_up(self, now_ms: int) -> None:
        calendar = self._calendar
        day = calendar.day_at(now_ms)
        self._from_ms = now_ms
        for later in range(day - 1, day + 15):
            for shift in sorted(self._shifts, key=lambda s: s.start_minute):
                if calendar.weekday(later) not in shift.weekdays:
                    continue
                start, end = calendar.at(later, shift.start_minute), calendar.at(later, shift.end_minute)
                if start <= now_ms < end:
                    self._size, self.until_ms = shift.staff[self._station], end
                    return
                if start > now_ms:
                    self._size, self.until_ms = 0, start
                    return
        self._size, self.until_ms = 0, now_ms + 15 * 86_400_000
