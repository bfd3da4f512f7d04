"""How much work waits at each node, and when it will be done: what a floor manager would say from the queue screen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.floor.crew import Crew
from sim.agents.floor.shifts_ahead import ShiftsAhead
from sim.agents.floor.workload_kernel import NEVER, SHIFTS_AHEAD, add_up, ends, lines_in, planned
from sim.books.columns import as_numpy
from sim.network import Station
from sim.units import BASIS_POINTS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

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
        self._crews = [[Crew(n.shifts, station, site.calendar.of(n)) for station in (_PICK, _PACK)] for n in nodes]
        self._shifts = [[ShiftsAhead(crew) for crew in crews] for crews in self._crews]
        self._each_ms = [(job_ms(n.stations[_PICK]), job_ms(n.stations[_PACK])) for n in nodes]
        self._people: list[Hours] = [(0.0, 0.0) for _ in nodes]
        self._rostered = [(-1, 0, 0) for _ in nodes]
        """By node: what `_of_shifts` said last."""

    def look(self, nodes: Iterable[int] | None = None) -> None:
        """Count the people at nodes (all), now or in the next shift; `begun`, `of`, `behind`, `done_ms` build on it."""
        now = self._site.clock.now_ms
        for node in range(len(self._crews)) if nodes is None else nodes:
            until_ms, pick, pack = self._rostered[node]
            if now >= until_ms:
                until_ms, pick, pack = self._rostered[node] = self._of_shifts(node, now)
            floor = self._site.warehouses[node]
            self._people[node] = (pick * self._share(floor, _PICK), pack * self._share(floor, _PACK))

    def _of_shifts(self, node: int, now_ms: int) -> tuple[int, int, int]:
        """Until when the rosters stay as they are, and their (pick, pack) people, now or in the next shift."""
        until_ms, people = NEVER, [0, 0]
        for station, crew in enumerate(self._crews[node]):
            people[station] = crew.size(now_ms)
            until_ms = min(until_ms, crew.until_ms)
            if not people[station] and crew.ever_works:
                people[station] = crew.size(crew.until_ms)
        return until_ms, people[_PICK], people[_PACK]

    def _share(self, floor: Warehouse, station: int) -> float:
        return floor.stations[station].capacity_bp / BASIS_POINTS

    def begun(self, node: int) -> Hours:
        """What has been released there and is not packed."""
        return self.hours(node, *self._begun(node))

    def _begun(self, node: int) -> tuple[float, int]:
        """(lines to pick, parcels to pack) of it."""
        floor = self._site.warehouses[node]
        queue = np.fromiter(floor.pick.queue, dtype=np.int64, count=len(floor.pick.queue))
        parcels = self.parcels_of(queue) + floor.pick.in_work + floor.aside + len(floor.pack.queue)
        return self.lines_of(node, queue), parcels

    def of(self, node: int, shipment: int) -> Hours:
        """What one shipment is there."""
        return self.hours(node, *self.of_one(node, shipment))

    def of_one(self, node: int, shipment: int) -> tuple[float, int]:
        """(lines to pick, parcels to pack) of one shipment."""
        handling, first = self._site.handling, self._site.register.shipments.first_piece
        if handling is None:
            return first[shipment + 1] - first[shipment], 1
        return handling.work.lines_in(node, [shipment]), int(not handling.on_pallets(shipment))

    def each_ms(self, node: int) -> tuple[float, float]:
        """What a line to pick and a parcel to pack take one of the crew."""
        return self._each_ms[node]

    def backlog_ms(self, node: int) -> tuple[float, float]:
        """(pick, pack) work of one person in what waits there or is begun."""
        waiting, (pick_ms, pack_ms) = self.waiting(node), self._each_ms[node]
        pick, pack = self.begun_ms(node)
        return pick + self.lines_of(node, waiting) * pick_ms, pack + self.parcels_of(waiting) * pack_ms

    def begun_ms(self, node: int) -> tuple[float, float]:
        """(pick, pack) work of one person in what has been released there and is not packed."""
        (lines, parcels), (pick_ms, pack_ms) = self._begun(node), self._each_ms[node]
        return lines * pick_ms, parcels * pack_ms

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
        found: Ints = planned(as_numpy(numbers), as_numpy(self._site.register.shipments.state))
        return found

    def behind(self, node: int, queue: Ints, begun: Hours) -> tuple[Floats, Floats]:
        """(pick, pack) hours of work there up to and with each shipment of a queue that stands behind ``begun``."""
        pick, pack = np.empty(len(queue)), np.empty(len(queue))
        first = as_numpy(self._site.register.shipments.first_piece)
        add_up(first, queue, begun, self._each_ms[node], self._people[node], pick, pack)
        handling = self._site.handling
        if handling is not None and (places := handling.among(queue)):
            lines, parcels = np.zeros(len(queue)), np.zeros(len(queue))
            for place in places:
                shipment = int(queue[place])
                (true_lines, true_parcels), counted = self.of_one(node, shipment), first[shipment + 1] - first[shipment]
                lines[place], parcels[place] = true_lines - counted, true_parcels - 1
            for hours, more, station in ((pick, lines, _PICK), (pack, parcels, _PACK)):
                if people := self._people[node][station]:
                    hours += np.cumsum(more) * self._each_ms[node][station] / people / HOUR_MS
        return pick, pack

    def in_turn(self, node: int, queue: Ints, begun: Hours) -> tuple[Floats, Floats, Ints]:
        """`behind`, and when each shipment of the queue is done."""
        pick, pack = self.behind(node, queue, begun)
        return pick, pack, self.each_done_ms(node, pick, pack)

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
        for _ in range(SHIFTS_AHEAD):
            people = crew.size(moment) * share
            if people and left_ms <= people * (crew.until_ms - moment):
                return moment + math.ceil(left_ms / people)
            left_ms -= people * (crew.until_ms - moment)
            moment = crew.until_ms
        return NEVER

    def each_done_ms(self, node: int, pick_hours: Floats, pack_hours: Floats) -> Ints:
        """`done_ms` of many amounts of work."""
        floor, now = self._site.warehouses[node], self._site.clock.now_ms
        people, share = self._people[node], (self._share(floor, _PICK), self._share(floor, _PACK))
        done = np.empty(len(pick_hours), dtype=np.int64)
        while True:
            pick, pack = (station.since(now) for station in self._shifts[node])
            if ends(pick_hours, pack_hours, people, share, now, (pick[0], pack[0]), (pick[1], pack[1]), done):
                return done
            for station in self._shifts[node]:
                station.look_farther()

    def lines_of(self, node: int, shipments: Ints) -> float:
        """Lines to pick; pallets and cases count as the lines of which they take the time."""
        if self._site.handling is not None:
            return self._site.handling.work.lines_in(node, shipments.tolist())
        return int(lines_in(as_numpy(self._site.register.shipments.first_piece), shipments))

    def parcels_of(self, shipments: Ints) -> int:
        """Those that are packed; pallets are not."""
        handling = self._site.handling
        if handling is None:
            return len(shipments)
        return sum([not handling.on_pallets(shipment) for shipment in shipments.tolist()])

    def hours(self, node: int, lines: float, parcels: int) -> Hours:
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
