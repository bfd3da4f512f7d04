"""People of a desk who decide by their own lights, where no rule decides for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.agents.site import Site


class Judges:
    """Who at a desk looks at an order, and what share of approvals that person rejects.

    As many people as its largest shift has; which of them gets an order is drawn by the order's moment, so that the
    same customers meet the same people whatever the policy.
    """

    def __init__(self, site: Site, desks: Sequence[int], actor: Callable[[str], int]) -> None:
        self._site = site
        self._people: dict[int, list[tuple[int, float]]] = {}
        """By desk (its actor): each person's actor, and the share that they reject."""
        for desk, plan in zip(desks, site.world.desks, strict=True):
            if plan.rejects is not None:
                luck = site.streams.counter("judgement", plan.name)
                people = range(max([shift.staff for shift in plan.shifts], default=0))
                self._people[desk] = [
                    (actor(f"desk:{plan.name}/{person + 1}"), plan.rejects.at(luck.at(person))) for person in people
                ]
        self._turn = [site.streams.counter("whose turn", c.name) for c in site.world.network.channels]

    def who(self, desk: int, order: int, usual_share: float) -> tuple[int, float]:
        """The actor that decides about an order at a desk, and the share of approvals that they reject."""
        people = self._people.get(desk)
        if not people:
            return desk, usual_share
        orders = self._site.register.orders
        return people[int(self._turn[orders.channel[order]].at(orders.at_ms[order]) * len(people))]
