"""Who is at work at a node, and until when."""

from __future__ import annotations

from bisect import bisect_right, insort

from sim.calendar import Calendar
from sim.network import Shift

MIDNIGHT = 24 * 60
_FOREVER = 1 << 62
_KEPT = 1_024
"""Spans that are remembered, more than a year of shifts and breaks between them."""
YEAR = 366
"""Days ahead that shifts are looked at which run into one another."""


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
        self._spans: list[tuple[int, int, int]] = []
        """(from, until, people) of what was looked up so far, in the order of time."""

    @property
    def ever_works(self) -> bool:
        """Whether anyone is rostered at all."""
        return bool(self._shifts)

    def size(self, now_ms: int) -> int:
        """People on shift at ``now_ms``; a shift holds from its start up to, not including, its end."""
        if not self._from_ms <= now_ms < self.until_ms:
            self._look_up(now_ms)
        return self._size

    def people_ms(self, from_ms: int, until_ms: int) -> int:
        """People times milliseconds on shift between two moments."""
        moment, found = from_ms, 0
        while moment < until_ms:
            people = self.size(moment)
            ends = min(self.until_ms, until_ms)
            found += people * (ends - moment)
            moment = ends
        return found

    def _look_up(self, now_ms: int) -> None:
        """Whoever plans asks about other times than those who work: what was looked up once is kept."""
        place = bisect_right(self._spans, (now_ms, _FOREVER))
        if place and now_ms < self._spans[place - 1][1]:
            self._from_ms, self.until_ms, self._size = self._spans[place - 1]
            return
        self._read_roster(now_ms)
        if len(self._spans) >= _KEPT:
            del self._spans[: _KEPT // 2]
        insort(self._spans, (self._from_ms, self.until_ms, self._size))

    def _read_roster(self, now_ms: int) -> None:
        calendar = self._calendar
        day = calendar.day_at(now_ms)
        self._from_ms = now_ms
        for later in range(day - 1, day + 15):
            for shift in sorted(self._shifts, key=lambda s: s.start_minute):
                if not shift.is_on(later, calendar):
                    continue
                start, end = calendar.at(later, shift.start_minute), calendar.at(later, shift.end_minute)
                if start <= now_ms < end:
                    self._size = shift.staff[self._station]
                    self.until_ms = self._over_midnight(later, shift.end_minute, end)
                    return
                if start > now_ms:
                    self._size, self.until_ms = 0, start
                    return
        self._size, self.until_ms = 0, now_ms + 15 * 86_400_000

    def _over_midnight(self, day: int, end_minute: int, end_ms: int) -> int:
        """Work does not stop at midnight where as many people go on."""
        calendar, last = self._calendar, day + YEAR
        while end_minute == MIDNIGHT and day < last:
            day += 1
            follows = [s for s in self._shifts if s.start_minute == 0 and s.is_on(day, calendar)]
            if not follows or follows[0].staff[self._station] != self._size:
                break
            end_minute = follows[0].end_minute
            end_ms = calendar.at(day, end_minute)
        return end_ms
