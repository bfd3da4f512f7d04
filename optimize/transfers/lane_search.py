"""Which lanes run: lanes opened and closed, some at once, while that saves anything."""

from __future__ import annotations

import math

import numpy as np

from optimize.transfers.lane_worth_kernel import worth_of_change
from optimize.transfers.lanes import Bools, Floats, Lanes

_AT_ONCE, _MORE, _TABU = 25, 1.3, 30
_PRICINGS, _STEP = 4, 0.3  # of a full truck's price of weight
_LOOKS_PER_PRICING = 12


class LaneSearch:
    """Lanes opened and closed, the more at once, the better it goes.

    A set of lanes is judged by what it costs at least, as the prices of weight show: of a lane's trucks the first costs
    a whole one, those beyond it by the part that is filled.

    Parameters
    ----------
    lanes
        The tables.
    runs, by_weight
        Lanes to begin with, and prices of weight, both shape (nodes, nodes).

    Attributes
    ----------
    runs, by_weight, cost
        Of the cheapest set so far.
    """

    def __init__(self, lanes: Lanes, runs: Bools, by_weight: Floats) -> None:
        self._lanes, self._at_once = lanes, float(_AT_ONCE)
        self._full = np.where(lanes.may_run, lanes.full_price, 0.0)
        self._tabu = np.zeros(runs.shape, dtype=np.int64)
        self._looks = 0
        self.runs, self.by_weight, self.cost = runs, np.clip(by_weight, 0.0, self._full), math.inf
        self._load, self._unit = self._full, np.empty(0)
        self._try(runs, self.by_weight)
        self._price()

    @property
    def price(self) -> Floats:
        """Of weight, infinite where nothing runs, shape (nodes, nodes)."""
        return np.where(self.runs, self.by_weight, math.inf)

    def improve(self, looks: int, enough: float = -math.inf) -> Bools:
        """Look at so many changes, until a set costs no more than ``enough``; the lanes of the cheapest."""
        for look in range(1, looks + 1):
            changes = self._changes()
            if not changes or self.cost <= enough:
                break
            runs = self.runs.copy()
            for lane in changes:
                runs[lane] = not runs[lane]
            if self._try(runs, self.by_weight):
                self._at_once = min(2.0 * _AT_ONCE, self._at_once * _MORE)
            else:
                if len(changes) == 1:
                    self._tabu[changes[0]] = self._looks + _TABU
                self._at_once = max(1.0, len(changes) / 2)
            if look % _LOOKS_PER_PRICING == 0:
                self._price()
        self._price()
        return self.runs

    def _cost(self, runs: Bools, by_weight: Floats) -> tuple[float, Floats]:
        """What a set costs at least at prices of weight, and the loads at them."""
        lanes = self._lanes
        _, load, most = lanes.place(np.where(runs, by_weight, math.inf))
        trucks = (lanes.truck_cost - by_weight * lanes.truck_load)[runs].sum()
        return lanes.base - most + float(trucks), load

    def _try(self, runs: Bools, by_weight: Floats) -> bool:
        """Whether a set of lanes is the cheapest so far; then it is kept."""
        cost, load = self._cost(runs, by_weight)
        self._looks += 1
        if cost >= self.cost:
            return False
        self.runs, self.cost, self._load, self._unit = runs, cost, load, self._lanes.unit.copy()
        return True

    def _price(self) -> None:
        """Raise what the set costs at least by the prices of its weight."""
        step = _STEP
        for _ in range(_PRICINGS):
            over = np.clip(self._load / self._lanes.truck_load - 1.0, -1.0, 1.0)
            moved = np.clip(self.by_weight + step * over * self._full, 0.0, self._full)
            by_weight = np.where(self.runs, moved, self.by_weight)
            cost, load = self._cost(self.runs, by_weight)
            if cost > self.cost:
                self.by_weight, self.cost, self._load, self._unit = by_weight, cost, load, self._lanes.unit.copy()
            else:
                step /= 2

    def _changes(self) -> list[tuple[int, int]]:
        """The most promising, one to each node at most: what two lanes there are worth hangs together."""
        lanes = self._lanes
        lost, won = worth_of_change(
            lanes.gains, lanes.losses, lanes.lead, lanes.weight, lanes.may_run, self.price, self._unit
        )
        saved = lanes.truck_cost - self.by_weight * lanes.truck_load - lost
        promise = np.where(self.runs, saved, won - lanes.truck_cost)
        promise = np.where(lanes.may_run & (self._tabu <= self._looks), promise, 0.0)
        source = promise.argmax(axis=0)
        best = promise.max(axis=0)
        at = [int(to) for to in np.argsort(-best, kind="stable")[: int(self._at_once)] if best[to] > 0]
        return [(int(source[to]), to) for to in at]
