"""Facts of the floor: picking, packing, merging and the people who do it."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind("released", "shipment"),
    Kind("picked", "piece", units="piece_units", moves=("committed", "picked")),
    # A row for each pallet; a row for each line, with its whole cases.
    Kind("picked_by_pallet", "piece", units="piece_a_pallet"),
    Kind("picked_by_case", "piece", units="piece_in_cases"),
    # A row for each pallet or case that was opened to pick less of it; or because goods left for another reason.
    Kind("pallet_broken", "piece", units="piece_a_pallet"),
    Kind("case_broken", "piece", units="piece_a_case"),
    Kind("pallet_split", "goods", units="goods_units"),
    Kind("case_split", "goods", units="goods_units"),
    Kind("put_back", "piece", units="piece_units", moves=("picked", "available")),
    Kind(
        "sorted",
        "note",
        units="note_units",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind(
        "face_filled",
        "goods",
        units="goods_units",
        value="goods_value",
        posts=(("handling_labour", 1, "goods_value"), ("accrued_operations", -1, "goods_value")),
    ),
    Kind("staging_full", "node"),
    Kind("van_waited", "node"),
    Kind(
        "van_loaded",
        "note",
        units="note_units",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind("short_picked", "note", units="note_units"),
    Kind("mispicked", "note", units="note_units"),
    Kind(
        "packed",
        "shipment",
        value="shipment_handling",
        posts=(
            ("handling_labour", 1, "shipment_labour"),
            ("packaging", 1, "shipment_packaging"),
            ("accrued_operations", -1, "shipment_handling"),
        ),
    ),
    Kind(
        "overtime_worked",
        "note",
        units="note_units",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind(
        "shift_paid",
        "note",
        units="note_units",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind("temporary_called", "note", units="note_units"),
    Kind(
        "temporary_worked",
        "note",
        units="note_units",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind("decision_asked", "note", value="note_value"),
    Kind("decision_approved", "note", value="note_value"),
    Kind("decision_rejected", "note", value="note_value"),
    Kind("voided", "shipment"),
    # Parts of an order that are merged before they leave.
    Kind("sent_to_merge", "shipment"),
    Kind("waits_to_merge", "shipment"),
    Kind("merged", "shipment"),
    Kind("consolidated", "shipment"),
    Kind(
        "merge_loaded",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("picked", "in_transit"),
        posts=(("inventory_in_transit", 1, "goods_value"), ("inventory", -1, "goods_value")),
        between_nodes=True,
    ),
    Kind(
        "merge_unloaded",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("in_transit", "picked"),
        posts=(("inventory", 1, "goods_value"), ("inventory_in_transit", -1, "goods_value")),
    ),
    Kind(
        "merge_freight_charged",
        "note",
        value="note_value",
        posts=(("freight", 1, "note_value"), ("freight_payable", -1, "note_value")),
    ),
    Kind(
        "merge_handled",
        "note",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind("ready_for_pickup", "shipment"),
    Kind("missed_cutoff", "shipment"),
    Kind("rerouted", "shipment"),
)
