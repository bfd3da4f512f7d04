"""Local days in SQL, without a time-zone database."""

from __future__ import annotations

from datetime import timedelta

from sim.calendar import Calendar
from sim.units import DAY_MS


def local_day_sql(calendar: Calendar, until_ms: int) -> str:
    """An expression for the number of the local day (1970-01-01 is 0) that contains the moment ``ms``.

    The zone's changes of clock within the run are spelled out, so that no query needs a time-zone database.
    """
    epoch_ms = int(calendar.start.timestamp() * 1000)
    cases = []
    since, offset = 0, _offset_ms(calendar, 0)
    while since <= until_ms:
        change = _next_change(calendar, since, until_ms)
        if change is None:
            break
        cases.append(f"WHEN ms < {change} THEN {epoch_ms + offset}")
        since, offset = change, _offset_ms(calendar, change)
    shift = f"CASE {' '.join(cases)} ELSE {epoch_ms + offset} END" if cases else str(epoch_ms + offset)
    return f"((ms + {shift}) // {DAY_MS})"


def _offset_ms(calendar: Calendar, ms: int) -> int:
    return (calendar.moment(ms).utcoffset() or timedelta()) // timedelta(milliseconds=1)


def _next_change(calendar: Calendar, since: int, until_ms: int) -> int | None:
    """The first moment after ``since`` with another offset from UTC; offsets last longer than a day."""
    offset = _offset_ms(calendar, since)
    late = since
    while _offset_ms(calendar, late) == offset:
        if late > until_ms:
            return None
        late += DAY_MS
    early = late - DAY_MS
    while late - early > 1:
        middle = (early + late) // 2
        if _offset_ms(calendar, middle) == offset:
            early = middle
        else:
            late = middle
    return late
