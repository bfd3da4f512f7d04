"""What any transfers save at most: prices of units, of slots and of weight, and the lanes that would run at them.

Prices of units part the places that send from those that get. At prices, each place that gets runs the set of its lanes
that earns most above what their trucks cost, as `optimize.transfers.lane_sets` finds: the sum over all places bounds
what any transfers save (Lagrangian relaxation of the units that there are; Geoffrion 1974). Of a lane's trucks, the
first costs a whole one, those beyond it by the part that is filled. A price of weight makes a load above one truck cost
at once what the next truck would.
"""

from __future__ import annotations

import math

import numpy as np

from optimize.transfers.lane_sets import FREE, NO_LANE, Earned, Tables, UnitPrices, best_sets, take, weigh_lanes
from optimize.transfers.model import Bools, Floats, Ints, Lanes

_MOST_LANES = 10  # to one place, for their sets to be looked at
_FREE = 1e-6  # of a truck's cost
_WEIGHT_PACE = 12.0
"""How far a price of weight goes, as a share of a full truck's, while a unit's goes by a share of a unit's worth."""
_DEFLECTION = 0.8  # of a subgradient by the one before
_LENGTH = 1.0
_LESS, _PATIENCE = 0.6, 3  # of its step, after so many in vain
_MEMORY = 0.9  # of how often lanes run


class LanePrices:
    """Prices, and their descent.

    Parameters
    ----------
    lanes
        The tables. Their units and slots have the prices at which they were placed last, to begin with.
    by_weight
        Prices of weight to begin with, shape (nodes, nodes).

    Attributes
    ----------
    prices
        Those of the least bound so far.
    often
        How often each lane ran of late.
    """

    def __init__(self, lanes: Lanes, by_weight: Floats) -> None:
        self._lanes = lanes
        self._full = np.where(lanes.may_run, lanes.full_price, 0.0)
        self.prices = UnitPrices(lanes.unit.copy(), lanes.slot.copy(), np.clip(by_weight, 0.0, self._full))
        self.often = np.zeros(lanes.may_run.shape)
        self._tables = Tables(lanes.gains, lanes.losses, lanes.lead, lanes.weight)
        self._is_single = lanes.may_run.sum(axis=0) > _MOST_LANES
        self._slot_moves = self._is_single[np.repeat(lanes.gains.node, np.diff(lanes.gains.at))]
        worth = max(1.0, float(lanes.gains.value[0].mean())) if lanes.gains.value.size else 1.0
        self._pace = UnitPrices(
            1.0 / np.maximum(1.0, np.diff(lanes.losses.at)),
            np.ones(len(lanes.slot)),
            _WEIGHT_PACE / worth * self._full / lanes.truck_load,
        )

    def descend(self, rounds: int, saved: float, enough: float = -math.inf) -> float:
        """Lower what moves save at most by a deflected subgradient; the least, once it is ``enough``.

        As Camerini, Fratta and Maffioli (1975), with Polyak's step towards what is ``saved`` already. A price moves the
        slower the more units it is of.
        """
        prices, least, length, idle = self.prices, math.inf, _LENGTH, 0
        way = UnitPrices(*(np.zeros(price.shape) for price in prices))
        for _ in range(rounds):
            most, runs, slope = self._look(prices)
            self.often = _MEMORY * self.often + (1 - _MEMORY) * runs
            if most < least:
                least, idle, self.prices = most, 0, prices
            else:
                idle += 1
            if idle >= _PATIENCE:
                length, idle = length * _LESS, 0
            way = UnitPrices(*(_DEFLECTION * before + now for before, now in zip(way, slope, strict=True)))
            norm = sum(float((pace * part * part).sum()) for pace, part in zip(self._pace, way, strict=True))
            if least <= enough or most <= saved or norm <= 0:
                break
            step = length * (most - saved) / norm
            moved = [price + step * pace * part for price, pace, part in zip(prices, self._pace, way, strict=True)]
            prices = UnitPrices(
                np.maximum(0.0, moved[0]), np.maximum(0.0, moved[1]), np.clip(moved[2], 0.0, self._full)
            )
        return least

    def _look(self, prices: UnitPrices) -> tuple[float, Bools, UnitPrices]:
        """The most that moves save at prices, the lanes that run then, and what they take beyond what there is."""
        lanes = self._lanes
        cost = lanes.truck_cost - prices.by_weight * lanes.truck_load
        is_free = lanes.may_run & (cost <= _FREE * lanes.truck_cost)
        bit, bits, of_bit = self._bits(is_free)
        earned = self._weigh(prices, bit)
        over = np.minimum(earned.unweighed - lanes.truck_cost, earned.alone - cost)
        over = np.where(lanes.may_run & self._is_single, np.maximum(0.0, over), 0.0)
        most = np.zeros(len(bits))
        by_bit = np.take_along_axis(cost, of_bit.T, axis=0).T
        best = best_sets(earned.by_group, np.ascontiguousarray(by_bit), bits, most)
        in_set = (bit >= 0) & (best >> np.maximum(bit, 0) & 1 == 1)
        runs = np.where(self._is_single, over > 0, in_set | is_free)
        # A lane that earns less without a price of weight has none.
        unweighed = self._is_single & (earned.unweighed - lanes.truck_cost < earned.alone - cost)
        used = prices._replace(by_weight=np.where(unweighed, 0.0, prices.by_weight))
        total, slope = self._take(used, runs)
        self._bound(used, runs, slope)
        return total + float(most.sum() + earned.free.sum() + over.sum()), runs, slope

    def _weigh(self, prices: UnitPrices, bit: Ints) -> Earned:
        nodes = len(bit)

        def weighed(begin: int, end: int) -> Earned:
            shapes = (nodes, 1 << _MOST_LANES), (nodes,), (nodes, nodes), (nodes, nodes)
            earned = Earned(*(np.zeros(shape) for shape in shapes))
            weigh_lanes(self._tables, prices, bit, self._is_single, begin, end, earned)
            return earned

        return Earned(*(sum(parts) for parts in zip(*self._lanes.in_parts(weighed), strict=True)))

    def _take(self, prices: UnitPrices, runs: Bools) -> tuple[float, UnitPrices]:
        taken = UnitPrices(*(np.zeros(price.shape) for price in prices))

        def took(begin: int, end: int) -> tuple[float, Floats]:
            load = np.zeros(runs.shape)
            part = taken._replace(by_weight=load)
            return take(self._tables, prices, runs, self._is_single, begin, end, part), load

        totals, loads = zip(*self._lanes.in_parts(took), strict=True)
        return sum(totals), taken._replace(by_weight=sum(loads))

    def _bits(self, is_free: Bools) -> tuple[Ints, Ints, Ints]:
        """Of each lane in its place's sets, how many there are by place, and which source each is."""
        bit = np.where(self._lanes.may_run, FREE, NO_LANE)
        bits, of_bit = np.zeros(len(bit), dtype=np.int64), np.zeros((len(bit), _MOST_LANES), dtype=np.int64)
        for j in np.flatnonzero(~self._is_single):
            sources = np.flatnonzero(self._lanes.may_run[:, j] & ~is_free[:, j])
            bits[j] = len(sources)
            bit[sources, j] = np.arange(len(sources))
            of_bit[j, : len(sources)] = sources
        return bit, bits, of_bit

    def _bound(self, used: UnitPrices, runs: Bools, slope: UnitPrices) -> None:
        """Make a slope of what is taken; one that leads out of the prices' range is none."""
        slope.by_weight[:] = np.where(runs, slope.by_weight - self._lanes.truck_load, 0.0)
        slope.by_weight[(used.by_weight >= self._full * (1 - _FREE)) & (slope.by_weight > 0)] = 0.0
        slope.slot[~self._slot_moves] = 0.0
        for price, part in zip(used, slope, strict=True):
            part[(price <= 0) & (part < 0)] = 0.0
