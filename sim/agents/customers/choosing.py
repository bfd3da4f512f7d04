"""Choices by luck among things of unlike weight, in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit("int64[::1](float64[::1], float64[::1])", cache=True)
def choose(cumulative: Any, luck: Any) -> Any:
    """The first place whose cumulative share is above each luck, or the last; found from a guide table of as many
    equal steps as there are places (Chen and Asau 1974)."""
    size = len(cumulative)
    guide, place = np.empty(size, dtype=np.int64), 0
    for step in range(size):
        while place < size - 1 and cumulative[place] <= step / size:
            place += 1
        guide[step] = place
    found = np.empty(len(luck), dtype=np.int64)
    for number in range(len(luck)):
        place = guide[min(int(luck[number] * size), size - 1)]
        while place > 0 and cumulative[place - 1] > luck[number]:  # where the product was rounded up
            place -= 1
        while place < size - 1 and cumulative[place] <= luck[number]:
            place += 1
        found[number] = place
    return found
