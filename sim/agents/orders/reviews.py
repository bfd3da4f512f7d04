"""What the people of a desk decide when they have looked at an exception, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER
from sim.network import Payment
from sim.orders import HELD

if TYPE_CHECKING:
    from sim.agents.site import Site

_FRAUD, _REVIEWED, _APPROVED, _REJECTED, _CREDIT_LIMIT, _NO_CARRIER = (
    REASON_NUMBER[r] for r in ("fraud", "reviewed", "approved", "rejected", "credit_limit", "no_carrier")
)


class Reviews:
    """Hands each case that was looked at to whom it concerns; those of held orders are decided here."""

    def __init__(self, site: Site) -> None:
        self._site, self._register, self._orders = site, site.register, site.register.orders

    def done(self, order: int, kind: str, desk: int) -> None:
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
        if kind == "breach":
            if self._site.escalations is not None:
                self._site.escalations.handled(order, desk)
            return
        if kind == "dispute":
            self._site.returns.disputes.decide(order, desk)
            return
        if orders.state[order] != HELD or self._register.holds[order] != kind:
            return
        if kind == "fraud":
            self._look_for_fraud(order, desk)
        elif kind == "approval":
            self._approve(order, desk)
        elif kind == "carrier":
            self._site.holds.give_up(order, _NO_CARRIER, desk)
        elif kind == "credit" and self._site.credit is not None:
            self._look_at_credit(order, desk)
        else:
            self._site.holds.clear(order, _REVIEWED, desk)

    def _look_for_fraud(self, order: int, desk: int) -> None:
        person, payment = self._site.judges.reviewer(desk, order, self._site.checks.payment_of(order))
        if self._is_rejected(order, payment) or self._site.gates.is_rejected(order, payment):
            self._site.orchestrator.cancel(order, _FRAUD, person)
        else:
            self._site.holds.clear(order, _REVIEWED, person)

    def _is_rejected(self, order: int, payment: Payment) -> bool:
        """What those who review fraud say of an order."""
        scoring = self._site.scoring
        if scoring is not None and scoring.serves(payment):
            return scoring.is_rejected(order, payment)
        return payment.is_rejected(self._orders.desk_luck[order])

    def _approve(self, order: int, desk: int) -> None:
        channel = self._orders.channel[order]
        spec = self._site.world.network.channels[channel]
        luck = self._site.streams.counter("approvals", spec.name).at(self._orders.at_ms[order])
        usual = 0.0 if spec.approval_over_cents is None else spec.approval_rejected_share
        person, share = self._site.judges.who(desk, order, "rejects", usual)
        if luck < share:
            self._site.orchestrator.cancel(order, _REJECTED, person)
        else:
            self._site.holds.clear(order, _APPROVED, person)

    def _look_at_credit(self, order: int, desk: int) -> None:
        """The controller lets it pass, waits for the customer to pay, or refuses what can never pass."""
        credit = self._site.credit
        if credit is None or credit.tolerate(order):
            self._site.holds.clear(order, _APPROVED, desk)
        elif credit.may_pass_later(order):
            credit.wait(order)
            self._site.exceptions.watch(order, "credit")
        else:
            self._site.holds.give_up(order, _CREDIT_LIMIT, desk)
