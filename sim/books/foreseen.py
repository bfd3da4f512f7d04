"""Facts that will come about at known moments, and about which nobody acts: they need no event of the clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]
"""Time, kind, record, actor and reason of each fact."""


def _no_rows() -> Rows:
    few, none = np.zeros(0, dtype=np.int16), np.zeros(0, dtype=np.int32)
    return np.zeros(0, dtype=np.int64), few, none, few, few


class Foreseen:
    """Facts to come, until their moment.

    At one moment they come after all that happens then, in the sequence in which they were foreseen.
    """

    def __init__(self) -> None:
        self._parts: list[Rows] = []
        self._withdrawn: set[tuple[int, int, int]] = set()
        """(kind, record, moment) of those that will not come about after all."""

    def add(self, kind: int, actor: int, reason: int, records: NDArray[np.int32], time_ms: NDArray[np.int64]) -> None:
        """The same fact about all ``records``, each at its moment, not before now."""
        kinds, actors, reasons = (np.full(len(records), what, dtype=np.int16) for what in (kind, actor, reason))
        self._parts.append((time_ms, kinds, records, actors, reasons))

    def withdraw(self, kind: int, record: int, time_ms: int) -> None:
        """What was foreseen does not come about."""
        self._withdrawn.add((kind, record, time_ms))

    def due(self, before_ms: int) -> Rows:
        """Take out what comes about before a moment, in the sequence of time."""
        if not self._parts:
            return _no_rows()
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
        is_due = columns[0] < before_ms
        time_ms, kind, record, actor, reason = (column[~is_due] for column in columns)
        self._parts = [(time_ms, kind, record, actor, reason)] if len(time_ms) else []
        rows = np.flatnonzero(is_due)
        if self._withdrawn:
            rows = self._still(rows, columns)
        rows = rows[np.argsort(columns[0][rows], kind="stable")]
        time_ms, kind, record, actor, reason = (column[rows] for column in columns)
        return time_ms, kind, record, actor, reason

    def _still(self, rows: NDArray[np.int64], columns: list[NDArray[np.signedinteger]]) -> NDArray[np.int64]:
        """Those that were not withdrawn."""
        time_ms, kind, record = (column[rows].tolist() for column in columns[:3])
        named = list(zip(kind, record, time_ms, strict=True))
        self._withdrawn.difference_update(gone := self._withdrawn.intersection(named))
        return rows[[name not in gone for name in named]] if gone else rows
