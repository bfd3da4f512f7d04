"""The last look before a shipment goes to the floor: whether its payment and its customer's credit still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import PLANNED

if TYPE_CHECKING:
    from sim.agents.site import Site

_RENEWED, _CREDIT_LIMIT = NUMBER["authorisation_renewed"], REASON_NUMBER["credit_limit"]
Ints = NDArray[np.int64]


class ReleaseCheck:
    """Renews authorisations that have run out since they were given, and looks at credit limits once more.

    An order whose renewal is declined is held, and so is one whose account went over its limit meanwhile.

    Attributes
    ----------
    unanswered : set of int
        Shipments of the last look whose renewal the gateway could not answer: they wait for the next one.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._luck = [site.streams.counter("renewals", c.name) for c in site.world.network.channels]
        self._payments = [c.payments for c in site.world.network.channels]
        self._holds_ms = np.full((len(self._payments), max(map(len, self._payments))), np.iinfo(np.int64).max)
        """By channel and payment: how long an authorisation holds."""
        for row, payments in zip(self._holds_ms, self._payments, strict=True):
            for number, payment in enumerate(payments):
                if payment.authorisation_ms is not None and payment.kind == "card":
                    row[number] = payment.authorisation_ms
        self._renewed_ms: dict[int, int] = {}
        self._attempts: dict[int, int] = {}
        self.unanswered: set[int] = set()
        site.register.leaving.forget(site.register.orders, self._renewed_ms, self._attempts)

    def pass_on(self, shipments: list[int]) -> list[int]:
        """Those of ``shipments`` that may be released now, or when the gateway answers; the orders of the others are
        held, their stock is free."""
        register = self._site.register
        self.unanswered.clear()
        numbers = np.array(shipments, dtype=np.int64)
        for shipment in numbers[self._may_fail(numbers)].tolist():
            if register.shipments.state[shipment] == PLANNED:
                self._check_authorisation(register.shipments.order[shipment], shipment)
            if register.shipments.state[shipment] == PLANNED:
                self._check_credit(register.shipments.order[shipment])
        passed: list[int] = numbers[as_numpy(register.shipments.state)[numbers] == PLANNED].tolist()
        return passed

    def _may_fail(self, shipments: Ints) -> NDArray[np.bool_]:
        """Whose order has an account over its limit, or is older than an authorisation of its kind holds."""
        register = self._site.register
        order = as_numpy(register.shipments.order)[shipments]
        channel, payment = as_numpy(register.orders.channel)[order], as_numpy(register.orders.payment)[order]
        age_ms = self._site.clock.now_ms - as_numpy(register.orders.at_ms)[order]
        old: NDArray[np.bool_] = age_ms >= self._holds_ms[channel, payment]
        credit = self._site.credit
        return old if credit is None else old | credit.are_over(order)

    def _check_authorisation(self, order: int, shipment: int) -> None:
        orders, now = self._site.register.orders, self._site.clock.now_ms
        payment = self._payments[orders.channel[order]][orders.payment[order]]
        holds_ms = self._holds_ms[orders.channel[order], orders.payment[order]]
        if now - self._renewed_ms.get(order, orders.at_ms[order]) < holds_ms:
            return
        if self._site.gates.captures_down:
            self.unanswered.add(shipment)
        elif self._uniform(order) >= payment.renewal_declined_share:
            self._renew(order)
        else:
            self._site.holds.card_declined_again(order)

    def _check_credit(self, order: int) -> None:
        credit = self._site.credit
        if credit is not None and credit.is_over(order):
            self._site.holds.hold_back(order, _CREDIT_LIMIT, "credit")
            self._site.exceptions.put(order, "credit")

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
