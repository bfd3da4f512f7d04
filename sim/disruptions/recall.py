"""Goods that must not be sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.goods import chosen_products
from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("recall")
@dataclass(frozen=True, slots=True)
class RecallOfGoods:
    """SKUs (all, if neither products nor categories are named) are quarantined everywhere: what is available, what is
    in shipments that have not left (which are taken apart, and their orders served with what is left), and what
    comes in meanwhile. At the end the units are sold again, or scrapped if ``scrap``.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    products: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    scrap: bool = False

    def begin(self, model: Model) -> None:
        """Take them off sale."""
        model.site.recall.hold(self._held(model))

    def end(self, model: Model) -> None:
        """Let go of what no other recall holds."""
        model.site.recall.lift(self._held(model), scrap=self.scrap)

    def _held(self, model: Model) -> frozenset[int]:
        return frozenset().union(
            *(chosen_products(model, d.products, d.categories) for d in in_force(model, RecallOfGoods))
        )
