"""Whether an order has reached its customer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.register import Register
from sim.orders import DELIVERED, LINE_REFUSED, REPLACED

NOTHING_TO_COME = (DELIVERED, *REPLACED)
"""States of shipments that bring nothing more."""


def has_all(register: Register, order: int) -> bool:
    """Whether everything that the customer still wants has arrived."""
    open_units, line_state = register.lines.open_units, register.lines.state
    for line in register.orders.lines(order):
        if open_units[line] and line_state[line] > LINE_REFUSED:
            return False
    state, previous = register.shipments.state, register.shipments.previous
    shipment = register.orders.last_shipment[order]
    while shipment >= 0:
        if state[shipment] not in NOTHING_TO_COME:
            return False
        shipment = previous[shipment]
    return True


def have_all(register: Register, orders: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`has_all` of many orders."""
    lines, shipments = register.lines, register.shipments
    arrived = np.ones(len(orders), dtype=np.bool_)
    first = as_numpy(register.orders.first_line)
    line, end = first[orders].astype(np.int64), first[orders + 1]
    open_units, line_state = as_numpy(lines.open_units), as_numpy(lines.state)
    while (more := np.flatnonzero(line < end)).size:
        at = line[more]
        arrived[more] &= (open_units[at] == 0) | (line_state[at] <= LINE_REFUSED)
        line += 1
    state, previous = as_numpy(shipments.state), as_numpy(shipments.previous)
    shipment = as_numpy(register.orders.last_shipment)[orders].astype(np.int64)
    while (more := np.flatnonzero(shipment >= 0)).size:
        at = shipment[more]
        arrived[more] &= np.isin(state[at], NOTHING_TO_COME)
        shipment[more] = previous[at]
    return arrived
