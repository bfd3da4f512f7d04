"""What the people of service see: an order that is where their screen does not look, or where it shows another status
than is true, takes longer to answer for, and the answer does not always help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.orders import CAPTURED, HELD, IN_PREPARATION, LINE_REFUSED, SHIPPED

if TYPE_CHECKING:
    from sim.agents.site import Site


class Screen:
    """Service's view of orders."""

    def __init__(self, site: Site) -> None:
        self._site, self.plan = site, site.world.service

    def is_blind(self, order: int) -> bool:
        """Whether the screen does not show where the order is now."""
        exchange = self._site.exchange
        return self._system(order) not in self.plan.sees or (exchange is not None and exchange.diverges(order))

    def _system(self, order: int) -> str:
        """The system that knows of the order's least advanced open piece; ``nobody`` where none does."""
        register = self._site.register
        orders, lines, states = register.orders, register.lines, register.shipments.state
        if orders.state[order] in (CAPTURED, HELD):
            return "orders"
        open_units, line_state = lines.open_units, lines.state
        for line in orders.lines(order):
            if open_units[line] and line_state[line] > LINE_REFUSED:
                return "orders"
        unscanned = False
        for shipment in register.shipments_of(order):
            if states[shipment] in IN_PREPARATION:
                return "floor"
            unscanned = unscanned or (states[shipment] == SHIPPED and self._is_unscanned(shipment))
        return "nobody" if unscanned else "carrier"

    def _is_unscanned(self, shipment: int) -> bool:
        """Whether a parcel was handed over, and its carrier does not know of it yet."""
        service = self._site.register.shipments.service[shipment]
        return service >= 0 and shipment in self._site.carriers[service].unscanned
