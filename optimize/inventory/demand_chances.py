"""Demand of a period as chances of 0, 1, 2 ... units, and what a stock against it leaves or lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, nbdtrik, pdtrik, xlogy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING_LEFT = 1e-14


def poisson(mean: float) -> Floats:
    """Chances of Poisson demand, up to where nothing worth a rounding is left."""
    units = np.arange(int(pdtrik(1 - _NOTHING_LEFT, mean)) + 3)
    return np.asarray(np.exp(xlogy(units, mean) - mean - gammaln(units + 1)), dtype=np.float64)


def geometric(mean: float) -> Floats:
    """Chances of geometric demand from zero on."""
    again = mean / (1 + mean)
    units = np.arange(int(np.log(_NOTHING_LEFT) / np.log(again)) + 2)
    return np.asarray((1 - again) * again**units, dtype=np.float64)


def negative_binomial(mean: float, variance: float) -> Floats:
    """Chances of demand that varies more than Poisson's; ``variance`` is above ``mean``."""
    p = mean / variance
    size = mean * p / (1 - p)
    units = np.arange(int(nbdtrik(1 - _NOTHING_LEFT, size, p)) + 3)
    logs = gammaln(units + size) - gammaln(size) - gammaln(units + 1) + size * np.log(p) + units * np.log1p(-p)
    return np.asarray(np.exp(logs), dtype=np.float64)


def of_periods(demand: Floats, periods: int) -> Floats:
    """Chances of the demand of so many independent periods together."""
    total = np.array([1.0])
    for _ in range(periods):
        total = np.convolve(total, demand)
    return total


def mean_of(demand: Floats) -> float:
    """Its expected value."""
    return float(demand @ np.arange(len(demand)))


def left_and_short(levels: Ints, demand: Floats) -> tuple[Floats, Floats]:
    """Expected units left of each of ``levels``, which may be negative, and expected units that it lacks.

    By ``E(y - D)+ = sum of P(D <= i) over i < y``, so that all levels together cost one cumulative sum.
    """
    at_most = np.concatenate([[0.0], np.cumsum(np.cumsum(demand))])
    inside = np.clip(levels, 0, len(demand))
    left = at_most[inside] + np.maximum(levels - len(demand), 0) * demand.sum()
    return left, left - levels + mean_of(demand)


def cost_by_level(levels: Ints, demand: Floats, holding: float, penalty: float) -> Floats:
    """Expected cost of each level: ``holding`` for a unit left, ``penalty`` for a unit short."""
    left, short = left_and_short(levels, demand)
    return holding * left + penalty * short


def critical_level(demand: Floats, holding: float, penalty: float) -> int:
    """The least level that serves all demand with the chance of the critical ratio, penalty / (penalty + holding)."""
    served = np.cumsum(demand)
    return int(np.searchsorted(served, penalty / (penalty + holding) - 1e-12))
