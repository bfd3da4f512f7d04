"""Which lines have open units, for those who ask every hour: kept up from those that were opened since."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
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

    def among(self, open_units: NDArray[np.signedinteger]) -> Ints:
        """Lines that have open units now, in ascending order."""
        known = self._known[open_units[self._known] > 0]
        if self._opened:
            opened = np.unique(np.array(self._opened, dtype=np.int64))
            del self._opened[:]
            opened = opened[open_units[opened] > 0]
            place = np.searchsorted(known, opened)
            is_new = np.append(known, -1)[place] != opened
            known = np.insert(known, place[is_new], opened[is_new])  # a few into many, all in ascending order
        self._known = known
        return known
