"""The house's own rules at work: what they say of each order, and how it is treated from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sim.agents.orders.order_facts import look_up
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.rules import Condition, Rule

if TYPE_CHECKING:
    from sim.agents.site import Site

_APPLIED, _HOUSE_RULE = NUMBER["rule_applied"], REASON_NUMBER["house_rule"]


class Workflow:
    """Applies each rule once to each order, in the order of the file.

    Attributes
    ----------
    rules
        One check for each rule: it says whether the order stops there, held or cancelled.
    node_of, complete, refuses, substitutes, merges, expedited
        By order: the only node, whether it ships as a whole, whether what is short is refused or offered in another
        form first, where its parts are merged before they leave (None: where most of it is), whether it goes first.
    """

    def __init__(self, site: Site, actors: Sequence[int]) -> None:
        self._site = site
        self.node_of: dict[int, int] = {}
        self.complete: dict[int, bool] = {}
        self.refuses: set[int] = set()
        self.substitutes: set[int] = set()
        self.merges: dict[int, int | None] = {}
        self.expedited: set[int] = set()
        site.register.leaving.forget(
            site.register.orders,
            self.node_of,
            self.complete,
            self.refuses,
            self.substitutes,
            self.merges,
            self.expedited,
        )
        self._wrong: dict[str, Condition] = {}
        """By name of a rule: the condition that somebody has put in the place of its own."""
        self.rules: list[Callable[[int], bool]] = [
            partial(self._apply, rule, Condition(rule.when), actor)
            for rule, actor in zip(site.world.workflow, actors, strict=True)
        ]

    def replace(self, conditions: Mapping[str, str]) -> None:
        """From now on the rules of these names act wherever these hold, and all others where they should."""
        self._wrong = {name: Condition(when) for name, when in conditions.items()}

    def expedited_first(self, shipments: list[int]) -> list[int]:
        """The same sequence, but that expedited orders go first."""
        if not self.expedited:
            return shipments
        order_of = self._site.register.shipments.order
        return sorted(shipments, key=lambda s: order_of[s] not in self.expedited)

    def _apply(self, rule: Rule, condition: Condition, actor: int, order: int) -> bool:
        if not self._wrong.get(rule.name, condition).holds(partial(look_up, self._site, order)):
            return False
        self._site.log.one(_APPLIED, actor, 0, order)
        match rule.action:
            case "hold":
                self._site.holds.hold_for_desk(order, _REASON_OF[rule.kind], rule.kind, actor)
                return True
            case "cancel":
                self._site.orchestrator.cancel(order, _HOUSE_RULE, actor)
                return True
            case "force_node":
                assert rule.node is not None
                self.node_of[order] = rule.node
            case "expedite":
                self.expedited.add(order)
            case "ship_complete" | "allow_split":
                self.complete[order] = rule.action == "ship_complete"
            case "merge":
                self.merges[order] = rule.node
            case "substitute":
                self.substitutes.add(order)
            case "refuse":
                self.refuses.add(order)
            case "backorder":
                self.refuses.discard(order)
        return False


_REASON_OF = {
    kind: REASON_NUMBER[reason]
    for kind, reason in (
        ("payment", "payment_declined"),
        ("fraud", "fraud_review"),
        ("data_fault", "data_fault"),
        ("approval", "approval_needed"),
        ("credit", "credit_limit"),
    )
}
"""What the event log says of a hold for each kind of exception."""
