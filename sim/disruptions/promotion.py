"""More demand than usual, on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption

if TYPE_CHECKING:
    from sim.model import Model


@disruption("promotion")
@dataclass(frozen=True, slots=True)
class Promotion:
    """Demand times ``multiplier`` while it lasts, with a price cut, on some channels or all of them.

    The customer agent reads it when it draws arrivals; nothing is left to do at its moments but say so.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    multiplier: float = 4.0
    channels: frozenset[int] | None = None
    price_cut_bp: int = 0

    def begin(self, model: Model) -> None:
        """Arrivals already know of it."""

    def end(self, model: Model) -> None:
        """Arrivals already know of it."""
