"""A station whose people are told apart: who took which job."""

from __future__ import annotations

from typing import Any

from sim.agents.floor.station import Station
from sim.units import BASIS_POINTS


class Seats(Station):
    """Of those who are free, a job goes to the one who took the last one longest ago, of equals to the first."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._taken: dict[int, int] = {}
        """By job that somebody holds: whose it is."""
        self._turns: dict[int, int] = {}
        """By person: the number of the last job that they took."""
        self._turn = 0

    def taker(self, job: int) -> int:
        """Who has just finished a job; asked once."""
        return self._taken.pop(job)

    def _fitting(self, room_ms: int) -> tuple[list[int], int]:
        jobs, duration = super()._fitting(room_ms)
        if jobs:
            people = self._crew.size(self._clock.now_ms) * self.capacity_bp // BASIS_POINTS
            busy = {self._taken[job] for held, _ in self._running.values() for job in held}
            free = [person for person in range(people) if person not in busy]
            person = min(free, key=lambda p: (self._turns.get(p, 0), p))
            self._turn += 1
            self._turns[person] = self._turn
            self._taken.update(dict.fromkeys(jobs, person))
        return jobs, duration
