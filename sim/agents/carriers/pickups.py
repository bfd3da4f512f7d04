"""Orders that customers fetch at a store: which, where, when they are ready, and who comes for them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.channels.channel import Channel
from sim.agents.floor.dock import Dock
from sim.books.amounts import piece_ranges
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import DELIVERY
from sim.orders import DELIVERED, READY, SHIPPED
from sim.plans.pickup import Pickup

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_READY, _SHIPPED, _DELIVERED = (NUMBER[k] for k in ("ready_for_pickup", "shipped", "delivered"))
_NOT_ON_VIEW, _NOT_AT_STORE, _NOT_COLLECTED = (
    REASON_NUMBER[r] for r in ("not_on_view", "not_at_store", "not_collected")
)


class Pickups:
    """Follows pickups from the till to the hand-over.

    Attributes
    ----------
    node_of
        The store at which each order is fetched; nothing is sent for it from elsewhere.
    """

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        self.node_of: dict[int, int] = {}
        channels = site.world.network.channels
        self._specs: dict[int, Pickup] = {n: c.pickup for n, c in enumerate(channels) if c.pickup is not None}

        streams = site.streams
        self._asks = {n: streams.counter("pickup", channels[n].name) for n in self._specs}
        self._comes = {n: streams.counter("pickup no-show", channels[n].name) for n in self._specs}
        self._delay = {n: streams.counter("pickup delay", channels[n].name) for n in self._specs}

    # At the till.

    def asked(self, offer: Offer) -> NDArray[np.bool_]:
        """Which arrivals want to fetch their order."""
        found = np.zeros(len(offer), dtype=np.bool_)
        for channel, spec in self._specs.items():
            mine = offer.channel == channel
            found[mine] = self._asks[channel].many(offer.at_ms[mine]) < spec.share
        return found

    def is_asked(self, order: int) -> bool:
        """The same for one order."""
        orders = self._site.register.orders
        channel = orders.channel[order]
        spec = self._specs.get(channel)
        return spec is not None and self._asks[channel].at(orders.at_ms[order]) < spec.share

    def store_of(self, order: int) -> int | None:
        """The open store that is nearest to the customer and may serve the channel."""
        site, orders = self._site, self._site.register.orders
        pool, nodes = site.pools[site.pool_of_channel[orders.channel[order]]], site.world.network.nodes
        for node in site.geography.nearest_nodes[orders.region[order]]:
            if node in pool and nodes[node].kind == "store" and site.open_nodes[node]:
                return node
        return None

    def lacking(self, store: int | None, basket: list[Line]) -> list[int]:
        """Lines of which a store has too little that nobody else counts on."""
        left: dict[int, int] = {}
        missing: list[int] = []
        for line, product, units in basket:
            if store is not None and product not in left:
                left[product] = self._site.inventory.unpromised(store, product)
            if left.get(product, 0) < units:
                missing.append(line)
            else:
                left[product] -= units
        return missing

    # At the store.

    def ready(self, node: int, shipments: list[int]) -> None:
        """Packed at the counter: customers are told, and come or do not."""
        site, orders = self._site, self._site.register.orders
        site.shipment_states.advance(shipments, READY)
        site.log.add(_READY, site.warehouses[node].actor, 0, shipments)
        for shipment in shipments:
            order = site.register.shipments.order[shipment]
            channel, number = orders.channel[order], orders.at_ms[order]
            spec = self._specs[channel]
            delay_ms = round(spec.collect_ms.at(self._delay[channel].at(number)))
            comes = self._comes[channel].at(number) >= spec.no_show_share and delay_ms <= spec.hold_ms
            due_ms = site.clock.now_ms + (delay_ms if comes else spec.hold_ms)
            act = self._come if comes else self._give_up
            site.clock.at(due_ms, DELIVERY, act, shipment, rank=shipment)

    def _come(self, shipment: int) -> None:
        """The customer is at the store, and waits where it is closed."""
        self._site.warehouses[self._site.register.shipments.node[shipment]].when_open(self._hand_over, shipment)

    def _hand_over(self, shipment: int) -> None:
        """Control passes here: stock leaves, cost of goods and revenue are posted, without freight."""
        site, columns = self._site, self._site.register.shipments
        if columns.state[shipment] != READY:
            return
        order, node, ids = columns.order[shipment], columns.node[shipment], np.array([shipment], dtype=np.int64)
        self.node_of.pop(order, None)
        site.shipment_states.move(shipment, SHIPPED)
        pieces, begins = piece_ranges(site.register, ids)
        product, units = (
            as_numpy(column)[pieces] for column in (site.register.pieces.product, site.register.pieces.units)
        )
        as_numpy(site.register.pieces.cost_cents)[pieces] = site.inventory.ship(node, product, units)
        site.finance.price(ids, pieces, begins)
        columns.sequence[shipment] = site.register.orders.left[order]
        site.register.orders.left[order] += 1
        actor = site.warehouses[node].actor
        site.log.add_pieces(_SHIPPED, actor, 0, ids)
        if site.intercompany is not None:
            site.intercompany.shipped(node, ids)
        site.finance.invoice(ids)
        site.shipment_states.move(shipment, DELIVERED)
        site.log.add(_DELIVERED, actor, 0, ids)
        site.completion.delivered(ids)

    def _give_up(self, shipment: int) -> None:
        """Nobody came: the goods go back on the shelf, and nothing is charged."""
        site, columns = self._site, self._site.register.shipments
        if columns.state[shipment] == READY:
            order = columns.order[shipment]
            site.orchestrator.void(shipment, _NOT_COLLECTED)
            site.orchestrator.cancel(order, _NOT_COLLECTED, self._customer)
            self.node_of.pop(order, None)


class PickupChannel(Channel):
    """A channel whose customers may fetch what they order."""

    pickups: Pickups

    def offer(self, order: int, basket: list[Line], reason: int = _NOT_ON_VIEW) -> list[Line]:
        """As `Channel.offer`; a pickup is held against its store as well."""
        accepted = super().offer(order, basket, reason)
        if not accepted or not self.pickups.is_asked(order):
            return accepted
        store = self.pickups.store_of(order)
        missing = self.pickups.lacking(store, accepted)
        assert self.spec.pickup is not None
        if missing and self.spec.pickup.unavailable == "send":
            return accepted
        kept = self._without(order, accepted, missing, _NOT_AT_STORE)
        if kept and store is not None:
            self.pickups.node_of[order] = store
        return kept


def picking_up(channel: type[Channel]) -> type[Channel]:
    """The same kind of channel, but that its customers may fetch what they order."""
    return PickupChannel if channel is Channel else type(channel.__name__, (PickupChannel, channel), {})


class PickupDock(Dock):
    """A dock beside which there is a counter: what is fetched there is given to no carrier."""

    def dispatch(self, node: int, shipments: array[int]) -> None:
        """Parcels to their carriers, pickups to the counter."""
        pickups, order_of = self._site.pickups, self._site.register.shipments.order
        assert pickups is not None
        fetched = [s for s in shipments if order_of[s] in pickups.node_of]
        if fetched:
            pickups.ready(node, fetched)
            shipments = array("i", [s for s in shipments if order_of[s] not in pickups.node_of])
        super().dispatch(node, shipments)
