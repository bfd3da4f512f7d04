"""A carrier's hub: what its vans brought is sorted by night, as much as fits; the rest waits for the next night.

The days of transit run from the sort. What a carrier quotes runs from the collection, so that parcels that missed a
sort are late by its own word: in a peak, carriers slow down by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.network import Hub
from sim.timetable import Collection
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.carriers.carrier import Carrier
    from sim.agents.site import Site

_MISSED, _LEFT = NUMBER["missed_sort"], NUMBER["left_hub"]
_RANK = 1 << 24
_MOST_DAYS = 28
"""Who is farther behind says that it is so far behind."""


class Sorting:
    """The hub of one service, for the parcels of this shop.

    Attributes
    ----------
    share_bp : int
        The part of its room that is left to this shop, in basis points; a disruption takes some.
    """

    def __init__(self, carrier: Carrier, plan: Hub, site: Site) -> None:
        self._carrier, self._plan, self._site = carrier, plan, site
        self._calendar = site.calendar.of(plan)
        self._queue: list[NDArray[np.int64]] = []
        self._is_expected = False
        self._came = 0
        """How many parcels vans brought since the last sort."""
        self.share_bp = BASIS_POINTS

    @property
    def waiting(self) -> int:
        """How many parcels are there."""
        return sum(map(len, self._queue))

    def unload(self, shipments: NDArray[np.int64]) -> None:
        """A van brings parcels; they stand behind those that are there."""
        self._queue.append(shipments)
        self._came += len(shipments)
        self._expect(self._site.clock.now_ms)

    def _expect(self, from_ms: int) -> None:
        """The next sort, after all vans of its moment."""
        if not self._is_expected:
            self._is_expected = True
            rank = _RANK + self._carrier.index
            self._site.clock.at(self._next_ms(from_ms), SWEEP, self._sort, None, rank=rank)

    def _next_ms(self, from_ms: int) -> int:
        calendar, plan, closed = self._calendar, self._plan, self._carrier.spec.closed_days
        day = calendar.day_at(from_ms)
        while True:
            at_ms = calendar.at(day, plan.minute)
            if at_ms >= from_ms and calendar.weekday(day) in plan.weekdays and day not in closed:
                return at_ms
            day += 1

    def _sort(self, _: None) -> None:
        """Those that came first leave."""
        site, room = self._site, self._room()
        parcels = np.concatenate(self._queue)
        taken, left = parcels[:room], parcels[room:]
        self._queue, self._is_expected = [left] if len(left) else [], False
        if len(taken):
            site.log.add(_LEFT, self._carrier.actor, 0, taken)
            now = site.clock.now_ms
            self._carrier.travel(taken, Collection(now, self._calendar.day_at(now)))
        if len(left):
            site.log.add(_MISSED, self._carrier.actor, 0, left)
            self._expect(site.clock.now_ms + 1)
        if self._plan.tells:
            self._tell(min((len(left) + self._came // 2) // max(1, room), _MOST_DAYS))
        self._came = 0

    def _room(self) -> int:
        """How many parcels one sort takes; a carrier that is on strike sorts none."""
        return self._plan.parcels * self.share_bp // BASIS_POINTS if self._carrier.delivers else 0

    def _tell(self, behind_days: int) -> None:
        """Whoever hands over parcels knows for how many sorts the middle one of a day will wait, if as many come as
        since the last sort."""
        timetables = self._carrier.timetables
        if timetables[0].behind_days != behind_days:
            for timetable in timetables:
                timetable.behind_days = behind_days
            self._site.dock.ask_again()
