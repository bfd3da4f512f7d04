"""Suppliers that are late: the house does not rely on them until what is overdue has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DECISION
from sim.plans.fallbacks import LateSuppliers

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.agents.supply.purchase_order import PurchaseOrder

_BEGAN, _ENDED = NUMBER["fallback_began"], NUMBER["fallback_ended"]
_LATE = REASON_NUMBER["supplier_late"]
_RANK = -(1 << 19)
"""Before the reviews of the same instant."""


class LateSupplierRule:
    """Watches the dates of purchase orders.

    Attributes
    ----------
    late : frozenset of int
        Suppliers with an overdue order.
    """

    def __init__(self, site: Site, plan: LateSuppliers, actors: Sequence[int]) -> None:
        self._site, self._plan, self._actors = site, plan, actors
        self._alternates = [s.alternates for s in site.world.network.suppliers]
        self._overdue: dict[int, PurchaseOrder] = {}
        self.late: frozenset[int] = frozenset()

    def expect(self, order: PurchaseOrder, *, not_before_ms: int = 0) -> None:
        """An order is under way: look at it when it is late enough."""
        at_ms = max(self._due_ms(order), not_before_ms) + self._plan.after_ms
        clock = self._site.clock
        clock.at(max(at_ms, clock.now_ms), DECISION, self._look, (order, not_before_ms), rank=_RANK + order.supplier)

    def _due_ms(self, order: PurchaseOrder) -> int:
        return max(self._site.register.goods.due_ms[record] for record in order.goods)

    def _look(self, what: tuple[PurchaseOrder, int]) -> None:
        order, not_before_ms = what
        if not self._site.purchasing.is_open(order) or order.number in self._overdue:
            return
        if max(self._due_ms(order), not_before_ms) + self._plan.after_ms > self._site.clock.now_ms:
            self.expect(order, not_before_ms=not_before_ms)  # a later date was confirmed
            return
        self._overdue[order.number] = order
        self._renew()
        self._site.supply.demanded(order.node)

    def over(self, order: PurchaseOrder) -> None:
        """An order is at the gate, or will never come."""
        if self._overdue.pop(order.number, None) is not None:
            self._renew()

    def _renew(self) -> None:
        before, self.late = self.late, frozenset(order.supplier for order in self._overdue.values())
        for kind, suppliers in ((_ENDED, before - self.late), (_BEGAN, self.late - before)):
            for supplier in sorted(suppliers):
                self._site.log.one(kind, self._actors[supplier], _LATE, self._site.register.notes.add())

    def stands_in(self, supplier: int, shut: frozenset[int]) -> int | None:
        """Who is asked instead of a supplier that is late; None where nobody can."""
        return next((s for s in self._alternates[supplier] if s not in shut and s not in self.late), None)

    def discount(self, node: int, position: list[int]) -> None:
        """Take what is overdue, and can be had elsewhere, off a node's inventory position."""
        goods, shut = self._site.register.goods, self._site.purchasing.shut
        for order in self._overdue.values():
            if order.node == node and self.stands_in(order.supplier, shut) is not None:
                for record in order.goods:
                    position[goods.product[record]] -= goods.units[record]
