"""Roads that are closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("region_closure")
@dataclass(frozen=True, slots=True)
class RegionClosure:
    """Nothing is delivered to these regions: parcels on the way wait for the first round after it. Their orders are
    held or cancelled, by the rule ``closed_region_orders``.
    """

    kind: ClassVar[str]
    checks_orders: ClassVar[bool] = True
    regions: frozenset[int]
    at_ms: int
    duration_ms: int

    def begin(self, model: Model) -> None:
        """Close them."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Open them, as far as no other closure holds them."""
        self._set(model)

    def _set(self, model: Model) -> None:
        closed = [d.regions for d in in_force(model, RegionClosure)]
        model.site.gates.close_regions(frozenset().union(*closed))
