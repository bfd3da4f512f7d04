"""When carriers call and when they arrive: public knowledge, computed from the calendar and kept."""

from __future__ import annotations

from dataclasses import dataclass

from sim.calendar import Calendar, business_days_after
from sim.network import CarrierService

_KEPT = 2_048


@dataclass(frozen=True, slots=True)
class Collection:
    """One call of a carrier: the moment, and the local day it falls on."""

    at_ms: int
    day: int


class Timetable:
    """Collections and delivery rounds of one carrier service."""

    def __init__(self, service: CarrierService, calendar: Calendar) -> None:
        self._service = service
        self._calendar = calendar
        self._from_ms = self._day = 0
        self._next = self._quoted_for = Collection(-1, 0)
        self._quoted: list[int] = []
        self._rounds: dict[tuple[int, int], tuple[int, ...]] = {}
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

    def last_in_time_ms(self, now_ms: int, zone: int, deliver_by_ms: int) -> int:
        """The last collection from ``now_ms`` with which a parcel would arrive by a moment, as the carrier says; -1
        where even the next one is too late."""
        found, collection = -1, self.next_collection(now_ms)
        while self.told_ms(collection)[zone] <= deliver_by_ms:
            found = collection.at_ms
            collection = self.next_collection(found + 1)
        return found

    def rounds(self, collected_day: int, working_days: int) -> tuple[int, ...]:
        """Moments of the delivery rounds of the ``working_days``-th working day after collection."""
        key = (collected_day, working_days)
        found = self._rounds.get(key)
        if found is None:
            if len(self._rounds) >= _KEPT:
                self._rounds.clear()  # mostly of days that are past
            service, calendar = self._service, self._calendar
            weekday, working = calendar.weekday(collected_day), service.delivery_weekdays
            closed = frozenset(closed - collected_day for closed in self._closed)
            day = collected_day + business_days_after(weekday, working_days, working, closed)
            found = self._rounds[key] = tuple(calendar.at(day, m) for m in service.delivery_minutes)
        return found

    def next_round(self, now_ms: int) -> int:
        """The first delivery round at or after ``now_ms``."""
        service, calendar = self._service, self._calendar
        day = calendar.day_at(now_ms)
        while True:
            if calendar.weekday(day) in service.delivery_weekdays and day not in self._closed:
                for minute in sorted(service.delivery_minutes):
                    if calendar.at(day, minute) >= now_ms:
                        return calendar.at(day, minute)
            day += 1

    def quoted_ms(self, collection: Collection) -> list[int]:
        """By zone: when a parcel collected then should have arrived: the quoted day's last round."""
        if collection is not self._quoted_for:
            self._quoted_for = collection
            self._quoted = [self.rounds(collection.day, days)[-1] for days in self._service.quoted_days]
        return self._quoted

    def told_ms(self, collection: Collection) -> list[int]:
        """By zone: when it would arrive by what the service says today: as quoted, or so much later as it is behind."""
        if not self.behind_days:
            return self.quoted_ms(collection)
        return [self.rounds(collection.day + self.behind_days, days)[-1] for days in self._service.quoted_days]
