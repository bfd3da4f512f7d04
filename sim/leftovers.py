"""What runs that are over still hold.

A model is a circle of objects, and Python looks for circles seldom, and never while a model runs: one process that ran
ten large ones held the records of all ten.
"""

from __future__ import annotations

import gc

_MANY_ORDERS = 20_000
"""Looking for circles takes a quarter of a second, as long as so many orders."""


class Leftovers:
    """Counts the orders of the runs of this process that are over since circles were looked for."""

    def __init__(self) -> None:
        self._orders = 0

    def note(self, orders: int) -> None:
        """A run of so many orders is over."""
        self._orders += orders

    def clear(self) -> None:
        """Give back what nobody refers to, if it may be much."""
        if self._orders >= _MANY_ORDERS:
            self._orders = 0
            gc.collect()


LEFTOVERS = Leftovers()
