"""Whole numbers by subject, as columns that begin with the first subject that still matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_ROOM = 1.5
"""How much more than it needs a window takes when it must move."""


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
        self._all: Ints = np.zeros((columns, 0), dtype=np.int64)
        self._begin = self._end = 0

    @property
    def values(self) -> Ints:
        """Rows from ``first`` on."""
        return self._all[:, self._begin : self._end]

    def reach(self, subjects: list[NDArray[np.int32]]) -> None:
        """Have a row for each of these, of which there is one at least."""
        first, end = min(int(s.min()) for s in subjects), max(int(s.max()) for s in subjects) + 1
        rows = self._end - self._begin
        if rows:
            first, end = min(first, self.first), max(end, self.first + rows)
        before = self.first - first if rows else 0
        if before or not rows or self._begin + end - first > self._all.shape[1]:
            everything = np.zeros((len(self._all), round(_ROOM * (end - first))), dtype=np.int64)
            everything[:, before : before + rows] = self.values
            self._all, self._begin = everything, 0
        self.first, self._end = first, self._begin + end - first

    def forget_before(self, row: int) -> None:
        """Rows before this one do not matter any more."""
        self.first, self._begin = self.first + row, self._begin + row


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


@njit("int64[::1](int64[::1], int64[::1], int64[::1])", cache=True)
def uneven(balance: Any, value: Any, last: Any) -> Any:
    """Rows with a balance; the others begin anew."""
    rows, count = np.empty(len(balance), dtype=np.int64), 0
    for row in range(len(balance)):
        if balance[row] != 0:
            rows[count] = row
            count += 1
        else:
            value[row] = last[row] = 0
    return rows[:count].copy()
