"""Orders that are accepted at risk while the payment gateway is down, and what becomes of them when it is up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.orders import CANCELLED, PACKED, PICKED, PLANNED, RELEASED
from sim.plans.fallbacks import UnsecuredOrders

if TYPE_CHECKING:
    from sim.agents.site import Site

_AT_RISK, _AUTHORISED, _FAILED, _BAD_DEBT, _LOSS_CREDITED = (
    NUMBER[k] for k in ("accepted_at_risk", "authorised_late", "authorisation_failed", "bad_debt", "loss_credited")
)
_DOWN, _DECLINED = REASON_NUMBER["gateway_down"], REASON_NUMBER["payment_declined"]
_IN_THE_HOUSE = (PLANNED, RELEASED, PICKED, PACKED)

Ints = NDArray[np.int64]


class Unsecured:
    """Orders whose payment nobody has authorised.

    They go their way like any other; what leaves of them is invoiced, and collected when the authorisation is there.
    The same luck decides as at the door: a card that would have been declined is declined now.
    """

    def __init__(self, site: Site, plan: UnsecuredOrders, actor: int) -> None:
        self._site, self._plan, self._actor = site, plan, actor
        self._down_ms = 0
        self._left: dict[int, list[int]] = {}
        """By order that waits for its authorisation: its shipments that have left."""
        self._bad: set[int] = set()
        """Orders whose payment was declined afterwards."""
        site.register.leaving.ask(self._left.keys)
        site.register.leaving.forget(site.register.orders, self._bad)

    # At the door.

    def is_unsecured(self, order: int) -> bool:
        """Whether an order was accepted at risk and still waits for its authorisation."""
        return order in self._left

    def accepts(self, order: int, then: Callable[[int], None]) -> bool:
        """Whether an order that comes to a closed gateway is let in; ``then`` is what its answer would be followed by.
        One whose card was declined already is not."""
        site, plan = self._site, self._plan
        if order in self._left:
            return True
        if not site.gates.gateway_down or site.clock.now_ms < self._down_ms + plan.after_ms:
            return False
        if then != site.checks.begin or site.finance.payment_kind(order) != 0:
            return False
        if site.checks.net_cents(order) > plan.up_to_cents:
            return False
        self._left[order] = []
        site.log.one(_AT_RISK, self._actor, _DOWN, order)
        return True

    # When the gateway answers.

    def gateway(self, *, down: bool) -> None:
        """It went down, or it is up again: then all that waits is asked for, in its sequence."""
        if down:
            self._down_ms = self._site.clock.now_ms
            return
        for order in list(self._left):
            self._ask(order, self._hear)

    def _ask(self, order: int, hear: Callable[[int], None]) -> None:
        site = self._site
        answers_ms = site.clock.now_ms if site.gateway is None else site.gateway.take_turn()
        site.clock.at(answers_ms, CAPTURE, hear, order, rank=order)

    def _hear(self, order: int) -> None:
        site, payment = self._site, self._payment_shares(order)
        if order not in self._left or site.gates.gateway_down:  # asked for again when it is up
            return
        if site.register.orders.state[order] == CANCELLED:
            del self._left[order]
        elif site.register.orders.payment_luck[order] >= payment[0]:
            self._secure(order)
        else:
            site.log.one(_FAILED, self._actor, _DECLINED, order)
            at_ms = site.clock.now_ms + site.checks.payment_of(order).retry_ms
            site.clock.at(at_ms, CAPTURE, self._try_again, order, rank=order)

    def _try_again(self, order: int) -> None:
        """The customer was asked for another card."""
        if order not in self._left or self._site.gates.gateway_down:
            return
        if self._site.register.orders.payment_luck[order] < self._payment_shares(order)[1]:
            self._secure(order)
        else:
            self._give_up(order)

    def _payment_shares(self, order: int) -> tuple[float, float]:
        """Below which luck a first attempt is declined, and a second one is not."""
        payment = self._site.checks.payment_of(order)
        return payment.declined_share, payment.declined_share * payment.recovered_share

    def _secure(self, order: int) -> None:
        self._site.log.one(_AUTHORISED, self._actor, 0, order)
        left = self._left.pop(order)
        if left:
            self._site.finance.collect(np.array(left, dtype=np.int64))

    def _give_up(self, order: int) -> None:
        """Keep what has not left; the rest is gone."""
        site, left = self._site, self._left.pop(order)
        self._bad.add(order)
        if site.register.orders.state[order] == CANCELLED:
            return
        for shipment in site.register.shipments_of(order):
            if site.register.shipments.state[shipment] in _IN_THE_HOUSE:
                site.orchestrator.void(shipment, _DECLINED)
        site.orchestrator.cancel_by_hand(order, _DECLINED, self._actor)
        self._write_off(np.array(left, dtype=np.int64))

    def _write_off(self, shipments: Ints) -> None:
        if len(shipments):
            self._site.log.add(_BAD_DEBT, self._actor, _DECLINED, shipments)
            self._site.completion.settled(shipments)

    # What left, was lost or comes back without a payment.

    def keep_back(self, shipments: Ints) -> Ints:
        """Of shipments that leave, those that can be collected; the others wait for their authorisation."""
        if not self._left and not self._bad:
            return shipments
        order_of = as_numpy(self._site.register.shipments.order)
        secured = []
        for shipment in shipments.tolist():
            order = int(order_of[shipment])
            if order in self._left:
                self._left[order].append(shipment)
            elif order in self._bad:
                self._write_off(np.array([shipment], dtype=np.int64))
            else:
                secured.append(shipment)
        return np.array(secured, dtype=np.int64)

    def owes(self, order: int) -> bool:
        """Whether its customer has never paid: nothing is given back."""
        return order in self._bad

    def credit_losses(self, shipments: Ints) -> Ints:
        """Credit lost parcels to customers who owe for them, instead of a refund; those that were paid for."""
        if not self._bad:
            return shipments
        order_of = as_numpy(self._site.register.shipments.order)[shipments]
        owed = np.isin(order_of, sorted(self._bad))
        self._site.log.add(_LOSS_CREDITED, self._actor, 0, shipments[owed])
        return shipments[~owed]
