"""Backorders: lines that no node has units for, who is served first when some come, and for how long they wait."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sim.agents.orders.shortfall import why_short
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import DECISION
from sim.orders import BACKORDERED, OPEN, VALIDATED

if TYPE_CHECKING:
    from sim.agents.site import Site

_BACKORDERED, _OUT_OF_PATIENCE = NUMBER["backordered"], REASON_NUMBER["out_of_patience"]


class Backorders:
    """Keeps what is owed to customers until there is stock for it, or they wait no longer."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._inventory, self._orders = site.inventory, site.register.orders
        self._may_serve = [site.pools[p] for p in site.pool_of_channel]
        self._waiting: dict[int, dict[int, None]] = {}
        """By product: orders that wait for it, first come first served."""
        self._owed_at: dict[int, tuple[int, int]] = {}
        """By backordered line: the node that would have served it, and units."""
        self._patience: deque[tuple[int, int]] = deque()
        self._tries_again = False

    @property
    def waits_for_stock(self) -> bool:
        """Whether any line is backordered."""
        return bool(self._owed_at)

    def is_owed(self, line: int) -> bool:
        """Whether a line is backordered."""
        return line in self._owed_at

    def wait(self, order: int, left: list[Line]) -> None:
        """What got no node waits for stock, in the sequence of the orders."""
        for product in self._worth_waiting_for(order, left):
            self._waiting.setdefault(product, {})[order] = None
        for line, product, units in left:
            self.owe(order, line, product, units)

    def want_no_more(self, order: int, line: int) -> None:
        """A line that waits for stock will be something else."""
        if line in self._owed_at:
            self.pay_off(line, self._register.lines.open_units[line])
        self._stop_waiting(order, [self._register.lines.product[line]])

    def _worth_waiting_for(self, order: int, left: list[Line]) -> list[int]:
        """Products whose arrival may help. An order that ships complete waits for what is short, not for the rest of
        it, of which there may be plenty."""
        channel = self._orders.channel[order]
        if self._site.allocator.completes(order):
            rows = [self._inventory.available[n] for n in self._may_serve[channel] if self._site.open_nodes[n]]
            short = [p for _, p, units in left if sum([row[p] for row in rows]) < units]
            if short:
                return short
        return [p for _, p, _ in left]

    def owe(self, order: int, line: int, product: int, units: int) -> None:
        """No node has these units: they wait for stock, in the sequence of their orders."""
        if line in self._owed_at:
            node, owed = self._owed_at[line]
            self._owed_at[line] = (node, units)
            self._site.supply.owed[node][product] += units - owed
            return
        if self._register.lines.state[line] == OPEN:
            self._site.line_states.move(line, BACKORDERED)
            self._site.limits.lines_entered(BACKORDERED, (line,))
        if self._site.notices is not None:
            self._site.notices.watch(order)
        node = self._home_of(order, product)
        self._owed_at[line] = (node, units)
        self._site.supply.owed[node][product] += units
        self._site.supply.watch(node)
        note = self._register.notes.add(order=order, line=line, product=product, units=units)
        pool, completes = self._may_serve[self._orders.channel[order]], self._site.allocator.completes(order)
        reason = why_short(self._site, product, pool, self._site.allocator.bound_to(order), completes=completes)
        self._log.one(_BACKORDERED, self._actor, reason, note)
        patience = self._site.world.rules.backorder_patience_ms
        if patience is not None:
            self._patience.append((self._clock.now_ms + patience, line))
            self._site.orchestrator.call_sweep()
        if not self._tries_again:
            self._call_retry()

    def pay_off(self, line: int, units: int) -> None:
        """A backordered line got units, or is not wanted any more."""
        node, owed = self._owed_at.pop(line)
        paid = min(units, owed)
        self._site.supply.owed[node][self._register.lines.product[line]] -= paid
        if owed > paid:
            self._owed_at[line] = (node, owed - paid)

    def _home_of(self, order: int, product: int) -> int:
        """The nearest node that carries the product for this order's channel."""
        site, orders = self._site, self._register.orders
        pool = site.pools[site.pool_of_channel[orders.channel[order]]]
        carried = site.world.stock.order_up_to
        nearest = [n for n in site.geography.nearest_nodes[orders.region[order]] if n in pool]
        return next((n for n in nearest if carried[n, product] > 0), nearest[0])

    def _call_retry(self) -> None:
        """Stock also comes back without notice: from cancelled orders, say."""
        every = self._site.world.rules.backorder_retry_ms
        self._tries_again = True
        self._clock.at((self._clock.now_ms // every + 1) * every, DECISION, self._try_again, rank=1 << 20)

    def _try_again(self, _: None) -> None:
        self._tries_again = False
        freed = sorted(self._inventory.freed)
        self._inventory.freed.clear()
        self.stock_came(freed)
        if self._owed_at and not self._tries_again:
            self._call_retry()

    # When stock comes.

    def stock_came(self, products: list[int]) -> None:
        """Units became available: serve the orders that wait for them, by their promises (DOMAIN rule 19)."""
        waiting = self._waiting
        if not waiting:
            return
        asked: dict[int, list[int]] = {}
        for product in dict.fromkeys(products):
            if product in waiting and self._any_available(product):
                for order in waiting[product]:
                    asked.setdefault(order, []).append(product)
        for order in sorted(asked, key=self._promise):
            came = asked[order]
            wanted = self._open_products(order) if self._register.orders.state[order] == VALIDATED else []
            helped = [p for p in came if p in wanted]
            if not helped:
                self._stop_waiting(order, came)
            elif any(map(self._any_available, helped)) and self._could_leave(order):
                self._stop_waiting(order, wanted)
                self._site.allocator.allocate(order)

    def node_opened(self) -> None:
        """Stock is within reach again."""
        self.stock_came(sorted(self._waiting))

    def _promise(self, order: int) -> tuple[int, int]:
        """What the queue for stock goes by: the promise that counts now, then the number of the order."""
        return self._register.second_promise_ms.get(order, self._orders.deliver_by_ms[order]), order

    def _could_leave(self, order: int) -> bool:
        """Whether asking the policy may help: for an order that ships complete, whether enough of all is anywhere."""
        channel, lines = self._orders.channel[order], self._register.lines
        if not self._site.allocator.completes(order):
            return True
        available = self._inventory.available
        for line in self._orders.lines(order):
            units, product = lines.open_units[line], lines.product[line]
            if units and sum([available[n][product] for n in self._may_serve[channel]]) < units:
                return False
        return True

    def _open_products(self, order: int) -> list[int]:
        """Products of the lines that want units."""
        lines = self._register.lines
        return [lines.product[n] for n in self._orders.lines(order) if lines.open_units[n]]

    def _stop_waiting(self, order: int, products: list[int]) -> None:
        for product in products:
            waiting = self._waiting.get(product)
            if waiting is not None:
                waiting.pop(order, None)
                if not waiting:
                    del self._waiting[product]

    def _any_available(self, product: int) -> bool:
        return any(row[product] > 0 for row in self._inventory.available)

    # When nobody waits any longer.

    @property
    def next_due_ms(self) -> int | None:
        """When patience with a line ends next; None if no line has a limit."""
        return self._patience[0][0] if self._patience else None

    def give_up_due(self) -> None:
        """Cancel the lines that waited too long."""
        site, now = self._site, self._clock.now_ms
        while self._patience and self._patience[0][0] <= now:
            line = self._patience.popleft()[1]
            if line in self._owed_at:
                order = self._register.lines.order[line]
                units = self._register.lines.open_units[line]
                site.orchestrator.cancel_units(line, units, _OUT_OF_PATIENCE, self._actor)
                site.orchestrator.end_if_empty(order, _OUT_OF_PATIENCE, self._actor)

    # What others ask.

    def home_of(self, line: int) -> int | None:
        """The node that would have served a backordered line; None where it waits no more."""
        found = self._owed_at.get(line)
        return None if found is None else found[0]

    def units_before(self, order: int, product: int) -> int:
        """Units of a product for which this order waits, and all that are served before it."""
        lines, mine = self._register.lines, self._promise(order)
        return sum(
            lines.open_units[n]
            for other in self._waiting.get(product, ())
            if self._promise(other) <= mine and self._orders.state[other] == VALIDATED
            for n in self._orders.lines(other)
            if lines.product[n] == product
        )

    def units_awaited(self, node: int, product: int) -> int:
        """Units for which orders wait that ``node`` may serve."""
        orders, lines = self._orders, self._register.lines
        return sum(
            lines.open_units[n]
            for order in self._waiting.get(product, ())
            if orders.state[order] == VALIDATED and node in self._may_serve[orders.channel[order]]
            for n in orders.lines(order)
            if lines.product[n] == product
        )
