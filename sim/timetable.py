"""When carriers call and when they arrive: public knowledge, computed from calendars and kept.

A carrier calls by the clock of the node, and delivers by that of the region. Its working days count from the date at
the node; where it is tomorrow already at the destination when it calls, from that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.calendar import Calendar, business_days_after
from sim.network import CarrierService, Geography, Node
from sim.units import DAY_MS

_KEPT = 2_048


@dataclass(frozen=True, slots=True)
class Collection:
    """One call of a carrier: the moment, and the day of the node's clock that it falls on."""

    at_ms: int
    day: int


class Rounds:
    """Delivery rounds of one carrier service, where people live by one clock."""

    def __init__(self, service: CarrierService, calendar: Calendar) -> None:
        self._service, self._calendar = service, calendar
        self._rounds: dict[tuple[int, int], tuple[int, ...]] = {}

    def after(self, left: Collection, working_days: int) -> tuple[int, ...]:
        """Moments of the rounds of the ``working_days``-th working day after a van has left."""
        day = max(left.day, self._calendar.day_at(left.at_ms - 1))
        key = (day, working_days)
        found = self._rounds.get(key)
        if found is None:
            if len(self._rounds) >= _KEPT:
                self._rounds.clear()  # mostly of days that are past
            service, calendar = self._service, self._calendar
            closed = frozenset(closed - day for closed in service.closed_days)
            weekday, working = calendar.weekday(day), service.delivery_weekdays
            due = day + business_days_after(weekday, working_days, working, closed)
            found = self._rounds[key] = tuple(calendar.at(due, m) for m in service.delivery_minutes)
        return found

    def next(self, now_ms: int) -> int:
        """The first round at or after ``now_ms``."""
        service, calendar = self._service, self._calendar
        day = calendar.day_at(now_ms)
        while True:
            if calendar.weekday(day) in service.delivery_weekdays and day not in service.closed_days:
                for minute in sorted(service.delivery_minutes):
                    if calendar.at(day, minute) >= now_ms:
                        return calendar.at(day, minute)
            day += 1


class Timetable:
    """Collections of one carrier service at the nodes of one clock, and what it says of what it collects there.

    Parameters
    ----------
    rounds
        Its delivery rounds, by clock of the destinations.
    """

    def __init__(self, service: CarrierService, calendar: Calendar, rounds: Sequence[Rounds]) -> None:
        self._service = service
        self._calendar = calendar
        self._destinations = rounds
        self._from_ms = 0
        self._next = self._quoted_for = Collection(-1, 0)
        self._quoted: list[int] = []
        self.behind_days = 0
        """How many days the service says that it is behind, beside what it quotes."""
        if not service.collections:
            raise ValueError(f"carrier service {service.name} never collects")
        by_weekday: dict[int, list[int]] = {}
        for weekday, minute in sorted(service.collections):
            by_weekday.setdefault(weekday, []).append(minute)
        self._by_weekday, self._closed = by_weekday, service.closed_days

    def next_collection(self, now_ms: int) -> Collection:
        """The first collection at or after ``now_ms``."""
        if self._from_ms <= now_ms <= self._next.at_ms:
            return self._next
        calendar = self._calendar
        day = calendar.day_at(now_ms)
        while True:
            for minute in self._by_weekday.get(calendar.weekday(day), ()) if day not in self._closed else ():
                at_ms = calendar.at(day, minute)
                if at_ms >= now_ms:
                    self._from_ms, self._next = now_ms, Collection(at_ms, day)
                    return self._next
            day += 1

    def last_collection_ms(self, now_ms: int, by_ms: int) -> int:
        """The last collection from ``now_ms`` to ``by_ms``; the next one, where there is none before."""
        found = self.next_collection(now_ms).at_ms
        while (later := self.next_collection(found + 1).at_ms) <= by_ms:
            found = later
        return found

    def last_in_time_ms(self, now_ms: int, quote: int, deliver_by_ms: int) -> int:
        """The last collection from ``now_ms`` with which a parcel would arrive by a moment, as the carrier says of
        number ``quote``; -1 where even the next one is too late."""
        found, collection = -1, self.next_collection(now_ms)
        while self.told_ms(collection)[quote] <= deliver_by_ms:
            found = collection.at_ms
            collection = self.next_collection(found + 1)
        return found

    def quoted_ms(self, collection: Collection) -> list[int]:
        """By `Geography.quote_index`: when a parcel collected then should have arrived: the quoted day's last round."""
        if collection is not self._quoted_for:
            self._quoted_for = collection
            days = self._service.quoted_days
            self._quoted = [there.after(collection, n)[-1] for there in self._destinations for n in days]
        return self._quoted

    def told_ms(self, collection: Collection) -> list[int]:
        """The same by what the service says today: as quoted, or so much later as it is behind."""
        if not self.behind_days:
            return self.quoted_ms(collection)
        late = Collection(collection.at_ms + self.behind_days * DAY_MS, collection.day + self.behind_days)
        return [there.after(late, n)[-1] for there in self._destinations for n in self._service.quoted_days]


def rounds_of(service: CarrierService, geography: Geography, calendar: Calendar) -> list[Rounds]:
    """A service's delivery rounds by clock of the destinations, as `Geography.clocks` has them."""
    return [Rounds(service, calendar.in_zone(zone)) for zone in geography.clocks]


def timetables_of(
    service: CarrierService, nodes: Sequence[Node], calendar: Calendar, rounds: Sequence[Rounds]
) -> list[Timetable]:
    """By node: when a service calls there. Nodes of one clock share theirs."""
    own = {clock: Timetable(service, clock, rounds) for clock, _ in calendar.groups(nodes)}
    return [own[calendar.of(node)] for node in nodes]
