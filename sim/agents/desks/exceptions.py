"""Exceptions: which desk looks at what, how long it may take, who hears of it when it takes longer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sim.agents.desks.cases import case_of, is_order, order_and_kind, record_of
from sim.agents.desks.desk import Desk
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE, SWEEP
from sim.orders import HELD, ORDER_MOVES, ORDER_STATES, limits
from sim.world import EXCEPTION_KINDS

if TYPE_CHECKING:
    from sim.agents.site import Site

_BREACHES = NUMBER["limit_breached"], NUMBER["case_limit_breached"]
_ESCALATIONS = NUMBER["escalated"], NUMBER["case_escalated"]
"""Of an order, and of what is no order's."""

_AFTERWARDS = (
    "short_payment",
    *("ticket", "message", "dispute", "rekeying", "override", "decision", "return", "breach"),
)
"""Kinds that hold no order: there is nothing left to cancel."""


class Exceptions:
    """All open cases of one run. A case is an order and a kind of exception, in one number.

    Limits are constant for each desk, so that its cases come due in the sequence in which they came: one queue a desk,
    swept together with the other limits of the lifecycle.
    """

    def __init__(self, site: Site, planner: int, actors: Sequence[int]) -> None:
        self._site, self._planner = site, planner
        plans = site.world.desks
        self.desks = [Desk(site, n, plan, actors[n], self._decided, self._effort) for n, plan in enumerate(plans)]
        limit_ms, role = limits(ORDER_MOVES)[HELD]
        limit_ms = site.world.rules.limits_ms.get(ORDER_STATES[HELD], limit_ms)
        widest_first = sorted(range(len(plans)), key=lambda n: (-len(plans[n].handles), -n))
        self._desk_of = {kind: n for n in widest_first for kind in plans[n].handles}
        self._limit_ms = [limit_ms if plan.limit_ms is None else plan.limit_ms for plan in plans] + [limit_ms]
        self._hears = [plans[p.escalates_to].role if p.escalates_to is not None else role for p in plans] + [role]
        self._due: list[deque[tuple[int, int]]] = [deque() for _ in self._limit_ms]
        """By desk, and last for what no desk looks at: when each case is over its limit."""
        channels, segments = site.world.network.channels, site.world.network.segments
        self._patience = [segments[c.segment].hold_patience_ms for c in channels]
        self._luck = [site.streams.counter("hold patience", c.name) for c in channels]
        self._open: dict[int, tuple[int, int]] = {}
        """By open case: its desk, and when it is over that desk's limit."""
        self._sweep_ms = -1
        """When the next sweep is due; -1 where none is."""
        site.register.leaving.ask(self._in_hand)

    @property
    def open_cases(self) -> dict[str, int]:
        """How many cases are open, by kind."""
        counts = dict.fromkeys(EXCEPTION_KINDS, 0)
        for case in self._open:
            counts[order_and_kind(case)[1]] += 1
        return counts

    def _in_hand(self) -> Iterator[int]:
        """Orders of open cases, and of those that are over and still on a desk."""
        for case in chain(self._open, *(desk.cases.jobs() for desk in self.desks)):
            order, _ = order_and_kind(case)
            if is_order(order):
                yield order

    def put(self, order: int, kind: str, role: str | None = None) -> None:
        """An exception of an order waits for the desk that handles its kind; of several, that of a ``role``."""
        desk = self._desk_of.get(kind, -1)
        if role is not None:
            plans = self._site.world.desks
            desk = next((n for n, plan in enumerate(plans) if plan.role == role and kind in plan.handles), desk)
        case = case_of(order, kind)
        self._wait_at(desk, case)
        if desk >= 0:
            self.desks[desk].put(case)
            if kind not in _AFTERWARDS:
                self._await_patience(case)

    def _await_patience(self, case: int) -> None:
        """A customer bears only for so long that nobody looks at the order; once somebody does, they stay (Palm's
        model, M/M/c+M, where all is exponential)."""
        order, _ = order_and_kind(case)
        channel = self._site.register.orders.channel[order]
        patience = self._patience[channel]
        if patience is not None and case in self.desks[self._open[case][0]].cases.queue:
            # The moment of the order is its number: neither a policy nor another channel shifts it.
            waits_ms = round(patience.at(self._luck[channel].at(self._site.register.orders.at_ms[order])))
            at_ms = self._site.clock.now_ms + waits_ms
            self._site.clock.at(at_ms, CAPTURE, self._tires, case, rank=order)

    def _tires(self, case: int) -> None:
        desk, _ = self._open.get(case, (-1, 0))
        if desk >= 0 and self.desks[desk].give_up(case):
            self._open.pop(case)
            self._site.orchestrator.customer_tires(order_and_kind(case)[0])

    def is_open(self, order: int, kind: str) -> bool:
        """Whether a case of that kind waits, or is being worked on."""
        return case_of(order, kind) in self._open

    def waits_since(self, order: int, kind: str) -> tuple[int, int] | None:
        """The desk that has a case of that kind, or -1, and since when; None if there is none."""
        found = self._open.get(case_of(order, kind))
        return None if found is None else (found[0], found[1] - self._limit_ms[found[0]])

    def watch(self, order: int, kind: str, since_ms: int | None = None) -> None:
        """An exception that needs no people, as long as it is over in time; since now, or a moment shortly before."""
        self._wait_at(-1, case_of(order, kind), since_ms)

    @property
    def unattended_limit_ms(self) -> int:
        """How long an exception that needs no people may take."""
        return self._limit_ms[-1]

    def settle(self, order: int, kind: str) -> None:
        """The exception is over; one that neither people nor a retry can clear was no case."""
        if kind in EXCEPTION_KINDS:
            self._open.pop(case_of(order, kind), None)

    def _wait_at(self, desk: int, case: int, since_ms: int | None = None) -> None:
        due_ms = (self._site.clock.now_ms if since_ms is None else since_ms) + self._limit_ms[desk]
        self._open[case] = (desk, due_ms)
        if not self._due[desk]:
            self._due[desk].append((due_ms, case))
            self._call_sweep()
        else:  # it is not the first of its desk's to come due
            self._due[desk].append((due_ms, case))

    def _effort(self, cases: list[int]) -> int:
        """How many handling times some cases take."""
        screen, effort = self._site.screen, len(cases)
        if screen is None:
            return effort
        for case in cases:
            order, kind = order_and_kind(case)
            if kind == "ticket" and screen.is_blind(order):
                effort += screen.plan.blind_effort - 1
        return effort

    def _decided(self, case: int, actor: int) -> None:
        self._open.pop(case, None)
        self._site.reviews.done(*order_and_kind(case), actor)

    # Limits.

    def _call_sweep(self) -> None:
        due = [queue[0][0] for queue in self._due if queue]
        if due:
            step, now = self._site.world.rules.sweep_ms, self._site.clock.now_ms
            at_ms = -(-max(min(due), now + 1) // step) * step
            if self._sweep_ms < 0 or at_ms < self._sweep_ms:
                self._sweep_ms = at_ms
                self._site.clock.at(at_ms, SWEEP, self._sweep, rank=3)

    def _sweep(self, _: None) -> None:
        now = self._site.clock.now_ms
        if now != self._sweep_ms:  # an earlier one was called meanwhile, and took over
            return
        self._sweep_ms = -1
        for desk, queue in enumerate(self._due):
            number = desk if desk < len(self.desks) else -1
            while queue and queue[0][0] <= now:
                due_ms, case = queue.popleft()
                if self._open.get(case) == (number, due_ms):
                    self._breach(case, number)
        self._call_sweep()

    def _breach(self, case: int, desk: int) -> None:
        plan = self.desks[desk].plan if desk >= 0 else None
        actor = self.desks[desk].actor if plan is not None else self._planner
        self._tell(case, _BREACHES, actor, self._hears[desk].replace(" ", "_"))
        if plan is not None and plan.escalates_to is not None and self.desks[desk].give_up(case):
            above = self.desks[plan.escalates_to]
            self._tell(case, _ESCALATIONS, above.actor, above.plan.role)
            self._wait_at(plan.escalates_to, case)
            above.put(case)

    def _tell(self, case: int, kinds: tuple[int, int], actor: int, role: str) -> None:
        """Write down what became of a case; of goods what they are, of a decision what it is worth."""
        site, (order, kind) = self._site, order_and_kind(case)
        if is_order(order):
            site.log.one(kinds[0], actor, REASON_NUMBER[role], order)
            return
        notes, goods = site.register.notes, site.register.goods
        if kind == "decision":
            assert site.approvals is not None
            note = notes.add(value_cents=site.approvals.cents(order))
        else:
            record = record_of(order)
            note = notes.add(product=goods.product[record], units=goods.units[record])
        site.log.one(kinds[1], actor, REASON_NUMBER[role], note)
