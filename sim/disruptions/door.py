"""When disruptions stand at the door: while one lasts that concerns orders as they come, each is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.disruptions.recurring import Occurrence

_FOREVER = 1 << 62


class Door:
    """Moments at which orders are not let in unseen, however smooth they are."""

    def __init__(self, occurrences: Iterable[Occurrence]) -> None:
        spans = sorted(
            (d.at_ms, d.at_ms + d.duration_ms)
            for d in (occurrence.disruption for occurrence in occurrences)
            if getattr(d, "checks_orders", False)
        )
        self._edges: list[int] = []
        """Moments at which it begins and ends in turn."""
        for begin_ms, end_ms in spans:
            if self._edges and begin_ms <= self._edges[-1]:
                self._edges[-1] = max(self._edges[-1], end_ms)
            else:
                self._edges += [begin_ms, end_ms]

    def is_watched(self, time_ms: int) -> bool:
        """Whether an order that comes at a moment is looked at."""
        return bool(self._edges) and bisect_right(self._edges, time_ms) % 2 == 1

    def watched(self, time_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same of many moments."""
        return np.asarray(np.searchsorted(self._edges, time_ms, side="right") % 2 == 1)

    def unseen_until_ms(self, now_ms: int) -> int:
        """The last moment from now on up to which no order is looked at; before now if they are."""
        place = bisect_right(self._edges, now_ms)
        if place % 2:
            return now_ms - 1
        return self._edges[place] - 1 if place < len(self._edges) else _FOREVER
