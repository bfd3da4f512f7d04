"""Customers whose promise was broken: they contact service, wait for an answer, and lose patience."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.arrived import has_all
from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.clock import CAPTURE
from sim.orders import CAPTURED, HELD, VALIDATED

if TYPE_CHECKING:
    from sim.agents.customer import Offer
    from sim.agents.site import Site

_OPENED, _CLOSED, _BROKEN = NUMBER["ticket_opened"], NUMBER["ticket_closed"], REASON_NUMBER["promise_broken"]


class Care:
    """Looks at all orders of one promise when it is due, contacts service for some, and cancels for some."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        channels, segments = site.world.network.channels, site.world.network.segments
        self._segment = [segments[c.segment] for c in channels]
        self._luck = [site.streams.counter("patience", c.name) for c in channels]

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: remember when each was promised its goods."""
        for due_ms in np.unique(offer.deliver_by_ms).tolist():
            orders = (first + np.flatnonzero(offer.deliver_by_ms == due_ms)).tolist()
            self._site.clock.gather(due_ms, CAPTURE, self._promise_due, orders, rank=1 << 29)

    def expect_order(self, order: int) -> None:
        """An order was promised anew."""
        due_ms = self._site.register.orders.deliver_by_ms[order]
        self._site.clock.gather(due_ms, CAPTURE, self._promise_due, [order], rank=1 << 29)

    def _promise_due(self, orders: list[int]) -> None:
        register, clock = self._site.register, self._site.clock
        for order in orders:
            if register.orders.deliver_by_ms[order] > clock.now_ms:
                continue  # promised anew
            if register.orders.state[order] not in (CAPTURED, HELD, VALIDATED) or has_all(register, order):
                continue
            segment = self._segment[register.orders.channel[order]]
            if self._uniform(order, 0) < segment.late_contact_share:
                delay_ms = round(segment.late_contact_delay_ms.at(self._uniform(order, 1)))
                clock.at(clock.now_ms + delay_ms, CAPTURE, self._contact, order, rank=order & 0xFFFFFFF)
            if self._uniform(order, 2) < segment.late_cancel_share:
                delay_ms = round(segment.late_cancel_delay_ms.at(self._uniform(order, 3)))
                clock.at(clock.now_ms + delay_ms, CAPTURE, self._lose_patience, order, rank=order & 0xFFFFFFF)

    def _uniform(self, order: int, purpose: int) -> float:
        """The customer's own, by what it is for."""
        orders = self._site.register.orders
        return self._luck[orders.channel[order]].at((orders.at_ms[order] << 2) + purpose)

    def _contact(self, order: int) -> None:
        """The customer writes or calls, even if the parcel came meanwhile."""
        self._site.log.one(_OPENED, self._customer, _BROKEN, order)
        self._site.exceptions.put(order, "ticket")

    def answered(self, order: int, desk: int) -> None:
        """Service answered."""
        self._site.log.one(_CLOSED, desk, 0, order)
        if self._site.exchange is not None:
            self._site.exchange.told(order, desk)

    def _lose_patience(self, order: int) -> None:
        if not has_all(self._site.register, order):
            self._site.orchestrator.customer_cancels(order)
