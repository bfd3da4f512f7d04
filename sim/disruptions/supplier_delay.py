"""A supplier that takes longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("supplier_delay")
@dataclass(frozen=True, slots=True)
class SupplierDelay:
    """Purchase orders that are open when it begins, and those placed while it lasts, come ``delay`` later; what was
    promised for them stays. Two delays add up.
    """

    kind: ClassVar[str]
    supplier: int
    at_ms: int
    duration_ms: int
    delay_ms: int = 3 * DAY_MS

    def begin(self, model: Model) -> None:
        """Slow down open orders, and new ones."""
        if self in in_force(model, SupplierDelay):
            model.site.purchasing.slow(self.supplier, self.delay_ms)
        self._set(model)

    def end(self, model: Model) -> None:
        """New orders are as quick as they were."""
        self._set(model)

    def _set(self, model: Model) -> None:
        delays: dict[int, int] = {}
        for d in in_force(model, SupplierDelay):
            delays[d.supplier] = delays.get(d.supplier, 0) + d.delay_ms
        model.site.purchasing.delay_ms = delays
