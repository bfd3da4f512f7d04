"""Facts of a replayed order file: its credits and fees."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind("credit_voided", "note", units="note_units", value="note_value"),
    Kind("credit_returned", "note", units="note_units", value="note_value"),
    Kind(
        "credit_difference",
        "note",
        value="note_value",
        posts=(("credit_price_differences", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "credit_unmatched",
        "note",
        units="note_units",
        value="note_value",
        posts=(("unmatched_credits", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "fee_posted",
        "note",
        value="note_value",
        posts=(("cash", 1, "note_value"), ("note_account", -1, "note_value")),
    ),
)
