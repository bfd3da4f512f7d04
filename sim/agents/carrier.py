"""A carrier service: collects packed parcels at its hours, delivers them after its transit time, loses a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.clock import DELIVERY, DEPARTURE
from sim.network import CarrierService
from sim.orders import DELIVERED, LOST, PACKED, SHIPPED
from sim.timetable import Collection, Timetable
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_SHIPPED, _MANIFESTED, _DELIVERED, _LOST, _MISSED = (
    NUMBER[k] for k in ("shipped", "manifested", "delivered", "lost", "missed_cutoff")
)
_CARRIER_FULL, _LOST_IN_TRANSIT, _NODE_CLOSED = (
    REASON_NUMBER[r] for r in ("carrier_full", "lost_in_transit", "node_closed")
)

TRACE_MS = 7 * DAY_MS
"""How long after its quoted date a missing parcel is searched for."""


class Carrier:
    """One service at work at all nodes."""

    def __init__(self, index: int, spec: CarrierService, actor: int, site: Site) -> None:
        self.index, self.spec, self.actor = index, spec, actor
        self.timetable = Timetable(spec, site.calendar)
        self.staged: dict[int, list[int]] = {}
        """Packed parcels by node, waiting for the next collection."""
        self._site = site
        self._called: set[int] = set()
        self._zone: list[list[int]] = site.geography.zone_index.tolist()
        self._second_luck = site.streams.counter("transit of later shipments", spec.name)

    def quoted_ms(self, node: int, region: int) -> int:
        """When a parcel packed now would arrive by the carrier's own word."""
        collection = self.timetable.next_collection(self._site.clock.now_ms)
        return self.timetable.quoted_ms(collection, self._zone[node][region])

    def stage(self, node: int, shipment: int) -> None:
        """A parcel stands at the dock."""
        self.staged.setdefault(node, []).append(shipment)
        if node not in self._called:
            self._call(node, self._site.clock.now_ms)

    def _call(self, node: int, not_before_ms: int) -> None:
        self._called.add(node)
        collection = self.timetable.next_collection(not_before_ms)
        rank = node * 256 + self.index
        self._site.clock.at(collection.at_ms, DEPARTURE, self._collect, (node, collection), rank=rank)

    def _collect(self, what: tuple[int, Collection]) -> None:
        node, collection = what
        self._called.discard(node)
        site = self._site
        column = site.shipment_states.column
        staged = [s for s in self.staged.pop(node, []) if column[s] == PACKED]
        if not staged:
            return
        room = self.spec.capacity_parcels if site.open_nodes[node] else 0
        taken, left = (staged, []) if room is None else (staged[:room], staged[room:])
        if left:
            self.staged[node] = left
            reason = _CARRIER_FULL if site.open_nodes[node] else _NODE_CLOSED
            site.log.add(_MISSED, self.actor, reason, left)
            self._call(node, site.clock.now_ms + 1)
        if taken:
            self._depart(node, taken, collection)

    def _depart(self, node: int, shipments: list[int], collection: Collection) -> None:
        """Control passes here: stock leaves, cost of goods and revenue are posted."""
        site = self._site
        register, ship = site.register, site.inventory.ship
        line_of, units_of, cost_of = register.pieces.line, register.pieces.units, register.pieces.cost_cents
        product_of = register.lines.product
        order_of, sequence, quoted = register.shipments.order, register.shipments.sequence, register.shipments.quoted_ms
        left, region = register.orders.left, register.orders.region
        site.shipment_states.advance(shipments, SHIPPED)
        pieces: list[int] = []
        zone = self._zone[node]
        for shipment in shipments:
            own = register.pieces_of(shipment)
            pieces.extend(own)
            for piece in own:
                cost_of[piece] = ship(node, product_of[line_of[piece]], units_of[piece])
            order = order_of[shipment]
            sequence[shipment] = left[order]
            left[order] += 1
            self._send(shipment, order, zone[region[order]], collection, quoted)
        site.log.add(_SHIPPED, self.actor, 0, pieces)
        site.log.add(_MANIFESTED, self.actor, 0, shipments)
        site.limits.entered(SHIPPED, shipments)
        site.finance.invoice(shipments)

    def _send(self, shipment: int, order: int, zone: int, collection: Collection, quoted: list[int]) -> None:
        """Put a parcel on its way: it will arrive at a round of the day that its customer's luck decides."""
        spec, site = self.spec, self._site
        luck = site.register.orders.transit_luck[order]
        first = site.register.shipments.sequence[shipment] == 0
        if not first:
            luck = self._second_luck.at(shipment)
        quoted[shipment] = self.timetable.quoted_ms(collection, zone)
        arrives = 1.0 - spec.lost_share
        if luck >= arrives:
            site.clock.gather(quoted[shipment] + TRACE_MS, DELIVERY, self._give_up, shipment, rank=self.index)
            return
        luck /= arrives
        rounds = self.timetable.rounds(collection.day, max(1, int(spec.transit_days[zone].at(luck))))
        turn = rounds[order % len(rounds)]
        site.clock.gather(turn, DELIVERY, self._deliver, shipment, rank=self.index)

    def _deliver(self, shipments: list[int]) -> None:
        site = self._site
        site.shipment_states.advance(shipments, DELIVERED)
        site.log.add(_DELIVERED, self.actor, 0, shipments)
        site.orchestrator.delivered(shipments)

    def _give_up(self, shipments: list[int]) -> None:
        site = self._site
        site.shipment_states.advance(shipments, LOST)
        site.log.add(_LOST, self.actor, _LOST_IN_TRANSIT, shipments)
        site.orchestrator.lost(shipments)
