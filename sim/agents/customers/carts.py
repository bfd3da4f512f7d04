"""Carts: what customers have chosen and not ordered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE
from sim.orders import ABANDONED, LINE_REFUSED

if TYPE_CHECKING:
    from sim.agents.channels.channel import Channel
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_CART_RESERVED, _CART_ABANDONED, _EXPIRED = (
    NUMBER[k] for k in ("cart_reserved", "cart_abandoned", "reservation_expired")
)
_GONE = REASON_NUMBER["gone_at_checkout"]


class Carts:
    """Customers of channels with a checkout: they arrive, fill their carts with what the view shows, and order a while
    later, or never.

    A cart that reserves keeps its units until then, or until the reservation expires; one that does not may find them
    gone.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._pace = [site.streams.counter("checkout", c.name) for c in channels]
        self._leaves = [site.streams.counter("abandons", c.name) for c in channels]
        self._reserved: set[int] = set()
        """Orders whose carts have a reservation."""

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: how long each will have its cart, and whether it leaves it."""
        orders, own_rows = self._site.register.orders, slice(first, first + len(offer))
        till_ms, leaves = as_numpy(orders.till_ms)[own_rows], as_numpy(orders.leaves_cart)[own_rows]
        for number, channel in enumerate(self._site.world.network.channels):
            if channel.checkout_ms is None:
                continue
            own = np.flatnonzero(offer.channel == number)
            at_ms, quantile = offer.at_ms[own], channel.checkout_ms.at
            till_ms[own] = at_ms + [round(quantile(u)) for u in self._pace[number].many(at_ms).tolist()]
            leaves[own] = self._leaves[number].many(at_ms) < channel.abandoned_share

    def fill(self, order: int, basket: list[Line], channel: Channel) -> None:
        """A customer chose what the channel showed: it is reserved, if the channel does that, and ordered later."""
        site, spec = self._site, channel.spec
        now, orders = site.clock.now_ms, site.register.orders
        assert spec.checkout_ms is not None
        if spec.reservation.at == "cart":
            site.inventory.reserve(channel.pool, basket, channel.index)
            if channel.keeps_view:
                channel.sold(order, basket)
            self._reserved.add(order)
            site.log.add(_CART_RESERVED, channel.actor, 0, [line for line, _, _ in basket])
            if spec.reservation.expires_ms is not None:
                expires_ms = now + spec.reservation.expires_ms
                site.clock.at(expires_ms, CAPTURE, self._expire, (order, basket, channel), rank=order)
        till_ms = now + orders.till_ms[order] - orders.at_ms[order]  # some have come back after they were turned away
        site.clock.at(till_ms, CAPTURE, self._come_to_till, (order, basket, channel), rank=order)

    def _expire(self, what: tuple[int, list[Line], Channel]) -> None:
        order, basket, channel = what
        if order in self._reserved:
            self._let_go(order, basket, channel)
            self._site.log.one(_EXPIRED, channel.actor, 0, order)

    def _let_go(self, order: int, basket: list[Line], channel: Channel) -> None:
        """Others may have what was in the cart; a channel that hears in batches learns of it with the next one."""
        self._reserved.discard(order)
        for _, product, units in basket:
            self._site.inventory.unreserve(channel.pool, product, units)
        self._site.backorders.stock_came([product for _, product, _ in basket])

    def check_out(self, order: int) -> None:
        """Somebody comes to the till with all that they wanted."""
        register = self._site.register
        self._come_to_till((order, register.basket(order), self._site.channels[register.orders.channel[order]]))

    def _come_to_till(self, what: tuple[int, list[Line], Channel]) -> None:
        order, basket, channel = what
        site = self._site
        if site.register.orders.leaves_cart[order]:
            self._abandon(order, basket, channel)
        elif order in self._reserved:
            self._reserved.discard(order)
            site.intake.take_reserved(order, basket, channel)
        elif basket := channel.offer(order, basket, _GONE):
            site.intake.take(order, basket, channel)
            if channel.keeps_view:
                channel.sold(order, basket)

    def _abandon(self, order: int, basket: list[Line], channel: Channel) -> None:
        if order in self._reserved:
            self._let_go(order, basket, channel)
        self._site.line_states.advance([line for line, _, _ in basket], LINE_REFUSED)
        self._site.order_states.move(order, ABANDONED)
        self._site.log.one(_CART_ABANDONED, channel.actor, 0, order)
