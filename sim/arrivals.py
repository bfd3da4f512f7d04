"""Arrivals: customers come one after the other, and are met before something else is due."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.customer import Offer, enter
from sim.agents.orders.lane.columns import ODD_ARRIVAL, ODD_CART
from sim.agents.orders.lane.fast_lane import FastLane
from sim.agents.site import Site
from sim.clock import CAPTURE
from sim.messages.order_in import RemoteIntake

_NEVER = 1 << 62


class Arrivals:
    """Enters each period's customers into the register, and lets the house meet them at their moments.

    Attributes
    ----------
    offers
        Periods that are still to come.
    lane
        The compiled way for orders about which nothing is odd; None for none.
    """

    def __init__(self, site: Site, offers: Iterator[Offer], lane: FastLane | None) -> None:
        self.site, self.offers, self.lane = site, offers, lane
        self._carts = lane if lane is not None and lane.keeps_carts else None
        self._arrivals = range(0)
        """Numbers of the period's orders that are still to come."""

    def next_period(self) -> None:
        """Put the next period's arrivals on the clock."""
        self._enter_next()
        self._await_next()

    def _enter_next(self) -> None:
        """The next period's customers get their numbers; they come later."""
        for offer in self.offers:
            if len(offer):
                workflow = self.site.workflow
                ruled_out = None if workflow is None else workflow.rule_out(offer)
                self._arrivals = enter(offer, self.site.register, self._smooth(offer, ruled_out))
                if workflow is not None and ruled_out is not None:
                    workflow.expect(self._arrivals.start, ruled_out)
                if self.site.credit is not None:
                    self.site.credit.expect()
                if self.site.carts is not None:
                    self.site.carts.expect(self._arrivals.start, offer)
                if self.site.care is not None:
                    self.site.care.expect(self._arrivals.start, offer)
                if self.site.subscriptions is not None:
                    self.site.subscriptions.expect(self._arrivals.start, offer)
                if self.site.marketplaces is not None:
                    self.site.marketplaces.expect(self._arrivals.start, offer)
                if isinstance(self.site.intake, RemoteIntake):
                    self.site.intake.expect(self._arrivals.start, offer)
                return

    def _smooth(self, offer: Offer, ruled_out: NDArray[np.int64] | None) -> NDArray[np.uint8]:
        """Which arrivals no check will hold; while a disruption stands at the door, each is looked at."""
        smooth = self.site.intake.smooth(offer, ruled_out)
        smooth[self.site.door.watched(offer.at_ms)] = 0
        return smooth

    def _await_next(self) -> None:
        """Come back with the next arrival, or with the next cart that the lane keeps."""
        if not self._arrivals:
            self._enter_next()
        if (next_ms := self._next_ms(self._arrivals.start, self._arrivals.stop)) < _NEVER:
            self.site.clock.expect(next_ms, CAPTURE, self._meet_customers)

    def _next_ms(self, order: int, stop: int) -> int:
        at_ms = self.site.register.orders.at_ms[order] if order < stop else _NEVER
        return at_ms if self._carts is None else min(at_ms, self._carts.next_till_ms)

    def _meet_customers(self, _: None) -> None:
        """Everybody who comes before something else is due."""
        clock, lane, at_ms = self.site.clock, self.lane, self.site.register.orders.at_ms
        order, stop = self._arrivals.start, self._arrivals.stop
        while (next_ms := self._next_ms(order, stop)) < _NEVER and next_ms <= (until_ms := clock.free_until(CAPTURE)):
            if lane is not None:
                order, odd = lane.admit(order, stop, until_ms)
                if odd == ODD_CART:
                    self._check_out(lane)
                    continue
                if odd != ODD_ARRIVAL:
                    break
            clock.move_to(at_ms[order])
            self._meet(order)
            order += 1
        self._arrivals = range(order, stop)
        if self._carts is not None and clock.stands(self._carts.next_till_ms, CAPTURE):
            self._queue_up(self._carts)
        self._await_next()

    def _check_out(self, lane: FastLane) -> None:
        """The lane leaves the next cart to us."""
        self.site.clock.move_to(lane.next_till_ms)
        assert self.site.carts is not None
        self.site.carts.check_out(lane.next_cart())

    def _queue_up(self, lane: FastLane) -> None:
        """Something else of the same priority is due at the very moment: the clock knows who comes first."""
        clock, now = self.site.clock, lane.next_till_ms
        assert self.site.carts is not None
        while lane.next_till_ms == now:
            order = lane.next_cart()
            clock.at(now, CAPTURE, self.site.carts.check_out, order, rank=order)

    def _meet(self, order: int) -> None:
        register = self.site.register
        channel = self.site.channels[register.orders.channel[order]]
        basket = channel.offer(order, register.basket(order))
        if basket and channel.spec.checkout_ms is not None and self.site.carts is not None:
            self.site.carts.fill(order, basket, channel)
        elif basket:
            self.site.intake.take(order, basket, channel)
            if channel.keeps_view:
                channel.sold(order, basket)
