"""The last look before a shipment goes to the floor: whether its payment still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.orders import PLANNED

if TYPE_CHECKING:
    from sim.agents.site import Site

_RENEWED = NUMBER["authorisation_renewed"]


class ReleaseCheck:
    """Renews authorisations that have run out since they were given; an order whose renewal is declined is held."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._luck = [site.streams.counter("renewals", c.name) for c in site.world.network.channels]
        self._payments = [c.payments for c in site.world.network.channels]
        self._renewed_ms: dict[int, int] = {}
        self._attempts: dict[int, int] = {}

    def pass_on(self, shipments: list[int]) -> list[int]:
        """Those of ``shipments`` that may be released now; the orders of the others are held, their stock is free."""
        order_of = self._site.register.shipments.order
        for shipment in shipments:
            if self._site.register.shipments.state[shipment] == PLANNED:
                self._check_authorisation(order_of[shipment])
        return [s for s in shipments if self._site.register.shipments.state[s] == PLANNED]

    def _check_authorisation(self, order: int) -> None:
        orders, now = self._site.register.orders, self._site.clock.now_ms
        payment = self._payments[orders.channel[order]][orders.payment[order]]
        if payment.authorisation_ms is None or payment.kind != "card":
            return
        if now - self._renewed_ms.get(order, orders.at_ms[order]) < payment.authorisation_ms:
            return
        if self._uniform(order) >= payment.renewal_declined_share:
            self._renew(order)
        else:
            self._site.orchestrator.card_declined_again(order)

    def another_card(self, order: int) -> bool:
        """The customer was asked for another card; whether there was one that held."""
        orders = self._site.register.orders
        payment = self._payments[orders.channel[order]][orders.payment[order]]
        if self._uniform(order) >= payment.recovered_share:
            return False
        self._renew(order)
        return True

    def _renew(self, order: int) -> None:
        self._renewed_ms[order] = self._site.clock.now_ms
        self._site.log.one(_RENEWED, self._site.finance.actor, 0, order)

    def _uniform(self, order: int) -> float:
        """Another one for each attempt of the same customer."""
        orders = self._site.register.orders
        attempt = self._attempts[order] = self._attempts.get(order, -1) + 1
        return self._luck[orders.channel[order]].at((orders.at_ms[order] << 8) + attempt)
