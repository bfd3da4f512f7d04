"""Manual overrides on the clock: a planner names the orders, a desk takes them in hand one by one, and all of it is on
record: who, when, under which rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.orders.order_facts import look_up, ordered_lines
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import BOUNDARY
from sim.orders import HELD, PLANNED, VALIDATED
from sim.rules import OPEN_ORDER, Condition, ManualOverride

if TYPE_CHECKING:
    from sim.agents.site import Site

_ASKED, _DONE, _MOOT = (NUMBER[k] for k in ("override_asked", "overridden", "override_moot"))
_MANUAL = REASON_NUMBER["manual_override"]


class ManualOverrides:
    """All manual overrides of one run; each asks for an order once."""

    def __init__(self, site: Site, actors: Sequence[int]) -> None:
        self._site, self._actors = site, actors
        self._plans = site.world.manual_overrides
        self._conditions = [Condition(plan.orders, OPEN_ORDER) for plan in self._plans]
        self._seen = [set[int]() for _ in self._plans]
        """By override: orders that it was asked for."""
        site.register.leaving.forget(site.register.orders, *self._seen)
        self._asked: dict[int, list[int]] = {}
        """By order: overrides that wait for the desk, first come first served."""

    def start(self) -> None:
        """Each at its moment."""
        for number, plan in enumerate(self._plans):
            at_ms = max(plan.at_ms, self._site.clock.now_ms)
            self._site.clock.at(at_ms, BOUNDARY, self._ask, number, rank=(1 << 21) + number)

    def _ask(self, number: int) -> None:
        """Find the orders that the override is about, and give them to the desk."""
        plan, condition, site = self._plans[number], self._conditions[number], self._site
        for order in self._concerned(plan):
            if order in self._seen[number]:
                continue
            if condition.holds(partial(look_up, site, order, lines=ordered_lines)):
                self._seen[number].add(order)
                self._asked.setdefault(order, []).append(number)
                site.log.one(_ASKED, self._actors[number], REASON_NUMBER[plan.action], order)
                site.exceptions.put(order, "override")
        next_ms = site.clock.now_ms + (plan.every_ms or 0)
        if plan.every_ms and next_ms <= plan.until_ms:
            site.clock.at(next_ms, BOUNDARY, self._ask, number, rank=(1 << 21) + number)

    def _concerned(self, plan: ManualOverride) -> list[int]:
        """Orders to which an override applies (`_applies`), in ascending order."""
        register = self._site.register
        if plan.action == "release":
            return [order for order in sorted(register.holds) if self._applies(plan, order)]
        shipments = register.in_preparation()
        planned = shipments[as_numpy(register.shipments.state)[shipments] == PLANNED]
        not_begun = (
            as_numpy(register.lines.order)[register.open_lines()],
            as_numpy(register.shipments.order)[planned],
        )
        found = np.unique(np.concatenate(not_begun))
        states = as_numpy(register.orders.state)[found]
        may = (states == VALIDATED) | (states == HELD) if plan.action != "hold" else states == VALIDATED
        return [int(order) for order in found[may]]

    def _applies(self, plan: ManualOverride, order: int) -> bool:
        """Whether there is anything to do: release what is held; hold, move, hurry or cancel what has not begun."""
        register = self._site.register
        held = register.orders.state[order] == HELD
        if plan.action == "release":
            return held and register.holds[order] not in ("payment", "region")
        if plan.action == "hold" and held:
            return False
        states, open_units = register.shipments.state, register.lines.open_units
        return any(open_units[n] for n in register.orders.lines(order)) or any(
            states[s] == PLANNED for s in register.shipments_of(order)
        )

    def carry_out(self, order: int, desk: int) -> None:
        """The desk has the order in hand; meanwhile there may be nothing left to do."""
        site = self._site
        number = self._asked[order].pop(0)
        plan = self._plans[number]
        acts = site.register.orders.state[order] in (HELD, VALIDATED) and self._applies(plan, order)
        site.log.one(_DONE if acts else _MOOT, desk, REASON_NUMBER[plan.action], order)
        if acts:
            self._act(plan, order, desk)

    def _act(self, plan: ManualOverride, order: int, desk: int) -> None:
        orchestrator, workflow = self._site.orchestrator, self._site.workflow
        match plan.action:
            case "hold":
                self._site.holds.hold_back(order, _MANUAL, "override", desk)
            case "release":
                self._site.holds.clear(order, _MANUAL, desk)
            case "cancel":
                orchestrator.cancel_by_hand(order, _MANUAL, desk)
            case "expedite":
                assert workflow is not None
                workflow.expedited.add(order)
            case "force_node":
                assert workflow is not None
                assert plan.node is not None
                workflow.node_of[order] = plan.node
                orchestrator.place_anew(order, _MANUAL)
