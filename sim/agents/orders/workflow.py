"""The house's own rules at work: what they say of each order, and how it is treated from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.orders.offered_facts import OfferedFacts
from sim.agents.orders.order_facts import look_up
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.rules import Condition

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_BITS = 63
"""Rules that an order's number has room for; those after them are asked of each order."""
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
        self._conditions = [Condition(rule.when) for rule in site.world.workflow]
        self.rules: list[Callable[[int], bool]] = [
            partial(self._apply, number, actor) for number, actor in enumerate(actors)
        ]

    def rule_out(self, offer: Offer) -> NDArray[np.int64]:
        """Bit by bit, which of the first rules hold for none of these arrivals as they are offered."""
        bits = np.zeros(len(offer), dtype=np.int64)
        if len(offer):
            facts = OfferedFacts(self._site.world.network, offer)
            for number, condition in enumerate(self._conditions[:_BITS]):
                bits |= ~facts.may_hold(condition) * np.int64(1 << number)
        return bits

    def may_concern(self, ruled_out: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of which arrivals a rule may hold, by what `rule_out` says of them."""
        if len(self._conditions) > _BITS:
            return np.ones(len(ruled_out), dtype=np.bool_)
        found: NDArray[np.bool_] = ruled_out != (1 << len(self._conditions)) - 1
        return found

    def expect(self, first: int, ruled_out: NDArray[np.int64]) -> None:
        """Arrivals from number ``first`` on are entered."""
        as_numpy(self._site.register.orders.ruled_out)[first : first + len(ruled_out)] = ruled_out

    def replace(self, conditions: Mapping[str, str]) -> None:
        """From now on the rules of these names act wherever these hold, and all others where they should."""
        self._wrong = {name: Condition(when) for name, when in conditions.items()}

    def expedited_first(self, shipments: list[int]) -> list[int]:
        """The same sequence, but that expedited orders go first."""
        order_of, expedited = self._site.register.shipments.order, self.expedited
        first = [s for s in shipments if order_of[s] in expedited] if expedited else []
        return first + [s for s in shipments if order_of[s] not in expedited] if first else shipments

    def _is_ruled_out(self, number: int, order: int) -> bool:
        """Whether a rule did not hold for what was offered, of which nothing was dropped or cancelled since."""
        orders, lines = self._site.register.orders, self._site.register.lines
        if self._wrong or not orders.ruled_out[order] >> number & 1:
            return False
        units, open_units = lines.units, lines.open_units
        return all(open_units[line] == units[line] for line in orders.lines(order))

    def _apply(self, number: int, actor: int, order: int) -> bool:
        if self._is_ruled_out(number, order):
            return False
        rule = self._site.world.workflow[number]
        condition = self._wrong.get(rule.name, self._conditions[number])
        if not condition.holds(partial(look_up, self._site, order)):
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
