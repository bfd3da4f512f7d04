"""Whole numbers by subject, as columns that begin with the first subject that still matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Window:
    """Columns by subject, 0 where nothing was written.

    Attributes
    ----------
    first : int
        The subject of the first row.
    values : ndarray
        By column and row.
    """

    def __init__(self, columns: int) -> None:
        self.first = 0
        self.values: Ints = np.zeros((columns, 0), dtype=np.int64)

    def reach(self, subjects: list[NDArray[np.int32]]) -> None:
        """Have a row for each of these, of which there is one at least."""
        columns, rows = self.values.shape
        first, end = min(int(s.min()) for s in subjects), max(int(s.max()) for s in subjects) + 1
        if rows:
            first, end = min(first, self.first), max(end, self.first + rows)
        if rows != end - first:
            values = np.zeros((columns, end - first), dtype=np.int64)
            values[:, self.first - first : self.first - first + rows] = self.values
            self.first, self.values = first, values

    def forget_before(self, row: int) -> None:
        """Rows before this one do not matter any more."""
        self.first, self.values = self.first + row, self.values[:, row:].copy()


@njit("void(int32[::1], int64[::1], int64, int64[::1])", cache=True)
def add_to(subjects: Any, amounts: Any, first: int, column: Any) -> None:
    """Add to each subject's row."""
    for place in range(len(subjects)):
        column[subjects[place] - first] += amounts[place]


@njit("void(int32[::1], int64[::1], int64, int64[::1])", cache=True)
def raise_to(subjects: Any, amounts: Any, first: int, column: Any) -> None:
    """Let each subject's row be at least so much."""
    for place in range(len(subjects)):
        row = subjects[place] - first
        column[row] = max(column[row], amounts[place])
