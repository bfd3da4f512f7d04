"""The record of an order that comes twice."""

from __future__ import annotations

from sim.books.register import Lines, Orders, Register
from sim.units import DAY_MS

SENT_BACK_MS, BACK_MS = DAY_MS, 3 * DAY_MS
"""What came twice is sent back a day after delivery, and takes three days at least."""


def copy_order(register: Register, order: int) -> int:
    """Write the order once more, not yet captured; its customer will send back all of it. Returns its number."""
    orders, lines = register.orders, register.lines
    twin, wanted = len(orders), orders.lines(order)
    register.moves.announce()
    for line in wanted:
        _append_copy(lines, line, order=twin, return_units=lines.units[line], **_UNTOUCHED_LINE)
    _append_copy(
        orders,
        order,
        return_delay_ms=SENT_BACK_MS,
        return_transit_ms=max(orders.return_transit_ms[order], BACK_MS),
        **_UNTOUCHED_ORDER,
    )
    orders.first_line[len(orders)] = len(lines)
    return twin


_UNTOUCHED_LINE = {"state": 0, "open_units": 0, "cancelled_units": 0}
_UNTOUCHED_ORDER = {
    "cancel_ms": -1,
    "smooth": 0,
    "state": 0,
    "returning": 1,
    "pending": 0,
    "deposit_cents": 0,
    "deposit_left_cents": 0,
    "last_shipment": -1,
    "left": 0,
}


def _append_copy(table: Orders | Lines, record: int, **changes: int) -> None:
    """One record more: that of ``record``, but for ``changes``."""
    copy = table.extend(1).start
    for name in table.COLUMNS:
        if name != table.BEGINS:
            column = getattr(table, name)
            column[copy] = changes[name] if name in changes else column[record]
