"""Arrivals: customers come one after the other, and are met before something else is due."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.agents.customers.customer import Offer, enter
from sim.agents.orders.fast_lane import FastLane
from sim.agents.site import Site
from sim.clock import CAPTURE
from sim.messages.order_in import RemoteIntake


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
        self._arrivals = range(0)
        """Numbers of the period's orders that are still to come."""

    def next_period(self) -> None:
        """Put the next period's arrivals on the clock."""
        for offer in self.offers:
            if len(offer):
                self._arrivals = enter(offer, self.site.register, self._smooth(offer))
                if self.site.credit is not None:
                    self.site.credit.expect()
                if self.site.care is not None:
                    self.site.care.expect(self._arrivals.start, offer)
                if self.site.subscriptions is not None:
                    self.site.subscriptions.expect(self._arrivals.start, offer)
                if self.site.marketplaces is not None:
                    self.site.marketplaces.expect(self._arrivals.start, offer)
                if isinstance(self.site.intake, RemoteIntake):
                    self.site.intake.expect(self._arrivals.start, offer)
                self._await_arrival()
                return

    def _smooth(self, offer: Offer) -> NDArray[np.uint8]:
        """Which arrivals no check will hold; while a disruption stands at the door, each is looked at."""
        smooth = self.site.intake.smooth(offer)
        smooth[self.site.door.watched(offer.at_ms)] = 0
        return smooth

    def _await_arrival(self) -> None:
        if self._arrivals:
            self.site.clock.expect(self.site.register.orders.at_ms[self._arrivals[0]], CAPTURE, self._meet_customers)
        else:
            self.next_period()

    def _meet_customers(self, _: None) -> None:
        """Everybody who comes before something else is due."""
        clock, lane, at_ms = self.site.clock, self.lane, self.site.register.orders.at_ms
        order, stop = self._arrivals.start, self._arrivals.stop
        while order < stop:
            until_ms = clock.free_until(CAPTURE)
            if at_ms[order] > until_ms:
                break
            if lane is not None:
                order, is_odd = lane.admit(order, stop, until_ms)
                if not is_odd:
                    break
            clock.move_to(at_ms[order])
            self._meet(order)
            order += 1
        self._arrivals = range(order, stop)
        self._await_arrival()

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
