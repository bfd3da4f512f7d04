"""Recalls beyond the warehouse door: customers are told, parcels on the road are stopped, goods come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.disruptions.goods import chosen_products
from sim.disruptions.recall import RecallOfGoods
from sim.orders import CLOSED, DELIVERED, SHIPPED
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_TOLD, _STOPPED = NUMBER["recall_told"], NUMBER["recall_stopped"]
_RECALLED = REASON_NUMBER["recalled"]
_SENDS, _DELAY, _ASKS, _FOUND = range(4)
_NEVER = np.iinfo(np.int64).max

Ints = NDArray[np.signedinteger]


class CalledBack:
    """What recalls do about goods that have left.

    When a recall begins, whoever has such goods is told, and so is whoever gets some while it lasts. Of those,
    ``contact_share`` contact service and ``sent_back_share`` send all of it back after a while; it is refunded as any
    return and lies in quarantine, or is scrapped, once it was inspected. Of parcels on the road, ``intercept_share``
    are found by their carrier before they are handed over, and go back whole.

    An order that was closed is reopened when some of it comes back, and is closed again when that is refunded. Until
    the last recall of a SKU has begun, orders with it stay in memory, as far back as one of these reaches.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._luck = [site.streams.counter("recall", c.name) for c in channels]
        self._in_force: list[tuple[RecallOfGoods, frozenset[int]]] = []
        self._told: set[int] = set()
        """Pieces whose customers know."""
        self._stopped: set[int] = set()
        """Shipments that their carriers will not hand over."""
        self._condemned: dict[int, int] = {}
        """By product whose recall ended on the scrap heap: what was planned before this moment is none to sell."""
        recalls = [o.disruption for o in site.occurrences if isinstance(o.disruption, RecallOfGoods)]
        self._to_come = [recall for recall in recalls if recall.reaches_customers]
        """Recalls that have not begun."""
        self._since_ms = self._reach()
        site.register.leaving.ask(self._within_reach)
        site.register.leaving.forget(site.register.pieces, self._told)
        site.register.leaving.forget(site.register.shipments, self._stopped)
        site.returns.track()

    # A recall begins and ends.

    def begin(self, recall: RecallOfGoods, products: frozenset[int]) -> None:
        """Tell customers, and look for what is on the road."""
        self._in_force.append((recall, products))
        self._to_come = [other for other in self._to_come if other is not recall]
        self._since_ms = self._reach()
        for shipment in self._holding(recall, products, SHIPPED):
            if self._uniform(shipment, _FOUND) * BASIS_POINTS < recall.intercept_share_bp:
                self._stopped.add(shipment)
                self._site.log.one(_STOPPED, self._site.orchestrator.actor, _RECALLED, shipment)
        for shipment in self._holding(recall, products, DELIVERED):
            self._tell(recall, products, shipment)

    def end(self, recall: RecallOfGoods, products: frozenset[int]) -> None:
        """What comes back from now on is sold again, or is scrapped like the rest."""
        self._in_force = [entry for entry in self._in_force if entry[0] is not recall]
        if recall.scrap:
            self._condemned.update(dict.fromkeys(products, self._site.clock.now_ms))

    def _holding(self, recall: RecallOfGoods, products: frozenset[int], state: int) -> list[int]:
        """Shipments in a state that hold one of the products, of orders that the recall is about."""
        since_ms = np.full(len(self._since_ms), _NEVER)
        since_ms[list(products)] = recall.since_ms
        found: list[int] = np.unique(self._in_state(state, since_ms)).tolist()
        return found

    def _in_state(self, state: int, since_ms: Ints) -> Ints:
        """For each piece of a shipment in a state that was ordered when ``since_ms`` says of its SKU or later: its
        shipment."""
        register = self._site.register
        pieces, shipments, orders = register.pieces, register.shipments, register.orders
        present = pieces.present()
        since_ms = since_ms[as_numpy(pieces.product)[present]]
        some = since_ms < _NEVER
        found, since_ms = as_numpy(pieces.shipment)[present[some]], since_ms[some]
        here = ~shipments.have_left(found)
        here[here] = as_numpy(shipments.state)[found[here]] == state
        found, since_ms = found[here], since_ms[here]
        order = as_numpy(shipments.order)[found]
        here = ~orders.have_left(order)
        here[here] = as_numpy(orders.at_ms)[order[here]] >= since_ms[here]
        return found[here]

    # Memory.

    def _reach(self) -> Ints:
        """By SKU: since when orders of it matter to recalls that have not begun."""
        network = self._site.world.network
        since_ms = np.full(len(network.products), _NEVER)
        for recall in self._to_come:
            chosen = list(chosen_products(network, recall.products, recall.categories))
            since_ms[chosen] = np.minimum(since_ms[chosen], recall.since_ms)
        return since_ms

    def _within_reach(self) -> Ints:
        """Closed orders that a recall may still be about."""
        if not self._to_come:
            return np.empty(0, dtype=np.int64)
        register = self._site.register
        order = as_numpy(register.shipments.order)[self._in_state(DELIVERED, self._since_ms)]
        return order[as_numpy(register.orders.state)[order] == CLOSED]

    # Customers.

    def delivered(self, shipments: list[int]) -> None:
        """Parcels were handed over while a recall lasts."""
        register = self._site.register
        for recall, products in self._in_force:
            for shipment in shipments:
                if register.orders.at_ms[register.shipments.order[shipment]] >= recall.since_ms:
                    self._tell(recall, products, shipment)

    def has_told(self, order: int) -> bool:
        """Whether its customer knows of some of it."""
        register = self._site.register
        return any(p in self._told for s in register.shipments_of(order) for p in register.pieces_of(s))

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
