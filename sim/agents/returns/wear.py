"""What customers have used before they send it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER

if TYPE_CHECKING:
    from sim.agents.site import Site

_CREDIT_NOTE, _UNDELIVERABLE = (REASON_NUMBER[r] for r in ("credit_note", "undeliverable"))


class Wear:
    """By the luck of what is sent back, whoever looks at it: its condition and its refund follow from the same use."""

    def __init__(self, site: Site) -> None:
        self._luck_of = site.register.luck
        self._share = site.world.returns.used_share
        self._luck = site.streams.counter("wear", "returns")

    def is_used(self, line: int, units: int, reason: int) -> bool:
        """Whether so many units of a line were used; what nobody took, or what a file credits, was not."""
        if not self._share or reason in (_CREDIT_NOTE, _UNDELIVERABLE):
            return False
        return self._luck.at(self._luck_of.of_units(line, units)) < self._share
