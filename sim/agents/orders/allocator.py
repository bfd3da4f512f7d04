"""Allocation: which nodes serve an order, by the policy in force and the rules that bind it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sim.agents.orders.guard import Guard
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.errors import DecisionError
from sim.orders import ALLOCATED, LINE_REFUSED
from sim.policies.allocation import NAN, Answer, Assignment, OrderView, StockView

if TYPE_CHECKING:
    from sim.agents.site import Site

_ALLOCATED, _NO_STOCK = NUMBER["allocated"], REASON_NUMBER["no_stock"]

OF_A_SHIPMENT = 2
"""What an order waits for with each shipment: that it is delivered, and that it is settled."""


class Allocator:
    """Asks where the open units of an order shall come from, commits them there, and plans a shipment for each node.

    What gets no node is offered as something else, refused or backordered.
    """

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._inventory = site.inventory
        self._orders, self._pieces, self._shipments = (
            site.register.orders,
            site.register.pieces,
            site.register.shipments,
        )
        self._order_view, self._stock_view = OrderView(), StockView(site.inventory.available, site.open_nodes)
        self._may_serve = [site.pools[p] for p in site.pool_of_channel]
        self._guard = Guard(site) if site.world.rules.protect_reservations else None
        self._weight_kg = [p.weight_kg for p in site.world.network.products]
        self._ship_complete = [c.ship_complete for c in site.world.network.channels]

    def guards(self, channel: int) -> bool:
        """Whether orders of a channel could take what others have reserved, and are kept from it."""
        return self._guard is not None and self._guard.watches(channel)

    # Asking.

    def allocate(self, order: int) -> bool:
        """Ask the policy for nodes for all open units of an order; what gets none is backordered.

        Returns
        -------
        bool
            Whether anything got a node.
        """
        wanted = self.wanted(order)
        return bool(wanted) and self.place(order, self.ask(order, wanted), wanted)

    def wanted(self, order: int) -> list[Line]:
        """The open units of an order, line by line."""
        orders, lines = self._register.orders, self._register.lines
        open_units, product_of, state = lines.open_units, lines.product, lines.state
        numbers = range(orders.first_line[order], orders.first_line[order + 1])
        return [(n, product_of[n], open_units[n]) for n in numbers if open_units[n] and state[n] != LINE_REFUSED]

    def is_free(self, order: int) -> bool:
        """Whether the policy may choose among all nodes: no rule names one, and nothing is kept from it."""
        handling = self._site.handling
        apart = handling is not None and handling.is_concerned(order)
        return not apart and self._guard is None and self.bound_to(order) is None

    def ask(self, order: int, wanted: list[Line]) -> Answer:
        """The allocation policy's answer; an order that ships complete gets everything or nothing."""
        orders, view = self._register.orders, self._order_view
        view.order, view.channel, view.region = order, orders.channel[order], orders.region[order]
        view.lines, view.deliver_by_ms, view.now_ms = wanted, orders.deliver_by_ms[order], self._clock.now_ms
        policy, forced, stock = self._site.policies.allocation, self.bound_to(order), self._stock_view
        if forced is None and self._guard is not None:
            stock = self._guard.view(view.channel, view.region, wanted, stock)
        decide = policy.decide if forced is None else partial(self._from_one_node, forced)
        handling = self._site.handling
        answer = decide(view, stock) if handling is None else handling.ask(view, stock, decide)
        if forced is not None:
            policy.runner_up, policy.gap_cents = None, NAN  # nobody compared anything
        return answer if isinstance(answer, int) else self.whole_if_asked(order, answer, wanted)

    def bound_to(self, order: int) -> int | None:
        """The only node that may serve an order, where a rule or its customer names one."""
        workflow, pickups = self._site.workflow, self._site.pickups
        forced = None if workflow is None else workflow.node_of.get(order)
        return forced if pickups is None else pickups.node_of.get(order, forced)

    def _from_one_node(self, node: int, order: OrderView, stock: StockView) -> list[Assignment]:
        """What a node that a rule names can send; nothing where it is closed or may not serve the channel."""
        if node not in self._may_serve[order.channel] or not self._site.open_nodes[node]:
            return []
        left, answer = list(stock.available[node]), list[Assignment]()
        for line, product, units in order.lines:
            sent = min(units, left[product])
            if sent > 0:
                left[product] -= sent
                answer.append((line, node, sent))
        return answer

    def completes(self, order: int) -> bool:
        """Whether an order ships as a whole: its channel says so, unless a rule does."""
        if self._site.pickups is not None and order in self._site.pickups.node_of:
            return True  # its customer comes once
        workflow = self._site.workflow
        usual = self._ship_complete[self._orders.channel[order]]
        return usual if workflow is None else workflow.complete.get(order, usual)

    def whole_if_asked(self, order: int, answer: list[Assignment], wanted: list[Line]) -> list[Assignment]:
        """An order that ships complete gets everything or nothing."""
        if self.completes(order) and sum([u for _, _, u in answer]) < sum([u for _, _, u in wanted]):
            return []
        return answer

    # Carrying out.

    def carry_out(self, order: int, answer: Answer, wanted: list[Line]) -> None:
        """What a policy answered for an order among others."""
        policy = self._site.policies.allocation
        policy.runner_up, policy.gap_cents = None, NAN  # it was not compared alone
        whole = answer if isinstance(answer, int) else self.whole_if_asked(order, answer, wanted)
        self.place(order, whole, wanted)

    def place(self, order: int, answer: Answer, wanted: list[Line]) -> bool:
        """Stock to the order, one shipment for each node; what got no node is backordered."""
        if isinstance(answer, int):
            self.commit(order, answer, wanted, alone=True)
            return True
        lines = self._register.lines
        by_node: dict[int, list[Line]] = {}
        asked = {n for n, _, _ in wanted}
        for line, node, units in answer:
            if units <= 0 or line not in asked:
                raise DecisionError(f"order {order} wants no {units} units on line {line} from node {node}")
            by_node.setdefault(node, []).append((line, lines.product[line], units))
        for node, goods in by_node.items():
            self.commit(order, node, goods, alone=len(by_node) == 1)
        left = [(line, product, lines.open_units[line]) for line, product, _ in wanted if lines.open_units[line]]
        if left and self._takes_substitutes(order, left):
            wanted = [(n, lines.product[n], lines.open_units[n]) for n, _, _ in left]
            return self.place(order, self.ask(order, wanted), wanted) or bool(by_node)
        if left and self._site.workflow is not None and order in self._site.workflow.refuses:
            for line, _, units in left:
                self._site.orchestrator.cancel_units(line, units, _NO_STOCK, self._actor)
            self._site.orchestrator.end_if_empty(order, _NO_STOCK, self._actor)
        elif left:
            self._site.backorders.wait(order, left)
        return bool(by_node)

    def _takes_substitutes(self, order: int, left: list[Line]) -> bool:
        """Whether the customer takes something else for anything that is short, where a rule says that they are
        asked."""
        workflow, substitution = self._site.workflow, self._site.substitution
        if workflow is None or substitution is None or order not in workflow.substitutes:
            return False
        return substitution.offer(order, left)

    def commit(self, order: int, node: int, goods: list[Line], *, alone: bool) -> None:
        """Give an order's lines units of a node, in one shipment, or in one of whole pallets and one of the rest;
        ``alone``: no other node serves it now."""
        handling = self._site.handling
        if handling is None:
            self._commit(order, node, goods, alone=alone)
            return
        for part, pallets in handling.divide(order, node, goods):
            handling.planned(self._commit(order, node, part, alone=alone), part, pallets)

    def _commit(self, order: int, node: int, goods: list[Line], *, alone: bool) -> int:
        """One shipment of these; its number."""
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
            if site.backorders.is_owed(line):
                site.backorders.pay_off(line, units)
        self._orders.pending[order] += OF_A_SHIPMENT
        shipment = self.plan(order, channel, node, goods)
        if alone:
            self._note_runner_up(shipment)
        self._log.add(_ALLOCATED, self._actor, 0, range(first, pieces.count))
        site.warehouses[node].plan(shipment)
        return shipment

    def plan(self, order: int, channel: int, node: int, goods: list[Line]) -> int:
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
