"""Subscribers at work: they renew, skip, pay late or not at all, and leave, sooner where an order let them down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.channels.channel import Channel
from sim.agents.customers.customer import PromiseTable
from sim.agents.orders.arrived import has_all
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.orders import CANCELLED, HELD, LINE_REFUSED, REFUSED, VALIDATED

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.customers.roster import Roster, Visit
    from sim.agents.site import Site
    from sim.books.register import Line

_OPENED, _SUBSCRIBED, _RENEWED, _DECLINED, _SKIPPED, _LEFT = (
    NUMBER[k]
    for k in (
        "subscription_opened",
        "subscribed",
        "renewed",
        "renewal_declined",
        "renewal_skipped",
        "unsubscribed",
    )
)
_CHANGED_MIND, _PROMISE_BROKEN, _PAYMENT_DECLINED, _CUSTOMER_CANCELLED, _NOT_ON_VIEW = (
    REASON_NUMBER[r]
    for r in ("changed_mind", "promise_broken", "payment_declined", "customer_cancelled", "not_on_view")
)
_CHURN, _SKIP, _PAY = range(3)
_NUMBERS, _PURPOSES = 1 << 16, 1 << 6


class Club:
    """The subscribers of one channel as they are now.

    Attributes
    ----------
    visits
        By order that is still to come: whose it is.
    """

    def __init__(self, site: Site, channel: SubscriptionChannel, roster: Roster, customer: int) -> None:
        self._site, self._channel, self._roster, self._customer = site, channel, roster, customer
        self.plan = roster.plan
        self.visits: dict[int, Visit] = {}
        self._luck = site.streams.counter("subscription", channel.spec.name)
        self._promises = PromiseTable(site.world.network, site.calendar)
        self._active = set(range(roster.plan.subscribers))
        self._dunned: set[int] = set()
        """Orders whose next attempt to collect is on the clock."""
        site.register.leaving.ask(lambda: self._dunned)
        site.register.leaving.forget(site.register.orders, self.visits)
        self._let_down: set[int] = set()
        """Whose last order was late or failed."""
        self._past_due: set[int] = set()
        """Who has not paid yet, and is being asked."""

    @property
    def size(self) -> int:
        """How many subscribe now."""
        return len(self._active)

    def open(self) -> None:
        """Write down who subscribes when the run begins."""
        channel = self._channel
        self._site.log.add(_OPENED, channel.actor, 0, [channel.index] * len(self._active))

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered: remember whose they are."""
        mine = np.flatnonzero(offer.channel == self._roster.index)
        if len(mine) and self._roster.visits:
            self.visits.update(zip((first + mine).tolist(), self._roster.visits.popleft(), strict=True))

    # A renewal is due.

    def wants(self, order: int, visit: Visit) -> bool:
        """Whether the subscriber wants this renewal and has paid for it."""
        if visit[1] == 0:
            return True
        if not self._still_wants(order, visit):
            self._channel.turn_away(order)
            return False
        if self._uniform(visit, _PAY) < self.plan.declined_share:
            self._decline(order, visit, 0)
            return False
        self._note(_RENEWED, 0, order)
        return True

    def _still_wants(self, order: int, visit: Visit) -> bool:
        subscriber, number = visit
        if subscriber not in self._active:
            return False
        if subscriber in self._past_due:
            self._note(_SKIPPED, _PAYMENT_DECLINED, order)
            return False
        if self._leaves(subscriber, number):
            self._leave(subscriber, order, _PROMISE_BROKEN if subscriber in self._let_down else _CHANGED_MIND)
            return False
        if self._uniform(visit, _SKIP) < self.plan.skip_share:
            self._note(_SKIPPED, _CHANGED_MIND, order)
            return False
        return True

    def _leaves(self, subscriber: int, number: int) -> bool:
        hazard = self.plan.let_down_churn_share if subscriber in self._let_down else self.plan.churn_share
        return self._uniform((subscriber, number), _CHURN) < hazard

    def _uniform(self, visit: Visit, purpose: int) -> float:
        """The subscriber's own, by renewal and by what it is for: the same under all policies."""
        subscriber, number = visit
        return self._luck.at((subscriber * _NUMBERS + number) * _PURPOSES + purpose)

    def _note(self, kind: int, reason: int, order: int) -> None:
        self._site.log.one(kind, self._customer, reason, order)

    def _leave(self, subscriber: int, order: int, reason: int) -> None:
        self._active.discard(subscriber)
        self._past_due.discard(subscriber)
        self._note(_LEFT, reason, order)

    # Dunning.

    def _decline(self, order: int, visit: Visit, attempt: int) -> None:
        """Attempt number ``attempt`` was declined: try again, or give the subscriber up."""
        self._note(_DECLINED, _PAYMENT_DECLINED, order)
        retries, clock = self.plan.retries_ms, self._site.clock
        if attempt == len(retries):
            self._leave(visit[0], order, _PAYMENT_DECLINED)
            self._channel.turn_away(order)
            return
        self._past_due.add(visit[0])
        waits_ms = retries[attempt] - (retries[attempt - 1] if attempt else 0)
        self._dunned.add(order)
        what = (order, visit, attempt + 1)
        clock.at(clock.now_ms + waits_ms, CAPTURE, self._retry, what, rank=order)

    def _retry(self, what: tuple[int, Visit, int]) -> None:
        order, visit, attempt = what
        self._dunned.discard(order)
        if self._uniform(visit, _PAY + attempt) >= self.plan.recovered_share:
            self._decline(order, visit, attempt)
            return
        self._past_due.discard(visit[0])
        self._note(_RENEWED, 0, order)
        self._promise_anew(order)
        self._channel.place(order, visit)

    def _promise_anew(self, order: int) -> None:
        """Paid late, promised late: the customer's promise counts from now on."""
        site, orders = self._site, self._site.register.orders
        due = self._promises.of_one(self._channel.index, orders.region[order], site.clock.now_ms)
        orders.ship_by_ms[order], orders.deliver_by_ms[order] = due
        orders.smooth[order] = 0
        if site.care is not None:
            site.care.expect_order(order)

    # What becomes of an order.

    def placed(self, order: int, visit: Visit, *, accepted: bool) -> None:
        """The channel took an order, or had nothing of what it is for."""
        subscriber, number = visit
        if not accepted:
            self._let_down.add(subscriber)
            return
        if number == 0:
            self._active.add(subscriber)
            self._note(_SUBSCRIBED, 0, order)
        due_ms = self._site.register.orders.deliver_by_ms[order]
        self._site.clock.gather(due_ms, CAPTURE, self._promise_due, [(order, visit)], rank=(1 << 29) + 1)

    def _promise_due(self, due: list[tuple[int, Visit]]) -> None:
        states = self._site.register.orders.state
        for order, (subscriber, number) in due:
            cancelled = states[order] == CANCELLED
            if cancelled and number == 0 and subscriber in self._active:
                self._leave(subscriber, order, _CUSTOMER_CANCELLED)  # it never began
            elif cancelled or (states[order] in (HELD, VALIDATED) and not has_all(self._site.register, order)):
                self._let_down.add(subscriber)
            else:
                self._let_down.discard(subscriber)


class SubscriptionChannel(Channel):
    """A channel whose customers subscribe; their renewals come to the till by themselves."""

    club: Club

    def join(self, site: Site, roster: Roster, customer: int) -> Club:
        """Open the club of its subscribers."""
        self._site = site
        self.club = Club(site, self, roster, customer)
        return self.club

    @property
    def is_usual(self) -> bool:
        """Never: each renewal is asked for."""
        return False

    def offer(self, order: int, basket: list[Line], reason: int = _NOT_ON_VIEW) -> list[Line]:
        """As `Channel.offer`, for renewals that are wanted and paid."""
        visit = self.club.visits.pop(order, None)
        if visit is None:
            return super().offer(order, basket, reason)
        if not self.club.wants(order, visit):
            return []
        accepted = super().offer(order, basket, reason)
        self.club.placed(order, visit, accepted=bool(accepted))
        return accepted

    def turn_away(self, order: int) -> None:
        """Nothing comes of an order that was planned: nobody asked for anything, so that nothing was refused."""
        self._lines.advance(self._register.orders.lines(order), LINE_REFUSED)
        self._orders.move(order, REFUSED)

    def place(self, order: int, visit: Visit) -> None:
        """Take an order that was paid later than it was planned."""
        accepted = super().offer(order, self._register.basket(order))
        self.club.placed(order, visit, accepted=bool(accepted))
        if accepted:
            self._site.intake.take(order, accepted, self)
            if self.keeps_view:
                self.sold(order, accepted)


class Subscriptions:
    """All clubs of one run."""

    def __init__(self, site: Site, rosters: dict[int, Roster], customer: int) -> None:
        self._clubs = [
            channel.join(site, rosters[channel.index], customer)
            for channel in site.channels
            if isinstance(channel, SubscriptionChannel)
        ]

    def open(self) -> None:
        """Write down who subscribes when the run begins."""
        for club in self._clubs:
            club.open()

    def expect(self, first: int, offer: Offer) -> None:
        """Arrivals from number ``first`` on are entered."""
        for club in self._clubs:
            club.expect(first, offer)
