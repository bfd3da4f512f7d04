"""The packing end of a node: which carrier service each parcel goes with, and what a wave may know of the floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import DecisionError
from sim.policies.release import FloorView

if TYPE_CHECKING:
    from sim.agents.site import Site


class Dock:
    """Hands packed parcels to carriers by the carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._weight_kg = [p.weight_kg for p in site.world.network.products]

    def dispatch(self, node: int, shipments: list[int]) -> None:
        """Label each parcel and stage it for its carrier's next collection."""
        site = self._site
        register, carriers, offers = site.register, site.carriers, site.tariff.offers
        orders, columns, decide = register.orders, register.shipments, site.policies.carrier.decide
        for shipment in shipments:
            order = columns.order[shipment]
            region = orders.region[order]
            on_offer = offers(node, region, self.weight_kg(shipment))
            if not on_offer:
                raise DecisionError(f"no carrier takes shipment {shipment} ({self.weight_kg(shipment):.1f} kg)")

            def quoted_ms(service: int, region: int = region) -> int:
                return carriers[service].quoted_ms(node, region)

            price, service = decide(on_offer, orders.deliver_by_ms[order], quoted_ms)
            columns.service[shipment] = service
            columns.freight_cents[shipment] = price
            carriers[service].stage(node, shipment)

    def weight_kg(self, shipment: int) -> float:
        """What the parcel weighs."""
        register, weight_kg = self._site.register, self._weight_kg
        pieces, product_of = register.pieces, register.lines.product
        total = 0.0
        for piece in register.pieces_of(shipment):
            total += pieces.units[piece] * weight_kg[product_of[pieces.line[piece]]]
        return total

    def floor_view(self, node: int) -> FloorView:
        """What a release policy sees of node's waiting shipments."""
        site = self._site
        orders, columns = site.register.orders, site.register.shipments
        channels = site.world.network.channels
        now = site.clock.now_ms

        def next_cutoff_ms(shipment: int) -> int:
            region = orders.region[columns.order[shipment]]
            service = site.tariff.offers(node, region, self.weight_kg(shipment))[0][1]
            return site.carriers[service].timetable.next_collection(now).at_ms

        return FloorView(
            now_ms=now,
            planned_ms=columns.planned_ms.__getitem__,
            ship_by_ms=lambda s: orders.ship_by_ms[columns.order[s]],
            priority=lambda s: channels[orders.channel[columns.order[s]]].priority,
            lines=lambda s: len(site.register.pieces_of(s)),
            next_cutoff_ms=next_cutoff_ms,
        )
