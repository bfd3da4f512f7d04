"""The engine of the lifecycle: moves pieces through the tables of `sim.orders`, and lets none go where they do not."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.errors import IllegalTransitionError
from sim.orders import Move


class Lifecycle:
    """Enforces one table of moves on one column of states.

    Parameters
    ----------
    what
        What the ids are, for messages ("shipment").
    states
        Names by state number.
    moves
        The legal transitions.
    column
        The mutable column of state numbers that this object alone writes.
    """

    def __init__(
        self, what: str, states: tuple[str, ...], moves: Iterable[Move], column: memoryview[int] | bytearray
    ) -> None:
        self.what = what
        self.states = states
        self.column = column
        self._sources = [bytearray(len(states)) for _ in states]
        for move in moves:
            self._sources[move.target][move.source] = 1

    def advance(self, ids: Iterable[int] | NDArray[np.signedinteger], target: int) -> None:
        """Move all ``ids`` to ``target``.

        Raises
        ------
        IllegalTransitionError
            At the first whose present state has no such move.
        """
        column, legal = self.column, self._sources[target]
        if isinstance(ids, np.ndarray):
            self._advance_many(ids, target)
            return
        for i in ids:
            if not legal[column[i]]:
                self._refuse(i, target)
            column[i] = target

    def _advance_many(self, ids: NDArray[np.signedinteger], target: int) -> None:
        """The same for ids of which none occurs twice."""
        column = np.frombuffer(self.column, dtype=np.uint8)
        legal = np.frombuffer(self._sources[target], dtype=np.uint8)[column[ids]]
        if not legal.all():
            self._refuse(int(ids[int(legal.argmin())]), target)
        column[ids] = target

    def advance_from(self, source: int, ids: Iterable[int], target: int) -> array[int]:
        """Move those of ``ids`` that stand in ``source``, and say which; the others stay where they are.

        Raises
        ------
        IllegalTransitionError
            If there is no such move.
        """
        if not self._sources[target][source]:
            raise IllegalTransitionError(f"no {self.what} goes from {self.states[source]} to {self.states[target]}")
        column = self.column
        moved = array("i", [i for i in ids if column[i] == source])
        for i in moved:
            column[i] = target
        return moved

    def move(self, i: int, target: int) -> None:
        """Move one piece to ``target``; raises as `advance`."""
        if not self._sources[target][self.column[i]]:
            self._refuse(i, target)
        self.column[i] = target

    def path(self, *states: int) -> bytearray:
        """For `go_along` and `lines_along`: where a piece may stand that goes through ``states``, each move legal."""
        for source, target in pairwise(states):
            if not self._sources[target][source]:
                raise IllegalTransitionError(f"no {self.what} goes from {self.states[source]} to {self.states[target]}")
        return bytearray(state == states[0] for state in range(len(self.states)))

    def go_along(self, i: int, path: bytearray, target: int) -> None:
        """Move one piece through a `path` that was checked once, at one instant, to its end ``target``."""
        if not path[self.column[i]]:
            self._refuse(i, target)
        self.column[i] = target

    def lines_along(self, basket: Iterable[tuple[int, int, int]], path: bytearray, target: int) -> None:
        """The same for the first of each triple: the line numbers of a basket."""
        column = self.column
        for i, _, _ in basket:
            if not path[column[i]]:
                self._refuse(i, target)
            column[i] = target

    def _refuse(self, i: int, target: int) -> None:
        raise IllegalTransitionError(
            f"{self.what} {i} cannot go from {self.states[self.column[i]]} to {self.states[target]}"
        )


class GuardedLifecycle(Lifecycle):
    """The same, that asks the entry rule of each move besides (`sim.agents.orders.entry_rules`).

    Parameters
    ----------
    rules
        By (source, target): whether it may be made by a piece.
    """

    def __init__(
        self,
        what: str,
        states: tuple[str, ...],
        moves: Iterable[Move],
        column: memoryview[int] | bytearray,
        rules: Mapping[tuple[int, int], Callable[[int], bool]],
    ) -> None:
        moves = tuple(moves)
        super().__init__(what, states, moves, column)
        self._rules, self._words = rules, {(m.source, m.target): m.entry_rule for m in moves}

    def advance(self, ids: Iterable[int] | NDArray[np.signedinteger], target: int) -> None:
        """As a plain one; raises `IllegalTransitionError` also where a rule is broken."""
        ids = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
        for i in ids:
            self._ask(i, target)
        super().advance(ids, target)

    def advance_from(self, source: int, ids: Iterable[int], target: int) -> array[int]:
        """As a plain one, with the rules."""
        ids = list(ids)
        for i in ids:
            if self.column[i] == source:
                self._ask(i, target)
        return super().advance_from(source, ids, target)

    def move(self, i: int, target: int) -> None:
        """As a plain one, with the rules."""
        self._ask(i, target)
        super().move(i, target)

    def _ask(self, i: int, target: int) -> None:
        move = self.column[i], target
        rule = self._rules.get(move)
        if rule is not None and not rule(i):
            raise IllegalTransitionError(
                f"{self.what} {i} may not go from {self.states[move[0]]} to {self.states[target]}: {self._words[move]}"
            )
