"""Wrong weights, costs, prices or addresses on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from sim.disruptions.goods import chosen_products
from sim.disruptions.registry import disruption, in_force
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("bad_master_data")
@dataclass(frozen=True, slots=True)
class BadMasterData:
    """What is on record of these products (all, if neither they nor categories are named) is wrong.

    Where it is ``checked``, their orders are held with a data fault and go to the order desk one by one. Where it is
    not, nobody notices until it costs: the record says ``factor`` times the true weight, by which parcels are labelled
    and for which carriers charge later what is missing; or cost, at which goods are received until the invoice differs;
    or price, which customers pay. An ``address`` fault spoils ``share`` of the orders' addresses, whatever their goods:
    their parcels are brought in vain, and come back.
    """

    kind: ClassVar[str]
    checks_orders: ClassVar[bool] = True
    at_ms: int
    duration_ms: int
    products: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    fault: Literal["weight", "cost", "price", "address"] = "weight"
    factor: float = 0.5
    share_bp: int = BASIS_POINTS
    checked: bool = True

    def begin(self, model: Model) -> None:
        """The data is wrong."""
        self._set(model)

    def end(self, model: Model) -> None:
        """It is mended: what comes from now on passes."""
        self._set(model)

    def concerns(self, product: int, category: int) -> bool:
        """Whether the record of a product is wrong."""
        return (
            (self.products is None and self.categories is None)
            or product in (self.products or ())
            or category in (self.categories or ())
        )

    def _set(self, model: Model) -> None:
        now = in_force(model, BadMasterData)
        chosen = [(d, chosen_products(model.world.network, d.products, d.categories)) for d in now]
        model.site.gates.faulty_products = frozenset().union(*(products for d, products in chosen if d.checked))
        if model.site.wrong_records is not None:
            unseen = [(d.fault, products, d.factor) for d, products in chosen if not d.checked]
            model.site.wrong_records.tell([fault for fault in unseen if fault[0] in ("weight", "cost")])
        if model.site.wrong_addresses is not None:
            struck = [d.share_bp / BASIS_POINTS for d in now if d.fault == "address" and not d.checked]
            model.site.wrong_addresses.struck = struck
