"""Open items: what one document began and another has not ended, as the accountants' ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.books.window import Window, add_to, raise_to, uneven

Ints = NDArray[np.int64]
Subjects = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Moves:
    """Movements of one class of items as columns: whose, by how much, its value, and when the operation made it."""

    subject: Subjects
    balance: Ints
    value_cents: Ints
    time_ms: Ints

    def __len__(self) -> int:
        return len(self.subject)

    def rows(self, chosen: NDArray[np.bool_]) -> Moves:
        """Some of them."""
        return Moves(self.subject[chosen], self.balance[chosen], self.value_cents[chosen], self.time_ms[chosen])


@dataclass(frozen=True, slots=True)
class Items:
    """Open items as columns: whose, how much is open, its value, and when something last happened to it."""

    subject: Ints
    balance: Ints
    value_cents: Ints
    moved_ms: Ints

    def __len__(self) -> int:
        return len(self.subject)


class OpenItems:
    """The balance of each subject in one class of items; a subject whose balance is 0 is forgotten."""

    def __init__(self) -> None:
        self._window = Window(3)
        self._new: list[Moves] = []

    def add(self, moves: Moves) -> None:
        """Note movements."""
        if len(moves):
            self._new.append(moves)

    def subjects(self) -> Ints:
        """Whose items are open, or have moved since they were last looked at."""
        window = self._window
        still = np.flatnonzero(window.values[0]) + window.first
        return np.concatenate([still, *(moves.subject for moves in self._new)])

    def until(self, time_ms: int) -> Items:
        """What is open of all that happened before ``time_ms``, which must not lie before an earlier question's."""
        new, self._new, due = self._new, [], []
        for moves in new:
            later = moves.time_ms >= time_ms
            if later.any():
                self.add(moves.rows(later))
                moves = moves.rows(~later)
            if len(moves):
                due.append(moves)
        if due:
            self._take(due)
        return self._open()

    def _take(self, due: list[Moves]) -> None:
        window = self._window
        window.reach([moves.subject for moves in due])
        balance, value, last = window.values
        for moves in due:
            add_to(moves.subject, moves.balance, window.first, balance)
            add_to(moves.subject, moves.value_cents, window.first, value)
            raise_to(moves.subject, moves.time_ms, window.first, last)

    def _open(self) -> Items:
        window = self._window
        balance, value, last = window.values
        rows = uneven(balance, value, last)
        items = Items(rows + window.first, balance[rows], value[rows], last[rows])
        window.forget_before(int(rows[0]) if len(rows) else len(balance))
        return items
