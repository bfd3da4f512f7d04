"""Calendars: between the wall-clock time of a place and milliseconds since the scenario's start.

A scenario has one calendar, and asks it for those of its places (`Calendar.of`). A day's number is a date, the same in
all of them: day 3 begins on the same date everywhere, at a moment of its own in each zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from sim.units import DAY_MS, MINUTE_MS

_KEPT = 1 << 13
"""Moments that are remembered: some years of a few minutes of the day."""
_MILLISECOND, _HOUR, _NOTHING = timedelta(milliseconds=1), timedelta(hours=1), timedelta(0)


class Place(Protocol):
    """What may have a clock of its own."""

    @property
    def timezone(self) -> str | None:
        """The IANA name of its time zone; None: the scenario's."""
        ...


class Calendar:
    """Local days of one time zone on the simulation clock; days of 23 and 25 hours are days too.

    Parameters
    ----------
    start
        The moment at which the clock shows 0, with its time zone.
    day_0
        The date of day 0; that of ``start``, if not given.
    """

    def __init__(self, start: datetime, day_0: date | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("a calendar needs a start with a time zone")
        self.start = start
        self._start_utc = start.astimezone(UTC)
        self._zone = start.tzinfo
        self._day_0 = start.date() if day_0 is None else day_0
        self._zones: dict[str, Calendar] = {}
        self._at = lru_cache(maxsize=_KEPT)(self._moment)

    @property
    def zone_name(self) -> str:
        """The zone's name as the scenario gave it."""
        return self._zone.key if isinstance(self._zone, ZoneInfo) else str(self._zone)

    def in_zone(self, name: str | None) -> Calendar:
        """The same moments and dates by the clocks of another zone (None: of this one): one calendar a zone."""
        if name is None or name == self.zone_name:
            return self
        if name not in self._zones:
            self._zones[name] = Calendar(self.start.astimezone(ZoneInfo(name)), self._day_0)
        return self._zones[name]

    def of(self, place: Place) -> Calendar:
        """The calendar by which a place lives: this one, where it names no zone."""
        return self.in_zone(place.timezone)

    def groups(self, places: Iterable[Place]) -> list[tuple[Calendar, list[int]]]:
        """The calendars by which some places live, each with the numbers of those that do."""
        found: dict[Calendar, list[int]] = {}
        for number, place in enumerate(places):
            found.setdefault(self.of(place), []).append(number)
        return list(found.items())

    def ms(self, moment: datetime) -> int:
        """Milliseconds from the start to ``moment``; a naive one is taken as local time."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return (moment.astimezone(UTC) - self._start_utc) // _MILLISECOND

    def moment(self, time_ms: int) -> datetime:
        """The local time-zone-aware moment at which the clock shows ``time_ms``."""
        return (self._start_utc + time_ms * _MILLISECOND).astimezone(self._zone)

    def date_of(self, day: int) -> date:
        """The date that day ``day`` is, here as in every other zone; day 0 is the one in which the scenario starts."""
        return self._day_0 + timedelta(days=day)

    def weekday(self, day: int) -> int:
        """The day's weekday, Monday 0 to Sunday 6."""
        return self.date_of(day).weekday()

    def day_at(self, time_ms: int) -> int:
        """The local day that contains ``time_ms``."""
        return (self.moment(time_ms).date() - self._day_0).days

    def at(self, day: int, minute_of_day: int) -> int:
        """When the wall clock of day ``day`` shows ``minute_of_day`` (0 to 1440), in milliseconds."""
        return self._at(day, minute_of_day)

    def _moment(self, day: int, minute_of_day: int) -> int:
        extra_days, minute = divmod(minute_of_day, 1440)
        local = datetime.combine(self.date_of(day + extra_days), time(minute // 60, minute % 60))
        return self.ms(local)

    def days_until(self, time_ms: int) -> int:
        """How many local days begin before ``time_ms``, counted from day 0."""
        return self.day_at(time_ms) + 1 if time_ms > 0 else 0

    @property
    def first_day(self) -> int:
        """The local day in which the clock starts: day 0, or, west or east of where the scenario is, -1 or 1."""
        return self.day_at(0)

    def hour_of_week(self, time_ms: int) -> int:
        """The wall-clock hour that contains ``time_ms``, from Monday 0:00 on."""
        moment = self.moment(time_ms)
        return 24 * moment.weekday() + moment.hour

    def hours_ahead(self, time_ms: int, other: Calendar) -> int:
        """By how many hours, rounded down, clocks here are ahead of those of another zone."""
        ahead = (self.moment(time_ms).utcoffset() or _NOTHING) - (other.moment(time_ms).utcoffset() or _NOTHING)
        return ahead // _HOUR

    def hour_of_week_starts(self, day: int) -> list[tuple[int, int]]:
        """Start (ms) and hour of week (Monday 0:00 is 0) of each wall-clock hour of one local day."""
        weekday = self.weekday(day)
        return [(self.at(day, 60 * hour), 24 * weekday + hour) for hour in range(24)]

    def __repr__(self) -> str:
        return f"Calendar({self.start.isoformat()})"


def business_days_after(weekday: int, count: int, working: frozenset[int], closed: frozenset[int] = frozenset()) -> int:
    """Calendar days until the ``count``-th working day after a day that falls on ``weekday``; the days of ``closed``,
    counted from that day, are none."""
    days = 0
    while count > 0:
        days += 1
        if (weekday + days) % 7 in working and days not in closed:
            count -= 1
    return days


LocalDay = tuple[Calendar, list[int], int]
"""A calendar, the numbers of those who live by it, and one of its days."""

MINUTES_PER_DAY = DAY_MS // MINUTE_MS


def period_ends(calendar: Calendar, period: str, until_ms: int) -> list[int]:
    """When the periods (``day``, ``week`` or ``month``) end that end after the clock's start and up to ``until_ms``."""
    ends = []
    for day in range(1, calendar.day_at(until_ms) + 1):
        date = calendar.date_of(day)
        if period == "day" or (period == "week" and date.weekday() == 0) or (period == "month" and date.day == 1):
            ends.append(calendar.at(day, 0))
    return [end for end in ends if 0 < end <= until_ms]
