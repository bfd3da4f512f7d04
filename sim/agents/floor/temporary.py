"""Temporary people on a floor: they work beside the crew, from the same queue, in hours and at a pace of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.agents.floor.crew import Crew
from sim.agents.floor.elastic import CrowdedStation
from sim.calendar import Calendar
from sim.network import Station as StationSpec
from sim.policies.labour import Call
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.floor.station import Station

_NOBODY_MS = 15 * DAY_MS


class CalledCrew(Crew):
    """Those who were called to one station of a node."""

    def __init__(self, station: int, calendar: Calendar) -> None:
        super().__init__((), station, calendar)
        self._calls: list[Call] = []

    @property
    def ever_works(self) -> bool:
        """Whether anyone is called at present."""
        return bool(self._calls)

    def call(self, call: Call) -> None:
        """People will come."""
        self._calls = [c for c in self._calls if c.end_ms > self._from_ms] + [call]
        self._from_ms, self.until_ms = 0, -1  # what was looked up is out of date

    def people_ms(self, from_ms: int, until_ms: int) -> int:
        """Time of all people between two moments."""
        return sum(c.people * max(0, min(c.end_ms, until_ms) - max(c.start_ms, from_ms)) for c in self._calls)

    def _look_up(self, now_ms: int) -> None:
        self._from_ms = now_ms
        self._size = sum(c.people for c in self._calls if c.start_ms <= now_ms < c.end_ms)
        changes = [moment for c in self._calls for moment in (c.start_ms, c.end_ms) if moment > now_ms]
        self.until_ms = min(changes, default=now_ms + _NOBODY_MS)


class Together(Crew):
    """Two crews as one: how many people are there, of either."""

    def __init__(self, first: Crew, second: Crew, calendar: Calendar) -> None:
        super().__init__((), 0, calendar)
        self._first, self._second = first, second

    @property
    def ever_works(self) -> bool:
        """Whether anyone is rostered or called."""
        return self._first.ever_works or self._second.ever_works

    def size(self, now_ms: int) -> int:
        """People at a moment; calls come and go, so nothing is kept."""
        found = self._first.size(now_ms) + self._second.size(now_ms)
        self.until_ms = min(self._first.until_ms, self._second.until_ms)
        return found


class TemporaryStation(CrowdedStation):
    """The temporary people of one station.

    Attributes
    ----------
    units
        Units of work that they have finished; of pallets and cases, as many lines as they took the time of.
    """

    def __init__(
        self,
        beside: Station,
        spec: StationSpec,
        crew: CalledCrew,
        pace: float,
        work_units: Callable[[list[int]], float],
        done: Callable[[list[int]], None],
        **shared: Any,
    ) -> None:
        super().__init__(spec, crew, work_units=work_units, done=self._count, **shared)
        self.queue, self.crew = beside.queue, crew
        self.units = 0.0
        beside.helpers = self
        self._pace, self._finished = pace, done

    def start(self) -> None:
        """Let those who are there take what waits."""
        if self._crew.size(self._clock.now_ms):
            super().start()

    def called_ms(self, from_ms: int, until_ms: int) -> float:
        """What those who are called do between two moments, in time of the crew."""
        return self.crew.people_ms(from_ms, until_ms) * self._pace

    def _slowness(self) -> float:
        return super()._slowness() / self._pace

    def _count(self, jobs: list[int]) -> None:
        self.units += self._work_units(jobs)
        self._finished(jobs)
