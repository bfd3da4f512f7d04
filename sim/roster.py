"""What a node's shifts come to: people's hours on the roster, station by station."""

from __future__ import annotations

from sim.calendar import Calendar
from sim.network import STATION_NAMES, Node
from sim.units import HOUR_MS


def rostered_hours(node: Node, calendar: Calendar, from_ms: int, until_ms: int) -> dict[str, float]:
    """People times hours on shift between two moments, by station, and at the bench of a node that has one."""
    staff_ms, shifts_ms = [0] * len(STATION_NAMES), 0
    for day in range(calendar.day_at(from_ms), calendar.day_at(until_ms) + 1):
        for shift in node.shifts:
            if not shift.is_on(day, calendar):
                continue
            start, end = calendar.at(day, shift.start_minute), calendar.at(day, shift.end_minute)
            worked_ms = max(0, min(end, until_ms) - max(start, from_ms))
            shifts_ms += worked_ms
            staff_ms = [total + people * worked_ms for total, people in zip(staff_ms, shift.staff, strict=True)]
    hours = {name: ms / HOUR_MS for name, ms in zip(STATION_NAMES, staff_ms, strict=True)}
    if node.refurbish is not None:
        hours["refurbish"] = node.refurbish.staff * shifts_ms / HOUR_MS
    return hours


def standard_seconds(node: Node) -> dict[str, float]:
    """Seconds that a unit of work takes on average, by station; set-up of batches left out.

    What a bench takes for a return is in the log: the time from the moment when it began to that when it was due.
    """
    return {name: station.work_ms.mean / 1_000 for name, station in zip(STATION_NAMES, node.stations, strict=True)}
