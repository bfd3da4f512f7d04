"""A work station: a queue of jobs and people who take them in batches.

At batch size 1 and with one line a job this is an ordinary queueing station with as many servers as people, first in,
first out. A batch bears the time of its completion, never spans the end of a shift, and is given back to the head of
the queue when its people are called away.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

from sim.agents.floor.crew import Crew
from sim.clock import BOUNDARY, COMPLETION, Clock
from sim.distributions import Fixed
from sim.network import Station as StationSpec
from sim.streams import CounterStream
from sim.units import BASIS_POINTS

Done = Callable[[list[int]], None]


class Station:
    """One kind of work at one node.

    Parameters
    ----------
    spec
        Time a unit of work takes, batch size, set-up of a batch.
    work_units
        How many units of work some jobs are (lines to pick; one for each parcel to pack). Where work time is random,
        each begun unit of a job has its own draw.
    done
        Called with the jobs of each finished batch, at its completion.
    luck
        Draws the time of each job where work time is random.
    rank
        The node's number: the tie-break at one instant.
    """

    def __init__(
        self,
        spec: StationSpec,
        crew: Crew,
        clock: Clock,
        work_units: Callable[[list[int]], float],
        done: Done,
        luck: CounterStream,
        rank: int,
    ) -> None:
        self.queue: deque[int] = deque()
        self.capacity_bp = BASIS_POINTS
        self.busy_ms = 0
        self._spec, self._crew, self._clock = spec, crew, clock
        self._work_units, self._done, self._luck, self._rank = work_units, done, luck, rank
        self._fixed_ms = spec.work_ms.value if isinstance(spec.work_ms, Fixed) else None
        self._running: dict[int, tuple[list[int], int]] = {}
        self._held = 0
        """Jobs in all running batches."""
        self._batch = 0
        self._wakes_ms = -1
        self.gate: Callable[[], int] | None = None
        """How many jobs may be begun now; None: any number."""
        self.helpers: Station | None = None
        """Others who take from the same queue what is left when each of these people has a batch."""

    @property
    def in_work(self) -> int:
        """Jobs that people hold at this moment."""
        return self._held if self.helpers is None else self._held + self.helpers.in_work

    def begun(self) -> list[tuple[list[int], int]]:
        """Batches that these people hold, each with the moment at which it was begun."""
        return list(self._running.values())

    def jobs(self) -> list[int]:
        """All that wait here or are worked on."""
        held = [job for jobs, _ in self._running.values() for job in jobs] + list(self.queue)
        return held if self.helpers is None else held + self.helpers.jobs()

    def put(self, jobs: Iterable[int]) -> None:
        """Jobs arrive at the end of the queue."""
        self.queue.extend(jobs)
        self.start()

    def start(self) -> None:
        """Let every idle person take a batch, as much as fits before the shift ends."""
        queue, running = self.queue, self._running
        if not queue:
            return
        clock, crew = self._clock, self._crew
        now = clock.now_ms
        idle = crew.size(now) * self.capacity_bp // BASIS_POINTS - len(running)
        room_ms = crew.until_ms - now
        allowed = len(queue) if self.gate is None else self.gate()
        while queue and idle > 0 and allowed > 0:
            jobs, duration = self._fitting(room_ms)
            if not jobs:
                break
            idle -= 1
            allowed -= len(jobs)
            self._batch += 1
            running[self._batch] = (jobs, now)
            self._held += len(jobs)
            clock.at(now + duration, COMPLETION, self._finish, self._batch, self._rank)
        if queue and not running:
            self._wake_at(crew.until_ms)
        if queue and self.helpers is not None:
            self.helpers.start()

    def _fitting(self, room_ms: int) -> tuple[list[int], int]:
        """The next batch, taken from the queue, and its duration; no jobs if not even one fits."""
        spec, queue = self._spec, self.queue
        jobs = [queue.popleft() for _ in range(min(spec.batch_size, len(queue)))]
        if self._fixed_ms is not None:
            duration = spec.setup_ms + round(self._work_units(jobs) * self._fixed_ms)
            while duration > room_ms and jobs:
                queue.appendleft(jobs.pop())
                duration = spec.setup_ms + round(self._work_units(jobs) * self._fixed_ms)
            return jobs, duration
        total = float(spec.setup_ms)
        for count, job in enumerate(jobs):
            longer = total + self._drawn_ms(job)
            if longer > room_ms:
                queue.extendleft(reversed(jobs[count:]))
                return jobs[:count], round(total)
            total = longer
        return jobs, round(total)

    def _drawn_ms(self, job: int) -> float:
        """What a job takes, unit by unit."""
        units, draw, luck = self._work_units([job]), self._spec.work_ms.at, self._luck.at
        if units == 1:
            return draw(luck(job << 8))
        return sum(min(1, units - unit) * draw(luck((job << 8) + unit)) for unit in range(math.ceil(units)))

    def _finish(self, batch: int) -> None:
        found = self._running.pop(batch, None)
        if found is None:
            return
        jobs, since = found
        self._held -= len(jobs)
        self.busy_ms += self._clock.now_ms - since
        self._done(jobs)
        self.start()

    def _wake_at(self, time_ms: int) -> None:
        if self._wakes_ms < self._clock.now_ms or time_ms < self._wakes_ms:
            self._wakes_ms = time_ms
            self._clock.at(time_ms, BOUNDARY, self._wake, rank=self._rank)

    def _wake(self, _: None) -> None:
        self._wakes_ms = -1
        self.start()

    def limit_capacity(self, share_bp: int) -> None:
        """From now on only this share of the crew works; surplus batches go back to the head of the queue, the last
        begun first."""
        self.capacity_bp = share_bp
        people = self._crew.size(self._clock.now_ms) * share_bp // BASIS_POINTS
        while len(self._running) > people:
            _, (jobs, since) = self._running.popitem()
            self._held -= len(jobs)
            self.busy_ms += self._clock.now_ms - since
            self.queue.extendleft(reversed(jobs))
        self.start()
