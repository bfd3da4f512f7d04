"""What the end of the floor will do: a staging area that stops the packers, doors for which vans wait, and people who
load them in turn.

Van by van, from the closing of its manifest until it leaves: what is at the dock and what will be packed is on the
manifest or not, those who load get to it or not, and what a van takes makes room for what waits behind a full area.
"""

from __future__ import annotations

from array import array
from collections import deque
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.alerts.held_ahead import NEVER
from sim.agents.floor.crew import Crew

if TYPE_CHECKING:
    from sim.agents.alerts.at_risk import AtRisk
    from sim.agents.alerts.van_rooms import VanRooms
    from sim.agents.floor.loading import LoadingBay
    from sim.agents.site import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CLOSES, _LEAVES = 0, 1
_SOON_MS = 1e-3
"""What is done at the very moment at which a van leaves is on it."""


class DockAhead:
    """Foresees the docks of nodes with a staging area or doors, or with people who load; at others nothing waits."""

    def __init__(self, site: Site, floor: AtRisk, rooms: VanRooms) -> None:
        self._site, self._floor, self._rooms = site, floor, rooms
        self._crews: dict[int, Crew] = {}
        """By node: those who load, on a roster of their own, as whoever plans asks about other times."""

    def is_needed(self, node: int) -> bool:
        """Whether a parcel that is packed may have to wait for anything but a van."""
        warehouse = self._site.warehouses[node]
        return warehouse.loading is not None or warehouse.outbound is not None

    def leaves(self, node: int, queue: Ints, until_ms: float) -> tuple[Ints, Floats]:
        """Shipments at a node's dock and in its queue, and when each of them leaves; never, if not by ``until_ms``."""
        staged, theirs = self._rooms.staged(node)
        to_come = self._site.dock.services_now(node, array("i", queue.tolist())) if len(queue) else queue
        look = _Look(self, node, np.concatenate((staged, queue)), np.concatenate((theirs, to_come)), len(staged))
        look.run(until_ms)
        return look.shipments, look.leaves_ms

    def crew(self, node: int, loading: LoadingBay) -> Crew:
        """Who loads at a node."""
        if node not in self._crews:
            self._crews[node] = loading.roster()
        return self._crews[node]


class _Look:
    """One dock at one look. Shipments are called by their place: what stands at the dock, then the queue."""

    def __init__(self, ahead: DockAhead, node: int, shipments: Ints, services: Ints, standing: int) -> None:
        self._site, self._floor, self._rooms = ahead._site, ahead._floor, ahead._rooms
        self._node, self.shipments, self._services = node, shipments, services.tolist()
        self.leaves_ms = np.full(len(shipments), float(NEVER))
        self._now = float(self._site.clock.now_ms)
        warehouse = self._site.warehouses[node]
        self._loading, self._outbound = warehouse.loading, warehouse.outbound
        self._close_ms = warehouse.close_ms
        # The area.
        self._at_dock: dict[int, list[int]] = {s: [] for s in sorted(set(self._services)) if s >= 0}
        space = None if self._outbound is None else self._outbound.space
        self._space = inf if space is None else space
        self._doors = [] if self._outbound is None else [float(until) for until in self._outbound.taken_until()]
        """When each van that has a door leaves it."""
        self._taken = 0
        for place in range(standing):
            self._stand(place)
        # The packers.
        self._picked_ms, self._packing_ms, is_packed = self._floor.stages(node, shipments[standing:])
        self._is_packed = is_packed.tolist()
        self._packed_ms = self._floor.ends(node, 1, self._packing_ms)
        done_ms = np.where(is_packed, np.maximum(self._picked_ms, self._packed_ms), self._picked_ms)
        self._coming = deque((np.argsort(done_ms, kind="stable") + standing).tolist())
        self._first = standing
        self._begun_ms, self._room_since_ms = 0.0, self._now
        # Those who load.
        self._crew = None if self._loading is None else ahead.crew(node, self._loading)
        self._line: deque[tuple[int, float]] = deque()
        """(place, work left) of what is to be loaded, in turn."""
        self._loaded: set[int] = set()
        self._loads_ms = self._now
        self._manifests: dict[int, tuple[float, set[int]]] = {}
        """By service: its call, and what is on the closed manifest of the van."""
        self._waits: set[int] = set()
        self._events: list[tuple[float, int, int, float]] = []
        """(moment, what, service, moment of its call)."""

    def run(self, until_ms: float) -> None:
        """From now until all have left that will."""
        for service in self._at_dock:
            self._call(service, self._now + self._close_ms)
        if self._loading is not None:
            self._resume(self._loading)
        while self._events and self._events[0][0] <= until_ms:
            moment, what, service, call_ms = heappop(self._events)
            self._pack(moment)
            if what == _CLOSES:
                self._close(service, call_ms)
            else:
                self._leave(service, call_ms, moment)

    # Vans.

    def _call(self, service: int, not_before_ms: float) -> None:
        """The next van of a service, if anything may be for it."""
        if not self._at_dock[service] and all(self._services[place] != service for place in self._coming):
            return
        calls = self._floor.collections(self._node, service)
        call_ms = float(calls[int(np.searchsorted(calls, not_before_ms))])
        if call_ms < NEVER:
            heappush(self._events, (call_ms - self._close_ms, _CLOSES, service, call_ms))

    def _resume(self, loading: LoadingBay) -> None:
        """Vans whose manifest is closed: what is on it and not on the van is being loaded."""
        places = {shipment: place for place, shipment in enumerate(self.shipments[: self._first].tolist())}
        for shipment, left_ms in loading.to_load():
            if shipment in places:
                self._line.append((places[shipment], left_ms))
        for service, van in loading.closed().items():
            if service not in self._at_dock:
                continue
            self._events = [event for event in self._events if event[2] != service]
            call_ms = float(van.collection.at_ms)
            self._manifests[service] = (call_ms, {places[s] for s in van.manifest if s in places})
            self._loaded |= {places[s] for s in van.loaded if s in places}
            if van.waits:
                self._waits.add(service)
            heappush(self._events, (max(self._now, self._latest_ms(service, call_ms)), _LEAVES, service, call_ms))

    def _latest_ms(self, service: int, call_ms: float) -> float:
        return call_ms + self._loading.wait_ms if self._loading is not None and service in self._waits else call_ms

    def _close(self, service: int, call_ms: float) -> None:
        heappush(self._events, (call_ms, _LEAVES, service, call_ms))
        if self._loading is None:
            return
        manifest = self._at_dock[service]
        self._manifests[service] = (call_ms, set(manifest))
        self._load(call_ms - self._close_ms)
        self._line.extend((place, self._loading.takes_ms(int(self.shipments[place]), service)) for place in manifest)

    def _leave(self, service: int, call_ms: float, moment: float) -> None:
        """A van leaves with what there is, or what is loaded; or waits for a door, or for who loads."""
        free_ms = self._door_ms(service, moment)
        if free_ms > moment:
            heappush(self._events, (free_ms, _LEAVES, service, call_ms))
            return
        if self._loading is None:
            self._depart(service, call_ms, moment, self._at_dock[service])
            return
        self._load(moment)
        if service not in self._manifests or self._manifests[service][0] != call_ms:
            return  # it waited, and left when it was ready
        latest_ms = call_ms + self._loading.wait_ms
        if self._manifests[service][1] - self._loaded and moment < latest_ms:
            self._waits.add(service)
            heappush(self._events, (latest_ms, _LEAVES, service, call_ms))
            return
        self._depart(service, call_ms, moment, [p for p in self._at_dock[service] if p in self._loaded])

    def _door_ms(self, service: int, moment: float) -> float:
        """When a van has a door, which it takes if that is now."""
        outbound = self._outbound
        if outbound is None or outbound.doors is None or not self._at_dock[service]:
            return moment
        self._doors = [until for until in self._doors if until > moment]
        if len(self._doors) >= outbound.doors:
            return min(self._doors)
        self._doors.append(moment + outbound.load_ms)
        return moment

    def _depart(self, service: int, call_ms: float, moment: float, loaded: list[int]) -> None:
        goes = self._rooms.take(self._node, service, call_ms, [int(self.shipments[place]) for place in loaded])
        gone = {place for place, is_on in zip(loaded, goes, strict=True) if is_on}
        _, manifest = self._manifests.pop(service, (call_ms, set()))
        if manifest:
            self._loaded -= manifest
            self._line = deque((place, left) for place, left in self._line if place not in manifest)
            self._waits.discard(service)
        was_full = self._taken >= self._space
        for place in gone:
            self.leaves_ms[place] = moment
            self._taken -= self._size(place)
        self._at_dock[service] = [place for place in self._at_dock[service] if place not in gone]
        if was_full and self._taken < self._space:
            self._make_room(moment)
        self._call(service, moment + 1 + self._close_ms)

    # Those who load, one after the other.

    def _load(self, until_ms: float) -> None:
        """What they load until a moment; a van that waited for the last of it leaves with it."""
        assert self._crew is not None
        while self._line and self._loads_ms < until_ms:
            people = self._crew.size(int(self._loads_ms))
            stop_ms = min(until_ms, float(self._crew.until_ms))
            place, left_ms = self._line[0]
            if not people or left_ms > people * (stop_ms - self._loads_ms) + _SOON_MS:
                self._line[0] = (place, left_ms - people * (stop_ms - self._loads_ms))
                self._loads_ms = stop_ms
                continue
            self._loads_ms += left_ms / people
            self._line.popleft()
            self._loaded.add(place)
            service = self._services[place]
            if service in self._waits and not self._manifests[service][1] - self._loaded:
                on_it = [p for p in self._at_dock[service] if p in self._loaded]
                self._depart(service, self._manifests[service][0], self._loads_ms, on_it)
        self._loads_ms = max(self._loads_ms, until_ms)

    # The packers and their area.

    def _pack(self, until_ms: float) -> None:
        """What comes to the dock until a moment, while there is room."""
        while self._coming and self._taken < self._space:
            place = self._coming[0]
            row = place - self._first
            then_ms = float(self._packed_ms[row]) if self._is_packed[row] else self._room_since_ms
            ready_ms = max(float(self._picked_ms[row]), then_ms)
            if ready_ms > until_ms:
                return
            self._coming.popleft()
            self._begun_ms = max(self._begun_ms, float(self._packing_ms[row]))
            self._stand(place)

    def _make_room(self, moment: float) -> None:
        """Packers go on: what they might have done since the area was full is lost."""
        self._room_since_ms = moment
        idle_ms = max(0.0, self._floor.work_by(self._node, 1, moment) - self._begun_ms)
        self._packed_ms = self._floor.ends(self._node, 1, self._packing_ms + idle_ms)

    def _stand(self, place: int) -> None:
        service = self._services[place]
        if service >= 0:
            self._at_dock[service].append(place)
            self._taken += self._size(place)

    def _size(self, place: int) -> int:
        """Room in the area, in parcels."""
        service = self._services[place]
        return 1 if self._outbound is None else self._outbound.size(int(self.shipments[place]), service)
