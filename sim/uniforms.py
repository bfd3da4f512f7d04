"""`sim.streams.CounterStream` for code that numba compiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(inline="always")
def uniform_at(key: Any, number: int) -> float:
    """What the counter stream of ``key`` (an unsigned 64-bit number) has at ``number``."""
    z = np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float64((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@njit(cache=True)
def uniform_of(key: int, number: int) -> float:
    """`uniform_at` for callers in Python, who hand the key over as a signed number: half as long as in Python."""
    return uniform_at(key, number)
