"""The book of forecasts: what was expected of each bucket when it began, beside what was sold in it.

A run has it where it has a forecaster. It is a record of decisions, not of facts: nothing is derived from it but how
good they were.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.books.recorder import Recorder

FORECASTS = "forecasts"
COLUMNS = {
    "time_ms": pa.int64(),
    "until_ms": pa.int64(),
    "node": pa.dictionary(pa.int16(), pa.string()),
    "sku": pa.dictionary(pa.int32(), pa.string()),
    "expected_units": pa.float64(),
    "sold_units": pa.float64(),
    "naive_units": pa.float64(),
}


class ForecastBook:
    """One row for each bucket, node and SKU of which something was expected or sold."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._book = recorder.add_book(FORECASTS, COLUMNS)

    def write(
        self,
        start_ms: int,
        until_ms: int,
        covers: NDArray[np.bool_],
        expected: NDArray[np.float64],
        sold: NDArray[np.float64],
        naive: NDArray[np.float64],
    ) -> None:
        """Enter the bucket from ``start_ms`` to ``until_ms``; arrays are of shape (nodes, products).

        ``naive`` is what was sold in the bucket before it.
        """
        node, product = np.nonzero(covers & ((expected > 0) | (sold > 0)))
        self._book.write(
            {
                "time_ms": np.full(len(node), start_ms),
                "until_ms": np.full(len(node), until_ms),
                "node": self._recorder.coded("node", node.astype(np.int16)),
                "sku": self._recorder.coded("sku", product.astype(np.int32)),
                "expected_units": expected[node, product],
                "sold_units": sold[node, product],
                "naive_units": naive[node, product],
            }
        )
