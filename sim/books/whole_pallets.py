"""Whole pallets: how much of what is available stands there unbroken, by node and product."""

from __future__ import annotations

from array import array
from collections.abc import Sequence


class WholePallets:
    """A count beside the ledger's buckets, of what is available.

    Whoever takes units takes loose ones first, and breaks pallets where those do not do. So a count is the lowest of
    what it was and of what the available units could fill since; it is settled whenever units are about to be added, or
    somebody looks, and taking units costs nothing. Units that come back are loose: a pallet once broken is not made
    whole.

    Parameters
    ----------
    available
        Units available, ``[node][product]``: looked at, never written.
    units
        Units that a pallet holds, by product; 0: it comes in none.
    """

    def __init__(self, available: Sequence[array[int]], units: Sequence[int]) -> None:
        self._available, self._units = available, units
        self._count = [array("i", bytes(4 * len(units))) for _ in available]

    def of(self, node: int, product: int) -> int:
        """Pallets of a product that stand whole at a node, and are nobody's."""
        per_pallet = self._units[product]
        if not per_pallet:
            return 0
        could = self._available[node][product] // per_pallet
        row = self._count[node]
        if could < row[product]:
            row[product] = could
        return row[product]

    def store(self, node: int, product: int, units: int) -> None:
        """Units were added that came as suppliers send them: as many as possible on pallets."""
        if self._units[product]:
            self._count[node][product] += units // self._units[product]

    def take(self, node: int, product: int, pallets: int) -> None:
        """An order gets these, whole; their units are about to be committed."""
        self._count[node][product] -= pallets

    def give_back(self, node: int, product: int, pallets: int) -> None:
        """An order gives these back, whole; their units are available again."""
        self._count[node][product] += pallets
