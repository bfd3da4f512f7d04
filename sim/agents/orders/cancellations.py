"""Customers who change their minds: what can still be stopped is, what cannot be comes back (DOMAIN rule 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import HELD, PACKED, PICKED, PLANNED, RELEASED, SENT_TO_MERGE, SHIPPED, VALIDATED, WAITS_TO_MERGE

if TYPE_CHECKING:
    from sim.agents.site import Site

_CUSTOMER = REASON_NUMBER["customer_cancelled"]
_TOO_LATE = NUMBER["cancelled_too_late"]


class Cancellations:
    """Answers customers who cancel.

    Until ``rules.cancel_until`` (release, or the beginning of picking) a cancellation always succeeds. Later somebody
    looks for the parcel in the house, and finds it with a chance of ``rules.intercept_share``; without one nobody
    looks. What leaves all the same is sent back by its customer, whole. Of those who cancel, ``cancel_line_share`` of
    their segment mean one line of the order alone.
    """

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        rules, network = site.world.rules, site.world.network
        self._until_pick, self._found_share = rules.cancel_until == "pick", rules.intercept_share
        self._line_share = [network.segments[c.segment].cancel_line_share for c in network.channels]
        self._part = [site.streams.counter("cancels a line", c.name) for c in network.channels]
        self._find = [site.streams.counter("intercept", c.name) for c in network.channels]

    def ask(self, order: int) -> None:
        """A customer cancels an order, or a line of it."""
        orders, orchestrator = self._site.register.orders, self._site.orchestrator
        if orders.state[order] not in (HELD, VALIDATED):
            return
        line = self._line_meant(order)
        for shipment in self._site.register.shipments_of(order):
            if line is None or line in self._lines_of(shipment):
                self._stop(order, shipment, line)
        if line is None:
            orchestrator.cancel(order, _CUSTOMER, self._customer)
            return
        units = self._site.register.lines.open_units[line]
        if units:
            orchestrator.cancel_units(line, units, _CUSTOMER, self._customer)
            orchestrator.end_if_empty(order, _CUSTOMER, self._customer)
        if orders.state[order] == VALIDATED:
            self._site.allocator.allocate(order)  # what was packed beside it goes on

    def _line_meant(self, order: int) -> int | None:
        """The one line that is not wanted any more; None for all of them."""
        orders = self._site.register.orders
        channel, numbers = orders.channel[order], orders.lines(order)
        luck = self._part[channel].at(orders.at_ms[order])
        share = self._line_share[channel]
        if len(numbers) < 2 or luck >= share:
            return None
        return numbers[int(luck / share * len(numbers))]

    def _lines_of(self, shipment: int) -> list[int]:
        register = self._site.register
        return [register.pieces.line[piece] for piece in register.pieces_of(shipment)]

    def _stop(self, order: int, shipment: int, line: int | None) -> None:
        """Take a shipment apart, if it can be; else what is not wanted of it will come back."""
        state = self._site.register.shipments.state[shipment]
        inside = state in (RELEASED, PICKED, PACKED)
        to_merge = state in (SENT_TO_MERGE, WAITS_TO_MERGE)
        if state == PLANNED or (state == RELEASED and self._not_begun(shipment)):
            self._site.orchestrator.void(shipment, _CUSTOMER)
        elif not self._found_share:
            return
        elif inside and self._is_found(order, shipment):
            self._site.orchestrator.void(shipment, _CUSTOMER)
        elif inside or to_merge or state == SHIPPED:
            self._send_back(shipment, line)

    def _not_begun(self, shipment: int) -> bool:
        """Whether it waits for a picker still."""
        warehouse = self._site.warehouses[self._site.register.shipments.node[shipment]]
        return self._until_pick and (shipment in warehouse.pick.queue or warehouse.waits_for_face(shipment))

    def _is_found(self, order: int, shipment: int) -> bool:
        orders, first = self._site.register.orders, self._site.register.shipments_of(order)[0]
        number = (orders.at_ms[order] << 4) + (shipment - first) % 16
        return self._find[orders.channel[order]].at(number) < self._found_share

    def _send_back(self, shipment: int, line: int | None) -> None:
        unwanted = [n for n in self._lines_of(shipment) if line is None or n == line]
        self._site.returns.unwanted(self._site.register.shipments.order[shipment], unwanted)
        self._site.log.one(_TOO_LATE, self._customer, _CUSTOMER, shipment)
