"""More demand than usual, on purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("promotion")
@dataclass(frozen=True, slots=True)
class Promotion:
    """Demand times ``multiplier`` while it lasts, with a price cut, on some channels or all of them, for products of
    some categories and customers of some regions or all of them.

    ``pull_forward`` of what it sells beyond the usual would have been bought later: that much less is asked for over
    ``repaid_over`` after its end, of the same goods in the same regions (15-40% over one to four weeks).
    Whoever plans for it (forecasts, policies that look ahead) counts on ``planned_multiplier``, or on what will come.
    The customer agent reads it when it draws arrivals; nothing is left to do at its moments but say so.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    multiplier: float = 4.0
    channels: frozenset[int] | None = None
    price_cut_bp: int = 0
    categories: frozenset[int] | None = None
    regions: frozenset[int] | None = None
    pull_forward_bp: int = 0
    repaid_over_ms: int = 14 * DAY_MS
    planned_multiplier: float | None = None

    @property
    def as_planned(self) -> Promotion:
        """The promotion that the company counts on."""
        return self if self.planned_multiplier is None else replace(self, multiplier=self.planned_multiplier)

    def begin(self, model: Model) -> None:
        """Arrivals already know of it."""

    def end(self, model: Model) -> None:
        """Arrivals already know of it."""
