"""Facts of an order's end and of what stands in its way: limits, rules, overrides, delays and tickets."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind("closed", "order"),
    Kind("reopened", "order"),
    Kind("limit_breached", "order"),
    Kind("breach_acted", "order"),
    Kind("breach_moot", "order"),
    Kind("escalated", "order"),
    # The same for what is no order's: goods that were received, decisions that wait for approval.
    Kind("case_limit_breached", "note", units="note_units", value="note_value"),
    Kind("case_escalated", "note", units="note_units", value="note_value"),
    Kind("rule_applied", "order"),
    Kind("cancelled_too_late", "shipment"),
    Kind("override_asked", "order"),
    Kind("overridden", "order"),
    Kind("override_moot", "order"),
    Kind("delay_noticed", "order", due="order_second_promise"),
    Kind("delay_accepted", "order", due="order_second_promise"),
    Kind("ticket_opened", "order"),
    Kind("ticket_closed", "order"),
    Kind("shipment_limit_breached", "shipment"),
    Kind("return_limit_breached", "return"),
)
