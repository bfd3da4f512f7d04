"""Order management: validates, holds, allocates, backorders, cancels. Closing is `sim.agents.completion`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.batches import Batches
from sim.agents.gates import BY_GATEWAY
from sim.agents.guard import Guard
from sim.agents.offered_facts import OfferedFacts
from sim.agents.shortfall import why_short
from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.books.register import Line
from sim.clock import CAPTURE, DECISION, SWEEP, Handler
from sim.errors import DecisionError
from sim.network import Payment
from sim.orders import (
    ALLOCATED,
    BACKORDERED,
    CANCELLED,
    CAPTURED,
    DELIVERED,
    HELD,
    LINE_CANCELLED,
    LINE_OFFERED,
    LINE_REFUSED,
    LOST,
    OFFERED,
    OPEN,
    PLANNED,
    RELEASED,
    RETURNED_TO_SENDER,
    VALIDATED,
    VOIDED,
)
from sim.policies.allocation import NAN, Answer, Assignment, OrderView, StockView
from sim.rules import Condition

if TYPE_CHECKING:
    from sim.agents.channel import Channel
    from sim.agents.customer import Offer
    from sim.agents.site import Site

_CAPTURED, _HELD, _CLEARED, _VALIDATED, _BACKORDERED, _ALLOCATED, _DEALLOCATED, _PUT_BACK, _VOIDED = (
    NUMBER[k]
    for k in (
        "captured",
        "held",
        "hold_cleared",
        "validated",
        "backordered",
        "allocated",
        "deallocated",
        "put_back",
        "voided",
    )
)
_CANCELLED_UNITS, _CANCELLED = (NUMBER[k] for k in ("cancelled_units", "cancelled"))
(
    _DECLINED,
    _FRAUD_REVIEW,
    _FRAUD,
    _DATA_FAULT,
    _RETRIED,
    _REVIEWED,
    _NO_STOCK,
    _OUT_OF_PATIENCE,
    _CUSTOMER,
    _NODE_OUTAGE,
    _AUTHORISATION_EXPIRED,
    _APPROVAL_NEEDED,
    _APPROVED,
    _REJECTED,
    _CREDIT_LIMIT,
    _GATEWAY_DOWN,
) = (
    REASON_NUMBER[r]
    for r in (
        "payment_declined",
        "fraud_review",
        "fraud",
        "data_fault",
        "retry_succeeded",
        "reviewed",
        "no_stock",
        "out_of_patience",
        "customer_cancelled",
        "node_outage",
        "authorisation_expired",
        "approval_needed",
        "approved",
        "rejected",
        "credit_limit",
        "gateway_down",
    )
)

STRAIGHT, CHECKED = 1, 2
"""How smooth an order is: nothing will hold it; nothing but the house's own checks."""
_OF_A_SHIPMENT = 2
"""What an order waits for with each shipment: that it is delivered, and that it is settled."""


class Orchestrator:
    """The ERP's order management."""

    def __init__(self, site: Site, actor: int, customer: int) -> None:
        self._site, self.actor, self._customer = site, actor, customer
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._inventory = site.inventory
        self._orders, self._pieces, self._shipments = (
            site.register.orders,
            site.register.pieces,
            site.register.shipments,
        )
        self._open_units = site.register.lines.whole("open_units")
        self._order_view = OrderView()
        self._to_validated = site.order_states.path(OFFERED, CAPTURED, VALIDATED)
        self._to_allocated = site.line_states.path(LINE_OFFERED, OPEN, ALLOCATED)
        self._may_serve = [site.pools[p] for p in site.pool_of_channel]
        self._stock_view = StockView(site.inventory.available, site.open_nodes)
        self._guard = Guard(site) if site.world.rules.protect_reservations else None
        self._fault_share = site.world.rules.data_fault_share
        self._payments = [c.payments for c in site.world.network.channels]
        self._prepaid = [[p.kind == "prepaid" for p in payments] for payments in self._payments]
        self._weight_kg = [p.weight_kg for p in site.world.network.products]
        self._allocate_every_ms = site.world.rules.allocate_every_ms
        self._ship_complete = [c.ship_complete for c in site.world.network.channels]
        self._waiting: dict[int, dict[int, None]] = {}
        """By product: orders that wait for it, first come first served."""
        self._owed_at: dict[int, tuple[int, int]] = {}
        """By backordered line: the node that would have served it, and units."""
        self._patience: deque[tuple[int, int]] = deque()
        self._batches = Batches(site, self)
        self._sweep_ms = -1
        """When the next sweep is due; -1 where none is."""
        self._tries_again = False
        self._passed: dict[int, int] = {}
        """By order: how many of the house's own checks it has seen."""
        site.register.leaving.forget(site.register.orders, self._passed)

    @property
    def waits_for_stock(self) -> bool:
        """Whether any line is backordered."""
        return bool(self._owed_at)

    # Validation.

    def smooth(self, offer: Offer) -> NDArray[np.uint8]:
        """Which arrivals no check will hold: the same rules as in `take`, for many at once.

        Returns
        -------
        ndarray
            By arrival: `STRAIGHT` where nothing will, `CHECKED` where the house's own checks may, else 0.
        """
        width = max(len(p) for p in self._payments)
        held_payment, held_desk = np.ones((2, len(self._payments), width))
        unseen = np.zeros((len(self._payments), width))
        for channel, payments in enumerate(self._payments):
            for number, payment in enumerate(payments):
                if not self._allocate_every_ms:
                    held_payment[channel, number] = payment.declined_share
                    held_desk[channel, number] = self._usual_share(payment)
                if self._site.gateway is not None and payment.kind in BY_GATEWAY:
                    held_payment[channel, number] = 1.0  # its answer takes a while
                if self._site.scoring is not None and self._site.scoring.serves(payment):
                    held_desk[channel, number] = 1.0  # its facts are looked at
                if self._site.world.network.channels[channel].checkout_ms is not None:
                    held_desk[channel, number] = 1.0  # the cart comes first
                if self._guard is not None and self._guard.watches(channel):
                    held_desk[channel, number] = 1.0  # what others have reserved is looked at
                if payment.chargeback_delay_ms is not None:
                    unseen[channel, number] = payment.unnoticed_fraud_share
        which = (offer.channel, offer.payment)
        paid, clean = offer.payment_luck >= held_payment[which], offer.desk_luck >= held_desk[which]
        if self._site.pickups is not None:
            paid &= ~self._site.pickups.asked(offer)
        if self._site.wrong_addresses is not None:
            paid &= ~self._site.wrong_addresses.many(offer)
        smooth = paid & clean & (offer.desk_luck < 1 - unseen[which]) & (offer.cancel_ms < 0)
        looked_at = self._must_be_looked_at(offer) if self._checks else False
        return np.where(smooth, np.where(looked_at, CHECKED, STRAIGHT), 0).astype(np.uint8)

    def _must_be_looked_at(self, offer: Offer) -> NDArray[np.bool_]:
        """Arrivals that the house's own checks may hold."""
        channels = self._site.world.network.channels
        never = np.iinfo(np.int64).max
        over = np.array([never if c.approval_over_cents is None else c.approval_over_cents for c in channels])
        limited = np.array([c.credit_limit_cents is not None or bool(c.contracts) for c in channels])
        starts = np.cumsum(offer.line_count) - offer.line_count
        value = np.add.reduceat(offer.units * offer.price_cents, starts) if len(offer) else offer.at_ms
        found = np.asarray(limited[offer.channel] | (value > over[offer.channel]))
        if self._site.world.workflow and len(offer):
            facts = OfferedFacts(self._site.world.network, offer)
            for condition in self._conditions:
                found |= facts.may_hold(condition)
        return found

    @cached_property
    def _conditions(self) -> list[Condition]:
        """Of the house's rules."""
        return [Condition(rule.when) for rule in self._site.world.workflow]

    def take(self, order: int, basket: list[Line], channel: Channel) -> None:
        """An order message arrived with its accepted lines: check payment and data, then allocate."""
        smooth = self._orders.smooth
        if smooth[order] == STRAIGHT and self._conditions and not self._is_whole(order, basket):
            smooth[order] = 0  # rules were asked of all that was offered
        elif smooth[order] == CHECKED:
            smooth[order] = STRAIGHT if self._passes(order, basket) else 0
        if smooth[order]:
            self._go_straight(order, basket, channel)
            return
        self._inventory.reserve(channel.pool, basket, channel.index)
        self.take_reserved(order, basket, channel)

    def _is_whole(self, order: int, basket: list[Line]) -> bool:
        """Whether an order was accepted as it was offered."""
        return basket == self._register.basket(order)

    def _passes(self, order: int, basket: list[Line]) -> bool:
        """Whether approval and credit let an order pass at once, which then is counted; where there are rules and
        contracts, they are asked one after the other."""
        if self._site.workflow is not None:
            return False
        net_cents = self._net_cents(basket)
        over = self._site.world.network.channels[self._orders.channel[order]].approval_over_cents
        if over is not None and net_cents > over:
            return False
        return self._site.credit is None or self._site.credit.accept(order, net_cents)

    def _net_cents(self, basket: list[Line]) -> int:
        price_cents = self._register.lines.price_cents
        return sum([units * price_cents[line] for line, _, units in basket])

    def take_reserved(self, order: int, basket: list[Line], channel: Channel) -> None:
        """The same for an order whose lines are reserved already."""
        orders = self._orders
        self._capture(order, basket, channel)
        self.check(order)
        if orders.cancel_ms[order] >= 0:
            moment = self._clock.now_ms + orders.cancel_ms[order]
            self._clock.at(moment, CAPTURE, self.customer_cancels, order, rank=order & 0xFFFFFFF)

    def _go_on(self, order: int) -> None:
        """The house's own checks, each once, as long as none holds or ends the order; then nothing does any more. An
        order that went straight has passed them."""
        checks = self._checks
        done = self._passed.get(order, len(checks) if self._orders.smooth[order] else 0)
        while done < len(checks):
            done = self._passed[order] = done + 1
            if checks[done - 1](order):
                return
        self._validate(order)

    @cached_property
    def _checks(self) -> list[Callable[[int], bool]]:
        """What a scenario switches on: addresses, its rules in their order, approval, credit. Each says whether it
        stops."""
        channels, checks = self._site.world.network.channels, list[Callable[[int], bool]]()
        if self._site.wrong_addresses is not None:
            checks.append(self._site.wrong_addresses.stops)
        if self._site.workflow is not None:
            checks += self._site.workflow.rules
        if any(c.approval_over_cents is not None for c in channels):
            checks.append(self._needs_approval)
        if self._site.credit is not None:
            checks.append(self._lacks_credit)
        return checks

    def net_cents(self, order: int) -> int:
        """Net value of the units that are open."""
        lines = self._register.lines
        return sum(lines.open_units[n] * lines.price_cents[n] for n in self._orders.lines(order))

    def _needs_approval(self, order: int) -> bool:
        over = self._site.world.network.channels[self._orders.channel[order]].approval_over_cents
        if over is None or self.net_cents(order) <= over:
            return False
        self.hold_for_desk(order, _APPROVAL_NEEDED, "approval")
        return True

    def _approve(self, order: int, desk: int) -> None:
        channel = self._orders.channel[order]
        spec = self._site.world.network.channels[channel]
        luck = self._site.streams.counter("approvals", spec.name).at(self._orders.at_ms[order])
        usual = 0.0 if spec.approval_over_cents is None else spec.approval_rejected_share
        person, share = self._site.judges.who(desk, order, usual)
        if luck < share:
            self.cancel(order, _REJECTED, person)
        else:
            self._clear(order, _APPROVED, person)

    def _lacks_credit(self, order: int) -> bool:
        credit = self._site.credit
        if credit is None or credit.accept(order, self.net_cents(order)):
            return False
        self.hold_for_desk(order, _CREDIT_LIMIT, "credit")
        return True

    def _look_at_credit(self, order: int, desk: int) -> None:
        """The controller lets it pass, waits for the customer to pay, or refuses what can never pass."""
        credit = self._site.credit
        if credit is None or credit.tolerate(order):
            self._clear(order, _APPROVED, desk)
        elif credit.may_pass_later(order):
            credit.wait(order)
            self._site.exceptions.watch(order, "credit")
        else:
            self._give_up(order, _CREDIT_LIMIT, desk)

    def check(self, order: int) -> None:
        """Gates, payment and data of an order that was captured, or that a gate has held until now."""
        orders, gates, payment = self._orders, self._site.gates, self.payment_of(order)
        orders.smooth[order] = 0
        if gates.stop(order, self.check):
            return
        if orders.payment_luck[order] < payment.declined_share and not gates.lets_in_unsecured(order):
            self.hold(order, _DECLINED, "payment")
            self._site.exceptions.watch(order, "payment")
            retry_ms = self._clock.now_ms + payment.retry_ms
            self._clock.at(retry_ms, CAPTURE, self._retry, order, rank=order & 0xFFFFFFF)
        elif suspicion := self._usual_suspicion(order, payment) or gates.suspicion(order, self._usual_share(payment)):
            if suspicion == _FRAUD:
                self._turn_away(order)
            else:
                self.hold_for_desk(order, suspicion, "fraud" if suspicion == _FRAUD_REVIEW else "data_fault")
        elif orders.state[order] == HELD:
            self._clear(order, _GATEWAY_DOWN if gates.lets_in_unsecured(order) else _RETRIED, self.actor)
        else:
            self._go_on(order)

    def _turn_away(self, order: int) -> None:
        """The score alone says that it is fraud."""
        scoring = self._site.scoring
        assert scoring is not None
        self.cancel(order, _FRAUD, scoring.actor)

    def _usual_share(self, payment: Payment) -> float:
        """Share of orders that chance alone brings before people, on an ordinary day."""
        scoring = self._site.scoring
        scored = scoring is not None and scoring.serves(payment)
        return self._fault_share if scored else payment.review_share + self._fault_share

    def _usual_suspicion(self, order: int, payment: Payment) -> int:
        """Why an order should be looked at, on an ordinary day; 0 if it need not be."""
        luck, scoring = self._orders.desk_luck[order], self._site.scoring
        if scoring is not None and scoring.serves(payment):
            reason = scoring.suspect(order)
            if reason:
                return reason
        elif luck < payment.review_share:
            return _FRAUD_REVIEW
        return _DATA_FAULT if luck < self._usual_share(payment) else 0

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
        self._inventory.sell(channel.pool, answer, basket, index)
        site.order_states.go_along(order, self._to_validated, VALIDATED)
        site.line_states.lines_along(basket, self._to_allocated, ALLOCATED)
        orders.pending[order] = _OF_A_SHIPMENT
        shipment = self._plan(order, index, answer, basket)
        if policy.runner_up is not None:
            self._shipments.runner_up[shipment] = policy.runner_up
            self._shipments.gap_cents[shipment] = policy.gap_cents
        self._log.straight(order, shipment, channel.actor, self.actor)
        if self._prepaid[index][orders.payment[order]]:
            site.finance.take_deposit(order)
        site.warehouses[answer].plan(shipment)

    def _go_divided(self, order: int, basket: list[Line], channel: Channel, answer: list[Assignment]) -> None:
        """Validated on arrival like the others, but no one node has everything."""
        self._inventory.reserve(channel.pool, basket, channel.index)
        self._capture(order, basket, channel)
        self._accept(order)
        self._carry_out(order, self._whole_if_asked(order, answer, basket), basket)

    def take_paid(self, order: int, basket: list[Line], channel: Channel, reason: int) -> None:
        """An order that is owed for what was paid before: it passes no checks, and is allocated at once."""
        self._inventory.reserve(channel.pool, basket, channel.index)
        self._capture(order, basket, channel, reason)
        self._site.order_states.move(order, VALIDATED)
        self._log.one(_VALIDATED, self.actor, reason, order)
        self.allocate(order)

    def payment_of(self, order: int) -> Payment:
        """How an order is paid."""
        orders = self._register.orders
        return self._payments[orders.channel[order]][orders.payment[order]]

    def hold(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """Set an order aside; one that is aside already has a new reason from now on."""
        self._site.order_states.move(order, HELD)
        self._end_hold(order)
        self._register.holds[order] = kind
        self._log.one(_HELD, self.actor if actor is None else actor, reason, order)
        if self._site.reservations is not None:
            self._site.reservations.held(order)

    def hold_for_desk(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """Stop an order until the people who handle that kind of exception have looked at it."""
        self.hold(order, reason, kind, actor)
        self._site.exceptions.put(order, kind)

    def _retry(self, order: int) -> None:
        """The second attempt to authorise; the same customer's luck decides."""
        if self._register.orders.state[order] != HELD or self._site.gates.stop(order, self._retry):
            return
        payment = self.payment_of(order)
        if self._register.orders.payment_luck[order] < payment.declined_share * payment.recovered_share:
            self._clear(order, _RETRIED, self.actor)
        else:
            self.cancel(order, _DECLINED, self.actor)

    def hold_back(self, order: int, reason: int, kind: str, actor: int | None = None) -> None:
        """What is not on the floor yet goes back on the shelf, until somebody clears the order anew."""
        for shipment in self.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self.void(shipment, reason)
        self.hold(order, reason, kind, actor)

    def card_declined_again(self, order: int) -> None:
        """A renewed authorisation was declined; the customer is asked for another card, once."""
        self.hold_back(order, _AUTHORISATION_EXPIRED, "payment")
        self._site.exceptions.watch(order, "payment")
        moment = self._clock.now_ms + self.payment_of(order).retry_ms
        self._clock.at(moment, CAPTURE, self._retry_renewal, order, rank=order & 0xFFFFFFF)

    def _retry_renewal(self, order: int) -> None:
        if self._orders.state[order] != HELD:
            return
        check = self._site.release_check
        assert check is not None
        if check.another_card(order):
            self._clear(order, _RETRIED, self.actor)
        else:
            self._give_up(order, _DECLINED, self.actor)

    def _give_up(self, order: int, reason: int, actor: int) -> None:
        """Cancel what is open of a held order; what is on its way already goes on."""
        if self._orders.pending[order] > self._open_lines(order) or self._orders.left[order]:
            self._end_hold(order)
            self._log.one(_CLEARED, actor, reason, order)
            self._site.order_states.move(order, VALIDATED)
            self._log.one(_VALIDATED, actor, reason, order)
            self._keep_closing(order)
        self.cancel(order, reason, actor)

    def _open_lines(self, order: int) -> int:
        return sum(self._register.lines.open_units[n] > 0 for n in self._orders.lines(order))

    def _keep_closing(self, order: int) -> None:
        """Return windows that passed while the order was held are open once more."""
        arrived = [
            s for s in self.shipments_of(order) if self._shipments.state[s] in (DELIVERED, LOST, RETURNED_TO_SENDER)
        ]
        if arrived:
            self._site.completion.open_window(np.full(len(arrived), order))

    def reviewed(self, order: int, kind: str, desk: int) -> None:
        """The people of a desk looked at an exception of an order; what they do bears their name."""
        orders = self._register.orders
        if kind == "ticket" and self._site.care is not None:
            self._site.care.answered(order, desk)
            return
        if kind == "override" and self._site.overrides is not None:
            self._site.overrides.carry_out(order, desk)
            return
        if kind == "decision" and self._site.approvals is not None:
            self._site.approvals.decided(order, desk)
            return
        if kind == "return" and self._site.returns.ways is not None:
            self._site.returns.ways.found(order, desk)
            return
        if kind == "short_payment" and self._site.billing is not None:
            self._site.billing.short.decide(order, desk)
            return
        if kind == "dispute":
            self._site.returns.disputes.decide(order, desk)
            return
        if orders.state[order] != HELD or self._register.holds[order] != kind:
            return
        payment = self.payment_of(order)
        if kind == "fraud" and (self._is_rejected(order, payment) or self._site.gates.is_fraud(order)):
            self.cancel(order, _FRAUD, desk)
        elif kind == "approval":
            self._approve(order, desk)
        elif kind == "carrier":
            self._give_up(order, REASON_NUMBER["no_carrier"], desk)
        elif kind == "credit" and self._site.credit is not None:
            self._look_at_credit(order, desk)
        else:
            self._clear(order, _REVIEWED, desk)

    def _is_rejected(self, order: int, payment: Payment) -> bool:
        """What those who review fraud say of an order."""
        scoring = self._site.scoring
        if scoring is not None and scoring.serves(payment):
            return scoring.is_rejected(order, payment)
        return payment.is_rejected(self._orders.desk_luck[order])

    def _clear(self, order: int, reason: int, actor: int) -> None:
        self._site.exceptions.settle(order, self._register.holds.pop(order))
        self._log.one(_CLEARED, actor, reason, order)
        self._go_on(order)
        if self._orders.left[order]:
            self._keep_closing(order)

    def _accept(self, order: int) -> None:
        self._site.order_states.move(order, VALIDATED)
        self._log.one(_VALIDATED, self.actor, 0, order)
        if self.payment_of(order).kind == "prepaid" and not self._orders.deposit_cents[order]:
            self._site.finance.take_deposit(order)
        if self._site.chargebacks is not None:
            self._site.chargebacks.accepted(order, self.payment_of(order))

    def _validate(self, order: int) -> None:
        """Nothing holds the order (any more): it is allocated now, or with the next batch."""
        if self._site.reservations is not None:
            self._site.reservations.restore(order)
        self._accept(order)
        if not self._allocate_every_ms:
            self.allocate(order)
        else:
            self._batches.add(order)
            self._site.limits.lines_entered(OPEN, self._orders.lines(order))

    def next_batch(self, handler: Handler) -> list[int]:
        """The orders that a pending event will allocate; none where it is something else."""
        return self._batches.pending(handler)

    # Allocation.

    def allocate(self, order: int) -> bool:
        """Ask the policy for nodes for all open units of an order; what gets none is backordered.

        Returns
        -------
        bool
            Whether anything got a node.
        """
        wanted = self.wanted(order)
        return bool(wanted) and self._carry_out(order, self.ask(order, wanted), wanted)

    def wanted(self, order: int) -> list[Line]:
        """The open units of an order, line by line."""
        orders, lines = self._register.orders, self._register.lines
        open_units, product_of, state = lines.open_units, lines.product, lines.state
        numbers = range(orders.first_line[order], orders.first_line[order + 1])
        return [(n, product_of[n], open_units[n]) for n in numbers if open_units[n] and state[n] != LINE_REFUSED]

    def is_free(self, order: int) -> bool:
        """Whether the policy may choose among all nodes: no rule names one, and nothing is kept from it."""
        return self._guard is None and self._bound_to(order) is None

    def carry_out(self, order: int, answer: Answer, wanted: list[Line]) -> None:
        """What a policy answered for an order among others."""
        policy = self._site.policies.allocation
        policy.runner_up, policy.gap_cents = None, NAN  # it was not compared alone
        whole = answer if isinstance(answer, int) else self._whole_if_asked(order, answer, wanted)
        self._carry_out(order, whole, wanted)

    def ask(self, order: int, wanted: list[Line]) -> Answer:
        """The allocation policy's answer; an order that ships complete gets everything or nothing."""
        orders, view = self._register.orders, self._order_view
        view.order, view.channel, view.region = order, orders.channel[order], orders.region[order]
        view.lines, view.deliver_by_ms, view.now_ms = wanted, orders.deliver_by_ms[order], self._clock.now_ms
        forced = self._bound_to(order)
        if forced is None:
            stock = self._stock_view
            if self._guard is not None:
                stock = self._guard.view(view.channel, view.region, wanted, stock)
            answer = self._site.policies.allocation.decide(view, stock)
        else:
            answer = self._from_one_node(forced, wanted, view.channel)
            policy = self._site.policies.allocation
            policy.runner_up, policy.gap_cents = None, NAN  # nobody compared anything
        return answer if isinstance(answer, int) else self._whole_if_asked(order, answer, wanted)

    def _bound_to(self, order: int) -> int | None:
        """The only node that may serve an order, where a rule or its customer names one."""
        workflow, pickups = self._site.workflow, self._site.pickups
        forced = None if workflow is None else workflow.node_of.get(order)
        return forced if pickups is None else pickups.node_of.get(order, forced)

    def _from_one_node(self, node: int, wanted: list[Line], channel: int) -> list[Assignment]:
        """What a node that a rule names can send; nothing where it is closed or may not serve the channel."""
        if node not in self._may_serve[channel] or not self._site.open_nodes[node]:
            return []
        left, answer = list(self._inventory.available[node]), list[Assignment]()
        for line, product, units in wanted:
            sent = min(units, left[product])
            if sent > 0:
                left[product] -= sent
                answer.append((line, node, sent))
        return answer

    def _completes(self, order: int) -> bool:
        """Whether an order ships as a whole: its channel says so, unless a rule does."""
        if self._site.pickups is not None and order in self._site.pickups.node_of:
            return True  # its customer comes once
        workflow = self._site.workflow
        usual = self._ship_complete[self._orders.channel[order]]
        return usual if workflow is None else workflow.complete.get(order, usual)

    def _whole_if_asked(self, order: int, answer: list[Assignment], wanted: list[Line]) -> list[Assignment]:
        """An order that ships complete gets everything or nothing."""
        if self._completes(order) and sum([u for _, _, u in answer]) < sum([u for _, _, u in wanted]):
            return []
        return answer

    def _carry_out(self, order: int, answer: Answer, wanted: list[Line]) -> bool:
        """Stock to the order, one shipment for each node; what got no node is backordered."""
        lines = self._register.lines
        by_node: dict[int, list[Line]] = {}
        if isinstance(answer, int):
            by_node[answer] = wanted
        else:
            asked = {n for n, _, _ in wanted}
            for line, node, units in answer:
                if units <= 0 or line not in asked:
                    raise DecisionError(f"order {order} wants no {units} units on line {line} from node {node}")
                by_node.setdefault(node, []).append((line, lines.product[line], units))
        for node, goods in by_node.items():
            self._commit(order, node, goods, alone=len(by_node) == 1)
        left = [(line, product, lines.open_units[line]) for line, product, _ in wanted if lines.open_units[line]]
        if left and self._takes_substitutes(order, left):
            wanted = [(n, lines.product[n], lines.open_units[n]) for n, _, _ in left]
            return self._carry_out(order, self.ask(order, wanted), wanted) or bool(by_node)
        if left and self._site.workflow is not None and order in self._site.workflow.refuses:
            for line, _, units in left:
                self.cancel_units(line, units, _NO_STOCK, self.actor)
            self.end_if_empty(order, _NO_STOCK, self.actor)
        elif left:
            for product in self._worth_waiting_for(order, left):
                self._waiting.setdefault(product, {})[order] = None
            for line, product, units in left:
                self._backorder(order, line, product, units)
        return bool(by_node)

    def _takes_substitutes(self, order: int, left: list[Line]) -> bool:
        """Whether the customer takes something else for anything that is short, where a rule says that they are
        asked."""
        workflow, substitution = self._site.workflow, self._site.substitution
        if workflow is None or substitution is None or order not in workflow.substitutes:
            return False
        return substitution.offer(order, left)

    def want_no_more(self, order: int, line: int) -> None:
        """A line that waits for stock will be something else."""
        if line in self._owed_at:
            self._pay_off(line, self._register.lines.open_units[line])
        self._stop_waiting(order, [self._register.lines.product[line]])

    def _worth_waiting_for(self, order: int, left: list[Line]) -> list[int]:
        """Products whose arrival may help. An order that ships complete waits for what is short, not for the rest of
        it, of which there may be plenty."""
        channel = self._orders.channel[order]
        if self._completes(order):
            rows = [self._inventory.available[n] for n in self._may_serve[channel] if self._site.open_nodes[n]]
            short = [p for _, p, units in left if sum([row[p] for row in rows]) < units]
            if short:
                return short
        return [p for _, p, _ in left]

    def _commit(self, order: int, node: int, goods: list[Line], *, alone: bool) -> None:
        site, pieces, lines = self._site, self._register.pieces, self._register.lines
        first, channel = pieces.count, self._orders.channel[order]
        self._inventory.commit(site.pool_of_channel[channel], node, goods)
        for line, _, units in goods:
            left = lines.open_units[line] - units
            if left < 0:
                raise DecisionError(f"line {line} was assigned {units} units, {left + units} were open")
            lines.open_units[line] = left
            if not left:
                site.line_states.move(line, ALLOCATED)
                self._orders.pending[order] -= 1
            if line in self._owed_at:
                self._pay_off(line, units)
        self._orders.pending[order] += _OF_A_SHIPMENT
        shipment = self._plan(order, channel, node, goods)
        if alone:
            self._note_runner_up(shipment)
        self._log.add(_ALLOCATED, self.actor, 0, range(first, pieces.count))
        site.warehouses[node].plan(shipment)

    def _plan(self, order: int, channel: int, node: int, goods: list[Line]) -> int:
        """Write a shipment whose stock is committed; its number."""
        site, orders, pieces, shipments = self._site, self._orders, self._pieces, self._shipments
        if node not in self._may_serve[channel] or not site.open_nodes[node]:
            raise DecisionError(f"order {order} was assigned to node {node}, which is closed or may not serve it")
        shipment, piece = shipments.count, pieces.count
        if shipment + 2 > shipments.room:
            shipments.grow()
        while piece + len(goods) > pieces.room:
            pieces.grow()
        piece_line, piece_shipment = pieces.line, pieces.shipment
        piece_product, piece_units = pieces.product, pieces.units
        weight, weight_kg = 0.0, self._weight_kg
        for line, product, units in goods:
            weight += units * weight_kg[product]
            piece_line[piece] = line
            piece_shipment[piece] = shipment
            piece_product[piece] = product
            piece_units[piece] = units
            piece += 1
        pieces.count, shipments.count = piece, shipment + 1
        shipments.order[shipment] = order
        shipments.node[shipment] = node
        shipments.first_piece[shipment + 1] = piece
        shipments.planned_ms[shipment] = self._clock.now_ms
        shipments.weight_kg[shipment] = weight
        policy = site.policies.allocation_number
        if policy:
            shipments.policy[shipment] = policy
        previous = orders.last_shipment[order]
        if previous >= 0:
            shipments.previous[shipment] = previous
        orders.last_shipment[order] = shipment
        return shipment

    def _note_runner_up(self, shipment: int) -> None:
        policy = self._site.policies.allocation
        if policy.runner_up is not None:
            self._register.shipments.runner_up[shipment] = policy.runner_up
            self._register.shipments.gap_cents[shipment] = policy.gap_cents

    # Backorders.

    def _backorder(self, order: int, line: int, product: int, units: int) -> None:
        """No node has these units: they wait for stock, in the sequence of their orders."""
        if line in self._owed_at:
            node, owed = self._owed_at[line]
            self._owed_at[line] = (node, units)
            self._site.supply.owed[node][product] += units - owed
            return
        if self._register.lines.state[line] == OPEN:
            self._site.line_states.move(line, BACKORDERED)
            self._site.limits.lines_entered(BACKORDERED, (line,))
        if self._site.notices is not None:
            self._site.notices.watch(order)
        node = self._home_of(order, product)
        self._owed_at[line] = (node, units)
        self._site.supply.owed[node][product] += units
        self._site.supply.watch(node)
        note = self._register.notes.add(order=order, line=line, product=product, units=units)
        pool, completes = self._may_serve[self._orders.channel[order]], self._completes(order)
        reason = why_short(self._site, product, pool, self._bound_to(order), completes=completes)
        self._log.one(_BACKORDERED, self.actor, reason, note)
        patience = self._site.world.rules.backorder_patience_ms
        if patience is not None:
            self._patience.append((self._clock.now_ms + patience, line))
            self.call_sweep()
        if not self._tries_again:
            self._call_retry()

    def _call_retry(self) -> None:
        """Stock also comes back without notice: from cancelled orders, say."""
        every = self._site.world.rules.backorder_retry_ms
        self._tries_again = True
        self._clock.at((self._clock.now_ms // every + 1) * every, DECISION, self._try_again, rank=1 << 20)

    def _try_again(self, _: None) -> None:
        self._tries_again = False
        freed = sorted(self._inventory.freed)
        self._inventory.freed.clear()
        self.stock_came(freed)
        if self._owed_at and not self._tries_again:
            self._call_retry()

    def _home_of(self, order: int, product: int) -> int:
        """The nearest node that carries the product for this order's channel."""
        site, orders = self._site, self._register.orders
        pool = site.pools[site.pool_of_channel[orders.channel[order]]]
        carried = site.world.stock.order_up_to
        nearest = [n for n in site.geography.nearest_nodes[orders.region[order]] if n in pool]
        return next((n for n in nearest if carried[n, product] > 0), nearest[0])

    def _pay_off(self, line: int, units: int) -> None:
        """A backordered line got units, or is not wanted any more."""
        node, owed = self._owed_at.pop(line)
        paid = min(units, owed)
        self._site.supply.owed[node][self._register.lines.product[line]] -= paid
        if owed > paid:
            self._owed_at[line] = (node, owed - paid)

    def stock_came(self, products: list[int]) -> None:
        """Units became available: serve the orders that wait for them, by their promises (DOMAIN rule 19)."""
        waiting = self._waiting
        if not waiting:
            return
        asked: dict[int, list[int]] = {}
        for product in dict.fromkeys(products):
            if product in waiting and self._any_available(product):
                for order in waiting[product]:
                    asked.setdefault(order, []).append(product)
        for order in sorted(asked, key=self._promise):
            came = asked[order]
            wanted = self._open_products(order) if self._register.orders.state[order] == VALIDATED else []
            helped = [p for p in came if p in wanted]
            if not helped:
                self._stop_waiting(order, came)
            elif any(map(self._any_available, helped)) and self._could_leave(order):
                self._stop_waiting(order, wanted)
                self.allocate(order)

    def _promise(self, order: int) -> tuple[int, int]:
        """What the queue for stock goes by: the promise that counts now, then the number of the order."""
        return self._register.second_promise_ms.get(order, self._orders.deliver_by_ms[order]), order

    def units_before(self, order: int, product: int) -> int:
        """Units of a product for which this order waits, and all that are served before it."""
        lines, mine = self._register.lines, self._promise(order)
        return sum(
            lines.open_units[n]
            for other in self._waiting.get(product, ())
            if self._promise(other) <= mine and self._orders.state[other] == VALIDATED
            for n in self._orders.lines(other)
            if lines.product[n] == product
        )

    def units_awaited(self, node: int, product: int) -> int:
        """Units for which orders wait that ``node`` may serve."""
        orders, lines = self._orders, self._register.lines
        return sum(
            lines.open_units[n]
            for order in self._waiting.get(product, ())
            if orders.state[order] == VALIDATED and node in self._may_serve[orders.channel[order]]
            for n in orders.lines(order)
            if lines.product[n] == product
        )

    def _could_leave(self, order: int) -> bool:
        """Whether asking the policy may help: for an order that ships complete, whether enough of all is anywhere."""
        channel, lines = self._orders.channel[order], self._register.lines
        if not self._completes(order):
            return True
        available = self._inventory.available
        for line in self._orders.lines(order):
            units, product = lines.open_units[line], lines.product[line]
            if units and sum([available[n][product] for n in self._may_serve[channel]]) < units:
                return False
        return True

    def _open_products(self, order: int) -> list[int]:
        """Products of the lines that want units."""
        lines = self._register.lines
        return [lines.product[n] for n in self._orders.lines(order) if lines.open_units[n]]

    def _stop_waiting(self, order: int, products: list[int]) -> None:
        for product in products:
            waiting = self._waiting.get(product)
            if waiting is not None:
                waiting.pop(order, None)
                if not waiting:
                    del self._waiting[product]

    def _any_available(self, product: int) -> bool:
        return any(row[product] > 0 for row in self._inventory.available)

    def node_closed(self, node: int, waiting: list[int]) -> None:
        """A node stopped: what it has not begun goes elsewhere, if the house rules say so."""
        if not self._site.world.rules.reallocate_on_outage:
            return
        states, order_of = self._register.shipments.state, self._register.shipments.order
        for shipment in waiting:
            if states[shipment] == PLANNED:
                self.void(shipment, _NODE_OUTAGE)
                self.allocate(order_of[shipment])

    def node_opened(self) -> None:
        """Stock is within reach again."""
        self.stock_came(sorted(self._waiting))

    # Voiding and cancelling.

    def void(self, shipment: int, reason: int) -> None:
        """Take a shipment that has not left apart: its units are open again."""
        site, register = self._site, self._register
        shipments = register.shipments
        order, node, state = shipments.order[shipment], shipments.node[shipment], shipments.state[shipment]
        pool = site.pool_of_channel[register.orders.channel[order]]
        site.shipment_states.move(shipment, VOIDED)
        undo, kind = (
            (self._inventory.uncommit, _DEALLOCATED)
            if state in (PLANNED, RELEASED)
            else (self._inventory.put_back, _PUT_BACK)
        )
        own = register.pieces_of(shipment)
        register.orders.pending[order] -= 2
        undo(pool, node, register.contents((shipment,)))
        self._open_again(order, own)
        self._log.add(kind, self.actor, reason, own)
        self._log.one(_VOIDED, self.actor, reason, shipment)
        if site.merging is not None:
            site.merging.look_again(order)

    def _open_again(self, order: int, own: range) -> None:
        """The units of these pieces want a node once more."""
        register = self._register
        pieces, lines = register.pieces, register.lines
        for piece in own:
            line, units = pieces.line[piece], pieces.units[piece]
            if not lines.open_units[line]:
                self._site.line_states.move(line, OPEN)
                register.orders.pending[order] += 1
            lines.open_units[line] += units
            if line in self._owed_at:
                self._backorder(order, line, lines.product[line], lines.open_units[line])
        register.opened([pieces.line[piece] for piece in own])

    def want_again(self, shipment: int) -> None:
        """What was in a shipment that left will not arrive, and is sent once more."""
        register, order = self._register, self._shipments.order[shipment]
        pieces, channel, own = register.pieces, register.orders.channel[order], register.pieces_of(shipment)
        goods = [(pieces.line[p], pieces.product[p], pieces.units[p]) for p in own]
        self._inventory.reserve(self._site.pool_of_channel[channel], goods, channel)
        self._open_again(order, own)
        self.allocate(order)

    def move(self, shipment: int, node: int, reason: int) -> None:
        """Give a shipment that has not been released to another node, whole."""
        pieces, shipments = self._register.pieces, self._register.shipments
        own = self._register.pieces_of(shipment)
        goods = [(pieces.line[p], pieces.product[p], pieces.units[p]) for p in own]
        self.void(shipment, reason)
        self._commit(shipments.order[shipment], node, goods, alone=False)

    def join(self, order: int, node: int, parts: list[int]) -> int:
        """Write one shipment that takes the place of several, which are picked and lie at one node; its number."""
        pieces, channel = self._pieces, self._orders.channel[order]
        own = [p for s in parts for p in self._register.pieces_of(s)]
        whole = self._plan(order, channel, node, [(pieces.line[p], pieces.product[p], pieces.units[p]) for p in own])
        self._orders.pending[order] += _OF_A_SHIPMENT * (1 - len(parts))
        if self._site.shelf is not None:
            for piece, into in zip(own, self._register.pieces_of(whole), strict=True):
                self._site.shelf.repacked(piece, into)
        return whole

    def strand(self, shipment: int) -> None:
        """No carrier takes a parcel: it is unpacked, and its order waits for somebody who knows what to do. One that is
        held already comes back here when that is over."""
        no_carrier, register = REASON_NUMBER["no_carrier"], self._register
        order = register.shipments.order[shipment]
        self.void(shipment, no_carrier)
        if self._orders.state[order] == VALIDATED:
            self.hold_for_desk(order, no_carrier, "carrier")

    def cancel_units(self, line: int, units: int, reason: int, actor: int) -> None:
        """Some of a line's open units are not wanted any more."""
        site, register = self._site, self._register
        lines = register.lines
        order, product = lines.order[line], lines.product[line]
        channel = register.orders.channel[order]
        if site.reservations is not None:
            site.reservations.restore(order, wanted=False)
        self._inventory.unreserve(site.pool_of_channel[channel], product, units)
        if line in self._owed_at:
            self._pay_off(line, units)
        paid = 0 if site.replacements is None else site.replacements.cancelled(line, units, reason)
        left = lines.open_units[line] - units
        lines.open_units[line] = left
        lines.cancelled_units[line] += units
        if not left:
            whole = lines.cancelled_units[line] == lines.units[line]
            site.line_states.move(line, LINE_CANCELLED if whole else ALLOCATED)
            register.orders.pending[order] -= 1
        note = register.notes.add(
            order=order, line=line, product=product, units=units, value_cents=units * lines.price_cents[line]
        )
        self._log.one(_CANCELLED_UNITS, actor, reason, note)
        if site.credit is not None:
            site.credit.cancelled(order, (units - paid) * lines.price_cents[line])

    def cancel(self, order: int, reason: int, actor: int) -> None:
        """Cancel all open units; the order itself, if nothing of it is on its way."""
        lines = self._register.lines
        for line in self._register.orders.lines(order):
            if lines.open_units[line] and lines.state[line] > 1:
                self.cancel_units(line, lines.open_units[line], reason, actor)
        self.end_if_empty(order, reason, actor)

    def end_if_empty(self, order: int, reason: int, actor: int) -> None:
        """An order of which nothing is open, on its way or sent is cancelled; one that only waited for this closes."""
        orders = self._register.orders
        if orders.pending[order]:
            return
        if self._site.completion.close_if_late(order):
            return
        if orders.left[order] == 0 and orders.state[order] in (CAPTURED, HELD, VALIDATED):
            self._site.order_states.move(order, CANCELLED)
            if self._register.holds:
                self._end_hold(order)
            self._log.one(_CANCELLED, actor, reason, order)
            if self._site.marketplaces is not None:
                self._site.marketplaces.cancelled(order, reason)
            self._site.finance.return_deposit(order, reason)

    def _end_hold(self, order: int) -> None:
        kind = self._register.holds.pop(order, None)
        if kind is not None:
            self._site.exceptions.settle(order, kind)

    def customer_cancels(self, order: int) -> None:
        """What can be stopped is (`sim.agents.cancellations`)."""
        self._site.cancellations.ask(order)

    # By hand.

    def release_by_hand(self, order: int, reason: int, actor: int) -> None:
        """Somebody lets a held order go, whatever its own desk would say."""
        self._clear(order, reason, actor)

    def cancel_by_hand(self, order: int, reason: int, actor: int) -> None:
        """Somebody cancels what has not begun of an order."""
        for shipment in self.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self.void(shipment, reason)
        if self._orders.state[order] == HELD:
            self._give_up(order, reason, actor)
        else:
            self.cancel(order, reason, actor)

    def place_anew(self, order: int, reason: int) -> None:
        """What has not begun of an order is allocated again; a held one, when it is cleared."""
        for shipment in self.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self.void(shipment, reason)
        if self._orders.state[order] == VALIDATED:
            self.allocate(order)

    def customer_tires(self, order: int) -> None:
        """Nobody has looked at a held order for longer than its customer bears."""
        self.cancel(order, _OUT_OF_PATIENCE, self._customer)

    def shipments_of(self, order: int) -> list[int]:
        """All shipments planned for the order so far, voided ones too."""
        return self._register.shipments_of(order)

    # What comes due.

    def call_sweep(self) -> None:
        """Come back when the next return window or backorder patience ends."""
        closing = self._site.completion.next_due_ms
        due = [moment for moment in (closing, self._patience[0][0] if self._patience else None) if moment is not None]
        if due:
            step = self._site.world.rules.sweep_ms
            at_ms = -(-max(min(due), self._clock.now_ms + 1) // step) * step
            if self._sweep_ms < 0 or at_ms < self._sweep_ms:
                self._sweep_ms = at_ms
                self._clock.at(at_ms, SWEEP, self._sweep, rank=2)

    def _sweep(self, _: None) -> None:
        """Close what is complete and past its return window; give up backorders that waited too long."""
        now = self._clock.now_ms
        if now != self._sweep_ms:  # an earlier one was called meanwhile, and took over
            return
        self._sweep_ms = -1
        self._site.completion.close_due()
        while self._patience and self._patience[0][0] <= now:
            line = self._patience.popleft()[1]
            if line in self._owed_at:
                order = self._register.lines.order[line]
                self.cancel_units(line, self._register.lines.open_units[line], _OUT_OF_PATIENCE, self.actor)
                self.end_if_empty(order, _OUT_OF_PATIENCE, self.actor)
        self.call_sweep()
