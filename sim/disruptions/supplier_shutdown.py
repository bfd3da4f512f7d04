"""A supplier that is shut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("supplier_shutdown")
@dataclass(frozen=True, slots=True)
class SupplierShutdown:
    """A supplier takes no orders and brings nothing: deliveries that are due meanwhile come when it opens.

    Its alternates are asked in their sequence where the rule ``alternate_suppliers`` says so; without one that is open
    the order waits for a later review.
    """

    kind: ClassVar[str]
    supplier: int
    at_ms: int
    duration_ms: int

    def begin(self, model: Model) -> None:
        """Shut it."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Open it, as far as no other shutdown holds it."""
        self._set(model)

    def _set(self, model: Model) -> None:
        model.site.purchasing.shut_down(frozenset(d.supplier for d in in_force(model, SupplierShutdown)))
