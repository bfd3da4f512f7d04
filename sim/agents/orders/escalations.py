"""Breached limits that somebody answers: a desk takes the case, or a rule acts at once; what is done depends on the
stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.orders.able_nodes import able_nodes
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.network import STATION_NAMES
from sim.orders import (
    BACKORDERED,
    CAPTURED,
    OPEN,
    PACKED,
    PICKED,
    PLANNED,
    RELEASED,
    RETURN_LABELLED,
    RETURN_RECEIVED,
    RETURN_REQUESTED,
    SHIPPED,
    VALIDATED,
)
from sim.plans.escalation import Breach

if TYPE_CHECKING:
    from sim.agents.site import Site

_ACTED, _MOOT = NUMBER["breach_acted"], NUMBER["breach_moot"]
_OVERDUE = REASON_NUMBER["overdue"]

Act = Callable[[int, int], bool]
"""(record, who) -> whether there was still something to do."""


class Escalations:
    """Answers breaches of the states for which a scenario says how (`sim.plans.escalation`)."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._plans: dict[str, Breach] = {plan.state: plan for plan in site.world.rules.breaches}
        self._asked: dict[int, list[tuple[str, int]]] = {}
        """By order: (state, record) of what waits for a desk."""
        self._hurried: set[int] = set()
        """Lines for whose goods a supplier was asked to hurry."""
        site.register.leaving.forget(site.register.lines, self._hurried)
        self._acts: dict[tuple[str, str], Act] = {
            ("captured", "chase"): self._chase,
            ("open", "reallocate"): self._allocate,
            ("open", "cancel"): self._cancel_line,
            ("backordered", "expedite"): self._hurry_supplier,
            ("backordered", "cancel"): self._cancel_line,
            ("allocated", "expedite"): self._first_in_wave,
            ("allocated", "reallocate"): self._move,
            ("allocated", "cancel"): self._cancel_shipment,
            ("released", "call_in"): self._call_picker,
            ("released", "reallocate"): self._move,
            ("picked", "call_in"): self._call_packer,
            ("packed", "reroute"): self._reroute,
            ("shipped", "trace"): self._trace,
            ("return_requested", "trace"): self._trace_return,
            ("return_labelled", "trace"): self._trace_return,
            ("return_received", "refund"): self._refund,
            ("return_received", "call_in"): self._call_inspector,
        }

    def breached(self, state: str, records: list[int]) -> None:
        """These are in a state for longer than its limit."""
        plan = self._plans.get(state)
        if plan is None:
            return
        for record in records:
            if plan.by == "rule":
                self._answer(state, record, self._actor)
                continue
            order = self._order_of(state, record)
            self._asked.setdefault(order, []).append((state, record))
            if not self._site.exceptions.is_open(order, "breach"):
                self._site.exceptions.put(order, "breach", plan.owner)

    def handled(self, order: int, desk: int) -> None:
        """A desk has the order in hand; of some breaches nothing is left by then."""
        for state, record in self._asked.pop(order, []):
            self._answer(state, record, desk)

    def _answer(self, state: str, record: int, actor: int) -> None:
        action, order = self._plans[state].action, self._order_of(state, record)
        done = self._acts[state, action](record, actor)
        self._site.log.one(_ACTED if done else _MOOT, actor, REASON_NUMBER[action], order)

    def _order_of(self, state: str, record: int) -> int:
        register = self._site.register
        if state == "captured":
            return record
        if state in ("open", "backordered"):
            return register.lines.order[record]
        if state.startswith("return"):
            return self._site.register.order_of_return(record)
        return register.shipments.order[record]

    # Orders and lines.

    def _chase(self, order: int, actor: int) -> bool:
        exchange = self._site.exchange
        if exchange is None or self._site.register.orders.state[order] != CAPTURED:
            return False
        if not exchange.is_open("order_in", order):
            return False
        exchange.mending.mend(order, actor)
        return True

    def _allocate(self, line: int, actor: int) -> bool:
        register = self._site.register
        order = register.lines.order[line]
        if register.lines.state[line] != OPEN or register.orders.state[order] != VALIDATED:
            return False
        self._site.allocator.allocate(order)
        return True

    def _cancel_line(self, line: int, actor: int) -> bool:
        register = self._site.register
        order, units = register.lines.order[line], register.lines.open_units[line]
        if register.lines.state[line] not in (OPEN, BACKORDERED) or register.orders.state[order] != VALIDATED:
            return False
        self._site.orchestrator.cancel_units(line, units, _OVERDUE, actor)
        self._site.orchestrator.end_if_empty(order, _OVERDUE, actor)
        return True

    def _hurry_supplier(self, line: int, actor: int) -> bool:
        site, lines = self._site, self._site.register.lines
        node = site.backorders.home_of(line)
        if node is None or line in self._hurried:
            return False
        if not site.purchasing.hurry(node, lines.product[line], lines.open_units[line]):
            return False
        self._hurried.add(line)
        return True

    # Shipments.

    def _first_in_wave(self, shipment: int, actor: int) -> bool:
        workflow = self._site.workflow
        assert workflow is not None
        if self._site.register.shipments.state[shipment] != PLANNED:
            return False
        workflow.expedited.add(self._site.register.shipments.order[shipment])
        return True

    def _move(self, shipment: int, actor: int) -> bool:
        """To the node with the fewest waiting of those that have all of it, if that is not its own."""
        site, register = self._site, self._site.register
        node, state = register.shipments.node[shipment], register.shipments.state[shipment]
        waits = state == PLANNED or (state == RELEASED and shipment in site.warehouses[node].pick.queue)
        order = register.shipments.order[shipment]
        if not waits or register.orders.state[order] != VALIDATED or site.allocator.bound_to(order) is not None:
            return False
        others = [n for n in able_nodes(site, shipment) if self._ahead(n) < self._ahead(node)]
        if not others:
            return False
        site.orchestrator.move(shipment, min(others, key=self._ahead), _OVERDUE)
        return True

    def _ahead(self, node: int) -> int:
        """Shipments that a node has and has not packed."""
        warehouse, states = self._site.warehouses[node], as_numpy(self._site.register.shipments.state)
        waiting = np.array(warehouse.waiting, dtype=np.int64)
        return int((states[waiting] == PLANNED).sum()) + len(warehouse.pick.jobs()) + len(warehouse.pack.jobs())

    def _call_picker(self, shipment: int, actor: int) -> bool:
        columns = self._site.register.shipments
        return columns.state[shipment] == RELEASED and self._call_in(columns.node[shipment], "pick")

    def _call_packer(self, shipment: int, actor: int) -> bool:
        columns = self._site.register.shipments
        return columns.state[shipment] == PICKED and self._call_in(columns.node[shipment], "pack")

    def _call_in(self, node: int, station: str) -> bool:
        assert self._site.staffing is not None
        return self._site.staffing.call_in(node, STATION_NAMES.index(station))

    def _cancel_shipment(self, shipment: int, actor: int) -> bool:
        site, register = self._site, self._site.register
        order = register.shipments.order[shipment]
        if register.shipments.state[shipment] != PLANNED or register.orders.state[order] != VALIDATED:
            return False
        own = [(register.pieces.line[p], register.pieces.units[p]) for p in register.pieces_of(shipment)]
        site.orchestrator.void(shipment, _OVERDUE)
        for line, units in own:
            site.orchestrator.cancel_units(line, units, _OVERDUE, actor)
        site.orchestrator.end_if_empty(order, _OVERDUE, actor)
        return True

    def _reroute(self, shipment: int, actor: int) -> bool:
        """To another carrier, if one takes it; whoever was to fetch it does not."""
        site, columns = self._site, self._site.register.shipments
        node, service = columns.node[shipment], columns.service[shipment]
        staged = site.carriers[service].staged.get(node, [])
        if columns.state[shipment] != PACKED or shipment not in staged:
            return False
        if all(s == service for _, s in site.dock.offers(node, shipment)):
            return False
        staged.remove(shipment)
        site.dock.refused(node, [shipment], service, _OVERDUE)
        return bool(columns.service[shipment] != service)

    def _trace(self, shipment: int, actor: int) -> bool:
        columns = self._site.register.shipments
        return columns.state[shipment] == SHIPPED and self._site.carriers[columns.service[shipment]].trace(shipment)

    # Returns.

    def _trace_return(self, number: int, actor: int) -> bool:
        waits = self._site.register.returns.state[number] in (RETURN_REQUESTED, RETURN_LABELLED)
        return waits and self._site.returns.parcels.trace(number)

    def _refund(self, number: int, actor: int) -> bool:
        returns = self._site.register.returns
        return returns.state[number] == RETURN_RECEIVED and self._site.returns.refunds.pay_early(number, _OVERDUE)

    def _call_inspector(self, number: int, actor: int) -> bool:
        returns = self._site.register.returns
        return returns.state[number] == RETURN_RECEIVED and self._call_in(returns.node[number], "inspect")
