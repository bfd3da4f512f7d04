"""Cases and pallets: how many units of each product they hold, who buys by them, and what moving them takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sim.units import HOUR_MS, MINUTE_MS, SECOND_MS


class Broken(NamedTuple):
    """Units of a product as they are handled: whole pallets, whole cases, and single units."""

    pallets: int
    cases: int
    eaches: int


@dataclass(frozen=True, slots=True)
class HandlingPlan:
    """A case of product ``p`` holds ``case_units[p]``, a pallet ``pallet_units[p]`` (0: it comes in none).

    Order lines of ``channels`` are broken down into whole pallets, cases and single units. Moving a pallet to the dock,
    wrapped, takes one picker ``pallet_move_ms``, and its wood and wrap cost ``pallet_packaging_cents``; a case takes
    ``case_pick_ms``; the single units of a line are picked as any line is. The last ``kept_pallets`` of a product at a
    node are kept whole: an order of less breaks them where loose stock cannot serve it, or, without ``breaks_kept``,
    never. What is ordered by the pallet and finds no whole one waits, with
    ``waits_for_pallets``; else it is picked from loose stock.

    Who receives puts a pallet away in ``pallet_put_away_ms`` and a case in ``case_put_away_ms``; the rest of a line,
    and what has no time of its own (None), takes what any line takes.
    """

    case_units: tuple[int, ...]
    pallet_units: tuple[int, ...]
    channels: frozenset[int]
    case_pick_ms: int = 30 * SECOND_MS
    pallet_move_ms: int = 4 * MINUTE_MS
    pallet_packaging_cents: int = 600
    kept_pallets: int = 0
    breaks_kept: bool = True
    waits_for_pallets: bool = False
    pallet_put_away_ms: int | None = None
    case_put_away_ms: int | None = None

    def broken_down(self, product: int, units: int) -> Broken:
        """``units`` in the largest pieces that there are; what the pieces hold sums to ``units``."""
        per_pallet, per_case = self.pallet_units[product], self.case_units[product]
        pallets, rest = divmod(units, per_pallet) if per_pallet else (0, units)
        cases, eaches = divmod(rest, per_case) if per_case else (0, rest)
        return Broken(pallets, cases, eaches)

    def loose_down(self, product: int, units: int) -> Broken:
        """The same without pallets."""
        per_case = self.case_units[product]
        cases, eaches = divmod(units, per_case) if per_case else (0, units)
        return Broken(0, cases, eaches)

    @property
    def times_put_away(self) -> bool:
        """Whether it matters to who receives what goods come in."""
        return self.pallet_put_away_ms is not None or self.case_put_away_ms is not None

    def put_away(self, product: int, units: int) -> tuple[int, int]:
        """What ``units`` that were received are: lines of any kind (1 or 0), and time beyond those."""
        broken, lines, extra_ms = self.broken_down(product, units), 0, 0
        for count, each_ms in ((broken.pallets, self.pallet_put_away_ms), (broken.cases, self.case_put_away_ms)):
            if each_ms is None:
                lines |= count > 0
            else:
                extra_ms += count * each_ms
        return lines | (broken.eaches > 0), extra_ms

    def pick_cents(self, cents_per_hour: int, pallets: int, cases: int) -> int:
        """What people are paid for moving so many pallets and picking so many cases."""
        return round(cents_per_hour * (pallets * self.pallet_move_ms + cases * self.case_pick_ms) / HOUR_MS)
