"""The packing end of a node: which carrier service each parcel goes with, and what a wave may know of the floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.orders import PACKED
from sim.policies.release import FloorView

if TYPE_CHECKING:
    from sim.agents.site import Site

_REROUTED = NUMBER["rerouted"]
_CARRIER_OUT, _CARRIER_FULL, _NO_CARRIER = (REASON_NUMBER[r] for r in ("carrier_out", "carrier_full", "no_carrier"))


_Parcel = tuple[int, int, int, bool, float]
"""Zone, step of weight, promise, whether it goes to a home, litres where they cost."""


class Dock:
    """Hands packed parcels to carriers by the carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._quoted: list[list[int]] = []
        self._quoted_until = -1
        self._known: list[dict[_Parcel, tuple[int, int]]] = []
        """By node: what the carrier policy said of a parcel, for as long as quotes hold."""
        self._to_home = [channel.residential for channel in site.world.network.channels]
        self._litres = [p.volume_l for p in site.world.network.products] if site.tariff.is_dimensional else None
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
        known, channel_of, to_home, litres = self._answers()[node], orders.channel, self._to_home, 0.0
        expedited = site.workflow.expedited if site.workflow is not None else None
        staged: dict[int, list[int]] = {}
        for shipment in shipments:
            order = order_of[shipment]
            zone = zone_of[region_of[order]]
            due_ms = 0 if expedited and order in expedited else deliver_by[order]
            step = step_of(weight_of[shipment])
            if self._litres is not None:
                litres = self._volume(shipment, self._litres)
            parcel = (zone, step, due_ms, to_home[channel_of[order]], litres)
            answer = known.get(parcel)
            if answer is None:
                answer = self._decide(node, shipment, parcel)
                if answer is None:
                    self._strand(shipment)
                    continue
                if step < site.tariff.steps:
                    known[parcel] = answer
            freight[shipment], service = answer
            chosen[shipment] = service
            if service in staged:
                staged[service].append(shipment)
            else:
                staged[service] = [shipment]
        for service, parcels in staged.items():
            carriers[service].stage(node, parcels)

    def _decide(self, node: int, shipment: int, parcel: _Parcel) -> tuple[int, int] | None:
        """The carrier policy's answer: price and service; None where nobody takes such a parcel."""
        zone, _, due_ms, to_home, litres = parcel
        weight_kg = self._site.register.shipments.weight_kg[shipment]
        offers = self._site.tariff.offers(node, zone, weight_kg, litres, to_home=to_home)
        if self.shunned:
            offers = [offer for offer in offers if offer[1] not in self.shunned] or offers
        return self._site.policies.carrier.decide(offers, due_ms, zone, self._arrivals()) if offers else None

    def _volume(self, shipment: int, litres: list[float]) -> float:
        return sum([units * litres[product] for product, units in self._site.register.contents((shipment,))])

    def _strand(self, shipment: int) -> None:
        """No service takes a parcel: it is unpacked, and its order waits for somebody who knows what to do."""
        orchestrator, order = self._site.orchestrator, self._site.register.shipments.order[shipment]
        orchestrator.void(shipment, _NO_CARRIER)
        orchestrator.hold_for_desk(order, _NO_CARRIER, "carrier")

    def _answers(self) -> list[dict[_Parcel, tuple[int, int]]]:
        """What is known of the carrier policy's answers; they hold for as long as nothing changes that it looks at."""
        asked = (self._arrivals(), self._site.policies.carrier, self.shunned)
        if not self._known or any(a is not b for a, b in zip(asked, self._asked, strict=True)):
            self._asked = asked
            self._known = [{} for _ in self._site.warehouses]
        return self._known

    def reroute(self, service: int) -> None:
        """Decide anew about the parcels that wait for a service."""
        site, carrier = self._site, self._site.carriers[service]
        for node in sorted(carrier.staged):
            parcels = [s for s in carrier.staged.pop(node) if site.shipment_states.column[s] == PACKED]
            self._pass_on(node, parcels, service, _CARRIER_OUT)

    def _pass_on(self, node: int, parcels: list[int], service: int, reason: int) -> None:
        chosen = self._site.register.shipments.service
        self.dispatch(node, parcels)
        moved = [s for s in parcels if chosen[s] != service]
        self._site.log.add(_REROUTED, self._site.warehouses[node].actor, reason, moved)

    def refused(self, node: int, parcels: list[int], service: int) -> None:
        """A full carrier left these behind: another one takes them, where there is one."""
        shunned, self.shunned = self.shunned, self.shunned | {service}
        self._pass_on(node, parcels, service, _CARRIER_FULL)
        self.shunned = shunned

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
            offers = site.tariff.offers(node, zone, columns.weight_kg[shipment])
            return min(
                [site.carriers[service].timetable.next_collection(now).at_ms for _, service in offers[:1]], default=now
            )

        return FloorView(
            now_ms=now,
            planned_ms=columns.planned_ms.__getitem__,
            ship_by_ms=lambda s: orders.ship_by_ms[columns.order[s]],
            priority=lambda s: channels[orders.channel[columns.order[s]]].priority,
            lines=lambda s: len(site.register.pieces_of(s)),
            next_cutoff_ms=next_cutoff_ms,
        )
