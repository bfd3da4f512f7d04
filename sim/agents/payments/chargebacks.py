"""Chargebacks: fraud that nobody stopped costs the goods, the money and a fee, weeks after it was sent out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.network import Payment
from sim.orders import LOST, RETURNED_TO_SENDER

if TYPE_CHECKING:
    from sim.agents.site import Site

_CHARGED_BACK, _FEE = NUMBER["charged_back"], NUMBER["chargeback_fee"]
_CAPTURED = ("card", "prepaid")


class Chargebacks:
    """Watches accepted fraud that was paid by card or in advance. Fraudsters return nothing."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._luck = [site.streams.counter("chargebacks", c.name) for c in site.world.network.channels]
        self._fraud: dict[int, Payment] = {}
        self._to_come: Counter[int] = Counter()
        """By order: chargebacks on the clock."""
        site.register.leaving.ask(self._to_come.keys)
        site.register.leaving.forget(site.register.orders, self._fraud)

    def accepted(self, order: int, payment: Payment) -> None:
        """An order passed all checks: if it is fraud all the same, its owner of the card will notice."""
        orders = self._site.register.orders
        if payment.chargeback_delay_ms is None or payment.kind not in _CAPTURED:
            return
        if self._is_fraud(order, payment):
            self._fraud[order] = payment
            orders.returning[order] = 0

    def _is_fraud(self, order: int, payment: Payment) -> bool:
        if self._site.gates.is_stolen(order):
            return True
        scoring = self._site.scoring
        if scoring is not None and scoring.serves(payment):
            return scoring.is_fraud(order)
        return payment.is_fraud(self._site.register.orders.desk_luck[order])

    def sent(self, shipments: NDArray[np.int64]) -> None:
        """Shipments left, and their money was taken."""
        orders, clock = as_numpy(self._site.register.shipments.order)[shipments].tolist(), self._site.clock
        if self._fraud.keys().isdisjoint(orders):
            return
        for shipment, order in zip(shipments.tolist(), orders, strict=True):
            payment = self._fraud.get(order)
            if payment is not None and payment.chargeback_delay_ms is not None:
                delay_ms = round(payment.chargeback_delay_ms.at(self._uniform(order)))
                clock.at(clock.now_ms + delay_ms, SWEEP, self._charge_back, shipment, rank=4)
                self._to_come[order] += 1

    def _uniform(self, order: int) -> float:
        orders = self._site.register.orders
        return self._luck[orders.channel[order]].at(orders.at_ms[order])

    def _charge_back(self, shipment: int) -> None:
        """The bank takes the money back, unless it went back already because the parcel was lost."""
        site, register = self._site, self._site.register
        order = register.shipments.order[shipment]
        self._to_come[order] -= 1
        if not self._to_come[order]:
            del self._to_come[order]
        if register.shipments.state[shipment] in (LOST, RETURNED_TO_SENDER):
            return
        gross = int(site.finance.gross_cents(np.array([shipment]))[0])
        site.log.one(_CHARGED_BACK, site.finance.actor, 0, register.notes.add(order=order, value_cents=gross))
        fee = register.worth(order, self._fraud[order].chargeback_fee_cents)
        if fee:
            site.log.one(_FEE, site.finance.actor, 0, register.notes.add(order=order, value_cents=fee))
