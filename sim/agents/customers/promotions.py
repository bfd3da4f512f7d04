"""What promotions do to demand: by channel, region and category, and what they take from the weeks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.calendar import Calendar
from sim.disruptions import Promotion
from sim.network import Channel, Network
from sim.units import HOUR_MS
from sim.world import World

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """Lines from ``regions`` of ``products`` (masks; None: all) are asked for ``factor`` times as often for a while."""

    at_ms: int
    until_ms: int
    factor: float
    regions: Mask | None
    products: Mask | None

    @property
    def is_whole(self) -> bool:
        """Whether all that a channel sells is lifted alike."""
        return self.regions is None and self.products is None

    def holds(self, t: float) -> bool:
        """Whether it is in force at a moment."""
        return self.at_ms <= t < self.until_ms


class Lifts:
    """All lifts of one channel. Where several hold, they multiply.

    What is asked for from region r of product p comes P(r) P(p) f(r, p) times as often as orders usually do, with the
    product of the factors f: the rate of orders, the weights of regions, and within a region those of products follow
    from that, so that no other line is asked for more or less often than usual.
    """

    def __init__(self, world: World, number: int, planned: Sequence[Promotion]) -> None:
        self._network, self._channel = world.network, world.network.channels[number]
        mine = [p for p in planned if p.channels is None or number in p.channels]
        made = [_promoted(world.network, p) for p in mine]
        owed = [_repaid(world.calendar, self._channel, p, lift) for p, lift in zip(mine, made, strict=True)]
        self.all = [*made, *(lift for lift in owed if lift is not None)]
        self._region = region_shares(world.network, self._channel)
        self._product = product_shares(world.network, self._channel)

    def rate(self, t: float) -> float:
        """How many times the usual orders come at a moment."""
        found = float(np.prod([lift.factor for lift in self.all if lift.is_whole and lift.holds(t)]))
        narrow = self._narrow(t)
        return found * float(self._region @ self._by_region(narrow)) if narrow else found

    def of_products(self, t: float) -> Floats:
        """How many times the usual lines of each product are asked for at a moment, from all regions together."""
        found = np.full(len(self._product), np.prod([x.factor for x in self.all if x.is_whole and x.holds(t)]))
        narrow = self._narrow(t)
        return found * (self._region @ self._factors(narrow)) if narrow else found

    def groups(self, at_ms: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], list[Lift]]]:
        """Rows of orders that come while some lifts hold for a part of what is sold, and which these are."""
        narrow = [lift for lift in self.all if not lift.is_whole]
        if not narrow or not len(at_ms):
            return []
        during = np.array([(at_ms >= lift.at_ms) & (at_ms < lift.until_ms) for lift in narrow])
        patterns, of = np.unique(during, axis=1, return_inverse=True)
        return [
            (np.flatnonzero(of.ravel() == number), [lift for lift, held in zip(narrow, pattern, strict=True) if held])
            for number, pattern in enumerate(patterns.T)
            if pattern.any()
        ]

    def region_weights(self, narrow: Sequence[Lift]) -> Floats:
        """Where orders come from while these hold."""
        return np.asarray(self._region * self._by_region(narrow))

    def product_weights(self, narrow: Sequence[Lift], region: int) -> Floats:
        """What is asked for from a region while these hold."""
        return np.asarray(self._product * self._factors(narrow)[region])

    def _narrow(self, t: float) -> list[Lift]:
        return [lift for lift in self.all if not lift.is_whole and lift.holds(t)]

    def _by_region(self, narrow: Sequence[Lift]) -> Floats:
        return np.asarray(self._factors(narrow) @ self._product)

    def _factors(self, narrow: Sequence[Lift]) -> Floats:
        """f(r, p), shape (regions, products)."""
        found = np.ones((len(self._region), len(self._product)))
        for lift in narrow:
            regions = np.ones(len(self._region), bool) if lift.regions is None else lift.regions
            products = np.ones(len(self._product), bool) if lift.products is None else lift.products
            found[np.ix_(regions, products)] *= lift.factor
        return found


def region_shares(network: Network, channel: Channel) -> Floats:
    """Where a channel's orders usually come from; they add up to 1."""
    weights = np.array(network.segments[channel.segment].region_weights or [r.population for r in network.regions])
    return np.asarray(weights / max(float(weights.sum()), 1e-300))


def product_shares(network: Network, channel: Channel) -> Floats:
    """What its lines usually ask for; they add up to 1."""
    weights = np.array([p.demand_weight for p in network.products], dtype=np.float64)
    if channel.category_weights is not None:
        weights *= np.array(channel.category_weights)[[p.category for p in network.products]]
    return np.asarray(weights / max(float(weights.sum()), 1e-300))


def promoted_products(network: Network, promotion: Promotion) -> Mask | None:
    """Which products a promotion is for; None: all."""
    if promotion.categories is None:
        return None
    return np.array([p.category in promotion.categories for p in network.products])


def promoted_regions(network: Network, promotion: Promotion) -> Mask | None:
    """Which regions a promotion is for; None: all."""
    if promotion.regions is None:
        return None
    return np.array([r in promotion.regions for r in range(len(network.regions))])


def _promoted(network: Network, p: Promotion) -> Lift:
    regions, products = promoted_regions(network, p), promoted_products(network, p)
    return Lift(p.at_ms, p.at_ms + p.duration_ms, p.multiplier, regions, products)


def _repaid(calendar: Calendar, channel: Channel, p: Promotion, lift: Lift) -> Lift | None:
    """What was bought earlier than it would have been is not bought in the time after: as much less traffic as is owed,
    spread over it in proportion to what usually comes; at the most, all of it."""
    if not p.pull_forward_bp or p.multiplier <= 1 or not p.repaid_over_ms:
        return None
    end_ms = lift.until_ms + p.repaid_over_ms
    usual = _traffic(calendar, channel, lift.until_ms, end_ms)
    owed = p.pull_forward_bp / 10_000 * (p.multiplier - 1) * _traffic(calendar, channel, lift.at_ms, lift.until_ms)
    left = max(0.0, 1.0 - owed / usual) if usual > 0 else 1.0
    return Lift(lift.until_ms, end_ms, left, lift.regions, lift.products)


def _traffic(calendar: Calendar, channel: Channel, start_ms: int, end_ms: int) -> float:
    """What usually comes between two moments, in hours of mean traffic."""
    edges = [start_ms, *range((start_ms // HOUR_MS + 1) * HOUR_MS, end_ms, HOUR_MS), end_ms]
    found, own = 0.0, calendar.of(channel)
    for a, b in pairwise(edges):
        growth = (1 + channel.weekly_growth) ** (calendar.day_at(a) / 7)
        found += channel.hour_of_week[own.hour_of_week(a)] * growth * (b - a) / HOUR_MS
    return found
