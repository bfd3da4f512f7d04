"""Unbroken pallets and cases: how much of what lies on the shelves has not been opened, by node and product."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import TypeAlias

from sim.errors import InvariantError

Cells: TypeAlias = "Sequence[array[int]]"
OnBreak = Callable[[int, int, int, int], None]
"""Hears of (node, product, pallets, cases) that were broken for another reason than an order."""


class Unbroken:
    """A count beside the ledger's buckets, of all that lies there: available, committed or held.

    Goods come on as many pallets as their units fill, the rest in as many cases, what remains is loose; so is all that
    comes back. Whoever takes cases takes single ones first, then loose units; whoever takes units takes loose ones
    first, then breaks cases. A pallet is broken when all that lies beside pallets does not do, so that what is reserved
    whole (`WholePallets`) is whole. What is loose is what the count leaves of the ledger's units, and never less than
    nothing.

    Parameters
    ----------
    lying
        The ledger's buckets ``[node][product]`` that lie on the shelf: looked at, never written.
    case_units, pallet_units
        Units that a case and a pallet hold, by product; 0: it comes in none.
    on_break
        Called when goods that leave for another reason than an order break something.
    """

    def __init__(
        self, lying: Sequence[Cells], case_units: Sequence[int], pallet_units: Sequence[int], on_break: OnBreak
    ) -> None:
        self._lying, self._case_units, self._pallet_units = lying, case_units, pallet_units
        self._on_break = on_break
        self.pallets, self.cases = ([array("i", bytes(4 * len(case_units))) for _ in lying[0]] for _ in range(2))

    def loose(self, node: int, product: int) -> int:
        """Units that lie in neither."""
        return (
            sum([bucket[node][product] for bucket in self._lying])
            - self.pallets[node][product] * self._pallet_units[product]
            - self.cases[node][product] * self._case_units[product]
        )

    def store(self, node: int, product: int, units: int) -> None:
        """Units were put away as suppliers send them."""
        per_pallet, per_case = self._pallet_units[product], self._case_units[product]
        if per_pallet:
            self.pallets[node][product] += units // per_pallet
            units %= per_pallet
        if per_case:
            self.cases[node][product] += units // per_case

    def take_pallets(self, node: int, product: int, pallets: int) -> None:
        """Whole pallets left their place.

        Raises
        ------
        InvariantError
            If there are not so many.
        """
        left = self.pallets[node][product] - pallets
        if left < 0:
            raise InvariantError(
                f"node {node}, product {product}: {pallets} whole pallets wanted, {left + pallets} there"
            )
        self.pallets[node][product] = left

    def put_back_pallets(self, node: int, product: int, pallets: int) -> None:
        """They are back, as they were."""
        self.pallets[node][product] += pallets

    def take(self, node: int, product: int, cases: int, others: int) -> tuple[int, int]:
        """Units were picked, some of them in ``cases``; how many (pallets, cases) were broken for it.

        ``others`` are units that the ledger has let go besides, and that are taken after these.
        """
        lacking = cases - self._use(node, product, cases)
        pallets = opened = 0
        while (missing := -self.loose(node, product) - others) > 0:
            if enough := min(self.cases[node][product], -(-missing // max(1, self._case_units[product]))):
                self.cases[node][product] -= enough
                opened += enough
            else:
                pallets += 1
                self._break_pallet(node, product)
                lacking -= self._use(node, product, lacking)
        return pallets, opened

    def _use(self, node: int, product: int, cases: int) -> int:
        """Take whole cases, as many as there are."""
        found = min(cases, self.cases[node][product])
        self.cases[node][product] -= found
        return found

    def send(self, node: int, product: int, pallets: int) -> None:
        """Units left for another node, so many whole pallets among them."""
        self.take_pallets(node, product, pallets)
        self.fell(node, product)

    def fell(self, node: int, product: int) -> None:
        """Units are not there any more: the loose ones, then whole cases and pallets, and of one only the rest."""
        missing = -self.loose(node, product)
        for whole, size in ((self.cases, self._case_units[product]), (self.pallets, self._pallet_units[product])):
            gone = min(whole[node][product], missing // size) if size and missing > 0 else 0
            whole[node][product] -= gone
            missing -= gone * size
        pallets, cases = self.take(node, product, 0, 0)
        if pallets or cases:
            self._on_break(node, product, pallets, cases)

    def _break_pallet(self, node: int, product: int) -> None:
        self.take_pallets(node, product, 1)
        if per_case := self._case_units[product]:
            self.cases[node][product] += self._pallet_units[product] // per_case
