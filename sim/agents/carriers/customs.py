"""Customs: parcels that cross a border wait there, and cost duties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.units import share_of

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.plans.border import Border

_DUTIES = NUMBER["duties_charged"]


class Customs:
    """All borders of one run."""

    def __init__(self, site: Site, actors: list[int]) -> None:
        self._site = site
        self._borders = list(zip(site.world.network.borders, actors, strict=True))
        self._luck = [site.streams.counter("customs", border.name) for border, _ in self._borders]

    def cross(self, node: int, shipments: list[int]) -> list[tuple[int, int]]:
        """Parcels left a node: charge those that cross a border; how long each of these will wait, in milliseconds."""
        register = self._site.register
        waits = []
        for number, (border, actor) in enumerate(self._borders):
            if node in border.nodes:
                continue
            for shipment in shipments:
                order = register.shipments.order[shipment]
                if register.orders.region[order] in border.regions:
                    self._charge(border, actor, shipment, order)
                    own = (register.orders.at_ms[order] << 4) + register.shipments.sequence[shipment]
                    waits.append((shipment, round(border.clearance_ms.at(self._luck[number].at(own)))))
        return waits

    def _charge(self, border: Border, actor: int, shipment: int, order: int) -> None:
        register = self._site.register
        pieces, lines = register.pieces, register.lines
        net = sum(pieces.units[p] * lines.price_cents[pieces.line[p]] for p in register.pieces_of(shipment))
        cents = share_of(net, border.duty_bp) + border.fee_cents
        if cents:
            self._site.log.one(_DUTIES, actor, 0, register.notes.add(order=order, value_cents=cents))
