"""The order register: what each number in the books stands for.

The books refer to records (`sim.books.records`) by their number and look the rest up when they are flushed. Columns
(`sim.books.columns`) are compact, quick to read one by one, and a NumPy array at no cost when many are wanted
(`as_numpy`). Records of orders that have ended leave memory (`sim.books.leaving`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.books.abroad import Abroad
from sim.books.columns import as_numpy
from sim.books.leaving import Leaving
from sim.books.line_luck import LineLuck
from sim.books.moves import Moves
from sim.books.open_lines import OpenLines, orders_due
from sim.books.records import Goods, Lines, Notes, Orders, Pieces, Returns, Shipments
from sim.books.standing import Standing
from sim.orders import IN_PREPARATION, NOT_ARRIVED

_Numbers = NDArray[np.signedinteger]

Line = tuple[int, int, int]
"""(line number, product, units)."""


class Handled(NamedTuple):
    """What a shipment is in the hands of its pickers: whole pallets and nothing else, or cases and lines of single
    units."""

    pallets: int
    cases: int
    lines: int


class Register:
    """All record tables of one run."""

    def __init__(self) -> None:
        self.moves = Moves()
        self.orders = Orders()
        self.lines = Lines()
        self.pieces = Pieces(self.moves)
        self.shipments = Shipments(self.moves)
        self.returns = Returns()
        self.goods = Goods()
        self.notes = Notes()
        self.leaving = Leaving(self)
        self.leaving.hold(self.goods, self.goods.held_by.keys)
        self._prepared, self._not_arrived = Standing(IN_PREPARATION), Standing(NOT_ARRIVED)
        self.opens: OpenLines | None = None
        """Told of every line that gets open units, where anybody looks for them."""
        self.given: dict[int, int] = {}
        """By piece that left: units of it for which nothing is charged."""
        self.leaving.forget(self.pieces, self.given)
        self.handled: dict[int, Handled] = {}
        """By shipment that was broken down into cases and pallets: what it is; others are lines of single units."""
        self.leaving.forget(self.shipments, self.handled)
        self.luck = LineLuck()
        self.second_promise_ms: dict[int, int] = {}
        """By order whose customer was told of a delay: the promise that stands beside the first."""
        self.leaving.forget(self.orders, self.second_promise_ms)
        self.holds: dict[int, str] = {}
        """By held order: the kind of exception that holds it."""
        self.abroad: Abroad | None = None
        """What channels in a foreign currency ask, where there are any."""

    def worth(self, order: int, cents: int) -> int:
        """What is asked for an order, told in the group's currency at the start, at the rate of the order."""
        return cents if self.abroad is None else int(self.all_worth(np.array([order]), np.array([cents]))[0])

    def all_worth(self, orders: _Numbers, cents: _Numbers) -> _Numbers:
        """The same of several orders."""
        if self.abroad is None:
            return cents
        return self.abroad.worth(as_numpy(self.orders.channel)[orders], as_numpy(self.orders.at_ms)[orders], cents)

    def asked(self, order: int, cents: int) -> int:
        """An amount of an order in the currency of its channel."""
        return cents if self.abroad is None else int(self.all_asked(np.array([order]), np.array([cents]))[0])

    def all_asked(self, orders: _Numbers, cents: _Numbers) -> _Numbers:
        """The same of several orders."""
        if self.abroad is None:
            return cents
        return self.abroad.asked(as_numpy(self.orders.channel)[orders], as_numpy(self.orders.at_ms)[orders], cents)

    def limit(self, channel: int, cents: int | None) -> int | None:
        """A limit that was told in the group's currency at the start, in that of its channel."""
        return cents if cents is None or self.abroad is None else self.abroad.fixed(channel, cents)

    def pieces_of(self, shipment: int) -> range:
        """Numbers of the shipment's pieces."""
        first = self.shipments.first_piece
        return range(first[shipment], first[shipment + 1])

    def line_of_return(self, number: int) -> int:
        """The line of which a return is a part."""
        return self.pieces.line[self.returns.piece[number]]

    def order_of_return(self, number: int) -> int:
        """The order to which it belongs."""
        return self.lines.order[self.line_of_return(number)]

    def in_preparation(self) -> NDArray[np.int64]:
        """Shipments that have not left, and are not ready to be fetched; none comes back to that."""
        return self._prepared.among(self.shipments)

    def not_arrived(self) -> NDArray[np.int64]:
        """Shipments that are on the road, or may be yet; none comes back to that either."""
        return self._not_arrived.among(self.shipments)

    def opened(self, lines: Iterable[int]) -> None:
        """Lines have open units from now on."""
        if self.opens is not None:
            self.opens.note(lines)

    def open_lines(self) -> NDArray[np.int64]:
        """Lines with open units, in ascending order."""
        open_units = as_numpy(self.lines.open_units)
        return np.flatnonzero(open_units > 0) if self.opens is None else self.opens.among(open_units)

    def waiting_orders(self, state: int, from_ms: int, until_ms: int) -> NDArray[np.int64]:
        """Orders in a state with open units whose ship-by lies between two moments, in ascending order."""
        orders = self.orders
        of_lines, states, due_ms = (as_numpy(c) for c in (self.lines.order, orders.state, orders.ship_by_ms))
        return orders_due(self.open_lines(), of_lines, states, due_ms, state, from_ms, until_ms)

    def contents(self, shipments: Iterable[int]) -> list[tuple[int, int]]:
        """(product, units) of every piece of the shipments."""
        first, product, units = self.shipments.first_piece, self.pieces.product, self.pieces.units
        return [(product[p], units[p]) for s in shipments for p in range(first[s], first[s + 1])]

    def basket(self, order: int) -> list[Line]:
        """What its customer wants: (line number, product, units)."""
        product, units = self.lines.product, self.lines.units
        return [(n, product[n], units[n]) for n in self.orders.lines(order)]

    def shipments_of(self, order: int) -> list[int]:
        """All shipments planned for the order so far, voided ones too."""
        found: list[int] = []
        shipment = self.orders.last_shipment[order]
        while shipment >= 0:
            found.append(shipment)
            shipment = self.shipments.previous[shipment]
        return found[::-1]
