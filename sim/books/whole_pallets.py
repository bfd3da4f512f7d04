"""Whole pallets: how much of what is available stands there unbroken, by node and product."""

from __future__ import annotations

from array import array
from collections.abc import Sequence


class WholePallets:
    """A count beside the ledger's buckets, of what is available.

    Whoever takes units for an order takes loose ones first, and breaks pallets where those do not do. So a count is the
    lowest of what it was and of what the available units could fill since; it is settled whenever units are about to be
    added, or somebody looks, and taking units costs nothing. Units that come back are loose: a pallet once broken is
    not made whole. Trucks to other nodes and quality holds take whole pallets first; a hold that is lifted gives them
    back.

    Parameters
    ----------
    available, quarantined
        Units available, and held, ``[node][product]``: looked at, never written.
    units
        Units that a pallet holds, by product; 0: it comes in none.
    """

    def __init__(
        self, available: Sequence[array[int]], quarantined: Sequence[array[int]], units: Sequence[int]
    ) -> None:
        self._available, self._quarantined, self._units = available, quarantined, units
        self._count, self._held = ([array("i", bytes(4 * len(units))) for _ in available] for _ in range(2))

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

    def send(self, node: int, product: int, units: int) -> int:
        """Units are about to leave for another node, or to be held, as many as possible on pallets; how many."""
        per_pallet = self._units[product]
        pallets = min(self.of(node, product), units // per_pallet) if per_pallet else 0
        self._count[node][product] -= pallets
        return pallets

    def hold(self, node: int, product: int, units: int) -> None:
        """Units are about to be held, and are available no more until the hold is lifted."""
        if self._units[product]:
            self._settle_held(node, product)
            self._held[node][product] += self.send(node, product, units)

    def lift(self, node: int, product: int, units: int) -> None:
        """Units are held no more, and are available again."""
        if self._units[product]:
            pallets = min(self._held[node][product], units // self._units[product])
            self._held[node][product] -= pallets
            self._count[node][product] += pallets
            self._settle_held(node, product)

    def _settle_held(self, node: int, product: int) -> None:
        """Held pallets are no more than what is held fills: some of it may have been thrown away."""
        row = self._held[node]
        row[product] = min(row[product], self._quarantined[node][product] // self._units[product])
