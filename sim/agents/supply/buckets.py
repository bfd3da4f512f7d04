"""The periods in which a company counts its sales."""

from __future__ import annotations

from sim.calendar import Calendar
from sim.units import DAY_MS


class Buckets:
    """Periods of ``every_ms`` from the scenario's start on, or local days where that is a day.

    Earlier ones have negative numbers.

    Attributes
    ----------
    first
        The first that lies wholly within the run.
    """

    def __init__(self, calendar: Calendar, every_ms: int) -> None:
        self._calendar, self.every_ms = calendar, every_ms
        self.days = every_ms == DAY_MS
        self.first = 1 if self.days and calendar.at(0, 0) < 0 else 0

    def start_ms(self, bucket: int) -> int:
        """When it begins."""
        return self._calendar.at(bucket, 0) if self.days else bucket * self.every_ms

    def season(self, bucket: int) -> int:
        """Its weekday, Monday 0; always 0 where buckets are not days."""
        return self._calendar.weekday(bucket) if self.days else 0

    def hours_of_week(self, day: int, own: Calendar) -> list[int]:
        """The hours of the week that another clock shows while it is that day here."""
        first = 24 * self._calendar.weekday(day) + own.hours_ahead(self._calendar.at(day, 0), self._calendar)
        return [(first + hour) % 168 for hour in range(24)]

    def late(self, lag_ms: int) -> int:
        """How many buckets late news of a lag is."""
        return -(-lag_ms // self.every_ms)
