"""Suppliers' terms as offers of one review: price, lot, breaks, and the document with its minimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from optimize.replenishment.purchase_program import Break, Document, Offer
from sim.network import Product, Supplier
from sim.policies.replenishment import Purchase, who_delivers
from sim.units import BASIS_POINTS
from sim.world import World


def unit_price_cents(spec: Supplier, product: Product) -> float:
    """What a supplier asks for a unit, without breaks."""
    return product.cost_cents * spec.price_bp / BASIS_POINTS


def unit_landed_cents(spec: Supplier, product: Product) -> float:
    """The price with duty and freight."""
    duty = 1 + spec.duty_bp / BASIS_POINTS
    return unit_price_cents(spec, product) * duty + product.weight_kg * spec.freight_cents_per_kg


@dataclass(slots=True)
class Offers:
    """The offers of one review, as they are put together.

    ``lines`` says of each offer which product it brings, from whom and whether in a hurry; ``documents`` are numbered
    by (supplier, whether in a hurry).
    """

    world: World
    shut: frozenset[int]
    offers: list[Offer] = field(default_factory=list)
    lines: list[tuple[int, int, bool]] = field(default_factory=list)
    documents: dict[tuple[int, bool], int] = field(default_factory=dict)

    def who(self, product: int) -> list[int]:
        """Open suppliers that may be asked for a product."""
        return [supplier for supplier in who_delivers(self.world, product, self.shut) if supplier not in self.shut]

    def add(self, product: int, place: int, supplier: int, extra_cents: float, urgent: bool = False) -> None:
        """A supplier's offer of a product, the ``place``-th of the problem; dearer by its landed price than the
        product's own supplier, and by ``extra_cents``."""
        network = self.world.network
        spec, goods = network.suppliers[supplier], network.products[product]
        usual = unit_landed_cents(network.suppliers[goods.supplier], goods)
        price, landed = unit_price_cents(spec, goods), unit_landed_cents(spec, goods)
        saved = price * (1 + spec.duty_bp / BASIS_POINTS) / BASIS_POINTS
        deepest = max((discount for _, discount in spec.price_breaks), default=0)
        self.offers.append(
            Offer(
                product=place,
                document=self.documents.setdefault((supplier, urgent), len(self.documents)),
                lot_units=spec.lot_units,
                extra_cents=landed - usual + extra_cents,
                landed_cents=landed,
                price_cents=price * (1 - deepest / BASIS_POINTS),
                is_early=urgent,
                breaks=tuple(Break(least, saved * discount) for least, discount in spec.price_breaks),
            )
        )
        self.lines.append((product, supplier, urgent))

    def terms(self) -> list[Document]:
        """The documents' minimums; one in a hurry has none."""
        suppliers = self.world.network.suppliers
        return [
            Document() if urgent else Document(suppliers[s].min_order_units, float(suppliers[s].min_order_cents))
            for s, urgent in self.documents
        ]

    def bought(self, units: Sequence[int]) -> list[Purchase]:
        """Lines of orders, of what each offer brings."""
        return [
            Purchase(product, n, supplier, urgent)
            for (product, supplier, urgent), n in zip(self.lines, units, strict=True)
            if n
        ]
