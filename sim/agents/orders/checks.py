"""What an order passes before it is validated: gates, payment and data, then the house's own rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER
from sim.network import Payment
from sim.orders import HELD

if TYPE_CHECKING:
    from sim.agents.site import Site

_FRAUD_REVIEW, _FRAUD, _DATA_FAULT, _RETRIED = (
    REASON_NUMBER[r] for r in ("fraud_review", "fraud", "data_fault", "retry_succeeded")
)
_APPROVAL_NEEDED, _CREDIT_LIMIT, _GATEWAY_DOWN = (
    REASON_NUMBER[r] for r in ("approval_needed", "credit_limit", "gateway_down")
)


class Checks:
    """Finds the orders that must not go on as they are, and says why.

    Which of them an order has passed is kept, so that one that was held goes on where it was.
    """

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._register, self._orders = site.register, site.register.orders
        self._payments = [c.payments for c in site.world.network.channels]
        self._fault_share = site.world.rules.data_fault_share
        self._passed: dict[int, int] = {}
        """By order: how many of the house's own checks it has seen."""
        site.register.leaving.forget(site.register.orders, self._passed)

    def begin(self, order: int) -> None:
        """Gates, payment and data of an order that was captured, or that a gate has held until now."""
        orders, gates, payment = self._orders, self._site.gates, self.payment_of(order)
        orders.smooth[order] = 0
        if gates.stop(order, self.begin):
            return
        if orders.payment_luck[order] < payment.declined_share and not gates.lets_in_unsecured(order):
            self._site.holds.card_declined(order)
        elif suspicion := self._usual_suspicion(order, payment) or gates.suspicion(order, self.usual_share(payment)):
            if suspicion == _FRAUD:
                self._turn_away(order)
            else:
                kind = "fraud" if suspicion == _FRAUD_REVIEW else "data_fault"
                self._site.holds.hold_for_desk(order, suspicion, kind)
        elif orders.state[order] == HELD:
            self._site.holds.clear(order, _GATEWAY_DOWN if gates.lets_in_unsecured(order) else _RETRIED, self._actor)
        else:
            self.go_on(order)

    def _turn_away(self, order: int) -> None:
        """The score alone says that it is fraud."""
        scoring = self._site.scoring
        assert scoring is not None
        self._site.orchestrator.cancel(order, _FRAUD, scoring.actor)

    def usual_share(self, payment: Payment) -> float:
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
        return _DATA_FAULT if luck < self.usual_share(payment) else 0

    # The house's own.

    def go_on(self, order: int) -> None:
        """The house's own checks, each once, as long as none holds or ends the order; then nothing does any more. An
        order that went straight has passed them."""
        checks = self.house
        done = self._passed.get(order, len(checks) if self._orders.smooth[order] else 0)
        while done < len(checks):
            done = self._passed[order] = done + 1
            if checks[done - 1](order):
                return
        self._site.intake.validate(order)

    @cached_property
    def house(self) -> list[Callable[[int], bool]]:
        """What a scenario switches on: addresses (first those that were mistyped), its rules in their order, approval,
        credit. Each says whether it stops."""
        channels, checks = self._site.world.network.channels, list[Callable[[int], bool]]()
        if self._site.typists is not None:
            checks.append(self._site.typists.stops)
        if self._site.wrong_addresses is not None:
            checks.append(self._site.wrong_addresses.stops)
        if self._site.workflow is not None:
            checks += self._site.workflow.rules
        if any(c.approval_over_cents is not None for c in channels):
            checks.append(self._needs_approval)
        if self._site.credit is not None:
            checks.append(self._lacks_credit)
        return checks

    @cached_property
    def approval_over(self) -> list[int | None]:
        """By channel: above which net value, in its own currency, somebody has to approve."""
        channels, limit = self._site.world.network.channels, self._register.limit
        return [limit(number, channel.approval_over_cents) for number, channel in enumerate(channels)]

    def _needs_approval(self, order: int) -> bool:
        over = self.approval_over[self._orders.channel[order]]
        if over is None or self.asked_cents(order) <= over:
            return False
        self._site.holds.hold_for_desk(order, _APPROVAL_NEEDED, "approval")
        return True

    def _lacks_credit(self, order: int) -> bool:
        credit = self._site.credit
        if credit is None or credit.accept(order, self.asked_cents(order)):
            return False
        self._site.holds.hold_for_desk(order, _CREDIT_LIMIT, "credit")
        return True

    # What they are about.

    def payment_of(self, order: int) -> Payment:
        """How an order is paid."""
        orders = self._register.orders
        return self._payments[orders.channel[order]][orders.payment[order]]

    def net_cents(self, order: int) -> int:
        """Net value of the units that are open."""
        lines = self._register.lines
        return sum(lines.open_units[n] * lines.price_cents[n] for n in self._orders.lines(order))

    def asked_cents(self, order: int) -> int:
        """`net_cents` in the currency of the order's channel."""
        if self._register.abroad is None:
            return self.net_cents(order)
        lines, asked = self._register.lines, self._register.asked
        return sum(lines.open_units[n] * asked(order, lines.price_cents[n]) for n in self._orders.lines(order))
