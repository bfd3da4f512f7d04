"""Recalls beyond the warehouse door: customers are told, parcels on the road are stopped, goods come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import as_numpy
from sim.orders import DELIVERED, SHIPPED, VALIDATED
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.disruptions.recall import RecallOfGoods

_TOLD, _STOPPED = NUMBER["recall_told"], NUMBER["recall_stopped"]
_RECALLED = REASON_NUMBER["recalled"]
_SENDS, _DELAY, _ASKS, _FOUND = range(4)


class CalledBack:
    """What recalls do about goods that have left.

    When a recall begins, whoever has such goods, in an order that is not closed, is told, and so is whoever gets some
    while it lasts. Of those, ``contact_share`` contact service and ``sent_back_share`` send all of it back after a
    while; it is refunded as any return and lies in quarantine, or is scrapped, once it was inspected. Of parcels on the
    road, ``intercept_share`` are found by their carrier before they are handed over, and go back whole.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._luck = [site.streams.counter("recall", c.name) for c in channels]
        self._segments = [site.world.network.segments[c.segment] for c in channels]
        self._in_force: list[tuple[RecallOfGoods, frozenset[int]]] = []
        self._told: set[int] = set()
        """Pieces whose customers know."""
        self._stopped: set[int] = set()
        """Shipments that their carriers will not hand over."""
        self._condemned: dict[int, int] = {}
        """By product whose recall ended on the scrap heap: what was planned before this moment is none to sell."""
        site.register.leaving.forget(site.register.pieces, self._told)
        site.register.leaving.forget(site.register.shipments, self._stopped)
        site.returns.track()

    # A recall begins and ends.

    def begin(self, recall: RecallOfGoods, products: frozenset[int]) -> None:
        """Tell customers, and look for what is on the road."""
        self._in_force.append((recall, products))
        for shipment in self._holding(products, SHIPPED):
            if self._uniform(shipment, _FOUND) * BASIS_POINTS < recall.intercept_share_bp:
                self._stopped.add(shipment)
                self._site.log.one(_STOPPED, self._site.orchestrator.actor, _RECALLED, shipment)
        for shipment in self._holding(products, DELIVERED):
            self._tell(recall, products, shipment)

    def end(self, recall: RecallOfGoods, products: frozenset[int]) -> None:
        """What comes back from now on is sold again, or is scrapped like the rest."""
        self._in_force = [entry for entry in self._in_force if entry[0] is not recall]
        if recall.scrap:
            self._condemned.update(dict.fromkeys(products, self._site.clock.now_ms))

    def _holding(self, products: frozenset[int], state: int) -> list[int]:
        """Shipments in a state that hold one of the products; of orders that are not closed."""
        register = self._site.register
        pieces, shipments = register.pieces, register.shipments
        held = np.isin(as_numpy(pieces.product)[: pieces.count], list(products))
        found = np.unique(as_numpy(pieces.shipment)[: pieces.count][held])
        found = found[~shipments.have_left(found)]
        found = found[as_numpy(shipments.state)[found] == state]
        is_open = as_numpy(register.orders.state)[as_numpy(shipments.order)[found]] == VALIDATED
        numbers: list[int] = found[is_open].tolist()
        return numbers

    # Customers.

    def delivered(self, shipments: list[int]) -> None:
        """Parcels were handed over while a recall lasts."""
        for recall, products in self._in_force:
            for shipment in shipments:
                self._tell(recall, products, shipment)

    def _tell(self, recall: RecallOfGoods, products: frozenset[int], shipment: int) -> None:
        """Its customer learns that some of it must not be used."""
        site, register = self._site, self._site.register
        pieces = [
            p for p in register.pieces_of(shipment) if register.pieces.product[p] in products and p not in self._told
        ]
        if not pieces:
            return
        self._told.update(pieces)
        site.log.add(_TOLD, site.orchestrator.actor, _RECALLED, pieces)
        order = register.shipments.order[shipment]
        if site.care is not None and self._uniform(shipment, _ASKS) * BASIS_POINTS < recall.contact_share_bp:
            site.care.complain(order, _RECALLED)
        if self._uniform(shipment, _SENDS) * BASIS_POINTS < recall.sent_back_share_bp:
            moment = site.clock.now_ms + round(recall.sent_back_after_ms * 2 * self._uniform(shipment, _DELAY))
            for piece in pieces:
                site.returns.call_back(piece, moment, _RECALLED)

    def _uniform(self, shipment: int, purpose: int) -> float:
        """The customer's own, whatever the policy; of a divided order, one for each parcel that left."""
        register = self._site.register
        order = register.shipments.order[shipment]
        number = (register.orders.at_ms[order] << 6) + ((register.shipments.sequence[shipment] % 16) << 2) + purpose
        return self._luck[register.orders.channel[order]].at(number)

    # Parcels and goods.

    def stopped(self, shipments: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these parcels are not handed over."""
        if not self._stopped:
            return np.zeros(len(shipments), dtype=bool)
        return np.array([s in self._stopped for s in shipments.tolist()], dtype=bool)

    def is_condemned(self, number: int, product: int) -> bool:
        """Whether what came back is of the goods that were scrapped."""
        register = self._site.register
        until_ms = self._condemned.get(product, -1)
        if until_ms < 0:
            return False
        return register.shipments.planned_ms[register.pieces.shipment[register.returns.piece[number]]] < until_ms
