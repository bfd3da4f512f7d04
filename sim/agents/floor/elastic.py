"""Stations whose people stay on when there is a backlog, and get in one another's way on a crowded floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.calendar import Calendar
from sim.network import Shift
from sim.plans.labour import Congestion, Overtime


class OvertimeCrew(Crew):
    """A crew that stays on after its shift, a step at a time, while enough work waits.

    Parameters
    ----------
    rule
        The rule in force at this moment, if any is.
    backlog
        How many jobs wait at this moment.
    pay
        Told of each step: people, milliseconds and the premium in basis points.
    """

    def __init__(
        self,
        shifts: Iterable[Shift],
        station: int,
        calendar: Calendar,
        rule: Callable[[], Overtime | None],
        backlog: Callable[[], int],
        pay: Callable[[int, int, int], None],
    ) -> None:
        super().__init__(tuple(shifts), station, calendar)
        self._rule, self._backlog, self._pay = rule, backlog, pay
        self._stayed_ms = 0
        """How long those who are at work have stayed on after their shift."""

    def _look_up(self, now_ms: int) -> None:
        people, ended_ms = self._size, self.until_ms
        super()._look_up(now_ms)
        rule = self._rule()
        if self._size or not people or now_ms != ended_ms or rule is None:
            self._stayed_ms = 0
            return
        step_ms = min(rule.step_ms, rule.at_most_ms - self._stayed_ms, self.until_ms - now_ms)
        if step_ms <= 0 or self._backlog() < rule.backlog:
            self._stayed_ms = 0
            return
        self._stayed_ms += step_ms
        self._size, self.until_ms = people, now_ms + step_ms
        self._pay(people, step_ms, rule.premium_bp)


class CrowdedStation(Station):
    """A station at which work takes longer when the floor is full."""

    congestion: Congestion | None = None
    load: Callable[[], int]
    """Shipments on the floor at this moment."""

    def _fitting(self, room_ms: int) -> tuple[list[int], int]:
        slowness = self._slowness()
        jobs, duration = super()._fitting(int(room_ms / slowness))
        return jobs, round(duration * slowness)

    def _slowness(self) -> float:
        if self.congestion is None:
            return 1.0
        return min(max(1.0, self.load() / self.congestion.above), self.congestion.slowest)
