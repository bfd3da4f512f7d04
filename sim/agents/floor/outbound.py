"""The end of the floor: a staging area that stops the packers when it is full, and doors for which vans wait."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.clock import DECISION
from sim.plans.floor import Outbound

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_FULL, _WAITED = NUMBER["staging_full"], NUMBER["van_waited"]


class Staging:
    """Staging area and doors of one node. A batch that somebody has begun is finished, and may overfill it."""

    def __init__(self, spec: Outbound, warehouse: Warehouse, site: Site) -> None:
        self._spec, self._warehouse, self._site = spec, warehouse, site
        self._is_full = False
        self._busy_until_ms: list[int] = []
        """By door at which a van stands: when it leaves."""
        self.waiting: deque[int] = deque()
        """Whole pallets that were moved out and find no room."""
        if spec.parcels is not None:
            for station in (warehouse.pack, *warehouse.temporary[1:2]):
                station.gate = self._room

    @property
    def space(self) -> int | None:
        """Parcels for which there is room; None: any number."""
        return self._spec.parcels

    @property
    def doors(self) -> int | None:
        """At how many doors vans may stand; None: any number."""
        return self._spec.doors

    @property
    def load_ms(self) -> int:
        """How long a van has a door."""
        return self._spec.load_ms

    def taken_until(self) -> list[int]:
        """When each van that has a door now leaves it."""
        return [until for until in self._busy_until_ms if until > self._site.clock.now_ms]

    def size(self, shipment: int, service: int) -> int:
        """What room a shipment of a service takes, in parcels."""
        each = self._spec.pallet_parcels
        return 1 if each is None else max(1, self._site.carriers[service].pallets_of(shipment) * each)

    def _room(self) -> int:
        """How many more parcels may be begun."""
        assert self._spec.parcels is not None
        node, pack = self._warehouse.index, self._warehouse.pack
        standing = self._standing()
        room = self._spec.parcels - standing - pack.in_work
        if room <= 0 and not self._is_full and standing >= self._spec.parcels:
            self._site.log.one(_FULL, self._warehouse.actor, 0, node)
        self._is_full = standing >= self._spec.parcels
        return room

    def _standing(self) -> int:
        """Room that is taken, in parcels."""
        node = self._warehouse.index
        if self._spec.pallet_parcels is None:
            return sum(len(carrier.staged.get(node, ())) for carrier in self._site.carriers)
        return sum(
            self.size(shipment, carrier.index)
            for carrier in self._site.carriers
            for shipment in carrier.staged.get(node, ())
        )

    def let_in(self, pallets: list[int]) -> None:
        """Whole pallets come to the area: each has its place while there is any room, and may overfill it."""
        self.waiting.extend(pallets)
        while self.waiting and (self._spec.parcels is None or self._room() > 0):
            self._warehouse.stage_pallets([self.waiting.popleft()])

    def cleared(self) -> None:
        """A van took what it could: pallets that wait have its room once it has left, and people pack on."""
        if self.waiting:
            self._site.clock.at(self._site.clock.now_ms + 1, DECISION, self._move_up, rank=self._warehouse.index)
        self._warehouse.pack.start()

    def _move_up(self, _: None) -> None:
        self.let_in([])

    def wait_ms(self) -> int:
        """How long a van at the gate waits for a door; 0: it has one from now on."""
        if self._spec.doors is None:
            return 0
        now = self._site.clock.now_ms
        self._busy_until_ms = self.taken_until()
        if len(self._busy_until_ms) < self._spec.doors:
            self._busy_until_ms.append(now + self._spec.load_ms)
            return 0
        self._site.log.one(_WAITED, self._warehouse.actor, 0, self._warehouse.index)
        return min(self._busy_until_ms) - now
