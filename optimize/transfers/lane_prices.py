"""What any transfers save at most: prices of units, slots and weight, and the mixture of lanes that would run at them.

Prices of units part the places that send from those that get. At prices, each place that gets runs the set of its lanes
that earns most above what their trucks cost, as `optimize.transfers.lane_sets_kernel` finds: the sum over all places
bounds what any transfers save (Lagrangian relaxation of the units that there are; Geoffrion 1974). Of a lane's trucks,
the first costs a whole one, those beyond it by the part that is filled. A price of weight makes a load above one truck
cost at once what the next truck would.

Where the bound is least, places are torn between sets. A mixture of them, which leans to those that earn most, is
therefore played against the prices, each slowly moved towards where the mixture asks for as many units as there are: no
product's price swings with the best set of the moment.
"""

from __future__ import annotations

import math
from copy import copy

import numpy as np

from optimize.transfers.lane_sets_kernel import (
    NO_LANE,
    Earned,
    Mixture,
    Tables,
    UnitPrices,
    hit_shares,
    net_of_sets,
    shift_shares,
    weigh_and_price,
)
from optimize.transfers.lanes import Bools, Floats, Ints, Lanes

_MOST_LANES = 10  # to one place, for their sets to be looked at
_OPEN, _LIKELY = 0.3, 0.9
"""Lanes that are filled by this part at the beginning are in a set that has this share."""
_FIRST, _FALL, _THEN, _SLOWER = 0.1, 0.97, 0.01, 0.05
"""Steps of unit prices: the first, by what each falls, and those after, which fall like 1 / (1 + 0.05 n)."""
_SHARE_PACE, _ALONE_PACE = 16.0, 4.0  # of a truck's cost
_WEIGHT_STEP = 0.2  # of a full truck's price of weight
_MEMORY, _MEAN_EACH = 0.93, 15
_SURE, _OUT, _AT_ONCE, _DIVE_LOOKS, _DIVE_STEP = 0.97, 0.02, 1 / 12, 6, 0.01


class LanePrices:
    """Prices and the mixture of lanes that is played against them.

    Parameters
    ----------
    lanes
        The tables. Their units and slots have the prices at which they were placed last, to begin with.
    by_weight
        Prices of weight to begin with, shape (nodes, nodes).
    load
        Weight by lane, to begin with those that carry much, shape (nodes, nodes).

    Attributes
    ----------
    prices
        The latest.
    often
        How large a part of the mixture has a lane, shape (nodes, nodes).
    least
        That moves save at most, so far.
    """

    def __init__(self, lanes: Lanes, by_weight: Floats, load: Floats) -> None:
        self._full = np.where(lanes.may_run, lanes.full_price, 0.0)
        self.prices: UnitPrices
        self.least: float
        self._set_tables(lanes, np.clip(by_weight, 0.0, self._full))
        self._is_single = lanes.may_run.sum(axis=0) > _MOST_LANES
        self._must, self._may_not = np.zeros(load.shape, dtype=np.bool_), np.zeros(load.shape, dtype=np.bool_)
        self.often = np.where(load > _OPEN * lanes.truck_load, _LIKELY, 1 - _LIKELY) * lanes.may_run
        self._mix()

    def carried_to(self, lanes: Lanes) -> LanePrices:
        """The same mixture and prices of weight, for another table of the same lanes."""
        other = copy(self)
        other._share, other._alone = self._share.copy(), self._alone.copy()
        other._must, other._may_not = self._must.copy(), self._may_not.copy()
        if lanes is self._lanes:
            other.prices = UnitPrices(*(price.copy() for price in self.prices))
        else:
            other._set_tables(lanes, self.prices.by_weight.copy())
        return other

    def descend(self, rounds: int, enough: float = -math.inf) -> float:
        """Lower what moves save at most; the least, once it is ``enough``.

        Now and then at the mean of the latest prices: where each goes to and fro, that is nearer to the best.
        """
        mean = UnitPrices(*(price.copy() for price in self.prices))
        for look in range(1, rounds + 1):
            step = max(_FIRST * _FALL**look, _THEN / (1 + _SLOWER * look))
            self.least = min(self.least, self._look(step))
            for average, latest in zip(mean, self.prices, strict=True):
                average += (1 - _MEMORY) * (latest - average)
            if look % _MEAN_EACH == 0:
                self.least = min(self.least, self._look_at(mean))
            if self.least <= enough:
                break
        return self.least

    def dive(self) -> Bools:
        """The lanes that run if, again and again, the surest are held, the others closed, and the prices follow."""
        may_run = self._lanes.may_run
        while True:
            is_free = may_run & ~self._must & ~self._may_not
            self._may_not |= is_free & (self.often < _OUT)
            self._must |= is_free & (self.often > _SURE)
            is_free = may_run & ~self._must & ~self._may_not
            if not is_free.any():
                return self._must
            often = np.where(is_free, self.often, 0.0)
            source, surest = often.argmax(axis=0), often.max(axis=0)
            for to in np.argsort(-surest, kind="stable")[: max(1, int(is_free.sum() * _AT_ONCE))]:
                if surest[to] > 0:
                    self._must[source[to], to] = True
            for _ in range(_DIVE_LOOKS):
                self._look(_DIVE_STEP)

    def _set_tables(self, lanes: Lanes, by_weight: Floats) -> None:
        first = lanes.gains.at[lanes.gains.first]
        worth, is_wanted = np.ones(len(lanes.weight)), np.diff(first) > 0
        if is_wanted.any():
            worth[is_wanted] = np.maximum.reduceat(lanes.gains.value[0], first[:-1][is_wanted])
        self._lanes, self.least = lanes, math.inf
        self.prices = UnitPrices(lanes.unit.copy(), lanes.slot.copy(), by_weight)
        self._tables = Tables(lanes.gains, lanes.losses, lanes.lead, lanes.weight, worth)

    def _mix(self) -> None:
        """Number the lanes to each place in its sets, and share these out as if lanes ran by chance."""
        may_run = self._lanes.may_run
        nodes = len(may_run)
        self._bit = np.where(may_run, 0, NO_LANE)
        self._bits, self._of_bit = np.zeros(nodes, dtype=np.int64), np.zeros((nodes, _MOST_LANES), dtype=np.int64)
        self._share = np.zeros((nodes, 1 << _MOST_LANES))
        for j in range(nodes):
            sources = np.flatnonzero(may_run[:, j] & ~self._is_single[j])
            self._bits[j], self._bit[sources, j] = len(sources), np.arange(len(sources))
            self._of_bit[j, : len(sources)] = sources
            share, one = self._share[j, : 1 << len(sources)], np.arange(1 << len(sources))
            share[:] = 1.0
            for b, source in enumerate(sources):
                share *= np.where(one >> b & 1, self.often[source, j], 1 - self.often[source, j])
        self._alone = np.where(self._is_single, self.often, 0.0)

    def _look_at(self, prices: UnitPrices) -> float:
        """The most that moves save at other prices; nothing is moved."""
        other = copy(self)
        other.prices, other._share = prices, self._share.copy()
        return other._look(0.0)

    def _look(self, step: float) -> float:
        """The most that moves save at the prices; these and the mixture are moved."""
        lanes, hit = self._lanes, hit_shares(self._share, self._bits)
        mixture = Mixture(self._bit, self._is_single, hit, self._alone)
        cost = lanes.truck_cost - self.prices.by_weight * lanes.truck_load

        def weighed(begin: int, end: int) -> tuple[float, Earned]:
            earned = Earned(np.zeros(hit.shape), np.zeros(cost.shape), np.zeros(cost.shape))
            return weigh_and_price(self._tables, self.prices, mixture, step, begin, end, earned), earned

        totals, parts = zip(*lanes.in_parts(weighed), strict=True)
        earned = Earned(*(sum(of_part) for of_part in zip(*parts, strict=True)))
        net = net_of_sets(earned.by_group, np.take_along_axis(cost, self._of_bit.T, axis=0).T.copy(), self._bits)
        over = np.where(lanes.may_run & self._is_single, earned.alone - cost, 0.0)
        self.often = self._alone.copy()
        for b in range(_MOST_LANES):
            to = np.flatnonzero(self._bits > b)
            self.often[self._of_bit[to, b], to] = hit[to, 1 << b]
        self._shift(net, over, earned.load)
        return sum(totals) + float(net.max(axis=1).sum() + np.maximum(over, 0.0).sum())

    def _shift(self, net: Floats, over: Floats, load: Floats) -> None:
        """Lean to the sets that earn most, and price weight where loads are above a truck."""
        lanes = self._lanes
        a_truck = lanes.truck_cost.sum(axis=0) / np.maximum(1, lanes.may_run.sum(axis=0))
        pace = _SHARE_PACE / np.maximum(a_truck, 1.0)
        shift_shares(self._share, net, pace, self._bits, self._as_bits(self._must), self._as_bits(~self._may_not))
        alone = np.clip(self._alone + _ALONE_PACE * over / np.maximum(lanes.truck_cost, 1.0), 0.0, 1.0)
        alone = np.where(self._may_not, 0.0, np.where(self._must, 1.0, alone))
        self._alone = np.where(lanes.may_run & self._is_single, alone, 0.0)
        moved = self.prices.by_weight + _WEIGHT_STEP * self._full * (load / lanes.truck_load - self.often)
        self.prices = self.prices._replace(by_weight=np.clip(moved, 0.0, self._full))

    def _as_bits(self, lanes: Bools) -> Ints:
        """Of each place, shape (nodes,)."""
        to, bits = np.arange(len(lanes)), np.zeros(len(lanes), dtype=np.int64)
        for b in range(_MOST_LANES):
            bits |= (lanes[self._of_bit[:, b], to] & (self._bits > b)).astype(np.int64) << b
        return bits
