"""Crews that are paid by the hours of their shifts, with work or without."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.quiet import QuietCrew
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.calendar import Calendar, LocalDay
from sim.clock import SWEEP
from sim.network import STATION_NAMES, Node, Shift
from sim.units import HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_PAID = NUMBER["shift_paid"]
_STATIONS = tuple(REASON_NUMBER[name] for name in (*STATION_NAMES, "sort", "fill", "count", "load", "refurbish"))
"""What the log says of whom: the stations, then put wall, pick face, cycle counts, vans and bench."""

Span = tuple[Node, int, Shift, int, int]
"""Node, its number, a shift, and the part of it that is paid at one time."""


class Payroll:
    """Pays each shift in its last millisecond, so that what is paid for falls into the day, and the window of the
    measures, in which it was worked; a shift that reaches over an edge of that window is paid in two parts.

    Who is on the roster is paid, ill, sent home or idle. Of a store with quiet hours only the time in which its people
    pick is charged to orders: the rest is the store's own.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def start(self) -> None:
        """Put the first day of each clock on the run's."""
        for calendar, nodes in self._site.calendar.groups(self._site.world.network.nodes):
            self._call_day((calendar, nodes, calendar.day_at(self._site.clock.now_ms)))

    def _call_day(self, what: LocalDay) -> None:
        site, (calendar, nodes, day) = self._site, what
        at_ms = calendar.at(day, 0)
        if at_ms < site.world.horizon.drain_until_ms:
            rank = (1 << 31) - 1 - nodes[0]
            site.clock.at(max(at_ms, site.clock.now_ms), SWEEP, self._plan_day, what, rank=rank)

    def _plan_day(self, what: LocalDay) -> None:
        calendar, nodes, day = what
        for span in self._spans(calendar, nodes, day):
            self._site.clock.at(span[4] - 1, SWEEP, self._pay, span, rank=(1 << 30) + span[1])
        self._call_day((calendar, nodes, day + 1))

    def _spans(self, calendar: Calendar, nodes: list[int], day: int) -> Iterator[Span]:
        site, horizon = self._site, self._site.world.horizon
        for number in nodes:
            node = site.world.network.nodes[number]
            for shift in node.shifts if node.is_paid_by_shift else ():
                if not shift.is_on(day, calendar):
                    continue
                starts, ends = (calendar.at(day, minute) for minute in (shift.start_minute, shift.end_minute))
                edges = {max(starts, node.opens_ms, site.clock.now_ms), ends, horizon.warm_up_ms, horizon.end_ms}
                inside = sorted(t for t in edges if starts <= t <= ends and t >= node.opens_ms)
                for first, last in pairwise(inside):
                    yield node, number, shift, first, last

    def _pay(self, span: Span) -> None:
        site, (node, number, shift, first, last) = self._site, span
        for reason, people_ms in zip(_STATIONS, self._people_ms(node, shift, first, last), strict=True):
            if people_ms:
                cents = round(people_ms * node.wage_cents_per_hour / HOUR_MS)
                note = site.register.notes.add(units=people_ms // MINUTE_MS, value_cents=cents)
                site.log.one(_PAID, site.warehouses[number].actor, reason, note)

    def _people_ms(self, node: Node, shift: Shift, first: int, last: int) -> list[int]:
        """People times milliseconds of each of `_STATIONS`."""
        found = [people * (last - first) for people in shift.staff]
        if node.quiet_hours is not None:
            pickers: Crew = QuietCrew((shift,), 0, self._site.calendar.of(node), node.quiet_hours)
            found[0] = pickers.people_ms(first, last)
        aside = (node.put_wall, node.pick_face, node.cycle_counts, node.loading, node.refurbish)
        return [*found, *(0 if spec is None else spec.staff * (last - first) for spec in aside)]
