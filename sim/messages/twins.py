"""The record of an order that comes twice."""

from __future__ import annotations

from sim.books.copies import append_copy
from sim.books.register import Register
from sim.units import DAY_MS

SENT_BACK_MS, BACK_MS = DAY_MS, 3 * DAY_MS
"""What came twice is sent back a day after delivery, and takes three days at least."""


def copy_order(register: Register, order: int) -> int:
    """Write the order once more, not yet captured; its customer will send back all of it. Returns its number."""
    orders, lines = register.orders, register.lines
    twin, wanted = len(orders), orders.lines(order)
    register.moves.announce()
    for line in wanted:
        append_copy(
            lines,
            line,
            order=twin,
            return_units=lines.units[line],
        )
        register.luck.copied(len(lines) - 1, line)
    append_copy(
        orders,
        order,
        first_line=len(lines),
        return_delay_ms=SENT_BACK_MS,
        return_transit_ms=max(orders.return_transit_ms[order], BACK_MS),
        returning=1,
        left=0,
    )
    return twin
