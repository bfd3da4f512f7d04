"""The numbers by which luck is drawn for order lines: the same whether other orders were copied before them or not."""

from __future__ import annotations

from bisect import bisect_left

_COPY = 1 << 40
"""More than there are lines."""


class LineLuck:
    """Keeps which lines are copies, so that customers who come after them have the luck that they have without them."""

    def __init__(self) -> None:
        self._copies: list[int] = []
        """In ascending order."""
        self._numbers: dict[int, int] = {}
        self._taken: set[int] = set()

    def copied(self, line: int, of: int) -> None:
        """``line``, the last there is, is a copy of another: its luck is its own."""
        number = self.number(of) + _COPY
        while number in self._taken:
            number += _COPY
        self._taken.add(number)
        self._copies.append(line)
        self._numbers[line] = number

    def number(self, line: int) -> int:
        """What a line's luck is drawn by."""
        if not self._copies:
            return line
        own = self._numbers.get(line)
        return line - bisect_left(self._copies, line) if own is None else own

    def of_units(self, line: int, units: int) -> int:
        """What a return's luck is drawn by: parts of one line that come back in several parcels differ in units."""
        return (self.number(line) << 4) + units % 16
