"""A supplier that brings less than was ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("short_delivery")
@dataclass(frozen=True, slots=True)
class ShortDelivery:
    """What a supplier delivers while it lasts is at most ``fill_share`` of what was ordered, SKU by SKU; the rest is
    cancelled by it.
    """

    kind: ClassVar[str]
    supplier: int
    at_ms: int
    duration_ms: int
    fill_share_bp: int = 5_000

    def begin(self, model: Model) -> None:
        """Cut its deliveries."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Whole deliveries again, as far as nothing else cuts them."""
        self._set(model)

    def _set(self, model: Model) -> None:
        shares: dict[int, float] = {}
        for d in in_force(model, ShortDelivery):
            shares[d.supplier] = min(d.fill_share_bp / BASIS_POINTS, shares.get(d.supplier, 1.0))
        model.site.purchasing.most_share = shares
