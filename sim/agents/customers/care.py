"""Customers whose promise was broken: they contact service, wait for an answer, and lose patience."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.orders.arrived import has_all, have_all
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.orders import CAPTURED, HELD, ORDER_STATES, VALIDATED
from sim.streams import keys_of, uniforms

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_OPENED, _CLOSED = NUMBER["ticket_opened"], NUMBER["ticket_closed"]
_BROKEN, _WHERE, _NO_ANSWER, _TOLD_TWICE = (
    REASON_NUMBER[r] for r in ("promise_broken", "where_is_my_order", "no_answer", "told_twice")
)
_WAITED_FOR = np.isin(np.arange(len(ORDER_STATES)), (CAPTURED, HELD, VALIDATED))


class Care:
    """Looks at all orders of one promise when it is due, contacts service for some, and cancels for some."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        channels, segments = site.world.network.channels, site.world.network.segments
        self._segment = [segments[c.segment] for c in channels]
        self._luck = [site.streams.counter("patience", c.name) for c in channels]
        self._asking = np.array([s.status_contact_share for s in self._segment])
        self._questions = [site.streams.counter("where is my order", c.name) for c in channels]
        self._question_keys = keys_of(self._questions)
        self._notices = [site.streams.counter("told twice", c.name) for c in channels]
        self._repeats = [site.streams.counter("no answer", c.name) for c in channels]
        self._answers: dict[int, int] = {}
        """By order: how often service answered without knowing."""
        self._in_mind: Counter[int] = Counter()
        """By order: what its customer is about to do."""
        site.register.leaving.ask(self._in_mind.keys)
        site.register.leaving.forget(site.register.orders, self._answers)

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: remember when each was promised its goods."""
        for due_ms in np.unique(offer.deliver_by_ms).tolist():
            orders = (first + np.flatnonzero(offer.deliver_by_ms == due_ms)).tolist()
            self._site.clock.gather(due_ms, CAPTURE, self._promise_due, orders, rank=1 << 29)
        if self._asking.any():
            self._expect_questions(first, offer)

    def _expect_questions(self, first: int, offer: Offer) -> None:
        """Some will ask where their order is, a while after they placed it."""
        clock = self._site.clock
        asks = uniforms(self._question_keys[offer.channel], offer.at_ms << 1) < self._asking[offer.channel]
        for number in np.flatnonzero(asks).tolist():
            at_ms, channel, order = int(offer.at_ms[number]), int(offer.channel[number]), first + number
            luck = self._questions[channel].at((at_ms << 1) + 1)
            delay_ms = round(self._segment[channel].status_contact_delay_ms.at(luck))
            clock.at(at_ms + delay_ms, CAPTURE, self._ask_where, order, rank=order)

    def expect_order(self, order: int) -> None:
        """An order was promised anew."""
        due_ms = self._site.register.orders.deliver_by_ms[order]
        self._site.clock.gather(due_ms, CAPTURE, self._promise_due, [order], rank=1 << 29)

    def expect_second(self, order: int) -> None:
        """An order's customer waits on, until a second promise."""
        due_ms = self._site.register.second_promise_ms[order]
        self._site.clock.gather(max(due_ms, self._site.clock.now_ms), CAPTURE, self._promise_due, [order], rank=1 << 29)

    def _promise_due(self, orders: list[int]) -> None:
        register, clock = self._site.register, self._site.clock
        if register.second_promise_ms:
            second = register.second_promise_ms
            orders = [order for order in orders if second.get(order, 0) <= clock.now_ms]
        numbers = np.array(orders, dtype=np.int64)
        promised_anew = as_numpy(register.orders.deliver_by_ms)[numbers] > clock.now_ms
        waited_for = _WAITED_FOR[as_numpy(register.orders.state)[numbers]] & ~promised_anew
        numbers = numbers[waited_for]
        for order in numbers[~have_all(register, numbers)].tolist():
            segment = self._segment[register.orders.channel[order]]
            if self._uniform(order, 0) < segment.late_contact_share:
                delay_ms = round(segment.late_contact_delay_ms.at(self._uniform(order, 1)))
                self._mean(order, delay_ms, self._contact)
            if self._uniform(order, 2) < segment.late_cancel_share:
                delay_ms = round(segment.late_cancel_delay_ms.at(self._uniform(order, 3)))
                self._mean(order, delay_ms, self._lose_patience)

    def _mean(self, order: int, delay_ms: int, act: Callable[[int], None]) -> None:
        """The customer will do something after a while."""
        clock = self._site.clock
        self._in_mind[order] += 1
        clock.at(clock.now_ms + delay_ms, CAPTURE, act, order, rank=order)

    def _do(self, order: int) -> None:
        self._in_mind[order] -= 1
        if not self._in_mind[order]:
            del self._in_mind[order]

    def _uniform(self, order: int, purpose: int) -> float:
        """The customer's own, by what it is for."""
        orders = self._site.register.orders
        return self._luck[orders.channel[order]].at((orders.at_ms[order] << 2) + purpose)

    def _contact(self, order: int) -> None:
        """The customer writes or calls, even if the parcel came meanwhile."""
        self._do(order)
        self._open(order, _BROKEN)

    def complain(self, order: int, reason: int) -> None:
        """The customer contacts service about something else than a promise."""
        self._open(order, reason)

    def told_again(self, order: int) -> None:
        """The customer reads of a parcel twice, and may ask what that is about."""
        channel = self._site.register.orders.channel[order]
        segment, luck = self._segment[channel], self._notices[channel]
        number = self._site.register.orders.at_ms[order] << 1
        if luck.at(number) < segment.repeated_notice_contact_share:
            delay_ms = round(segment.late_contact_delay_ms.at(luck.at(number + 1)))
            self._mean(order, delay_ms, self._ask_why_twice)

    def _ask_why_twice(self, order: int) -> None:
        self._do(order)
        self._open(order, _TOLD_TWICE)

    def _open(self, order: int, reason: int) -> None:
        """A contact; while an earlier one waits for its answer, one answer serves both."""
        self._site.log.one(_OPENED, self._customer, reason, order)
        if not self._site.exceptions.is_open(order, "ticket"):
            self._site.exceptions.put(order, "ticket")

    def _ask_where(self, order: int) -> None:
        """A customer wants to know where the order is."""
        if self._is_waited_for(order):
            self._open(order, _WHERE)

    def _ask_again(self, order: int) -> None:
        """The last answer did not help."""
        if self._is_waited_for(order):
            self._open(order, _NO_ANSWER)

    def _is_waited_for(self, order: int) -> bool:
        register = self._site.register
        return bool(_WAITED_FOR[register.orders.state[order]]) and not has_all(register, order)

    def answered(self, order: int, desk: int) -> None:
        """Service answered, from what its screen shows."""
        self._site.log.one(_CLOSED, desk, 0, order)
        screen, clock = self._site.screen, self._site.clock
        if screen is not None and screen.is_blind(order):
            orders, plan = self._site.register.orders, screen.plan
            turn = self._answers[order] = self._answers.get(order, 0) + 1
            luck = self._repeats[orders.channel[order]]
            if luck.at((orders.at_ms[order] << 8) + 2 * turn) < plan.blind_repeat_share:
                delay_ms = round(plan.blind_repeat_delay_ms.at(luck.at((orders.at_ms[order] << 8) + 2 * turn + 1)))
                clock.at(clock.now_ms + delay_ms, CAPTURE, self._ask_again, order, rank=order)
        if self._site.exchange is not None:
            self._site.exchange.mending.told(order, desk)

    def _lose_patience(self, order: int) -> None:
        self._do(order)
        if not has_all(self._site.register, order):
            self._site.cancellations.ask(order)
