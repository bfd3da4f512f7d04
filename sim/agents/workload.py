"""How much work waits at each node, and when it will be done: what a floor manager would say from the queue screen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.crew import Crew
from sim.books.register import as_numpy
from sim.network import Station
from sim.orders import PLANNED
from sim.units import BASIS_POINTS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.agents.warehouse import Warehouse

NEVER = 1 << 62
"""When work is done that nobody does."""
_SHIFTS_AHEAD = 200
_PICK, _PACK = 0, 1

Hours = tuple[float, float]
"""(pick, pack) hours of work for the crew of the present or next shift."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Workload:
    """Work at expected times; what somebody holds in their hands at this moment is not counted at that station."""

    def __init__(self, site: Site) -> None:
        self._site = site
        nodes = site.world.network.nodes
        self._crews = [[Crew(n.shifts, station, site.calendar) for station in (_PICK, _PACK)] for n in nodes]
        self._each_ms = [(job_ms(n.stations[_PICK]), job_ms(n.stations[_PACK])) for n in nodes]
        self._people: list[Hours] = [(0.0, 0.0) for _ in nodes]

    def look(self, nodes: Iterable[int] | None = None) -> None:
        """Count the people at nodes (all), now or in the next shift; `begun`, `of`, `behind`, `done_ms` build on it."""
        now = self._site.clock.now_ms
        for node in range(len(self._crews)) if nodes is None else nodes:
            floor = self._site.warehouses[node]
            pick, pack = (self._of_shift(crew, now) for crew in self._crews[node])
            self._people[node] = (pick * self._share(floor, _PICK), pack * self._share(floor, _PACK))

    def _of_shift(self, crew: Crew, now_ms: int) -> int:
        return crew.size(now_ms) or (crew.size(crew.until_ms) if crew.ever_works else 0)

    def _share(self, floor: Warehouse, station: int) -> float:
        return floor.stations[station].capacity_bp / BASIS_POINTS

    def begun(self, node: int) -> Hours:
        """What has been released there and is not packed."""
        floor = self._site.warehouses[node]
        queue = np.fromiter(floor.pick.queue, dtype=np.int64, count=len(floor.pick.queue))
        parcels = len(queue) + floor.pick.in_work + len(floor.pack.queue)
        return self.hours(node, self._lines_of(queue), parcels)

    def of(self, node: int, shipment: int) -> Hours:
        """What one shipment is there."""
        first = self._site.register.shipments.first_piece
        return self.hours(node, first[shipment + 1] - first[shipment], 1)

    def each_ms(self, node: int) -> tuple[float, float]:
        """What a line to pick and a parcel to pack take one of the crew."""
        return self._each_ms[node]

    def backlog_ms(self, node: int) -> tuple[float, float]:
        """(pick, pack) work of one person in what waits there or is begun."""
        waiting, (pick_ms, pack_ms) = self.waiting(node), self._each_ms[node]
        pick, pack = self.begun_ms(node)
        return pick + self._lines_of(waiting) * pick_ms, pack + len(waiting) * pack_ms

    def begun_ms(self, node: int) -> tuple[float, float]:
        """(pick, pack) work of one person in what has been released there and is not packed."""
        floor, (pick_ms, pack_ms) = self._site.warehouses[node], self._each_ms[node]
        parcels = len(floor.pick.queue) + floor.pick.in_work + len(floor.pack.queue)
        queue = np.fromiter(floor.pick.queue, dtype=np.int64, count=len(floor.pick.queue))
        return self._lines_of(queue) * pick_ms, parcels * pack_ms

    def people_ms(self, node: int, station: int, from_ms: int, until_ms: int) -> float:
        """Time of the people on the roster, and of those who are called, at their pace, between two moments."""
        found = self.rostered_ms(node, station, from_ms, until_ms)
        floor = self._site.warehouses[node]
        if floor.temporary and floor.temporary[station].crew.ever_works:
            found += floor.temporary[station].called_ms(from_ms, until_ms)
        return found

    def rostered_ms(self, node: int, station: int, from_ms: int, until_ms: int) -> float:
        """Time of the people on the roster between two moments; at (pick, pack) of `sim.network.STATION_NAMES`."""
        found = self._crews[node][station].people_ms(from_ms, until_ms)
        return found * self._share(self._site.warehouses[node], station)

    def waiting(self, node: int) -> Ints:
        """Shipments that wait there for a wave."""
        numbers = self._site.warehouses[node].waiting
        if not numbers:
            return _NOBODY
        candidates = as_numpy(numbers).astype(np.int64)
        return candidates[as_numpy(self._site.register.shipments.state)[candidates] == PLANNED]

    def behind(self, node: int, queue: Ints, begun: Hours) -> tuple[Floats, Floats]:
        """(pick, pack) hours of work there up to and with each shipment of a queue that stands behind ``begun``."""
        people, each_ms = self._people[node], self._each_ms[node]
        lines, parcels = self._lines(queue).astype(np.float64), np.ones(len(queue))
        pick = _each_crew_hours(lines * each_ms[_PICK], people[_PICK])
        pack = _each_crew_hours(parcels * each_ms[_PACK], people[_PACK])
        return _running(begun[_PICK], pick), _running(begun[_PACK], pack)

    def done_ms(self, node: int, pick_hours: float, pack_hours: float) -> int:
        """When so much work is done, by people who work in their shifts; `NEVER` where there is nobody."""
        return max(self._station_done_ms(node, s, h) for s, h in ((_PICK, pick_hours), (_PACK, pack_hours)))

    def hours_until(self, node: int, until_ms: int) -> Hours:
        """(pick, pack) hours that the crew of the present or next shift would need for what all crews do by then."""
        pick, pack = (self._station_hours(node, station, until_ms) for station in (_PICK, _PACK))
        return pick, pack

    def _station_hours(self, node: int, station: int, until_ms: int) -> float:
        crew, share = self._crews[node][station], self._share(self._site.warehouses[node], station)
        people, moment = self._people[node][station], self._site.clock.now_ms
        if not people or not crew.ever_works:
            return 0.0
        done_ms = 0.0
        while moment < until_ms:
            at_work = crew.size(moment) * share
            end_ms = min(crew.until_ms, until_ms)
            done_ms += at_work * (end_ms - moment)
            moment = end_ms
        return done_ms / people / HOUR_MS

    def _station_done_ms(self, node: int, station: int, hours: float) -> int:
        crew, share = self._crews[node][station], self._share(self._site.warehouses[node], station)
        moment: int = self._site.clock.now_ms
        left_ms = hours * self._people[node][station] * HOUR_MS if math.isfinite(hours) else math.inf
        if not hours:
            return moment
        if not left_ms or not math.isfinite(left_ms) or not share:
            return NEVER
        for _ in range(_SHIFTS_AHEAD):
            people = crew.size(moment) * share
            if people and left_ms <= people * (crew.until_ms - moment):
                return moment + math.ceil(left_ms / people)
            left_ms -= people * (crew.until_ms - moment)
            moment = crew.until_ms
        return NEVER

    def each_done_ms(self, node: int, pick_hours: Floats, pack_hours: Floats) -> Ints:
        """The same for many amounts of work, shift by shift instead of one by one."""
        pick, pack = (self._station_each_done_ms(node, s, h) for s, h in ((_PICK, pick_hours), (_PACK, pack_hours)))
        return np.maximum(pick, pack)

    def _station_each_done_ms(self, node: int, station: int, hours: Floats) -> Ints:
        crew, share = self._crews[node][station], self._share(self._site.warehouses[node], station)
        moment: int = self._site.clock.now_ms
        with np.errstate(invalid="ignore"):  # endless work of nobody
            left_ms = hours * self._people[node][station] * HOUR_MS
        done = np.where(hours == 0, moment, NEVER)
        open_ = np.flatnonzero((hours != 0) & np.isfinite(left_ms) & (left_ms != 0)) if share else _NOBODY
        left_ms = left_ms[open_]
        for _ in range(_SHIFTS_AHEAD):
            if not len(open_):
                break
            people = crew.size(moment) * share
            span_ms = people * (crew.until_ms - moment)
            if people:
                fits = left_ms <= span_ms
                done[open_[fits]] = moment + np.ceil(left_ms[fits] / people).astype(np.int64)
                open_, left_ms = open_[~fits], left_ms[~fits]
            left_ms = left_ms - span_ms
            moment = crew.until_ms
        return done

    def _lines(self, shipments: Ints) -> Ints:
        first = as_numpy(self._site.register.shipments.first_piece)
        lines: Ints = first[shipments + 1] - first[shipments]
        return lines

    def _lines_of(self, shipments: Ints) -> int:
        return int(self._lines(shipments).sum())

    def hours(self, node: int, lines: int, parcels: int) -> Hours:
        """What so many lines and parcels are there."""
        people, each_ms = self._people[node], self._each_ms[node]
        return (
            _crew_hours(lines * each_ms[_PICK], people[_PICK]),
            _crew_hours(parcels * each_ms[_PACK], people[_PACK]),
        )


_NOBODY: Ints = np.zeros(0, dtype=np.int64)


def job_ms(spec: Station) -> float:
    """What a unit of work takes a person, with its share of the set-up of a full batch."""
    return spec.work_ms.mean + spec.setup_ms / spec.batch_size


def _crew_hours(work_ms: float, people: float) -> float:
    if not work_ms:
        return 0.0
    return work_ms / people / HOUR_MS if people else math.inf


def _each_crew_hours(work_ms: Floats, people: float) -> Floats:
    hours: Floats = work_ms / people / HOUR_MS if people else np.where(work_ms > 0, np.inf, 0.0)
    return hours


def _running(start: float, more: Floats) -> Floats:
    """Sums from ``start`` on, added one after the other."""
    sums: Floats = np.add.accumulate(np.concatenate(([start], more)))
    return sums[1:]
