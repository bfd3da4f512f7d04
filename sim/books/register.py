"""The order register: what each number in the books stands for, as columns.

Records are written once and then only read, but for the state columns, which `sim.orders.Lifecycle` owns, and the
few fields that are filled in later, once (a shipment's service when it is packed). The books refer to records by
their number and look the rest up when they are flushed. Columns are `array.array`: compact, quick to read one by
one, and a NumPy array at no cost when many are wanted (`as_numpy`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.books.moves import Moves
from sim.books.open_lines import OpenLines, orders_due

_DTYPES = {"b": np.int8, "h": np.int16, "i": np.int32, "q": np.int64, "d": np.float64}


def as_numpy(column: array[Any] | bytearray) -> NDArray[Any]:
    """A view of a column as NumPy array; drop it before the column grows."""
    if isinstance(column, bytearray):
        return np.frombuffer(column, dtype=np.uint8)
    return np.frombuffer(column, dtype=_DTYPES[column.typecode])


class Orders:
    """One record for each arrival, accepted or not; numbers follow the time of arrival."""

    def __init__(self) -> None:
        self.at_ms = array("q")
        self.channel = array("h")
        self.region = array("i")
        self.payment = array("b")
        self.ship_by_ms = array("q")
        self.deliver_by_ms = array("q")
        self.first_line = array("i", [0])
        self.payment_luck = array("d")
        self.desk_luck = array("d")
        self.transit_luck = array("d")
        self.return_delay_ms = array("q")
        self.return_transit_ms = array("q")
        self.cancel_ms = array("q")
        self.smooth = bytearray()
        """1 where neither payment nor desk will hold the order, so that it can be allocated as it arrives; 2 where
        nothing but the house's own checks may."""
        self.state = bytearray()
        self.returning = bytearray()
        self.pending = array("h")
        """Lines with open units, shipments not delivered, shipments not settled, returns not refunded."""
        self.deposit_cents = array("q")
        """What was paid in advance, tax and delivery included."""
        self.deposit_left_cents = array("q")
        """What of that has neither become revenue nor gone back."""
        self.last_shipment = array("i")
        self.left = array("h")
        """How many of its shipments have left."""

    def __len__(self) -> int:
        return len(self.at_ms)

    def lines(self, order: int) -> range:
        """Numbers of the order's lines."""
        return range(self.first_line[order], self.first_line[order + 1])


class Lines:
    """One record for each basket line. ``price_cents`` is the net price of one unit."""

    def __init__(self) -> None:
        self.order = array("i")
        self.product = array("i")
        self.units = array("i")
        self.price_cents = array("q")
        self.return_units = array("i")
        self.state = bytearray()
        self.open_units = array("i")
        self.cancelled_units = array("i")

    def __len__(self) -> int:
        return len(self.order)


_PAGE = 8_192

Line = tuple[int, int, int]
"""(line number, product, units)."""


class _Paged:
    """A table whose columns grow by pages of blank records, so that a new one writes only what it differs in."""

    BLANK: ClassVar[dict[str, tuple[str, float]]]

    def __init__(self, moves: Moves) -> None:
        self.count = 0
        self._moves = moves
        for name, (typecode, _) in self.BLANK.items():
            setattr(self, name, array(typecode))
        self.room = 0
        self.grow()

    def __len__(self) -> int:
        return self.count

    def grow(self) -> None:
        """Append a page of blank records."""
        self._moves.announce()
        for name, (typecode, blank) in self.BLANK.items():
            value = int(blank) if typecode != "d" else blank
            getattr(self, name).extend(array(typecode, [value]) * _PAGE)
        self.room += _PAGE


class Pieces(_Paged):
    """Units of one line in one shipment. ``cost_cents`` is written when they leave the node."""

    BLANK: ClassVar[dict[str, tuple[str, float]]] = {
        "line": ("i", 0),
        "shipment": ("i", 0),
        "product": ("i", 0),
        "units": ("i", 0),
        "cost_cents": ("q", 0),
    }
    line: array[int]
    shipment: array[int]
    product: array[int]
    units: array[int]
    cost_cents: array[int]


class Shipments(_Paged):
    """Pieces that leave one node together: numbers ``first_piece[s]`` up to ``first_piece[s + 1]``."""

    BLANK: ClassVar[dict[str, tuple[str, float]]] = {
        "order": ("i", 0),
        "previous": ("i", -1),
        "node": ("h", 0),
        "sequence": ("h", 0),
        "first_piece": ("i", 0),
        "planned_ms": ("q", 0),
        "weight_kg": ("d", 0.0),
        "service": ("b", -1),
        "freight_cents": ("q", 0),
        "net_cents": ("q", 0),
        "tax_cents": ("q", 0),
        "quoted_ms": ("q", -1),
        "policy": ("b", 0),
        "runner_up": ("h", -1),
        "gap_cents": ("d", float("nan")),
    }
    order: array[int]
    previous: array[int]
    """The order's shipment planned before this one, or -1."""
    node: array[int]
    sequence: array[int]
    """0 for the order's first shipment that left."""
    first_piece: array[int]
    planned_ms: array[int]
    weight_kg: array[float]
    service: array[int]
    freight_cents: array[int]
    net_cents: array[int]
    """Net price of its pieces, written when it leaves; tax likewise, rounded for each piece."""
    tax_cents: array[int]
    quoted_ms: array[int]
    policy: array[int]
    runner_up: array[int]
    gap_cents: array[float]

    def __init__(self, moves: Moves) -> None:
        self.state = bytearray()
        super().__init__(moves)

    def grow(self) -> None:
        """Append a page of blank records."""
        super().grow()
        self.state.extend(bytes(_PAGE))


class Returns:
    """Units of one piece on their way back; credited as they were charged."""

    def __init__(self) -> None:
        self.piece = array("i")
        self.node = array("h")
        self.units = array("i")
        self.cost_cents = array("q")
        self.net_cents = array("q")
        self.tax_cents = array("q")
        self.scrap_cents = array("q")
        """Value that left, if it was scrapped or went back to its vendor."""
        self.vendor_cents = array("q")
        """What the vendor credits of that."""
        self.refurbish_cents = array("q")
        self.label_cents = array("q")
        self.extra_net_cents = array("q")
        """What a dispute added to the refund, net and tax."""
        self.extra_tax_cents = array("q")
        self.luck = array("d")
        """What it is like: the lowest is as new (`sim.agents.disposition`)."""
        self.reason = bytearray()
        self.state = bytearray()

    def __len__(self) -> int:
        return len(self.piece)

    def add(
        self, piece: int, node: int, units: int, *, cost_cents: int, net_cents: int, tax_cents: int, luck: float
    ) -> int:
        """Write a record and return its number."""
        self.piece.append(piece)
        self.node.append(node)
        self.units.append(units)
        self.cost_cents.append(cost_cents)
        self.net_cents.append(net_cents)
        self.tax_cents.append(tax_cents)
        self.luck.append(luck)
        for blank in (
            self.scrap_cents,
            self.vendor_cents,
            self.refurbish_cents,
            self.label_cents,
            self.extra_net_cents,
            self.extra_tax_cents,
            self.state,
            self.reason,
        ):
            blank.append(0)
        return len(self.piece) - 1


class Goods:
    """Stock that moves for another reason than an order: receipts, transfers, corrections.

    ``other`` is the node at the far end of a transfer; ``source`` the supplier, ``document`` the purchase order
    or transfer; -1 where there is none.
    """

    def __init__(self) -> None:
        self.node = array("h")
        self.other = array("h")
        self.product = array("i")
        self.units = array("i")
        self.value_cents = array("q")
        self.source = array("h")
        self.document = array("i")
        self.due_ms = array("q")

    def __len__(self) -> int:
        return len(self.node)

    def add(
        self,
        node: int,
        product: int,
        units: int,
        value_cents: int,
        other: int = -1,
        source: int = -1,
        document: int = -1,
        due_ms: int = -1,
    ) -> int:
        """Write a record and return its number."""
        self.node.append(node)
        self.other.append(other)
        self.product.append(product)
        self.units.append(units)
        self.value_cents.append(value_cents)
        self.source.append(source)
        self.document.append(document)
        self.due_ms.append(due_ms)
        return len(self.node) - 1


class Notes:
    """Part of a line, or of an order's money, that something happened to: units and an amount.

    ``account`` is an index into the accounts, for the kinds whose posting goes where the note says.
    """

    def __init__(self) -> None:
        self.order = array("i")
        self.line = array("i")
        self.product = array("i")
        self.units = array("i")
        self.value_cents = array("q")
        self.account = array("h")

    def __len__(self) -> int:
        return len(self.order)

    def add(
        self,
        order: int = -1,
        line: int = -1,
        product: int = -1,
        units: int = 0,
        value_cents: int = 0,
        account: int = 0,
    ) -> int:
        """Write a note and return its number."""
        self.order.append(order)
        self.line.append(line)
        self.product.append(product)
        self.units.append(units)
        self.value_cents.append(value_cents)
        self.account.append(account)
        return len(self.order) - 1


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
        self._left_before = 0
        """All shipments before this one have left their node, or never will."""
        self.opens: OpenLines | None = None
        """Told of every line that gets open units, where anybody looks for them."""
        self.given: dict[int, int] = {}
        """By piece that left: units of it for which nothing is charged."""
        self.second_promise_ms: dict[int, int] = {}
        """By order whose customer was told of a delay: the promise that stands beside the first."""
        self.holds: dict[int, str] = {}
        """By held order: the kind of exception that holds it."""

    def pieces_of(self, shipment: int) -> range:
        """Numbers of the shipment's pieces."""
        first = self.shipments.first_piece
        return range(first[shipment], first[shipment + 1])

    def not_left(self, leaves: int) -> NDArray[np.int64]:
        """Shipments in states before ``leaves``, the one in which they leave their node, and which none comes back
        from."""
        first = self._left_before
        here = np.flatnonzero(as_numpy(self.shipments.state)[first : self.shipments.count] < leaves) + first
        self._left_before = int(here[0]) if len(here) else self.shipments.count
        return here

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
