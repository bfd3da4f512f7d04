"""A crew's shifts and pauses from now on, as columns that compiled code can read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents.floor.crew import Crew

Ints = NDArray[np.int64]
_MORE = 8


class ShiftsAhead:
    """What a crew's `Crew.size` says of one moment after the other; looked up once each, as far as somebody asks."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._until_ms = np.zeros(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._ends_ms = -1
        """When the present one ends."""

    def since(self, now_ms: int) -> tuple[Ints, Ints]:
        """When each shift or pause from now on ends, and how many people work in it; ``now_ms`` never goes back."""
        if now_ms >= self._ends_ms:
            over = int(np.searchsorted(self._until_ms, now_ms, side="right"))
            self._until_ms, self._sizes = self._until_ms[over:], self._sizes[over:]
            if not len(self._until_ms):
                self._look_up(now_ms)
            self._ends_ms = int(self._until_ms[0])
        return self._until_ms, self._sizes

    def look_farther(self) -> None:
        """Look some more of them up."""
        self._look_up(int(self._until_ms[-1]))

    def _look_up(self, moment: int) -> None:
        until_ms, sizes = self._until_ms.tolist(), self._sizes.tolist()
        for _ in range(_MORE):
            sizes.append(self._crew.size(moment))
            until_ms.append(moment := self._crew.until_ms)
        self._until_ms, self._sizes = np.array(until_ms, dtype=np.int64), np.array(sizes, dtype=np.int64)
