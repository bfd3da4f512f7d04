"""One move of many pieces at once, in compiled code."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit("int64(uint8[::1], int32[::1], int64, int64)", cache=True)
def move_from(states: Any, ids: Any, source: int, target: int) -> int:
    """Move those of ``ids`` that stand in ``source`` to ``target``; they come first in ``ids`` afterwards.

    Returns
    -------
    int
        How many they are.
    """
    count = 0
    for place in range(len(ids)):
        number = ids[place]
        if states[number] == source:
            states[number] = target
            ids[count] = number
            count += 1
    return count
