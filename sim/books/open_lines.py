"""Which lines have open units, for those who ask every hour: kept up from those that were opened since."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class OpenLines:
    """Lines that may have open units; whoever opens some says so, and whoever closes them need not."""

    def __init__(self) -> None:
        self._known: Ints = np.zeros(0, dtype=np.int64)
        """Those that had open units when they were last looked for, in ascending order."""
        self._opened = array("q")

    def note(self, lines: Iterable[int]) -> None:
        """These have open units from now on."""
        self._opened.extend(lines)

    def among(self, open_units: NDArray[np.int32]) -> Ints:
        """Lines that have open units now, in ascending order."""
        known = still_open(self._known, open_units)
        if self._opened:
            opened = np.unique(np.array(self._opened, dtype=np.int64))
            del self._opened[:]
            opened = still_open(opened, open_units)
            place = np.searchsorted(known, opened)
            is_new = np.append(known, -1)[place] != opened
            known = np.insert(known, place[is_new], opened[is_new])  # a few into many, all in ascending order
        self._known = known
        return known


@njit("int64[::1](int64[::1], int32[::1])", cache=True)
def still_open(lines: Any, open_units: Any) -> Any:
    """Those of some lines that have open units."""
    found, count = np.empty(len(lines), dtype=np.int64), 0
    for line in lines:
        if open_units[line] > 0:
            found[count] = line
            count += 1
    return found[:count].copy()


@njit("int64[::1](int64[::1], int32[::1], uint8[::1], int64[::1], int64, int64, int64)", cache=True)
def orders_due(lines: Any, line_order: Any, state: Any, due_ms: Any, wanted: int, from_ms: int, until_ms: int) -> Any:
    """Orders of some lines, which are in ascending order, that are in a state and due between two moments."""
    found, count, last = np.empty(len(lines), dtype=np.int64), 0, -1
    for line in lines:
        order = line_order[line]
        if order != last:
            last = order
            if state[order] == wanted and from_ms <= due_ms[order] <= until_ms:
                found[count] = order
                count += 1
    return found[:count].copy()
