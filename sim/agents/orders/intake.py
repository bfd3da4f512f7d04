"""Where orders come in: captured, reserved, and checked; what nothing holds goes straight to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.orders.allocator import OF_A_SHIPMENT
from sim.agents.orders.gates import BY_GATEWAY
from sim.books.kinds import NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE
from sim.errors import InvariantError
from sim.network import Payment
from sim.orders import ALLOCATED, CAPTURED, HELD, LINE_OFFERED, OFFERED, OPEN, VALIDATED
from sim.policies.allocation import Assignment, OrderView, StockView

if TYPE_CHECKING:
    from sim.agents.channels.channel import Channel
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_CAPTURED, _VALIDATED = NUMBER["captured"], NUMBER["validated"]

STRAIGHT, CHECKED, DECLINED = 1, 2, 3
"""How smooth an order is: nothing will hold it; nothing but the house's own checks; a declined payment, which is tried
again later."""


class Intake:
    """Takes what customers ordered into the house: each order is captured, and validated once nothing holds it.

    Which arrivals nothing will hold is known before they come. Those are captured, validated and allocated in one go.
    """

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._inventory = site.inventory
        self._orders, self._shipments = site.register.orders, site.register.shipments
        self._open_units = site.register.lines.whole("open_units")
        self._order_view, self._stock_view = OrderView(), StockView(site.inventory.available, site.open_nodes)
        self._to_validated = site.order_states.path(OFFERED, CAPTURED, VALIDATED)
        self._to_allocated = site.line_states.path(LINE_OFFERED, OPEN, ALLOCATED)
        self._payments = [c.payments for c in site.world.network.channels]
        self._prepaid = [[p.kind == "prepaid" for p in payments] for payments in self._payments]
        self._allocate_every_ms = site.world.rules.allocate_every_ms

    # Before they come.

    def smooth(self, offer: Offer, ruled_out: NDArray[np.int64] | None) -> NDArray[np.uint8]:
        """Which arrivals no check will hold: the same rules as in `take`, for many at once; ``ruled_out`` is what
        `Workflow.rule_out` says of them.

        Returns
        -------
        ndarray
            By arrival: `STRAIGHT` where nothing will, `CHECKED` where the house's own checks may, `DECLINED` where
            the payment alone does for sure, else 0: a rule of the house may concern it, or luck holds it.
        """
        width = max(len(p) for p in self._payments)
        held_payment, held_desk = np.ones((2, len(self._payments), width))
        unseen, declined = np.zeros((2, len(self._payments), width))
        for channel, payments in enumerate(self._payments):
            for number, payment in enumerate(payments):
                if not self._allocate_every_ms:
                    held_payment[channel, number] = payment.declined_share
                    held_desk[channel, number] = self._site.checks.usual_share(payment)
                    declined[channel, number] = self._declined_for_sure(channel, payment)
                if self._site.gateway is not None and payment.kind in BY_GATEWAY:
                    held_payment[channel, number] = 1.0  # its answer takes a while
                if self._site.scoring is not None and self._site.scoring.serves(payment):
                    held_desk[channel, number] = 1.0  # its facts are looked at
                if self._site.allocator.guards(channel):
                    held_desk[channel, number] = 1.0  # what others have reserved is looked at
                if payment.chargeback_delay_ms is not None:
                    unseen[channel, number] = payment.unnoticed_fraud_share
        which = (offer.channel, offer.payment)
        paid, clean = offer.payment_luck >= held_payment[which], offer.desk_luck >= held_desk[which]
        is_declined = offer.payment_luck < declined[which]
        if self._site.pickups is not None:
            paid &= ~self._site.pickups.asked(offer)
            is_declined &= ~self._site.pickups.asked(offer)
        if self._site.wrong_addresses is not None:
            paid &= ~self._site.wrong_addresses.many(offer)
        if self._site.handling is not None:
            paid &= ~self._site.handling.asked(offer)
        smooth = paid & clean & (offer.desk_luck < 1 - unseen[which])
        if self._site.workflow is not None and ruled_out is not None:
            smooth &= ~self._site.workflow.may_concern(ruled_out)
        if self._site.contracts is not None:
            smooth &= ~self._site.contracts.concern(offer)
        checked = self._has_limits(offer) if self._site.checks.house else False
        held = np.where(is_declined, DECLINED, 0)
        return np.where(smooth, np.where(checked, CHECKED, STRAIGHT), held).astype(np.uint8)

    def _declined_for_sure(self, channel: int, payment: Payment) -> float:
        """Share of arrivals of which the payment is declined, where nothing else happens to them before."""
        site = self._site
        alone = site.gateway is None and site.unsecured is None and not site.allocator.guards(channel)
        keeps = site.reservations is None or site.reservations.stay(channel)
        return payment.declined_share if alone and keeps else 0.0

    def _has_limits(self, offer: Offer) -> NDArray[np.bool_]:
        """Arrivals that approval or credit may hold."""
        channels, abroad = self._site.world.network.channels, self._register.abroad
        never = np.iinfo(np.int64).max
        over = np.array([never if cents is None else cents for cents in self._site.checks.approval_over])
        limited = np.array([c.credit_limit_cents is not None for c in channels])
        starts, price = np.cumsum(offer.line_count) - offer.line_count, offer.price_cents
        if abroad is not None:
            channel, at_ms = (np.repeat(column, offer.line_count) for column in (offer.channel, offer.at_ms))
            price = abroad.asked(channel, at_ms, price)
        value = np.add.reduceat(offer.units * price, starts) if len(offer) else offer.at_ms
        return np.asarray(limited[offer.channel] | (value > over[offer.channel]))

    # As they come.

    def take(self, order: int, basket: list[Line], channel: Channel) -> None:
        """An order message arrived with its accepted lines: check payment and data, then allocate."""
        if self._goes_unseen(order, basket):
            self._go_straight(order, basket, channel)
            self._await_cancelling(order, self._clock.now_ms)
            return
        self._inventory.reserve(channel.pool, basket, channel.index)
        self.take_reserved(order, basket, channel)

    def _goes_unseen(self, order: int, basket: list[Line]) -> bool:
        """Whether nothing holds an order with these lines; one that counts against a limit is counted then."""
        smooth = self._orders.smooth
        if smooth[order] and self._site.world.workflow and not self._is_whole(order, basket):
            smooth[order] = 0  # rules were asked of all that was offered
        elif self._site.door.is_watched(self._clock.now_ms):
            smooth[order] = 0
        elif smooth[order] == CHECKED:
            smooth[order] = STRAIGHT if self._passes(order, basket) else 0
        return smooth[order] == STRAIGHT

    def _is_whole(self, order: int, basket: list[Line]) -> bool:
        """Whether an order was accepted as it was offered."""
        return basket == self._register.basket(order)

    def _passes(self, order: int, basket: list[Line]) -> bool:
        """Whether approval and credit let an order pass at once, which then is counted."""
        asked_cents = self._asked_cents(order, basket)
        over = self._site.checks.approval_over[self._orders.channel[order]]
        if over is not None and asked_cents > over:
            return False
        return self._site.credit is None or self._site.credit.accept(order, asked_cents)

    def _asked_cents(self, order: int, basket: list[Line]) -> int:
        """Its net value in the currency of its channel."""
        price_cents = self._register.lines.price_cents
        if self._register.abroad is None:
            return sum([units * price_cents[line] for line, _, units in basket])
        return sum([units * self._register.asked(order, price_cents[line]) for line, _, units in basket])

    def take_reserved(self, order: int, basket: list[Line], channel: Channel) -> None:
        """The same for an order whose lines are reserved already."""
        self._capture(order, basket, channel)
        self._begin(order, basket)
        self._await_cancelling(order, self._clock.now_ms)

    def _begin(self, order: int, basket: list[Line]) -> None:
        """Check an order whose lines are reserved, if anything about it may have to be."""
        if self._goes_unseen(order, basket):
            self.validate(order)
        else:
            self._site.checks.begin(order)

    def _await_cancelling(self, order: int, taken_ms: int) -> None:
        """Its customer may change their mind, some time after the order was taken."""
        wait_ms = self._orders.cancel_ms[order]
        if wait_ms >= 0:
            self._clock.at(taken_ms + wait_ms, CAPTURE, self._site.cancellations.ask, order, rank=order)

    def was_captured(self, orders: list[int]) -> None:
        """The fast lane captured orders of which the house is told later: here, it is told of all at once."""
        raise InvariantError(f"orders {orders} travel by no message")

    def look_later(self, order: int, at_ms: int) -> None:
        """The fast lane took an order at that moment: what it leaves to do."""
        if self._orders.state[order] == HELD:
            self._register.opened(self._orders.lines(order))
            self._site.holds.was_declined(order, at_ms)
        self._await_cancelling(order, at_ms)

    def take_paid(self, order: int, basket: list[Line], channel: Channel, reason: int) -> None:
        """An order that is owed for what was paid before: it passes no checks, and is allocated at once."""
        self._inventory.reserve(channel.pool, basket, channel.index)
        self._capture(order, basket, channel, reason)
        self._site.order_states.move(order, VALIDATED)
        self._log.one(_VALIDATED, self._actor, reason, order)
        self._site.allocator.allocate(order)

    # From capture to validation.

    def _capture(self, order: int, basket: list[Line], channel: Channel, reason: int = 0) -> None:
        numbers = [n for n, _, _ in basket]
        for line, _, units in basket:
            self._open_units[line] = units
        self._register.opened(numbers)
        self._orders.pending[order] = len(basket)
        self._site.order_states.move(order, CAPTURED)
        self._site.line_states.advance(numbers, OPEN)
        self._log.add(_CAPTURED, channel.actor, reason, numbers)

    def _go_straight(self, order: int, basket: list[Line], channel: Channel) -> None:
        """The usual case, kept short: captured, validated and allocated to one node at the same instant."""
        site, orders, policy = self._site, self._orders, self._site.policies.allocation
        view, index = self._order_view, channel.index
        view.order, view.channel, view.region = order, index, orders.region[order]
        view.lines, view.deliver_by_ms, view.now_ms = basket, orders.deliver_by_ms[order], self._clock.now_ms
        answer = policy.decide(view, self._stock_view)
        if not isinstance(answer, int):
            self._go_divided(order, basket, channel, answer)
            return
        self._inventory.sell(answer, basket, index)
        site.order_states.go_along(order, self._to_validated, VALIDATED)
        site.line_states.lines_along(basket, self._to_allocated, ALLOCATED)
        orders.pending[order] = OF_A_SHIPMENT
        shipment = site.allocator.plan(order, index, answer, basket)
        if policy.runner_up is not None:
            self._shipments.runner_up[shipment] = policy.runner_up
            self._shipments.gap_cents[shipment] = policy.gap_cents
        self._log.straight(order, shipment, channel.actor, self._actor)
        if self._prepaid[index][orders.payment[order]]:
            site.finance.take_deposit(order)
        site.warehouses[answer].plan(shipment)

    def _go_divided(self, order: int, basket: list[Line], channel: Channel, answer: list[Assignment]) -> None:
        """Validated on arrival like the others, but no one node has everything."""
        allocator = self._site.allocator
        self._inventory.reserve(channel.pool, basket, channel.index)
        self._capture(order, basket, channel)
        self._accept(order)
        allocator.place(order, allocator.whole_if_asked(order, answer, basket), basket)

    def _accept(self, order: int) -> None:
        self._site.order_states.move(order, VALIDATED)
        self._log.one(_VALIDATED, self._actor, 0, order)
        payment = self._site.checks.payment_of(order)
        if payment.kind == "prepaid" and not self._orders.deposit_cents[order]:
            self._site.finance.take_deposit(order)
        if self._site.chargebacks is not None:
            self._site.chargebacks.accepted(order, payment)

    def validate(self, order: int) -> None:
        """Nothing holds the order (any more): it is allocated now, or with the next batch."""
        if self._site.reservations is not None:
            self._site.reservations.restore(order)
        self._accept(order)
        if not self._allocate_every_ms:
            self._site.allocator.allocate(order)
        else:
            self._site.batches.add(order)
            self._site.limits.lines_entered(OPEN, self._orders.lines(order))
