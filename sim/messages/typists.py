"""Orders that people type in: it takes their minutes, and what they mistype shows later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import RETURN
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_REKEYED = NUMBER["rekeyed"]
_ADDRESS, _ITEM = REASON_NUMBER["data_fault"], REASON_NUMBER["wrong_item"]

NOTICED_MS = DAY_MS
"""How long after delivery a customer sends back what was not ordered."""

_OF_ADDRESS, _OF_LINE, _TRANSIT = range(3)
_PLACES = 1 << 8


class Typists:
    """Mistakes of those who enter the orders of channels with `sim.network.Rekeying`, by the luck of each order."""

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._specs = [c.rekeying for c in channels]
        self._luck = [site.streams.counter("rekeying", c.name) for c in channels]
        self._wrong_address: set[int] = set()
        self._wrong_lines: set[int] = set()
        self._wrong_orders: set[int] = set()
        """Orders of these lines."""
        site.register.leaving.forget(site.register.orders, self._wrong_address, self._wrong_orders)
        site.register.leaving.forget(site.register.lines, self._wrong_lines)

    def serve(self, channel: int) -> bool:
        """Whether orders of a channel are typed in."""
        return self._specs[channel] is not None

    def enter(self, order: int, desk: int) -> None:
        """An order was typed in by the people of a desk."""
        orders = self._site.register.orders
        spec = self._specs[orders.channel[order]]
        assert spec is not None
        reason = 0
        if self._uniform(order, 0, _OF_ADDRESS) < spec.wrong_address_share:
            self._wrong_address.add(order)
            reason = _ADDRESS
        lines = [
            line
            for place, line in enumerate(orders.lines(order))
            if self._uniform(order, place, _OF_LINE) < spec.wrong_item_share
        ]
        if lines:
            self._wrong_lines.update(lines)
            self._wrong_orders.add(order)
            reason = _ITEM
        self._site.log.one(_REKEYED, desk, reason, order)

    def is_wrong(self, line: int) -> bool:
        """Whether something else than was asked for was entered, so that it comes back by itself."""
        return line in self._wrong_lines

    def is_mistyped(self, order: int) -> bool:
        """Whether an order's address is wrong, and nobody has found out."""
        return order in self._wrong_address

    def stops(self, order: int) -> bool:
        """Hold an order whose address a check finds wrong; once it was found, it is right."""
        if order not in self._wrong_address:
            return False
        self._wrong_address.discard(order)
        self._site.holds.hold_for_desk(order, _ADDRESS, "data_fault")
        return True

    def delivered(self, shipments: list[int]) -> None:
        """Who gets something else than was ordered sends it back, unless it was to be sent back anyway."""
        register, clock, wrong = self._site.register, self._site.clock, self._wrong_orders
        order_of = register.shipments.order
        for shipment in [s for s in shipments if order_of[s] in wrong]:
            for piece in register.pieces_of(shipment):
                line = register.pieces.line[piece]
                if line in self._wrong_lines and not self._comes_back(shipment, piece):
                    register.orders.pending[register.lines.order[line]] += 1
                    clock.gather(clock.now_ms + NOTICED_MS, RETURN, self._send_back, [piece])

    def _comes_back(self, shipment: int, piece: int) -> bool:
        """Whether the customer sends it back for another reason: one that was drawn, a broken parcel, a wrong pick."""
        site, register = self._site, self._site.register
        if register.lines.return_units[register.pieces.line[piece]] or site.returns.is_broken(shipment):
            return True
        return site.shelf is not None and site.shelf.is_something_else(piece)

    def _send_back(self, pieces: list[int]) -> None:
        register = self._site.register
        for piece in pieces:
            line = register.pieces.line[piece]
            order = register.lines.order[line]
            place = line - register.orders.first_line[order]
            self._site.returns.mistaken(piece, _ITEM, self._uniform(order, place, _TRANSIT))

    def _uniform(self, order: int, place: int, purpose: int) -> float:
        orders = self._site.register.orders
        number = (orders.at_ms[order] * _PLACES + place % _PLACES) * 4 + purpose
        return self._luck[orders.channel[order]].at(number)
