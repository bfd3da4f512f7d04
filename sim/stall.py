"""Where an open order is stalled, and why: each has exactly one reason at every moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.orders import (
    CAPTURED,
    DELIVERED,
    HELD,
    LINE_REFUSED,
    PACKED,
    READY,
    SENT_TO_MERGE,
    VALIDATED,
    WAITS_TO_MERGE,
)

if TYPE_CHECKING:
    from sim.books.register import Register

STALL_OF_HOLD = {
    "payment": "payment hold",
    "fraud": "fraud review",
    "data_fault": "data fault",
    "approval": "approval",
    "credit": "credit hold",
    "ticket": "customer service",
    "carrier": "no carrier",
    "region": "region closed",
    "override": "manual hold",
}
"""What an order waits for that an exception of each kind holds."""

KIND_OF_REASON = {
    "payment_declined": "payment",
    "gateway_down": "payment",
    "gateway_busy": "payment",
    "gateway_timeout": "payment",
    "authorisation_expired": "payment",
    "fraud_review": "fraud",
    "data_fault": "data_fault",
    "approval_needed": "approval",
    "credit_limit": "credit",
    "no_carrier": "carrier",
    "region_closed": "region",
    "manual_override": "override",
}
"""What the event log says of a hold, and which kind of exception that is."""

AFTER_DELIVERY = ("return or settlement", "return window")
"""What an order waits for whose goods have arrived."""

STALLS = (
    *STALL_OF_HOLD.values(),
    *("message", "stock shortage", "capacity", "carrier", "merge", "pickup"),
    *AFTER_DELIVERY,
)
"""All reasons; of several that an order could name, the first counts."""


def stall_reason(register: Register, order: int) -> str:
    """The one of `STALLS` that an open order waits for at this moment; empty for an order that is not open."""
    orders, lines, states = register.orders, register.lines, register.shipments.state
    if orders.state[order] == HELD:
        return STALL_OF_HOLD[register.holds[order]]
    if orders.state[order] == CAPTURED:  # the message about it has not arrived
        return "message"
    if orders.state[order] != VALIDATED:
        return ""
    if any(lines.open_units[n] and lines.state[n] > LINE_REFUSED for n in orders.lines(order)):
        return "stock shortage"
    furthest = [states[s] for s in register.shipments_of(order)]
    if any(state < PACKED for state in furthest):
        return "capacity"
    if any(PACKED <= state < DELIVERED for state in furthest):  # on the dock, or on the road
        return "carrier"
    if SENT_TO_MERGE in furthest or WAITS_TO_MERGE in furthest:
        return "merge"
    if READY in furthest:
        return "pickup"
    return "return or settlement" if orders.pending[order] else "return window"
