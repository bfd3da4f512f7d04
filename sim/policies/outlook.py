"""What a node may expect to sell: a forecast, and how far such forecasts were off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """A forecast of one node, made at ``made_ms`` for buckets of ``bucket_ms`` from then on.

    ``cumulative`` are expected units until the end of each bucket, shape (buckets + 1, products); ``error_sd`` is the
    standard deviation of the error of one bucket; ``covers`` says for which products the node has a forecast at all.
    """

    made_ms: int
    bucket_ms: int
    cumulative: Floats
    error_sd: Floats
    covers: NDArray[np.bool_]

    def demand(self, from_ms: int, for_ms: Floats) -> Floats:
        """Expected units of each product from a moment on, for its own ``for_ms``, shape (products,)."""
        begin = (from_ms - self.made_ms) / self.bucket_ms
        return self._until(begin + for_ms / self.bucket_ms) - self._until(np.full(for_ms.shape, begin))

    def _until(self, places: Floats) -> Floats:
        """Expected units until so many buckets from now; beyond the last, at the pace of the last seven."""
        total, last = self.cumulative, len(self.cumulative) - 1
        column = np.arange(total.shape[1])
        whole = np.minimum(np.floor(places).astype(np.int64), last)
        following = np.minimum(whole + 1, last)
        inside = total[whole, column] + (places - whole) * (total[following, column] - total[whole, column])
        week = min(7, last)
        pace = (total[last] - total[last - week]) / max(week, 1)
        return np.where(places <= last, inside, total[last] + (places - last) * pace)
