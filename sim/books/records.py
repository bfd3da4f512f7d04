"""What each record of the books says, table by table.

Records are written once and then only read, but for the state columns, which `sim.lifecycle.Lifecycle` owns, and the
few fields that are filled in later, once (a shipment's service when it is packed).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sim.books.columns import BulkTable, Column, PagedTable, Reals, Table


class Orders(BulkTable):
    """One record for each arrival, accepted or not; numbers follow the time of arrival."""

    COLUMNS: ClassVar[dict[str, str]] = {
        "at_ms": "q",
        "channel": "h",
        "region": "i",
        "payment": "b",
        "ship_by_ms": "q",
        "deliver_by_ms": "q",
        "first_line": "i",
        "payment_luck": "d",
        "desk_luck": "d",
        "transit_luck": "d",
        "return_delay_ms": "q",
        "return_transit_ms": "q",
        "cancel_ms": "q",
        "till_ms": "q",
        "leaves_cart": "B",
        "smooth": "B",
        "state": "B",
        "returning": "B",
        "pending": "h",
        "deposit_cents": "q",
        "deposit_left_cents": "q",
        "last_shipment": "i",
        "left": "h",
        "told_at_risk": "B",
        "windows": "B",
        "account": "i",
        "on_credit": "B",
        "ruled_out": "q",
    }
    BEGINS: ClassVar[str] = "first_line"
    at_ms: Column
    channel: Column
    region: Column
    payment: Column
    ship_by_ms: Column
    deliver_by_ms: Column
    first_line: Column
    payment_luck: Reals
    desk_luck: Reals
    transit_luck: Reals
    return_delay_ms: Column
    return_transit_ms: Column
    cancel_ms: Column
    till_ms: Column
    """When its cart comes to the till, where its channel has carts."""
    leaves_cart: Column
    """Whether its customer leaves the cart there."""
    smooth: Column
    """1 where neither payment nor desk will hold the order, so that it can be allocated as it arrives; 2 where
    nothing but the house's own checks may."""
    state: Column
    returning: Column
    pending: Column
    """Lines with open units, shipments not delivered, shipments not settled, returns not refunded."""
    deposit_cents: Column
    """What was paid in advance, tax and delivery included."""
    deposit_left_cents: Column
    """What of that has neither become revenue nor gone back."""
    last_shipment: Column
    left: Column
    """How many of its shipments have left."""
    told_at_risk: Column
    """Whether somebody was told that it may be late."""
    windows: Column
    """How many return windows, one for each parcel that arrived or was lost, have not ended."""
    account: Column
    """Which of the channel's accounts it is of, where credit is limited."""
    on_credit: Column
    """Whether it counts against that account's limit."""
    ruled_out: Column
    """Bit by bit, which rules of the house do not hold for it as it was offered, whatever is in stock."""

    def lines(self, order: int) -> range:
        """Numbers of the order's lines."""
        return range(self.first_line[order], self.first_line[order + 1])


class Lines(BulkTable):
    """One record for each basket line. ``price_cents`` is the net price of one unit."""

    COLUMNS: ClassVar[dict[str, str]] = {
        "order": "i",
        "product": "i",
        "units": "i",
        "price_cents": "q",
        "return_units": "i",
        "state": "B",
        "open_units": "i",
        "cancelled_units": "i",
    }
    order: Column
    product: Column
    units: Column
    price_cents: Column
    return_units: Column
    state: Column
    open_units: Column
    cancelled_units: Column


class Pieces(PagedTable):
    """Units of one line in one shipment. ``cost_cents`` is written when they leave the node."""

    COLUMNS: ClassVar[dict[str, str]] = {
        "line": "i",
        "shipment": "i",
        "product": "i",
        "units": "i",
        "cost_cents": "q",
    }
    line: Column
    shipment: Column
    product: Column
    units: Column
    cost_cents: Column


class Shipments(PagedTable):
    """Pieces that leave one node together: numbers ``first_piece[s]`` up to ``first_piece[s + 1]``."""

    COLUMNS: ClassVar[dict[str, str]] = {
        "order": "i",
        "previous": "i",
        "node": "h",
        "sequence": "h",
        "first_piece": "i",
        "planned_ms": "q",
        "weight_kg": "d",
        "service": "b",
        "freight_cents": "q",
        "net_cents": "q",
        "tax_cents": "q",
        "quoted_ms": "q",
        "policy": "b",
        "runner_up": "h",
        "gap_cents": "d",
        "state": "B",
    }
    BEGINS: ClassVar[str] = "first_piece"
    BLANK: ClassVar[dict[str, float]] = {
        "previous": -1,
        "service": -1,
        "quoted_ms": -1,
        "runner_up": -1,
        "gap_cents": float("nan"),
    }
    order: Column
    previous: Column
    """The order's shipment planned before this one, or -1."""
    node: Column
    sequence: Column
    """0 for the order's first shipment that left."""
    first_piece: Column
    planned_ms: Column
    weight_kg: Reals
    service: Column
    freight_cents: Column
    net_cents: Column
    """Net price of its pieces, written when it leaves; tax likewise, rounded for each piece."""
    tax_cents: Column
    quoted_ms: Column
    policy: Column
    runner_up: Column
    gap_cents: Reals
    state: Column


class Returns(Table):
    """Units of one piece on their way back; credited as they were charged."""

    COLUMNS: ClassVar[dict[str, str]] = {
        "piece": "i",
        "node": "h",
        "units": "i",
        "cost_cents": "q",
        "net_cents": "q",
        "tax_cents": "q",
        "scrap_cents": "q",
        "vendor_cents": "q",
        "refurbish_cents": "q",
        "refurbish_due_ms": "q",
        "label_cents": "q",
        "extra_net_cents": "q",
        "extra_tax_cents": "q",
        "luck": "d",
        "reason": "B",
        "state": "B",
    }
    piece: Column
    node: Column
    units: Column
    cost_cents: Column
    net_cents: Column
    tax_cents: Column
    scrap_cents: Column
    """Value that left, if it was scrapped or went back to its vendor."""
    vendor_cents: Column
    """What the vendor credits of that."""
    refurbish_cents: Column
    refurbish_due_ms: Column
    """When whoever took it up would be done with it without a break; 0 where nobody did."""
    label_cents: Column
    extra_net_cents: Column
    """What a dispute added to the refund, net and tax."""
    extra_tax_cents: Column
    luck: Reals
    """What it is like: the lowest is as new (`sim.agents.returns.disposition`)."""
    reason: Column
    state: Column

    def add(
        self, piece: int, node: int, units: int, *, cost_cents: int, net_cents: int, tax_cents: int, luck: float
    ) -> int:
        """Write a record and return its number."""
        number = self.begin()
        self.piece[number], self.node[number], self.units[number] = piece, node, units
        self.cost_cents[number], self.net_cents[number], self.tax_cents[number] = cost_cents, net_cents, tax_cents
        self.luck[number] = luck
        return number


class Goods(Table):
    """Stock that moves for another reason than an order: receipts, transfers, corrections.

    ``other`` is the node at the far end of a transfer; ``source`` the supplier, ``document`` the purchase order
    or transfer; -1 where there is none. Who will come back to a record later holds it until then.
    """

    COLUMNS: ClassVar[dict[str, str]] = {
        "node": "h",
        "other": "h",
        "product": "i",
        "units": "i",
        "value_cents": "q",
        "source": "h",
        "document": "i",
        "due_ms": "q",
    }
    node: Column
    other: Column
    product: Column
    units: Column
    value_cents: Column
    source: Column
    document: Column
    due_ms: Column

    def __init__(self) -> None:
        super().__init__()
        self.held_by: dict[int, int] = {}
        """By record: how many will come back to it."""

    def hold(self, records: Iterable[int]) -> None:
        """Somebody will come back to these."""
        held_by = self.held_by
        for record in records:
            held_by[record] = held_by.get(record, 0) + 1

    def free(self, records: Iterable[int]) -> None:
        """Somebody who held these is done with them."""
        held_by = self.held_by
        for record in records:
            if held_by[record] == 1:
                del held_by[record]
            else:
                held_by[record] -= 1

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
        number = self.begin()
        self.node[number], self.other[number], self.product[number] = node, other, product
        self.units[number], self.value_cents[number] = units, value_cents
        self.source[number], self.document[number], self.due_ms[number] = source, document, due_ms
        return number


class Notes(Table):
    """Part of a line, or of an order's money, that something happened to: units and an amount.

    ``account`` is an index into the accounts, for the kinds whose posting goes where the note says.
    """

    COLUMNS: ClassVar[dict[str, str]] = {
        "order": "i",
        "line": "i",
        "product": "i",
        "units": "i",
        "value_cents": "q",
        "account": "h",
    }
    order: Column
    line: Column
    product: Column
    units: Column
    value_cents: Column
    account: Column

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
        number = self.begin()
        self.order[number], self.line[number], self.product[number] = order, line, product
        self.units[number], self.value_cents[number], self.account[number] = units, value_cents, account
        return number
