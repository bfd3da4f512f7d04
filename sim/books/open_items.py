"""Open items: what one document began and another has not ended, as the accountants' ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Items:
    """Open items as columns: whose, how much is open, its value, and when something last happened to it."""

    subject: Ints
    balance: Ints
    value_cents: Ints
    moved_ms: Ints

    def __len__(self) -> int:
        return len(self.subject)


_NONE = np.zeros(0, dtype=np.int64)


class OpenItems:
    """The balance of each subject in one class of items; a subject whose balance is 0 is forgotten."""

    def __init__(self) -> None:
        self._open = Items(_NONE, _NONE, _NONE, _NONE)
        self._new: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(self, subject: Ints, balance: Ints, value_cents: Ints, time_ms: Ints) -> None:
        """Note movements, each at the moment at which the operation made it."""
        if len(subject):
            self._new.append((subject, balance, value_cents, time_ms))

    def subjects(self) -> Ints:
        """Whose items are open, or have moved since they were last looked at."""
        return np.concatenate([self._open.subject, *(moved[0] for moved in self._new)])

    def until(self, time_ms: int) -> Items:
        """What is open of all that happened before ``time_ms``, which must not lie before an earlier question's."""
        if not self._new:
            return self._open
        moved = [np.concatenate(column) for column in zip(*self._new, strict=True)]
        due = moved[3] < time_ms
        later = [column[~due] for column in moved]
        self._new = [(later[0], later[1], later[2], later[3])] if len(later[0]) else []
        self._open = _folded(self._open, [column[due] for column in moved])
        return self._open


def _folded(items: Items, moved: list[Ints]) -> Items:
    subject, of = np.unique(np.concatenate([items.subject, moved[0]]), return_inverse=True)
    balance, value, last = (np.zeros(len(subject), dtype=np.int64) for _ in range(3))
    np.add.at(balance, of, np.concatenate([items.balance, moved[1]]))
    np.add.at(value, of, np.concatenate([items.value_cents, moved[2]]))
    np.maximum.at(last, of, np.concatenate([items.moved_ms, moved[3]]))
    still = balance != 0
    return Items(subject[still], balance[still], value[still], last[still])
