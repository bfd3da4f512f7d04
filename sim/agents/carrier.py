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
        self._later_luck = site.streams.counter("transit of later shipments", spec.name)

    def quoted_ms(self) -> list[int]:
        """By zone: when a parcel packed now would arrive by the carrier's own word."""
        return self.timetable.quoted_ms(self.timetable.next_collection(self._site.clock.now_ms))

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
        site, register = self._site, self._site.register
        site.shipment_states.advance(shipments, SHIPPED)
        first, cost_of = register.shipments.first_piece, register.pieces.cost_cents
        pieces = [p for s in shipments for p in range(first[s], first[s + 1])]
        for piece, cost in zip(pieces, site.inventory.ship(node, register.goods_in(pieces)), strict=True):
            cost_of[piece] = cost
        self._send(node, shipments, collection)
        site.log.add(_SHIPPED, self.actor, 0, pieces)
        site.log.add(_MANIFESTED, self.actor, 0, shipments)
        site.limits.entered(SHIPPED, shipments)
        site.finance.invoice(shipments)

    def _send(self, node: int, shipments: list[int], collection: Collection) -> None:
        """Put parcels on their way: each will arrive at a round of the day that its customer's luck decides."""
        spec, orders, columns = self.spec, self._site.register.orders, self._site.register.shipments
        zone_of, transit_days = self._zone[node], spec.transit_days
        quoted_by_zone = self.timetable.quoted_ms(collection)
        order_of, sequence, quoted = columns.order, columns.sequence, columns.quoted_ms
        left, region, luck_of = orders.left, orders.region, orders.transit_luck
        arrives, turns = 1.0 - spec.lost_share, len(spec.delivery_minutes)
        on_the_way: dict[tuple[int, int], list[int]] = {}
        for shipment in shipments:
            order = order_of[shipment]
            turn = left[order]
            sequence[shipment] = turn
            left[order] = turn + 1
            zone = zone_of[region[order]]
            quoted[shipment] = quoted_by_zone[zone]
            luck = self._later_luck.at(shipment) if turn else luck_of[order]
            if luck >= arrives:
                self._lose(shipment, quoted_by_zone[zone])
                continue
            arrival = (int(transit_days[zone].at(luck / arrives)), order % turns)
            group = on_the_way.get(arrival)
            if group is None:
                on_the_way[arrival] = [shipment]
            else:
                group.append(shipment)
        for (days, turn), group in on_the_way.items():
            at_ms = self.timetable.rounds(collection.day, max(1, days))[turn]
            self._site.clock.gather(at_ms, DELIVERY, self._deliver, group, rank=self.index)

    def _lose(self, shipment: int, quoted_ms: int) -> None:
        self._site.clock.gather(quoted_ms + TRACE_MS, DELIVERY, self._give_up, (shipment,), rank=self.index)

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
