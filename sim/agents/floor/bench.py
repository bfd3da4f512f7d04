"""The bench: people who make returned goods saleable again, one return after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.books.kinds import NUMBER
from sim.distributions import Fixed
from sim.network import Station as StationSpec
from sim.plans.floor import Refurbishing
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_BEGAN = NUMBER["refurbish_began"]


class _Patient(Station):
    """People who lay aside at the end of their shift what they have not finished, and go on with it in the next.

    ``left_ms`` says what each job still takes. ``take`` is called with whatever is taken up.
    """

    left_ms: dict[int, int]
    take: Callable[[int], None]

    def _fitting(self, room_ms: int) -> tuple[list[int], int]:
        job = self.queue.popleft()
        self.take(job)
        return [job], min(self.left_ms[job], room_ms)


class Bench:
    """The bench of one node."""

    def __init__(self, spec: Refurbishing, warehouse: Warehouse, site: Site) -> None:
        self._warehouse, self._site = warehouse, site
        self._left_ms: dict[int, int] = {}
        """By return that waits or is worked on: what it still takes."""
        self._takes_ms: dict[int, int] = {}
        """By return: what it takes in all."""
        self._since_ms: dict[int, int] = {}
        """By return that was taken up: when somebody last did."""
        self.station = _Patient(
            StationSpec(Fixed(1.0)),
            Crew(warehouse.shifts_of(spec.staff), 0, warehouse.calendar),
            site.clock,
            len,
            self._put_down,
            site.streams.counter("work refurbish", warehouse.spec.name),
            warehouse.index,
        )
        self.station.left_ms, self.station.take = self._left_ms, self._take

    def put(self, returns: Iterable[tuple[int, int]]) -> None:
        """Returns arrive, each with the time that it takes."""
        arrived = dict(returns)
        self._left_ms |= arrived
        self._takes_ms |= arrived
        self.station.put(arrived)

    def _take(self, number: int) -> None:
        if number not in self._since_ms:
            self._site.register.returns.refurbish_due_ms[number] = self._site.clock.now_ms + self._takes_ms[number]
            self._site.log.one(_BEGAN, self._warehouse.actor, 0, number)
        self._since_ms[number] = self._site.clock.now_ms

    def _put_down(self, jobs: list[int]) -> None:
        """It is done, or the shift is over."""
        [number] = jobs
        self._left_ms[number] -= self._site.clock.now_ms - self._since_ms[number]
        if self._left_ms[number]:
            self.station.queue.appendleft(number)
            return
        del self._left_ms[number], self._since_ms[number]
        wage = self._warehouse.spec.piece_cents_per_hour
        labour_cents = round(self._takes_ms.pop(number) * wage / HOUR_MS)
        self._site.returns.disposition.refurbished(self._warehouse.index, number, labour_cents)
