"""How much stock a target of service asks for: by the normal loss, and by counts of slow movers.

Silver, Pyke and Thomas (2017), chapter 6, for the normal; for whole units the Poisson, or the negative binomial where
demand varies more (Axsäter 2015, section 5.1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc, ndtr

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

_LOWEST, _HIGHEST = -8.0, 8.0
_STEPS = 60
"""Halvings: far below the width of a float at these ends."""


def normal_loss(k: Floats) -> Floats:
    """G(k): expected shortage of a standard normal beyond k."""
    return np.asarray(np.exp(-k * k / 2) / np.sqrt(2 * np.pi) - k * ndtr(-k), dtype=np.float64)


def factor_for_loss(loss: Floats) -> Floats:
    """The k with G(k) = ``loss``, by halving; at the ends where there is none between."""
    low, high = np.full(loss.shape, _LOWEST), np.full(loss.shape, _HIGHEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        too_low = normal_loss(middle) > loss
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return (low + high) / 2


def counts_up_to(units: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(D <= units) of counts with this mean and variance: Poisson, or negative binomial where it varies more."""
    return _cdf(units, *_parameters(mean, variance), mean)


def counts_loss(units: Floats, mean: Floats, variance: Floats) -> Floats:
    """E[(D - units)+] of the same counts."""
    size, chance = _parameters(mean, variance)
    beyond = 1 - _cdf(units, size, chance, mean)
    # What a unit is part of is one more than such a count, of one size more (Poisson: of the same mean).
    weighted = 1 - _cdf(units - 1, size + 1, chance, mean)
    return np.maximum(mean * weighted - units * beyond, 0.0)


def level_for_service(service: float, mean: Floats, variance: Floats) -> Units:
    """The smallest S with P(D <= S) of ``service`` or more."""
    return _smallest(lambda units: counts_up_to(units, mean, variance) >= service, mean, variance)


def level_for_loss(loss: Floats, mean: Floats, variance: Floats) -> Units:
    """The smallest S with E[(D - S)+] of ``loss`` or less."""
    return _smallest(lambda units: counts_loss(units, mean, variance) <= loss, mean, variance)


def _parameters(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Size and chance of the negative binomial; size 0 stands for the Poisson."""
    wide = variance > mean * (1 + 1e-9)
    chance = np.where(wide, mean / np.where(wide, variance, 1.0), 1.0)
    size = np.where(wide, mean * chance / np.where(wide, 1 - chance, 1.0), 0.0)
    return size, chance


def _cdf(units: Floats, size: Floats, chance: Floats, mean: Floats) -> Floats:
    whole = np.maximum(np.floor(units), 0.0)
    poisson = gammaincc(whole + 1, np.maximum(mean, 1e-12))
    negative = betainc(np.maximum(size, 1e-12), whole + 1, np.minimum(chance, 1 - 1e-12))
    return np.where(units < 0, 0.0, np.where(chance < 1, negative, poisson))


def _smallest(reaches: Callable[[Floats], NDArray[np.bool_]], mean: Floats, variance: Floats) -> Units:
    """The smallest whole number from which on ``reaches`` holds, product by product, by halving."""
    low = np.full(mean.shape, -1.0)
    high = np.ceil(mean + 40 * np.sqrt(np.maximum(variance, mean)) + 40)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = reaches(middle)
        open_ones = high - low > 1
        low, high = np.where(open_ones & ~enough, middle, low), np.where(open_ones & enough, middle, high)
    return np.maximum(high, 0.0).astype(np.int64)
