"""A marketplace watches its seller: late shipments, cancellations and defects, penalties, and suspension."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.channels.channel import Channel
from sim.agents.orders.arrived import has_all
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE, SWEEP
from sim.orders import CANCELLED, CAPTURED, HELD, IN_PREPARATION, LINE_REFUSED, REFUSED, REPLACED

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site
    from sim.books.register import Line

_RATED, _DEFECT, _SELLER_CANCELLED, _SUSPENDED, _REINSTATED, _PENALTY, _REFUSED, _NOT_CONFIRMED = (
    NUMBER[k]
    for k in (
        "shipment_rated",
        "defect_found",
        "seller_cancelled",
        "channel_suspended",
        "channel_reinstated",
        "penalty_charged",
        "refused",
        "not_confirmed",
    )
)
_LATE, _CANCELLED, _BROKEN, _STOPPED, _NOT_ON_VIEW, _UNCONFIRMED = (
    REASON_NUMBER[r]
    for r in ("late", "rejected", "promise_broken", "channel_suspended", "not_on_view", "not_confirmed")
)
CUSTOMERS_OWN = frozenset(
    REASON_NUMBER[r] for r in ("customer_cancelled", "payment_declined", "credit_note", "fraud", "promise_broken")
)
_DUE, _LATE_ONES, _CANCELLED_ONES, _DEFECTS = range(4)
_NAMES = {_LATE_ONES: _LATE, _CANCELLED_ONES: _CANCELLED, _DEFECTS: _BROKEN}


class RatedChannel(Channel):
    """A marketplace that may suspend its seller."""

    suspended = False

    @property
    def is_usual(self) -> bool:
        """Not while nothing is sold."""
        return not self.suspended and super().is_usual

    def offer(self, order: int, basket: list[Line], reason: int = _NOT_ON_VIEW) -> list[Line]:
        """As `Channel.offer`; a suspended channel refuses everything."""
        if not self.suspended:
            return super().offer(order, basket, reason)
        lines = [n for n, _, _ in basket]
        self._lines.advance(lines, LINE_REFUSED)
        self._log.add(_REFUSED, self.actor, _STOPPED, lines)
        self._orders.move(order, REFUSED)
        return []

    def suspend(self, suspended: bool) -> None:
        """Stop selling, or begin again."""
        self.suspended = suspended
        self._register.moves.announce()  # whether it is usual is something that compiled code remembers


class Rating:
    """How a marketplace sees its seller on one channel."""

    def __init__(self, site: Site, channel: RatedChannel) -> None:
        limits = channel.spec.limits
        assert limits is not None
        self._site, self._channel, self._limits = site, channel, limits
        self._defective: set[int] = set()
        """Orders that were counted as a defect."""
        site.register.leaving.forget(site.register.orders, self._defective)
        self._counts: deque[tuple[int, list[int]]] = deque()
        """By moment: orders due, late, cancelled, with a defect."""

    def start(self) -> None:
        """Look at the rates from time to time, until demand ends."""
        self._call()

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: look at each when it should leave, and be there."""
        mine = np.flatnonzero(offer.channel == self._channel.index)
        rank = (1 << 30) + self._channel.index
        for moments, handler in (
            (offer.ship_by_ms[mine], self._ship_by),
            (offer.deliver_by_ms[mine] + self._limits.defect_after_ms, self._arrive_by),
        ):
            for due_ms in np.unique(moments).tolist():
                orders = (first + mine[moments == due_ms]).tolist()
                self._site.clock.gather(due_ms, CAPTURE, handler, orders, rank=rank)
        if self._limits.confirm_by_ms is not None:
            self._expect_confirmations(first, mine.tolist(), offer, self._limits.confirm_by_ms)

    def _expect_confirmations(self, first: int, mine: list[int], offer: Offer, confirm_by_ms: int) -> None:
        pending, clock, rank = self._site.pending, self._site.clock, (1 << 30) + self._channel.index
        for row in mine:
            at_ms = int(offer.at_ms[row])
            wait_ms = 0 if pending is None else pending.lasts_ms(self._channel.index, at_ms)
            clock.gather(at_ms + wait_ms + confirm_by_ms, CAPTURE, self._confirm_by, [first + row], rank=rank)

    def _confirm_by(self, orders: list[int]) -> None:
        """The marketplace cancels what its seller has not confirmed."""
        site, actor = self._site, self._channel.actor
        for order in orders:
            if site.register.orders.state[order] in (CAPTURED, HELD) and not site.register.shipments_of(order):
                site.log.one(_NOT_CONFIRMED, actor, 0, order)
                self._charge(order, self._limits.confirm_penalty_cents, _UNCONFIRMED)
                site.orchestrator.cancel_by_hand(order, _UNCONFIRMED, actor)

    # What is counted.

    def _ship_by(self, orders: list[int]) -> None:
        register, log, actor = self._site.register, self._site.log, self._channel.actor
        for order in orders:
            if register.orders.state[order] in (REFUSED, CANCELLED, 0):
                continue
            late = not self._has_left(order)
            log.one(_RATED, actor, _LATE if late else 0, order)
            self._count(_DUE)
            if late:
                self._count(_LATE_ONES)
                self._charge(order, self._limits.late_penalty_cents, _LATE)

    def _has_left(self, order: int) -> bool:
        register = self._site.register
        lines, states = register.lines, register.shipments.state
        if any(lines.open_units[n] and lines.state[n] > LINE_REFUSED for n in register.orders.lines(order)):
            return False
        return all(
            states[s] in REPLACED or (states[s] not in IN_PREPARATION and self._is_confirmed(s))
            for s in register.shipments_of(order)
        )

    def _is_confirmed(self, shipment: int) -> bool:
        """Whether the marketplace could know that it has left."""
        exchange = self._site.exchange
        return exchange is None or not exchange.is_open("ship_confirmation", shipment)

    def _arrive_by(self, orders: list[int]) -> None:
        register = self._site.register
        for order in orders:
            if register.orders.state[order] not in (REFUSED, CANCELLED, 0) and not has_all(register, order):
                self.defect(order, "late", _BROKEN)

    def defect(self, order: int, kind: str, reason: int) -> None:
        """Something came to light that may count as a defect; an order has one."""
        if kind in self._limits.defect_kinds and order not in self._defective:
            self._defective.add(order)
            self._site.log.one(_DEFECT, self._channel.actor, reason, order)
            self._count(_DEFECTS)
            self._charge(order, self._limits.defect_penalty_cents, reason)

    def cancelled(self, order: int) -> None:
        """The seller cancelled an order before any of it left."""
        self._site.log.one(_SELLER_CANCELLED, self._channel.actor, _CANCELLED, order)
        self._count(_DUE)
        self._count(_CANCELLED_ONES)
        self._charge(order, self._limits.cancelled_penalty_cents, _CANCELLED)

    def _charge(self, order: int, cents: int, reason: int) -> None:
        if cents:
            register = self._site.register
            note = register.notes.add(order=order, value_cents=register.worth(order, cents))
            self._site.log.one(_PENALTY, self._channel.actor, reason, note)

    def _count(self, what: int) -> None:
        now = self._site.clock.now_ms
        if not self._counts or self._counts[-1][0] != now:
            self._counts.append((now, [0, 0, 0, 0]))
        self._counts[-1][1][what] += 1

    # What follows.

    def _call(self) -> None:
        site, review_ms = self._site, self._limits.review_ms
        at_ms = site.clock.now_ms + review_ms
        if at_ms < site.world.horizon.end_ms:
            site.clock.at(at_ms, SWEEP, self._review, rank=(1 << 26) + self._channel.index)

    def _review(self, _: None) -> None:
        self._call()
        limits, now = self._limits, self._site.clock.now_ms
        while self._counts and self._counts[0][0] <= now - limits.window_ms:
            self._counts.popleft()
        due, late, cancelled, defects = (sum(counts[n] for _, counts in self._counts) for n in range(4))
        if self._channel.suspended or due < max(1, limits.min_orders) or not limits.suspension_ms:
            return
        over = {
            _LATE_ONES: late / due - limits.late_share,
            _CANCELLED_ONES: cancelled / due - limits.cancelled_share,
            _DEFECTS: defects / due - limits.defect_share,
        }
        worst = max(over, key=lambda rate: over[rate])
        if over[worst] > 0:
            self._channel.suspend(True)
            self._site.log.one(_SUSPENDED, self._channel.actor, _NAMES[worst], self._channel.index)
            self._site.clock.at(
                now + limits.suspension_ms, SWEEP, self._reinstate, rank=(1 << 26) + self._channel.index
            )

    def _reinstate(self, _: None) -> None:
        self._counts.clear()
        self._channel.suspend(False)
        self._site.log.one(_REINSTATED, self._channel.actor, 0, self._channel.index)


class Marketplaces:
    """All ratings of one run."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rating = {c.index: Rating(site, c) for c in site.channels if isinstance(c, RatedChannel)}

    def start(self) -> None:
        """Begin to look at rates."""
        for rating in self._rating.values():
            rating.start()

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered."""
        for rating in self._rating.values():
            rating.expect(first, offer)

    def defect(self, order: int, kind: str, reason: int) -> None:
        """Something is wrong with an order, of any channel."""
        rating = self._rating.get(self._site.register.orders.channel[order])
        if rating is not None:
            rating.defect(order, kind, reason)

    def defects(self, shipments: Iterable[int], kind: str, reason: int) -> None:
        """The same with the orders of shipments."""
        order_of = self._site.register.shipments.order
        for shipment in shipments:
            self.defect(order_of[shipment], kind, reason)

    def cancelled_units(self, order: int, reason: int) -> None:
        """Units of an order are not sent; the seller answers for it unless its customer does."""
        if reason not in CUSTOMERS_OWN:
            self.defect(order, "cancelled", reason)

    def cancelled(self, order: int, reason: int) -> None:
        """An order was cancelled as a whole; the seller answers for it unless its customer does."""
        rating = self._rating.get(self._site.register.orders.channel[order])
        if rating is not None and reason not in CUSTOMERS_OWN:
            rating.cancelled(order)
