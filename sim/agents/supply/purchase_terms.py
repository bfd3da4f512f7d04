"""What a supplier's terms make of a wish: whom to ask, in what quantity, how urgently, at what landed cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import InvariantError
from sim.policies.replenishment import Purchase, Wanted, who_delivers
from sim.units import BASIS_POINTS
from sim.world import World

if TYPE_CHECKING:
    from sim.agents.supply.late_suppliers import LateSupplierRule


class OrderLine(NamedTuple):
    """Units of a product from a supplier, in a hurry or not."""

    supplier: int
    urgent: bool
    product: int
    units: int


class PurchaseTerms:
    """The terms of all suppliers of a world; ``usable`` says what a node has of a product, less what it owes."""

    def __init__(self, world: World, usable: Callable[[int, int], int]) -> None:
        self._world, self._usable = world, usable
        self._suppliers, self._products = world.network.suppliers, world.network.products
        self._reorder_point = world.stock.reorder_point.tolist()

    def lines(
        self, node: int, wanted: Sequence[Wanted], shut: frozenset[int], late: LateSupplierRule | None = None
    ) -> list[OrderLine]:
        """What to ask of whom: lots, price breaks and second sources applied, where the policy leaves that open;
        nothing of a product nobody delivers. ``late`` knows who is not relied upon."""
        found: list[OrderLine] = []
        for entry in wanted:
            product, units = entry[0], entry[1]
            if isinstance(entry, Purchase):
                found += self._chosen(entry, shut, late)
                continue
            for supplier, part in self._sources(product, units, shut, late):
                ordered = self.rounded(supplier, product, part)
                found.append(OrderLine(supplier, self._is_urgent(supplier, node, product), product, ordered))
        return found

    def _chosen(self, wish: Purchase, shut: frozenset[int], late: LateSupplierRule | None) -> list[OrderLine]:
        """What a policy chose itself, in whole lots; nothing of a supplier that is shut. Who is not relied upon may be
        passed over."""
        spec, avoided = self._suppliers[wish.supplier], shut if late is None else shut | late.late
        if wish.supplier not in who_delivers(self._world, wish.product, avoided):
            raise InvariantError(f"{spec.name} does not deliver {self._products[wish.product].sku} now")
        if wish.urgent and spec.expedited_lead_ms is None:
            raise InvariantError(f"{spec.name} does not expedite")
        units = -(-wish.units // spec.lot_units) * spec.lot_units
        return [] if wish.supplier in shut else [OrderLine(wish.supplier, wish.urgent, wish.product, units)]

    def _sources(
        self, product: int, units: int, shut: frozenset[int], late: LateSupplierRule | None
    ) -> list[tuple[int, int]]:
        """(supplier, units): its own supplier and a second source; while that is shut, the first open alternate."""
        first = self._products[product].supplier
        if late is not None and first in late.late:
            other = late.stands_in(first, shut)
            if other is not None:
                return [(other, units)]
        spec = self._suppliers[first]
        if first in shut:
            others = spec.alternates if self._world.rules.alternate_suppliers else ()
            return [(supplier, units) for supplier in others if supplier not in shut][:1]
        if spec.second_source is None or spec.second_source in shut:
            return [(first, units)]
        second = units * spec.second_share_bp // BASIS_POINTS
        return [(supplier, part) for supplier, part in ((first, units - second), (spec.second_source, second)) if part]

    def rounded(self, supplier: int, product: int, units: int) -> int:
        """Whole lots; as many as a price break asks for, where that costs no more than what is wanted."""
        spec = self._suppliers[supplier]
        lot = spec.lot_units
        best = -(-units // lot) * lot
        cost = self.landed_cents(supplier, product, best)
        for least, _ in spec.price_breaks:
            more = -(-least // lot) * lot
            if more > best and self.landed_cents(supplier, product, more) <= cost:
                best, cost = more, self.landed_cents(supplier, product, more)
        return best

    def reaches_minimum(self, supplier: int, lines: list[OrderLine]) -> bool:
        """Whether an order is large enough for the supplier, in units and in money."""
        spec = self._suppliers[supplier]
        if sum(line.units for line in lines) < spec.min_order_units:
            return False
        return not spec.min_order_cents or (
            sum(self.price_cents(supplier, line.product, line.units) for line in lines) >= spec.min_order_cents
        )

    def price_cents(self, supplier: int, product: int, units: int) -> int:
        """What the supplier asks for a line: cost x its price level, less the break that all units reach."""
        spec = self._suppliers[supplier]
        discount = max((bp for least, bp in spec.price_breaks if units >= least), default=0)
        full = units * self._products[product].cost_cents
        if spec.price_bp == BASIS_POINTS and not discount:
            return full
        return (full * spec.price_bp * (BASIS_POINTS - discount) + BASIS_POINTS**2 // 2) // BASIS_POINTS**2

    def landed_cents(self, supplier: int, product: int, units: int) -> int:
        """The price with freight by weight and duty on the price: what the units are worth in stock."""
        spec, price = self._suppliers[supplier], self.price_cents(supplier, product, units)
        if not spec.duty_bp and not spec.freight_cents_per_kg:
            return price
        duty = (price * spec.duty_bp + BASIS_POINTS // 2) // BASIS_POINTS
        return price + duty + round(units * self._products[product].weight_kg * spec.freight_cents_per_kg)

    def _is_urgent(self, supplier: int, node: int, product: int) -> bool:
        """Whether what is usable at a node has fallen below the supplier's share of its reorder point."""
        spec = self._suppliers[supplier]
        if spec.expedited_lead_ms is None:
            return False
        return self._usable(node, product) * BASIS_POINTS < spec.expedite_below_bp * self._reorder_point[node][product]
