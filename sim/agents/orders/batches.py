"""Allocation in batches: orders gather, and every ``rules.allocate_every`` a policy places them, one by one or all at
once if it can look at them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.books.register import Line
from sim.clock import DECISION, Handler
from sim.orders import VALIDATED
from sim.policies.allocation import Answer, BatchPolicy, OrderView, StockView

if TYPE_CHECKING:
    from sim.agents.orders.allocator import Allocator
    from sim.agents.site import Site


class Batches:
    """The orders that wait for the next batch of one run."""

    def __init__(self, site: Site, allocator: Allocator) -> None:
        self._site, self._allocator = site, allocator
        self._every_ms = site.world.rules.allocate_every_ms
        self._waiting: list[int] = []
        self._busy_until_ms = 0
        """Until when a policy works on the last batch."""

    def add(self, order: int) -> None:
        """An order waits for the next batch."""
        if not self._waiting:
            self._call()
        self._waiting.append(order)

    def pending(self, handler: Handler) -> list[int]:
        """The orders that a pending event will allocate; none where it is something else."""
        if handler != self._allocate:
            return []
        return [order for order in self._waiting if self._site.register.orders.state[order] == VALIDATED]

    def _call(self) -> None:
        every = self._every_ms
        from_ms = max(self._site.clock.now_ms, self._busy_until_ms)
        self._site.clock.at(-(-from_ms // every) * every, DECISION, self._allocate)

    def _allocate(self, _: None) -> None:
        if self._site.clock.now_ms < self._busy_until_ms:
            self._call()
            return
        batch, self._waiting = self._waiting, []
        policy, states = self._site.policies.allocation, self._site.register.orders.state
        ready = [order for order in batch if states[order] == VALIDATED]
        if isinstance(policy, BatchPolicy):
            free = [order for order in ready if self._allocator.is_free(order)]
            ready = [order for order in ready if not self._allocator.is_free(order)]
            self._together(policy, free)
        for order in ready:
            self._allocator.allocate(order)

    def _together(self, policy: BatchPolicy, orders: list[int]) -> None:
        """Show a policy all of them; its answers hold as soon as it is done."""
        site, wanted = self._site, [self._allocator.wanted(order) for order in orders]
        views = [self._view(order, lines) for order, lines in zip(orders, wanted, strict=True) if lines]
        if not views:
            return
        answers = policy.decide_batch(views, StockView(site.inventory.available, site.open_nodes))
        if not policy.busy_ms:
            self._apply((views, answers))
            return
        self._busy_until_ms = site.clock.now_ms + policy.busy_ms
        site.clock.at(self._busy_until_ms, DECISION, self._apply, (views, answers), rank=-2)

    def _view(self, order: int, lines: list[Line]) -> OrderView:
        orders = self._site.register.orders
        channel, region, due_ms = orders.channel[order], orders.region[order], orders.deliver_by_ms[order]
        return OrderView(order, channel, region, lines, due_ms, self._site.clock.now_ms)

    def _apply(self, what: tuple[Sequence[OrderView], Sequence[Answer]]) -> None:
        """Carry out what still can be; the others are asked about anew, one by one."""
        allocator, states = self._allocator, self._site.register.orders.state
        for view, answer in zip(*what, strict=True):
            if states[view.order] != VALIDATED:
                continue
            wanted = allocator.wanted(view.order)
            if wanted == view.lines and self._is_possible(answer, view):
                allocator.carry_out(view.order, answer, wanted)
            else:
                allocator.allocate(view.order)

    def _is_possible(self, answer: Answer, view: OrderView) -> bool:
        product_of = {line: product for line, product, _ in view.lines}
        pieces = [(n, answer, u) for n, _, u in view.lines] if isinstance(answer, int) else answer
        need: dict[tuple[int, int], int] = {}
        for line, node, units in pieces:
            need[node, product_of[line]] = need.get((node, product_of[line]), 0) + units
        available, is_open = self._site.inventory.available, self._site.open_nodes
        return all(is_open[node] and available[node][product] >= units for (node, product), units in need.items())
