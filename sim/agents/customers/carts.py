"""Carts: what customers have chosen and not ordered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE
from sim.orders import ABANDONED, LINE_REFUSED

if TYPE_CHECKING:
    from sim.agents.channels.channel import Channel
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

    def fill(self, order: int, basket: list[Line], channel: Channel) -> None:
        """A customer chose what the channel showed: it is reserved, if the channel does that, and ordered later."""
        site, spec = self._site, channel.spec
        now, rank = site.clock.now_ms, order & 0xFFFFFFF
        assert spec.checkout_ms is not None
        if spec.reservation.at == "cart":
            site.inventory.reserve(channel.pool, basket, channel.index)
            if channel.keeps_view:
                channel.sold(order, basket)
            self._reserved.add(order)
            site.log.add(_CART_RESERVED, channel.actor, 0, [line for line, _, _ in basket])
            if spec.reservation.expires_ms is not None:
                expires_ms = now + spec.reservation.expires_ms
                site.clock.at(expires_ms, CAPTURE, self._expire, (order, basket, channel), rank=rank)
        takes_ms = round(spec.checkout_ms.at(self._pace[channel.index].at(now)))
        site.clock.at(now + takes_ms, CAPTURE, self._check_out, (order, basket, channel), rank=rank)

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

    def _check_out(self, what: tuple[int, list[Line], Channel]) -> None:
        order, basket, channel = what
        site = self._site
        at_ms = site.register.orders.at_ms[order]
        if self._leaves[channel.index].at(at_ms) < channel.spec.abandoned_share:
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
