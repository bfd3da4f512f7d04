"""The scenario's clock: when it starts, and where a moment of a file falls on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from scenarios.errors import Problems, shown
from scenarios.quantities import ZONE_HELP, Moment, time_zones
from scenarios.yaml_source import Tree
from sim.calendar import Calendar

_FIRST_YEAR, _LAST_YEAR = 1900, 2500
_START_HELP = f'a date and time such as "2026-11-23 00:00", from {_FIRST_YEAR} to {_LAST_YEAR}'


def calendar_of(tree: Tree, problems: Problems) -> Calendar | None:
    """The calendar that ``start`` and ``timezone`` describe, or None if they cannot be read."""
    start, zone = _start(tree, problems), _zone(tree, problems)
    if start is None:
        return None
    if zone is None:
        return Calendar(start) if start.tzinfo is not None else None
    return Calendar(start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone))


def moment_ms(moment: Moment, calendar: Calendar) -> int:
    """Milliseconds from the start to ``moment``; negative before it."""
    return moment.since_start_ms if moment.at is None else calendar.ms(moment.at)


def days_of(moments: Iterable[Moment], calendar: Calendar) -> frozenset[int]:
    """Numbers of the days in which some moments lie: dates, which each place has by its own clock."""
    return frozenset(calendar.day_at(moment_ms(moment, calendar)) for moment in moments)


def _start(tree: Tree, problems: Problems) -> datetime | None:
    found = tree.get("start")
    if found is None:
        return None
    try:
        start = datetime.fromisoformat(found.value)
        if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
            raise ValueError
        return start
    except (TypeError, ValueError):
        message = f"{shown(found.value)} does not fit"
        problems.add(found.mark, "start", message, value=found.value, accepted=_START_HELP)
        return None


def _zone(tree: Tree, problems: Problems) -> ZoneInfo | None:
    found = tree.get("timezone")
    if found is None or found.value is None:
        start = tree.get("start")
        if start is not None and "timezone" not in tree.value and _is_local(start.value):
            problems.add(start.key_mark, "timezone", "is missing", accepted=ZONE_HELP)
        return None
    if found.value not in time_zones():
        problems.add(
            found.mark,
            "timezone",
            f"there is no time zone {found.value!r}",
            value=found.value,
            accepted=ZONE_HELP,
            known=time_zones(),
        )
        return None
    return ZoneInfo(found.value)


def _is_local(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is None
    except ValueError:
        return False
