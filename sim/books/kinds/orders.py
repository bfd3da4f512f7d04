"""Facts of orders: how they come in, and how they are given stock."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # Demand and acceptance.
    Kind("refused", "line", units="line_units", value="line_net"),
    Kind("captured", "line", units="line_units", value="line_net", due="line_deliver_by"),
    Kind("oversold", "note", units="note_units"),
    Kind("promised_inbound", "note", units="note_units"),
    Kind("cart_reserved", "line", units="line_units"),
    Kind("cart_abandoned", "order"),
    Kind("reservation_expired", "order"),
    Kind("reservation_missed", "note", units="note_units"),
    Kind("node_reserved", "goods", units="goods_units", moves=("available", "committed")),
    Kind("node_reservation_ended", "goods", units="goods_units", moves=("committed", "available")),
    Kind(
        "deposit_received",
        "order",
        value="order_deposit",
        posts=(("cash", 1, "order_deposit"), ("customer_deposits", -1, "order_deposit")),
    ),
    Kind(
        "deposit_returned",
        "note",
        value="note_value",
        posts=(("customer_deposits", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind("held", "order"),
    Kind("hold_cleared", "order"),
    Kind("validated", "order", due="order_ship_by"),
    # Allocation.
    Kind("backordered", "note", units="note_units"),
    Kind("allocated", "piece", units="piece_units", moves=("available", "committed")),
    Kind("deallocated", "piece", units="piece_units", moves=("committed", "available")),
    Kind("cancelled_units", "note", units="note_units", value="note_value"),
    Kind("cancelled", "order"),
    Kind("substituted", "note", units="note_units", value="note_value"),
)
