"""Customers who change their minds: what can still be stopped is, what cannot be comes back (DOMAIN rule 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import HELD, PACKED, PICKED, PLANNED, RELEASED, SENT_TO_MERGE, SHIPPED, VALIDATED, WAITS_TO_MERGE

if TYPE_CHECKING:
    from sim.agents.site import Site

_CUSTOMER = REASON_NUMBER["customer_cancelled"]
_TOO_LATE = NUMBER["cancelled_too_late"]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is not wanted of an order: units of a line, fewer than all of it where ``some``."""

    line: int
    units: int
    some: bool


class Cancellations:
    """Answers customers who cancel.

    Until ``rules.cancel_until`` (release, or the beginning of picking) a cancellation always succeeds. Later somebody
    looks for the parcel in the house, and finds it with a chance of ``rules.intercept_share``; without one nobody
    looks. What leaves all the same is sent back by its customer. Of those who cancel, ``cancel_line_share`` of their
    segment mean one line of the order alone, and ``cancel_units_share`` some units of a line: what has no node yet
    first, then what can be stopped, then what must be looked for. What was packed beside it goes on.
    """

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        rules, network = site.world.rules, site.world.network
        self._until_pick, self._found_share = rules.cancel_until == "pick", rules.intercept_share
        segments = [network.segments[c.segment] for c in network.channels]
        self._line_share = [s.cancel_line_share for s in segments]
        self._units_share = [s.cancel_units_share for s in segments]
        self._part = [site.streams.counter("cancels a line", c.name) for c in network.channels]
        self._fewer = [site.streams.counter("cancels units", c.name) for c in network.channels]
        self._find = [site.streams.counter("intercept", c.name) for c in network.channels]

    def ask(self, order: int) -> None:
        """A customer cancels an order, a line of it, or some units of a line."""
        orders, orchestrator = self._site.register.orders, self._site.orchestrator
        if orders.state[order] not in (HELD, VALIDATED):
            return
        part = self._part_meant(order)
        if part is None:
            for shipment in self._site.register.shipments_of(order):
                self._stop(order, shipment, None)
            orchestrator.cancel(order, _CUSTOMER, self._customer)
            return
        self._stop_part(order, part)
        units = min(part.units, self._site.register.lines.open_units[part.line])
        if units:
            orchestrator.cancel_units(part.line, units, _CUSTOMER, self._customer)
            orchestrator.end_if_empty(order, _CUSTOMER, self._customer)
        if orders.state[order] == VALIDATED:
            self._site.allocator.allocate(order)  # what was packed beside it goes on

    # What is meant.

    def _part_meant(self, order: int) -> _Part | None:
        """The part that is not wanted any more; None for all of it."""
        line = self._line_meant(order)
        if line is not None:
            return _Part(line, self._site.register.lines.units[line], some=False)
        return self._units_meant(order)

    def _line_meant(self, order: int) -> int | None:
        orders = self._site.register.orders
        channel, numbers = orders.channel[order], orders.lines(order)
        luck = self._part[channel].at(orders.at_ms[order])
        share = self._line_share[channel]
        if len(numbers) < 2 or luck >= share:
            return None
        return numbers[int(luck / share * len(numbers))]

    def _units_meant(self, order: int) -> _Part | None:
        """Of one of the lines of several units, from one unit to all but one."""
        orders, lines = self._site.register.orders, self._site.register.lines
        channel = orders.channel[order]
        share, luck = self._units_share[channel], self._fewer[channel]
        several = [n for n in orders.lines(order) if lines.units[n] > 1] if share else []
        which = luck.at(orders.at_ms[order] << 1)
        if not several or which >= share:
            return None
        line = several[int(which / share * len(several))]
        return _Part(line, 1 + int(luck.at((orders.at_ms[order] << 1) + 1) * (lines.units[line] - 1)), some=True)

    # What can be stopped.

    def _stop_part(self, order: int, part: _Part) -> None:
        """Take apart what holds units that are not wanted, until as many are open."""
        open_units = self._site.register.lines.open_units
        holding = [s for s in self._site.register.shipments_of(order) if self._pieces_of(s, part.line)]
        if part.some:
            holding.sort(key=lambda s: not self._is_free(s))
        left = part.units - open_units[part.line] if part.some else part.units
        for shipment in holding:
            if left > 0:
                held = sum(self._site.register.pieces.units[piece] for piece in self._pieces_of(shipment, part.line))
                if self._stop(order, shipment, _Part(part.line, min(left, held), part.some)):
                    left -= held

    def _pieces_of(self, shipment: int, line: int) -> list[int]:
        register = self._site.register
        return [piece for piece in register.pieces_of(shipment) if register.pieces.line[piece] == line]

    def _is_free(self, shipment: int) -> bool:
        """Whether nobody has begun it."""
        state = self._site.register.shipments.state[shipment]
        return state == PLANNED or (state == RELEASED and self._not_begun(shipment))

    def _stop(self, order: int, shipment: int, part: _Part | None) -> bool:
        """Take a shipment apart, if it can be, else have it come back; whether either happened."""
        state = self._site.register.shipments.state[shipment]
        inside = state in (RELEASED, PICKED, PACKED)
        to_merge = state in (SENT_TO_MERGE, WAITS_TO_MERGE)
        if self._is_free(shipment):
            self._site.orchestrator.void(shipment, _CUSTOMER)
        elif not self._found_share:
            return False
        elif inside and self._is_found(order, shipment):
            self._site.orchestrator.void(shipment, _CUSTOMER)
        elif inside or to_merge or state == SHIPPED:
            self._send_back(order, shipment, part)
        else:
            return False
        return True

    def _not_begun(self, shipment: int) -> bool:
        """Whether it waits for a picker still."""
        warehouse = self._site.warehouses[self._site.register.shipments.node[shipment]]
        return self._until_pick and (shipment in warehouse.pick.queue or warehouse.waits_for_face(shipment))

    def _is_found(self, order: int, shipment: int) -> bool:
        orders, first = self._site.register.orders, self._site.register.shipments_of(order)[0]
        number = (orders.at_ms[order] << 4) + (shipment - first) % 16
        return self._find[orders.channel[order]].at(number) < self._found_share

    def _send_back(self, order: int, shipment: int, part: _Part | None) -> None:
        site, pieces = self._site, self._site.register.pieces
        lines = [pieces.line[p] for p in site.register.pieces_of(shipment)] if part is None else [part.line]
        if part is not None and part.some:
            piece = self._pieces_of(shipment, part.line)[0]
            site.returns.unwanted_part(order, piece, min(part.units, pieces.units[piece]))
        else:
            site.returns.unwanted(order, lines)
        if site.delivery_fees is not None:
            site.delivery_fees.too_late(order, lines)
        site.log.one(_TOO_LATE, self._customer, _CUSTOMER, shipment)
