"""The packing end of a node: which carrier service each parcel goes with, and what a wave may know of the floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.errors import DecisionError
from sim.orders import PACKED
from sim.policies.release import FloorView

if TYPE_CHECKING:
    from sim.agents.site import Site

_REROUTED, _CARRIER_OUT = NUMBER["rerouted"], REASON_NUMBER["carrier_out"]


class Dock:
    """Hands packed parcels to carriers by the carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._quoted: list[list[int]] = []
        self._quoted_until = -1
        self._known: list[dict[tuple[int, int, int], tuple[int, int]]] = []
        """By node: what the carrier policy said, by zone, step of weight and promise, for as long as quotes hold."""
        self._asked: tuple[object, ...] = ()
        self.shunned: frozenset[int] = frozenset()
        """Services that do not call, as far as the house knows and acts on it."""

    def dispatch(self, node: int, shipments: Sequence[int]) -> None:
        """Label each parcel and stage it for its carrier's next collection."""
        site = self._site
        orders, columns, carriers = site.register.orders, site.register.shipments, site.carriers
        zone_of, step_of = site.tariff.zones[node], site.tariff.step
        order_of, weight_of, region_of, deliver_by = (
            columns.order,
            columns.weight_kg,
            orders.region,
            orders.deliver_by_ms,
        )
        chosen, freight = columns.service, columns.freight_cents
        known = self._answers()[node]
        expedited = site.workflow.expedited if site.workflow is not None else None
        staged: dict[int, list[int]] = {}
        for shipment in shipments:
            order = order_of[shipment]
            zone = zone_of[region_of[order]]
            due_ms = 0 if expedited and order in expedited else deliver_by[order]
            step = step_of(weight_of[shipment])
            answer = known.get((zone, step, due_ms))
            if answer is None:
                answer = self._decide(node, zone, shipment, due_ms)
                if step < site.tariff.steps:
                    known[zone, step, due_ms] = answer
            freight[shipment], service = answer
            chosen[shipment] = service
            if service in staged:
                staged[service].append(shipment)
            else:
                staged[service] = [shipment]
        for service, parcels in staged.items():
            carriers[service].stage(node, parcels)

    def _decide(self, node: int, zone: int, shipment: int, due_ms: int) -> tuple[int, int]:
        """The carrier policy's answer: price and service."""
        weight_kg = self._site.register.shipments.weight_kg[shipment]
        offers = self._site.tariff.offers(node, zone, weight_kg)
        if self.shunned:
            offers = [offer for offer in offers if offer[1] not in self.shunned] or offers
        if not offers:
            raise DecisionError(f"no carrier takes shipment {shipment} of {weight_kg:.1f} kg")
        return self._site.policies.carrier.decide(offers, due_ms, zone, self._arrivals())

    def _answers(self) -> list[dict[tuple[int, int, int], tuple[int, int]]]:
        """What is known of the carrier policy's answers; they hold for as long as nothing changes that it looks at."""
        asked = (self._arrivals(), self._site.policies.carrier, self.shunned)
        if not self._known or any(a is not b for a, b in zip(asked, self._asked, strict=True)):
            self._asked = asked
            self._known = [{} for _ in self._site.warehouses]
        return self._known

    def reroute(self, service: int) -> None:
        """Decide anew about the parcels that wait for a service."""
        site, chosen = self._site, self._site.register.shipments.service
        carrier = site.carriers[service]
        for node in sorted(carrier.staged):
            parcels = [s for s in carrier.staged.pop(node) if site.shipment_states.column[s] == PACKED]
            self.dispatch(node, parcels)
            moved = [s for s in parcels if chosen[s] != service]
            site.log.add(_REROUTED, site.warehouses[node].actor, _CARRIER_OUT, moved)

    def _arrivals(self) -> list[list[int]]:
        """By service and zone: when a parcel packed now would arrive, as carriers say; until one calls."""
        now = self._site.clock.now_ms
        if now > self._quoted_until:
            carriers = self._site.carriers
            self._quoted = [c.quoted_ms() for c in carriers]
            self._quoted_until = min([c.timetable.next_collection(now).at_ms for c in carriers])
        return self._quoted

    def floor_view(self, node: int) -> FloorView:
        """What a release policy sees of node's waiting shipments."""
        site = self._site
        orders, columns = site.register.orders, site.register.shipments
        channels = site.world.network.channels
        now = site.clock.now_ms

        def next_cutoff_ms(shipment: int) -> int:
            zone = site.tariff.zones[node][orders.region[columns.order[shipment]]]
            service = site.tariff.offers(node, zone, columns.weight_kg[shipment])[0][1]
            return site.carriers[service].timetable.next_collection(now).at_ms

        return FloorView(
            now_ms=now,
            planned_ms=columns.planned_ms.__getitem__,
            ship_by_ms=lambda s: orders.ship_by_ms[columns.order[s]],
            priority=lambda s: channels[orders.channel[columns.order[s]]].priority,
            lines=lambda s: len(site.register.pieces_of(s)),
            next_cutoff_ms=next_cutoff_ms,
        )
