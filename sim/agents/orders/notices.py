"""Notices of delay: who waits for stock is asked to wait on or to cancel, before the promise breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.channels.inbound import PUT_AWAY_MS
from sim.agents.customers.customer import PromiseTable
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE, SWEEP
from sim.orders import LINE_REFUSED, VALIDATED

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.plans.delay_notice import DelayNotice

_NOTICED, _ACCEPTED = NUMBER["delay_noticed"], NUMBER["delay_accepted"]
_WOULD_NOT_WAIT = REASON_NUMBER["would_not_wait"]
_TURNS = 1 << 6


class Notices:
    """Looks at each order that waits for stock a while before it should leave, and again when it should.

    What is expected in time needs no notice. The first promise stays what the house is measured by; the second stands
    beside it (`Register.second_promise_ms`), and is what the customer, service and the queue for stock go by. An order
    whose second promise will break too is asked about once more.
    """

    def __init__(self, site: Site, plan: DelayNotice, customer: int) -> None:
        self._site, self._plan, self._customer = site, plan, customer
        self._promises = PromiseTable(site.world.network, site.calendar)
        self._second = site.register.second_promise_ms
        self._ship_by: dict[int, int] = {}
        """By order that was told: when it should leave by its second promise."""
        self._turn: dict[int, int] = {}
        self._watched: set[int] = set()
        site.register.leaving.forget(site.register.orders, self._ship_by, self._turn, self._watched)
        self._luck = [site.streams.counter("delay notices", c.name) for c in site.world.network.channels]

    def watch(self, order: int) -> None:
        """Something of an order waits for stock."""
        if order not in self._watched:
            self._watched.add(order)
            self._call(order, self._leaves_ms(order) - self._plan.before_ms)

    def _leaves_ms(self, order: int) -> int:
        return self._ship_by.get(order, self._site.register.orders.ship_by_ms[order])

    def _call(self, order: int, at_ms: int) -> None:
        clock = self._site.clock
        clock.at(max(at_ms, clock.now_ms), SWEEP, self._look, order, rank=(6 << 28) + order)

    def _look(self, order: int) -> None:
        """Will it leave in time? If nobody expects so, or it is too late for that, the customer hears of it."""
        site, now = self._site, self._site.clock.now_ms
        if not self._waits(order):
            self._watched.discard(order)
            return
        leaves, ready_ms = self._leaves_ms(order), self._ready_ms(order)
        if now < leaves and ready_ms is not None and ready_ms < leaves:
            self._call(order, leaves)
            return
        orders = site.register.orders
        from_ms = now + self._plan.unknown_ms if ready_ms is None else ready_ms
        ship_by, deliver_by = self._promises.of_one(orders.channel[order], orders.region[order], from_ms)
        self._ship_by[order] = max(ship_by, leaves + 1, now + 1)
        self._second[order] = max(deliver_by, orders.deliver_by_ms[order])
        site.log.one(_NOTICED, site.orchestrator.actor, 0, order)
        turn = self._turn[order] = self._turn.get(order, -1) + 1
        answer_ms = round(self._plan.answer_ms.at(self._uniform(order, 2 * turn)))
        site.clock.at(now + answer_ms, CAPTURE, self._answer, (order, turn), rank=order)

    def _waits(self, order: int) -> bool:
        """Whether an order still has units without a node."""
        orders, lines = self._site.register.orders, self._site.register.lines
        if orders.state[order] != VALIDATED:
            return False
        return any(lines.open_units[n] and lines.state[n] > LINE_REFUSED for n in orders.lines(order))

    def _ready_ms(self, order: int) -> int | None:
        """When all that it waits for is expected on the shelf; None if nobody expects that."""
        orders, lines = self._site.register.orders, self._site.register.lines
        short = [n for n in orders.lines(order) if lines.open_units[n] and lines.state[n] > LINE_REFUSED]
        ready = [self._line_ready_ms(order, lines.product[n]) for n in short]
        found = [moment for moment in ready if moment is not None]
        return max(found) if len(found) == len(ready) else None

    def _line_ready_ms(self, order: int, product: int) -> int | None:
        """The first expected date by which there is enough for it and for all who come before it."""
        site = self._site
        nodes = site.pools[site.pool_of_channel[site.register.orders.channel[order]]]
        needed = site.backorders.units_before(order, product)
        needed -= sum(site.inventory.available[n][product] + site.inventory.awaiting[n][product] for n in nodes)
        now = site.clock.now_ms
        if needed <= 0:
            return now
        coming = [(due, units) for node, p, units, due in site.purchasing.expected() if p == product and node in nodes]
        for due_ms, units in sorted(coming):
            needed -= units
            if needed <= 0:
                return max(due_ms, now) + PUT_AWAY_MS
        return None

    def _answer(self, what: tuple[int, int]) -> None:
        """The customer waits on, or does without what has not come."""
        order, turn = what
        site = self._site
        if not self._waits(order):
            self._watched.discard(order)
        elif self._uniform(order, 2 * turn + 1) < self._plan.wait_share:
            site.log.one(_ACCEPTED, self._customer, 0, order)
            if site.care is not None:
                site.care.expect_second(order)
            self._call(order, self._leaves_ms(order) - self._plan.before_ms)
        else:
            self._second.pop(order)
            self._watched.discard(order)
            site.orchestrator.cancel(order, _WOULD_NOT_WAIT, self._customer)

    def _uniform(self, order: int, number: int) -> float:
        orders = self._site.register.orders
        return self._luck[orders.channel[order]].at(orders.at_ms[order] * _TURNS + number % _TURNS)
