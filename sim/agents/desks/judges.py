"""People of a desk who decide by their own lights, where no rule decides for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.agents.desks.cases import is_order, record_of
from sim.network import Payment
from sim.world import DeskPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

TRAITS = ("rejects", "catches", "false_rejects", "upholds", "overrules", "mistrusts")
"""In what people differ: shares of approvals that they reject, of fraud that they catch, of honest orders that they
take for fraud, of disputes in which the customer is right for them, of a wrong rule's decisions that they see through,
of the company's own that they reject."""


class Judges:
    """Who at a desk looks at a case, and what shares that person decides by.

    As many people as its largest shift has, each with shares of their own, drawn once. Which of them gets a case is
    drawn by the order's moment, so that the same customers meet the same people whatever the policy; or, where the desk
    says so, it is whoever took it. The luck of a case stays the customer's own.
    """

    def __init__(self, site: Site, desks: Sequence[int], actor: Callable[[str], int]) -> None:
        self._site = site
        self._number = {desk: number for number, desk in enumerate(desks)}
        self._people: dict[int, list[int]] = {}
        """By desk (its actor) whose people differ: each person's actor."""
        self._shares: dict[tuple[int, str], list[float]] = {}
        """By desk and trait in which they do: each person's share."""
        for desk, plan in zip(desks, site.world.desks, strict=True):
            self._meet(desk, plan, actor)
        self._turn = [site.streams.counter("whose turn", c.name) for c in site.world.network.channels]
        self._turn_to_decide = site.streams.counter("whose turn", "decisions")

    def _meet(self, desk: int, plan: DeskPlan, actor: Callable[[str], int]) -> None:
        people = range(max([shift.staff for shift in plan.shifts], default=0))
        for trait in TRAITS:
            shares = getattr(plan, trait)
            if shares is not None and people:
                # Approvals were there first, and keep their stream.
                purpose = "judgement" if trait == "rejects" else f"judgement {trait}"
                luck = self._site.streams.counter(purpose, plan.name)
                self._people[desk] = [actor(f"desk:{plan.name}/{person + 1}") for person in people]
                self._shares[desk, trait] = [shares.at(luck.at(person)) for person in people]

    def who(self, desk: int, order: int, trait: str, usual_share: float) -> tuple[int, float]:
        """The actor that decides about an order, or what stands for one, at a desk, and the share by which they do."""
        shares = self._shares.get((desk, trait))
        if shares is None:
            return desk, usual_share
        person = self._person(desk, order)
        return self._people[desk][person], shares[person]

    def reviewer(self, desk: int, order: int, payment: Payment) -> tuple[int, Payment]:
        """The actor that reviews an order for fraud, and how its payment is for them: what they catch, and whom they
        take for a fraud."""
        catcher, caught = self.who(desk, order, "catches", payment.caught_share)
        rejecter, falsely = self.who(desk, order, "false_rejects", payment.false_reject_share)
        if desk == catcher == rejecter:
            return desk, payment
        person = rejecter if catcher == desk else catcher
        return person, replace(payment, caught_share=caught, false_reject_share=falsely)

    def _person(self, desk: int, order: int) -> int:
        taker = self._site.exceptions.desks[self._number[desk]].taker
        if taker is not None:
            return taker
        if not is_order(order):
            return int(self._turn_to_decide.at(record_of(order)) * len(self._people[desk]))
        orders = self._site.register.orders
        return int(self._turn[orders.channel[order]].at(orders.at_ms[order]) * len(self._people[desk]))
