"""Probability distributions as inverse cumulative functions.

Everything random in the simulation is a quantile at a uniform number that belongs to an entity (see
`sim.streams`), so that another policy or carrier keeps each customer's luck. A distribution is
therefore one function, ``at(u)``, with u in [0, 1).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_STANDARD_NORMAL = NormalDist()
_SMALLEST_UNIFORM = 2.0**-54


class Distribution(Protocol):
    """A non-negative random quantity, in the unit that its owner's field name states."""

    @property
    def mean(self) -> float:
        """Its expected value."""
        ...

    def at(self, u: float) -> float:
        """Its quantile at ``u`` in [0, 1)."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always ``value``."""

    value: float

    @property
    def mean(self) -> float:
        """The value itself."""
        return self.value

    def at(self, u: float) -> float:
        """The value, whatever ``u``."""
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between ``low`` and ``high`` alike."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    def at(self, u: float) -> float:
        """Linear between the ends."""
        return self.low + u * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless, by its mean."""

    mean_value: float

    @property
    def mean(self) -> float:
        """The mean."""
        return self.mean_value

    def at(self, u: float) -> float:
        """Exact inverse, ``-mean ln(1 - u)``."""
        return -self.mean_value * math.log1p(-u)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Right-skewed, by its median and coefficient of variation."""

    median: float
    cv: float
    _sigma: float = field(init=False, repr=False, compare=False, default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sigma", math.sqrt(math.log1p(self.cv * self.cv)))

    @property
    def mean(self) -> float:
        """``median exp(sigma^2 / 2)``."""
        return self.median * math.exp(self._sigma**2 / 2)

    def at(self, u: float) -> float:
        """``median exp(sigma z(u))``."""
        return self.median * math.exp(self._sigma * _STANDARD_NORMAL.inv_cdf(max(u, _SMALLEST_UNIFORM)))


@dataclass(frozen=True, slots=True)
class Triangular:
    """Between ``low`` and ``high``, most often near ``mode``."""

    low: float
    mode: float
    high: float

    @property
    def mean(self) -> float:
        """The mean of the three."""
        return (self.low + self.mode + self.high) / 3

    def at(self, u: float) -> float:
        """Exact inverse of the two parabolas."""
        span = self.high - self.low
        if span == 0:
            return self.low
        if u < (self.mode - self.low) / span:
            return self.low + math.sqrt(u * span * (self.mode - self.low))
        return self.high - math.sqrt((1 - u) * span * (self.high - self.mode))


@dataclass(frozen=True, slots=True)
class Discrete:
    """One of ``values``, with ``weights`` that need not sum to one."""

    values: tuple[float, ...]
    weights: tuple[float, ...]
    _cumulative: tuple[float, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        total = math.fsum(self.weights)
        object.__setattr__(self, "_cumulative", tuple(c / total for c in accumulate(self.weights)))

    @property
    def mean(self) -> float:
        """The weighted mean of the values."""
        return math.fsum(v * w for v, w in zip(self.values, self.weights, strict=True)) / math.fsum(self.weights)

    def at(self, u: float) -> float:
        """The first value whose cumulative weight exceeds ``u``."""
        return self.values[min(bisect_right(self._cumulative, u), len(self.values) - 1)]


def standard_deviation(distribution: Distribution, steps: int = 1_000) -> float:
    """How far a quantity lies from its mean, in its own unit: over ``steps`` evenly spread quantiles."""
    return float(np.std(at_many(distribution, (np.arange(steps) + 0.5) / steps)))


def at_many(distribution: Distribution, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of one distribution at many uniforms, in one array of the same shape."""
    if isinstance(distribution, Fixed):
        return np.full(u.shape, distribution.value)
    if isinstance(distribution, Discrete):
        index = np.searchsorted(np.asarray(distribution._cumulative), u, side="right")
        return np.asarray(distribution.values)[np.minimum(index, len(distribution.values) - 1)]
    if isinstance(distribution, Exponential):
        return -distribution.mean_value * np.log1p(-u)
    if isinstance(distribution, Lognormal):
        return distribution.median * np.exp(distribution._sigma * ndtri(np.maximum(u, _SMALLEST_UNIFORM)))
    flat = [distribution.at(x) for x in u.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(u.shape)
