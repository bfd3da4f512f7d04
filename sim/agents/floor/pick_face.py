"""Pick faces: pickers take from a face that somebody fills from the reserve; what is not on it yet is waited for."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.books.kinds import NUMBER
from sim.distributions import Fixed
from sim.network import Station as StationSpec
from sim.orders import RELEASED, VOIDED
from sim.plans.floor import PickFace
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_FILLED = NUMBER["face_filled"]


class Faces:
    """The faces of one node. What a face holds is a part of what the node's record has; each begins full."""

    def __init__(self, spec: PickFace, warehouse: Warehouse, site: Site) -> None:
        self._spec, self._warehouse, self._site = spec, warehouse, site
        self._cents = round(warehouse.spec.piece_cents_per_hour * spec.work_ms / HOUR_MS)
        self._on_face: dict[int, int] = {}
        self._promised: dict[int, int] = defaultdict(int)
        """By product: units on the face for which a picker was sent."""
        self._sent_for: dict[int, dict[int, int]] = {}
        """By shipment that may be picked: what of."""
        self.waiting: deque[int] = deque()
        """Shipments that were released and cannot be picked yet."""
        self._asked: set[int] = set()
        self.station = Station(
            StationSpec(Fixed(spec.work_ms)),
            Crew(warehouse.shifts_of(spec.staff), 0, warehouse.calendar),
            site.clock,
            len,
            self._fill,
            site.streams.counter("work fill", warehouse.spec.name),
            warehouse.index,
        )

    def admit(self, shipments: list[int]) -> list[int]:
        """Released now: those that can be picked from the face; the others wait until somebody has filled it."""
        ready = [s for s in shipments if self._send(s)]
        if len(ready) < len(shipments):
            sent = set(ready)
            self.waiting.extend(s for s in shipments if s not in sent)
        return ready

    def _send(self, shipment: int) -> bool:
        wanted: dict[int, int] = defaultdict(int)
        for product, units in self._site.register.contents((shipment,)):
            wanted[product] += units
        lacking = [p for p, units in wanted.items() if self._free(p) < units]
        if not lacking:
            self._sent_for[shipment] = wanted
            for product, units in wanted.items():
                self._promised[product] += units
        self._ask([p for p in lacking or wanted if p in lacking or self._free(p) < self._spec.below_units])
        return not lacking

    def _free(self, product: int) -> int:
        """Units on the face for which nobody was sent."""
        if product not in self._on_face:
            self._on_face[product] = min(self._spec.units, self._on_shelf(product))
        return self._on_face[product] - self._promised[product]

    def _on_shelf(self, product: int) -> int:
        inventory, node = self._site.inventory, self._warehouse.index
        return inventory.available[node][product] + inventory.committed[node][product]

    def _ask(self, products: list[int]) -> None:
        fresh = [p for p in products if p not in self._asked]
        self._asked.update(fresh)
        self.station.put(fresh)

    def done(self, shipments: list[int]) -> None:
        """Pickers are back from these, with the goods or without."""
        states = self._site.shipment_states.column
        for shipment in shipments:
            for product, units in self._sent_for.pop(shipment, {}).items():
                self._promised[product] -= units
                if states[shipment] not in (RELEASED, VOIDED):
                    self._on_face[product] = max(0, self._on_face[product] - units)

    def _fill(self, products: list[int]) -> None:
        """Somebody brought these from the reserve: who waited for them may be picked."""
        site, warehouse = self._site, self._warehouse
        for product in products:
            self._asked.discard(product)
            wanted = self._promised[product] + self._first_wants(product)
            room = max(self._spec.units, wanted) - self._on_face[product]
            units = min(room, self._on_shelf(product) - self._on_face[product])
            # Goods that an order has are there, wherever a wrong record says that they are not.
            self._on_face[product] = max(self._on_face[product] + max(0, units), wanted)
            record = site.register.goods.add(warehouse.index, product, max(0, units), self._cents)
            site.log.one(_FILLED, warehouse.actor, 0, record)
        waiting, self.waiting = self.waiting, deque()
        states = site.shipment_states.column
        warehouse.pick.put(self.admit([s for s in waiting if states[s] == RELEASED]))

    def _first_wants(self, product: int) -> int:
        """Units that the first of those who wait for a product wants."""
        for shipment in self.waiting:
            units = sum(u for p, u in self._site.register.contents((shipment,)) if p == product)
            if units:
                return units
        return 0
