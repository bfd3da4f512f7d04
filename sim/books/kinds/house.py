"""Facts of the house as a whole: fallbacks, alerts, views and disruptions."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # What the house falls back on.
    Kind("fallback_began", "note"),
    Kind("fallback_ended", "note"),
    Kind(
        "carrier_waited",
        "note",
        value="note_value",
        posts=(("freight", 1, "note_value"), ("freight_payable", -1, "note_value")),
    ),
    # What is watched.
    Kind("alert_raised", "note", units="note_units"),
    Kind("alert_cleared", "note", units="note_units"),
    Kind("shipment_at_risk", "shipment"),
    Kind("order_at_risk", "order"),
    # The house.
    Kind("view_refreshed", "channel"),
    Kind("disruption_began", "world"),
    Kind("disruption_ended", "world"),
    Kind("policy_changed", "world"),
    Kind("run_ended", "world"),
)
