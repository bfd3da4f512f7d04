"""Orders that are set aside: why, until when, and how they go on or are given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.network import Payment
from sim.orders import DELIVERED, HELD, LOST, PLANNED, RETURNED_TO_SENDER, VALIDATED

if TYPE_CHECKING:
    from sim.agents.site import Site

_HELD, _CLEARED, _VALIDATED = (NUMBER[k] for k in ("held", "hold_cleared", "validated"))
_DECLINED, _RETRIED, _AUTHORISATION_EXPIRED = (
    REASON_NUMBER[r] for r in ("payment_declined", "retry_succeeded", "authorisation_expired")
)


class Holds:
    """Keeps orders from going on until their cause is over: a payment is tried again, people decide, or nobody will."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._orders, self._shipments = site.register.orders, site.register.shipments

    def hold(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """Set an order aside; one that is aside already has a new reason from now on."""
        self._site.order_states.move(order, HELD)
        self.end(order)
        self._register.holds[order] = kind
        self._log.one(_HELD, self._actor if actor is None else actor, reason, order)
        if self._site.reservations is not None:
            self._site.reservations.held(order, self._clock.now_ms)

    def hold_for_desk(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """Stop an order until the people who handle that kind of exception have looked at it."""
        self.hold(order, reason, kind, actor)
        self._site.exceptions.put(order, kind)

    def hold_back(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """What is not on the floor yet goes back on the shelf, until somebody clears the order anew."""
        for shipment in self._register.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self._site.orchestrator.void(shipment, reason)
        self.hold(order, reason, kind, actor)

    def card_declined(self, order: int) -> None:
        """An authorisation was declined; it is tried again, once."""
        self.hold(order, _DECLINED, "payment")
        self._try_card_later(order, self._clock.now_ms)

    def was_declined(self, order: int, since_ms: int) -> None:
        """The fast lane set an order aside, not longer ago than `idle_ms`, as its authorisation was declined."""
        self._register.holds[order] = "payment"
        if self._site.reservations is not None:
            self._site.reservations.held(order, since_ms)
        self._try_card_later(order, since_ms)

    def _try_card_later(self, order: int, since_ms: int) -> None:
        self._site.exceptions.watch(order, "payment", since_ms)
        retry_ms = since_ms + self._site.checks.payment_of(order).retry_ms
        self._clock.at(retry_ms, CAPTURE, self._retry, order, rank=order)

    def idle_ms(self, channel: int, payment: Payment) -> int:
        """For how long after a declined payment of a channel there is nothing to do about it."""
        expires_ms = self._site.world.network.channels[channel].reservation.expires_ms
        first_ms = payment.retry_ms if expires_ms is None else min(payment.retry_ms, expires_ms)
        return max(0, min(first_ms, self._site.exceptions.unattended_limit_ms - 1))

    def _retry(self, order: int) -> None:
        """The second attempt to authorise; the same customer's luck decides."""
        if self._register.orders.state[order] != HELD or self._site.gates.stop(order, self._retry):
            return
        payment = self._site.checks.payment_of(order)
        if self._register.orders.payment_luck[order] < payment.declined_share * payment.recovered_share:
            self.clear(order, _RETRIED, self._actor)
        else:
            self._site.orchestrator.cancel(order, _DECLINED, self._actor)

    def card_declined_again(self, order: int) -> None:
        """A renewed authorisation was declined; the customer is asked for another card, once."""
        self.hold_back(order, _AUTHORISATION_EXPIRED, "payment")
        self._site.exceptions.watch(order, "payment")
        self._ask_for_another_card(order)

    def _ask_for_another_card(self, order: int) -> None:
        moment = self._clock.now_ms + self._site.checks.payment_of(order).retry_ms
        self._clock.at(moment, CAPTURE, self._retry_renewal, order, rank=order)

    def _retry_renewal(self, order: int) -> None:
        if self._orders.state[order] != HELD:
            return
        if self._site.gates.captures_down:
            self._ask_for_another_card(order)
            return
        check = self._site.release_check
        assert check is not None
        if check.another_card(order):
            self.clear(order, _RETRIED, self._actor)
        else:
            self.give_up(order, _DECLINED, self._actor)

    def clear(self, order: int, reason: int, actor: int) -> None:
        """Nothing holds an order any longer: it goes on where it was."""
        self._site.exceptions.settle(order, self._register.holds.pop(order))
        self._log.one(_CLEARED, actor, reason, order)
        self._site.checks.go_on(order)
        if self._orders.left[order]:
            self._keep_closing(order)

    def give_up(self, order: int, reason: int, actor: int) -> None:
        """Cancel what is open of a held order; what is on its way already goes on."""
        if self._orders.pending[order] > self._open_lines(order) or self._orders.left[order]:
            self.end(order)
            self._log.one(_CLEARED, actor, reason, order)
            self._site.order_states.move(order, VALIDATED)
            self._log.one(_VALIDATED, actor, reason, order)
            self._keep_closing(order)
        self._site.orchestrator.cancel(order, reason, actor)

    def _open_lines(self, order: int) -> int:
        return sum(self._register.lines.open_units[n] > 0 for n in self._orders.lines(order))

    def _keep_closing(self, order: int) -> None:
        """Return windows that passed while the order was held are open once more."""
        state, ended = self._shipments.state, (DELIVERED, LOST, RETURNED_TO_SENDER)
        arrived = [s for s in self._register.shipments_of(order) if state[s] in ended]
        if arrived:
            self._site.completion.open_window(np.full(len(arrived), order))

    def end(self, order: int) -> None:
        """The order is not aside any more; whoever was to look at it need not."""
        kind = self._register.holds.pop(order, None)
        if kind is not None:
            self._site.exceptions.settle(order, kind)
