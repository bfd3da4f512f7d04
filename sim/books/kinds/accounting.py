"""Facts of the accountants: documents, the close of a period and reserves."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind("documents_booked", "note", units="note_units", value="note_value"),
    Kind("document_rejected", "note", value="note_value"),
    Kind("document_corrected", "note", value="note_value"),
    Kind("period_ended", "note", units="note_units"),
    Kind("items_listed", "note", units="note_units", value="note_value"),
    Kind("item_explained", "note", value="note_value"),
    Kind(
        "returns_reserved",
        "note",
        value="note_value",
        posts=(("returns_provision", 1, "note_value"), ("returns_reserve", -1, "note_value")),
    ),
    Kind(
        "returned_goods_reserved",
        "note",
        value="note_value",
        posts=(("right_of_return", 1, "note_value"), ("returns_provision", -1, "note_value")),
    ),
    Kind("period_closed", "note", units="note_units"),
)
