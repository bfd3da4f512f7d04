"""Exact searches for (s, S) and (r, Q), compiled: a catalogue has tens of thousands of them a day."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING_LEFT = 1e-12


@njit(cache=True)
def left_of_levels(demand: Floats) -> Floats:
    """Expected units left of stock 0, 1 ... len(demand)."""
    left = np.zeros(len(demand) + 1)
    served = 0.0
    for level in range(len(demand)):
        served += demand[level]
        left[level + 1] = left[level] + served
    return left


@njit(cache=True)
def position_cost(level: int, left: Floats, mean: float, holding: float, penalty: float) -> float:
    """Expected cost of a position: ``holding`` for a unit left, ``penalty`` for a unit short."""
    if level <= 0:
        return penalty * (mean - level)
    if level >= len(left):
        return holding * (level - mean)
    return holding * left[level] + penalty * (left[level] - level + mean)


@njit(cache=True)
def cheapest_position(demand: Floats, holding: float, penalty: float) -> int:
    """The least level that serves all demand with the chance of the critical ratio."""
    served, ratio = 0.0, penalty / (penalty + holding) - 1e-12
    for level in range(len(demand)):
        served += demand[level]
        if served >= ratio:
            return level
    return len(demand) - 1


@njit(cache=True)
def mean_of_chances(demand: Floats) -> float:
    """Its expected value."""
    total = 0.0
    for units in range(len(demand)):
        total += units * demand[units]
    return total


@njit(cache=True)
def search_reorder_quantity(
    demand: Floats, rate: float, holding: float, penalty: float, fixed: float
) -> tuple[int, int, float]:
    """Federgruen and Zheng (1992), section 2: take in the cheaper neighbour until it costs more than the average."""
    left, mean = left_of_levels(demand), mean_of_chances(demand)
    low = high = cheapest_position(demand, holding, penalty)
    total = fixed * rate + position_cost(low, left, mean, holding, penalty)
    average = total
    while True:
        below = position_cost(low - 1, left, mean, holding, penalty)
        above = position_cost(high + 1, left, mean, holding, penalty)
        if min(below, above) >= average:
            return low - 1, high - low + 1, average
        if below <= above:
            low -= 1
        else:
            high += 1
        total += min(below, above)
        average = total / (high - low + 1)


@njit(cache=True)
def stays_below(demand: Floats, places: int) -> Floats:
    """Expected periods that the position spends j below S in a cycle, for j = 0 ... places - 1."""
    stays = np.zeros(places)
    stays[0] = 1 / (1 - demand[0])
    for place in range(1, places):
        total = 0.0
        for units in range(1, min(place, len(demand) - 1) + 1):
            total += demand[units] * stays[place - units]
        stays[place] = total * stays[0]
    return stays


@njit(cache=True)
def cycle_cost(
    point: int,
    level: int,
    stays: Floats,
    left: Floats,
    mean: float,
    holding: float,
    penalty: float,
    fixed: float,
) -> float:
    """Cost a period of an (s, S), by renewal."""
    cost, length = fixed, 0.0
    for place in range(level - point):
        cost += stays[place] * position_cost(level - place, left, mean, holding, penalty)
        length += stays[place]
    return cost / length


@njit(cache=True)
def search_min_max(
    demand: Floats, protected: Floats, holding: float, penalty: float, fixed: float
) -> tuple[int, int, float]:
    """Zheng and Federgruen (1991), section 3; ``protected`` is demand until an order could serve."""
    left, mean = left_of_levels(protected), mean_of_chances(protected)
    stays = stays_below(demand, 64)
    s = best_top = top = cheapest_position(protected, holding, penalty)
    while True:
        s -= 1
        if best_top - s >= len(stays):
            stays = stays_below(demand, 2 * len(stays))
        best = cycle_cost(s, best_top, stays, left, mean, holding, penalty, fixed)
        if best <= position_cost(s, left, mean, holding, penalty):
            break
    while True:
        top += 1
        if position_cost(top, left, mean, holding, penalty) > best:
            return s, best_top, best
        if top - s >= len(stays):
            stays = stays_below(demand, 2 * len(stays))
        if cycle_cost(s, top, stays, left, mean, holding, penalty, fixed) < best:
            best_top = top
            best = cycle_cost(s, top, stays, left, mean, holding, penalty, fixed)
            while best <= position_cost(s + 1, left, mean, holding, penalty):
                s += 1
                best = cycle_cost(s, top, stays, left, mean, holding, penalty, fixed)


@njit(cache=True)
def chances_of(mean: float, variance: float) -> Floats:
    """Poisson chances, or negative binomial ones where the variance is above the mean, until nothing is left."""
    is_wide = variance > mean * (1 + 1e-9)
    p = mean / variance if is_wide else 1.0
    size = mean * p / (1 - p) if is_wide else 0.0
    chance = math.exp(size * math.log(p)) if is_wide else math.exp(-mean)
    longest = int(mean + 40 * math.sqrt(max(variance, mean)) + 60)
    chances = np.zeros(longest)
    total = 0.0
    for units in range(longest):
        chances[units] = chance
        total += chance
        if units > mean and 1 - total < _NOTHING_LEFT:
            return chances[: units + 1] / total
        chance *= (units + size) / (units + 1) * (1 - p) if is_wide else mean / (units + 1)
    return chances / total


@njit(cache=True)
def search_many(problems: Floats, by_quantity: bool) -> Ints:
    """Levels of many items, shape (items, 2): (s, S), or (r, Q) where ``by_quantity``.

    ``problems`` has columns mean and variance of a period's demand, mean and variance of the demand until an order
    could serve, holding, penalty, fixed; the period is the unit of time.
    """
    found = np.zeros((len(problems), 2), dtype=np.int64)
    for item in range(len(problems)):
        mean, variance, until, until_variance, holding, penalty, fixed = problems[item]
        protected = chances_of(until, until_variance)
        if by_quantity:
            low, high, _ = search_reorder_quantity(protected, mean, holding, penalty, fixed)
        else:
            low, high, _ = search_min_max(chances_of(mean, variance), protected, holding, penalty, fixed)
        found[item, 0], found[item, 1] = low, high
    return found
