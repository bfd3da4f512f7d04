"""Wrong weights, prices or addresses on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.goods import chosen_products
from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("bad_master_data")
@dataclass(frozen=True, slots=True)
class BadMasterData:
    """Orders with one of these products (any, if neither they nor categories are named) are held with a data fault,
    and go to the order desk one by one.
    """

    kind: ClassVar[str]
    checks_orders: ClassVar[bool] = True
    at_ms: int
    duration_ms: int
    products: frozenset[int] | None = None
    categories: frozenset[int] | None = None

    def begin(self, model: Model) -> None:
        """The data is wrong."""
        self._set(model)

    def end(self, model: Model) -> None:
        """It is mended: what comes from now on passes."""
        self._set(model)

    def _set(self, model: Model) -> None:
        faulty = [chosen_products(model, d.products, d.categories) for d in in_force(model, BadMasterData)]
        model.site.gates.faulty_products = frozenset().union(*faulty)
