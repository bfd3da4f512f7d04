"""Whether an order has reached its customer."""

from __future__ import annotations

from sim.books.register import Register
from sim.orders import DELIVERED, LINE_REFUSED, VOIDED


def has_all(register: Register, order: int) -> bool:
    """Whether everything that the customer still wants has arrived."""
    lines, states = register.lines, register.shipments.state
    if any(lines.open_units[n] and lines.state[n] > LINE_REFUSED for n in register.orders.lines(order)):
        return False
    return all(states[s] in (DELIVERED, VOIDED) for s in register.shipments_of(order))
