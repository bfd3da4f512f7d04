"""The newsvendor: one order before one period's demand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import nbdtrik, ndtri, pdtrik

from optimize.inventory.demand_chances import cost_by_level, critical_level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Newsvendor:
    """The best level and its expected cost in a period."""

    level: float
    cost: float


def newsvendor_normal(mean: float, sd: float, holding: float, penalty: float) -> Newsvendor:
    """Normal demand: level ``mean + z sd``, cost ``(h + p) sd phi(z)`` (Arrow, Harris and Marschak 1951)."""
    z = float(ndtri(penalty / (penalty + holding)))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return Newsvendor(mean + z * sd, (holding + penalty) * sd * density)


def newsvendor_discrete(demand: Floats, holding: float, penalty: float) -> Newsvendor:
    """Demand by its chances: the least level that serves all of it with the chance of the critical ratio."""
    level = critical_level(demand, holding, penalty)
    return Newsvendor(level, float(cost_by_level(np.array([level]), demand, holding, penalty)[0]))


def critical_levels(mean: Floats, variance: Floats, ratio: Floats) -> Ints:
    """Exact discrete levels of many items at once: Poisson where the variance is no more than the mean, else the
    negative binomial of that mean and variance. All arguments broadcast; ``ratio`` lies between 0 and 1.
    """
    mean, variance, ratio = np.broadcast_arrays(mean, variance, ratio)
    safe = np.maximum(mean, 1e-12)
    is_wide = variance > safe * (1 + 1e-9)
    p = np.where(is_wide, safe / np.where(is_wide, variance, 1.0), 0.5)
    size = safe * p / (1 - p)
    of_none = np.where(is_wide, np.exp(size * np.log(p)), np.exp(-safe))
    # The inverses are of a continuous curve through the steps, and have no sensible value below the first step.
    found = np.where(is_wide, nbdtrik(ratio, size, p), pdtrik(ratio, safe))
    return np.ceil(np.where(ratio <= of_none, 0.0, found) - 1e-9).astype(np.int64)
