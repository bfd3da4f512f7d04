"""The fraud score: which orders people look at, which are turned away at once, and which are fraud in truth."""

from __future__ import annotations

from collections.abc import Set
from functools import partial
from typing import TYPE_CHECKING

from sim.agents.orders.order_facts import look_up, offered_lines
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.network import Payment
from sim.plans.fraud import SCORED, FraudPlan
from sim.rules import SCORED_FACTS, Condition

if TYPE_CHECKING:
    from sim.agents.site import Site

_SCORED = NUMBER["scored"]
_FRAUD, _FRAUD_REVIEW = REASON_NUMBER["fraud"], REASON_NUMBER["fraud_review"]


class Scoring:
    """Scores each order that is paid in a way that may be stolen, by what was asked for.

    All draws are the customer's own, by the moment of the order: other rules meet the same fraud, the same luck and
    the same reviewers. What an attack brings (``stolen``, by channel and moment) is fraud whatever the draw.
    """

    def __init__(self, site: Site, plan: FraudPlan, actor: int, stolen: Set[tuple[int, int]] = frozenset()) -> None:
        self._site, self._plan, self.actor, self._stolen = site, plan, actor, stolen
        self._risks = [(Condition(r.when, SCORED_FACTS), r.factor) for r in plan.risks]
        self._rules = [(Condition(r.when, SCORED_FACTS), r.points) for r in plan.rules]
        self._luck = [
            tuple(site.streams.counter(purpose, c.name) for purpose in ("fraud", "fraud score", "fraud reviewer"))
            for c in site.world.network.channels
        ]
        self._fraud: set[int] = set()
        site.register.leaving.forget(site.register.orders, self._fraud)

    def serves(self, payment: Payment) -> bool:
        """Whether orders that are paid in this way are scored."""
        return payment.kind in SCORED

    def suspect(self, order: int) -> int:
        """Why an order is not let through: a number of a reason, 0 where it is. `fraud` needs no people."""
        facts = partial(look_up, self._site, order, lines=offered_lines)
        stolen = self._uniform(order, 0) < self._chance(order) or self._is_of_an_attack(order)
        if stolen:
            self._fraud.add(order)
        points = sum(points for condition, points in self._rules if condition.holds(facts))
        points += self._plan.signal_points * stolen + self._plan.luck_points * self._uniform(order, 1)
        reject_at = self._plan.reject_at
        reason = _FRAUD if reject_at is not None and points >= reject_at else _FRAUD_REVIEW
        if reason == _FRAUD_REVIEW and points < self._plan.review_at:
            return 0
        note = self._site.register.notes.add(order=order, units=round(points))
        self._site.log.one(_SCORED, self.actor, reason, note)
        return reason

    def _is_of_an_attack(self, order: int) -> bool:
        orders = self._site.register.orders
        return bool(self._stolen) and (orders.channel[order], orders.at_ms[order]) in self._stolen

    def _chance(self, order: int) -> float:
        facts = partial(look_up, self._site, order, lines=offered_lines)
        chance = self._plan.share
        for condition, factor in self._risks:
            if condition.holds(facts):
                chance *= factor
        return chance

    def is_fraud(self, order: int) -> bool:
        """Whether an order that was scored is fraud."""
        return order in self._fraud

    def is_rejected(self, order: int, payment: Payment) -> bool:
        """What a reviewer says of an order that was scored."""
        share = payment.caught_share if self.is_fraud(order) else payment.false_reject_share
        return self._uniform(order, 2) < share

    def _uniform(self, order: int, which: int) -> float:
        orders = self._site.register.orders
        return self._luck[orders.channel[order]][which].at(orders.at_ms[order])
