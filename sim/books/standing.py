"""Which shipments stand in some states, for those who ask every hour: kept up from one question to the next."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.orders import SHIPMENT_STATES

if TYPE_CHECKING:
    from sim.books.records import Shipments

Ints = NDArray[np.int64]


class Standing:
    """Shipments in some states to which none comes back that has left them: who was found elsewhere once is never
    looked at again.

    Parameters
    ----------
    states
        That every shipment begins in one of, and leaves for good.
    """

    def __init__(self, states: Collection[int]) -> None:
        self._counts = np.isin(np.arange(len(SHIPMENT_STATES)), list(states))
        self._known: Ints = np.zeros(0, dtype=np.int64)
        """Of those before `_seen`: which were among them when somebody asked last."""
        self._seen = 0

    def among(self, shipments: Shipments) -> Ints:
        """Those that stand there now, in ascending order."""
        first, self._seen = self._seen, shipments.count
        here = self._known
        if first < self._seen:
            here = np.concatenate((here, np.arange(first, self._seen)))
        if len(here):
            here = here[self._counts[np.frombuffer(shipments.state, dtype=np.uint8)[here]]]
            here = here[~shipments.have_left(here)]  # what left memory reads as if it had just begun
        self._known = here
        return here
