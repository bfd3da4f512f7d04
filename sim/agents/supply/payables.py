"""What the house owes its suppliers: invoices booked, surcharges, and payments when they are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.supply.purchase_order import PurchaseOrder
from sim.books.kinds import NUMBER
from sim.clock import SWEEP
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_EXPEDITED, _INVOICED, _PAID, _DIFFERED, _CORRECTED = (
    NUMBER[k]
    for k in ("purchase_expedited", "supplier_invoiced", "supplier_paid", "invoice_differed", "cost_corrected")
)


class Payables:
    """All suppliers' invoices of a run."""

    def __init__(self, site: Site, actors: list[int]) -> None:
        self._site, self._actors = site, actors
        self._differs: set[int] = set()
        """Records of what an invoice said beyond the value at which goods were booked, until it is paid."""

    def worth(self, supplier: int, cents: int, booked_ms: int) -> int:
        """What a supplier asked at a moment, at the rate of now."""
        treasury = self._site.treasury
        if treasury is None or treasury.purchases is None:
            return cents
        return treasury.purchases.worth(supplier, cents, booked_ms)

    def invoice(self, order: PurchaseOrder, came: list[int], differs: list[int]) -> None:
        """A supplier asks for what came, and for what that costs beyond the value at which it was booked."""
        log, actor = self._site.log, self._actors[order.supplier]
        log.add(_INVOICED, actor, 0, came)
        log.add(_DIFFERED, actor, 0, differs)
        self._differs.update(differs)
        self._owe(order, came + differs)

    def surcharge(self, order: PurchaseOrder) -> None:
        """The surcharge of an order in a hurry is an expense of the day, and not part of what its goods are worth."""
        site, spec, goods = self._site, self._site.world.network.suppliers[order.supplier], self._site.register.goods
        charged = [
            goods.add(
                order.node,
                goods.product[record],
                goods.units[record],
                goods.value_cents[record] * spec.expedite_surcharge_bp // BASIS_POINTS,
                source=order.supplier,
                document=order.number,
            )
            for record in order.goods
        ]
        self._owe(order, charged)
        site.log.add(_EXPEDITED, self._actors[order.supplier], 0, charged)

    def _owe(self, order: PurchaseOrder, goods: list[int]) -> None:
        """A supplier's invoice is booked, and will be paid."""
        site, supplier = self._site, order.supplier
        site.register.goods.hold(goods)
        if site.treasury is not None and site.treasury.purchases is not None:
            site.treasury.purchases.invoiced(supplier, order.node, goods)
        due_ms = site.clock.now_ms + site.world.network.suppliers[supplier].payment_terms_ms
        site.clock.at(due_ms, SWEEP, self._pay, (order, goods, site.clock.now_ms), rank=supplier)

    def _pay(self, what: tuple[PurchaseOrder, list[int], int]) -> None:
        order, goods, booked_ms = what
        if self._site.wrong_records is not None:
            # Whoever pays compares: what was sold meanwhile was sold at the wrong cost, what is left stays so.
            self._site.log.add(_CORRECTED, self._site.finance.actor, 0, [g for g in goods if g in self._differs])
            self._differs.difference_update(goods)
        self._site.log.add(_PAID, self._actors[order.supplier], 0, goods)
        if self._site.treasury is not None and self._site.treasury.purchases is not None:
            self._site.treasury.purchases.paid(order.supplier, order.node, goods, booked_ms)
        self._site.register.goods.free(goods)
