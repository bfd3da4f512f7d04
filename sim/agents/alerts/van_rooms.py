"""Which van a shipment will be in where vans, or a day, take only so many parcels, or have places for pallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.agents.alerts.at_risk import AtRisk
    from sim.agents.site import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class VanRooms:
    """Loads what is at a node, and what will be packed there, into the calls to come, first packed first.

    A day's allotment is of all nodes: what one node's parcels take is not there for the nodes that are looked at later.

    Attributes
    ----------
    are_limited : bool
        Whether any service takes only so many, by its terms or while a disruption lasts; as of the last look.
    """

    def __init__(self, site: Site, floor: AtRisk) -> None:
        self._site, self._floor = site, floor
        self.are_limited = False
        self._left: dict[tuple[int, int], int] = {}
        """By service and date at the nodes: what is left of its allotment in this look."""

    def begin(self) -> None:
        """A new look begins."""
        self._left.clear()
        self.are_limited = any(
            carrier.capacity is not None
            or carrier.spec.capacity_parcels is not None
            or carrier.spec.daily_parcels is not None
            or self._places(carrier.index) is not None
            for carrier in self._site.carriers
        )

    def staged(self, node: int) -> tuple[Ints, Ints]:
        """Shipments that stand at a node's dock, and their services, in the sequence in which they will be loaded."""
        parcels = [(s, carrier.index) for carrier in self._site.carriers for s in carrier.staged.get(node, ())]
        found = np.array(parcels, dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def leaves(self, node: int, service: int, ready_ms: Floats, shipments: Ints) -> Floats:
        """When shipments of a service that are packed at a node at some moments will leave."""
        calls = self._floor.collections(node, service)
        first = np.minimum(np.searchsorted(calls, ready_ms), len(calls) - 1)
        room = self._room(service)
        taken, leaves = np.zeros(len(calls), dtype=np.int64), calls[first].astype(np.float64)
        calendar = self._site.warehouses[node].calendar
        days = [calendar.day_at(int(moment)) for moment in calls[:-1]]
        last, places = len(calls) - 1, self._places(service)
        stacked = np.zeros(len(calls), dtype=np.int64)
        for place in np.argsort(ready_ms, kind="stable").tolist():
            call = int(first[place])
            pallets = 0 if places is None else self._site.carriers[service].pallets_of(int(shipments[place]))
            if places is not None and pallets:
                while call < last and not (stacked[call] + pallets <= places or (places and not stacked[call])):
                    call += 1
                stacked[call] += pallets
                leaves[place] = calls[call]
                continue
            while call < last and not (taken[call] < room and self._day_left(service, days[call])):
                call += 1
            leaves[place] = calls[call]
            if call < last:
                taken[call] += 1
                self._left[service, days[call]] -= 1
        return leaves

    def take(self, node: int, service: int, call_ms: float, shipments: list[int]) -> list[bool]:
        """Which of these a van of a service takes when it leaves a node, in this sequence, as `Carrier` loads it."""
        room, places = self._room(service), self._places(service)
        day, stacked, taken = self._site.warehouses[node].calendar.day_at(int(call_ms)), 0, list[bool]()
        for shipment in shipments:
            pallets = 0 if places is None else self._site.carriers[service].pallets_of(shipment)
            if places is not None and pallets:
                taken.append(stacked + pallets <= places or bool(places and not stacked))
                stacked += pallets * taken[-1]
                continue
            taken.append(room > 0 and self._day_left(service, day) > 0)
            if taken[-1]:
                room -= 1
                self._left[service, day] -= 1
        return taken

    def _places(self, service: int) -> int | None:
        """Room for pallets in a call of a service; None: a shipment of pallets is one of its parcels."""
        carrier = self._site.carriers[service]
        places = None if carrier.spec.pallets is None else carrier.spec.pallets.places
        return places if places is None or carrier.capacity is None else min(places, carrier.capacity)

    def _room(self, service: int) -> float:
        carrier = self._site.carriers[service]
        return min(
            [limit for limit in (carrier.spec.capacity_parcels, carrier.capacity) if limit is not None] + [_MANY]
        )

    def _day_left(self, service: int, day: int) -> int:
        """What a day's allotment has left, after what was collected already."""
        if (service, day) not in self._left:
            self._left[service, day] = self._site.carriers[service].left_of_day(day, _MANY)
        return self._left[service, day]


_MANY = 1 << 40
