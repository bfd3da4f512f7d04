"""Batch means: a run is cut after its warm-up into batches of equal length that are long against all that waits.

A measure is its mean over the batches; its interval comes from Student's distribution (Law, Simulation Modeling and
Analysis, 9.5.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

BATCHES = 20
CONFIDENCE = 0.99
BATCH_TIMES = f"""
    SELECT b, warm_up_ms() + b * (end_ms() - warm_up_ms()) // {BATCHES} AS from_ms,
           warm_up_ms() + (b + 1) * (end_ms() - warm_up_ms()) // {BATCHES} AS to_ms
    FROM range({BATCHES}) AS r(b)
"""
"""The batches of a run in SQL: number, begin, end."""


@dataclass(frozen=True)
class Estimate:
    """A mean over batches, or replications, and half the width of its 99% confidence interval."""

    mean: float
    half: float

    @classmethod
    def of(cls, batches: NDArray[np.float64]) -> Estimate:
        """From the value of each."""
        quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(batches) - 1))
        return cls(float(batches.mean()), quantile * float(batches.std(ddof=1)) / math.sqrt(len(batches)))

    def holds(self, exact: float) -> bool:
        """Whether ``exact`` lies within the interval."""
        return abs(self.mean - exact) <= self.half
