"""Facts of the shelf and of stock that is held back."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # The shelf, which the record does not see; the record alone; and the count that brings them together.
    Kind("shelf_lost", "goods", units="goods_units", shelf=-1),
    Kind("shelf_gained", "goods", units="goods_units", shelf=1),
    Kind(
        "record_raised",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("adjustment", "available"),
        posts=(("inventory", 1, "goods_value"), ("inventory_adjustments", -1, "goods_value")),
        shelf=-1,
    ),
    Kind(
        "record_lowered",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("available", "adjustment"),
        posts=(("inventory_adjustments", 1, "goods_value"), ("inventory", -1, "goods_value")),
        shelf=1,
    ),
    Kind(
        "counted",
        "goods",
        units="goods_units",
        value="goods_value",
        posts=(("handling_labour", 1, "goods_value"), ("accrued_operations", -1, "goods_value")),
    ),
    Kind("quarantined", "goods", units="goods_units", moves=("available", "quarantined")),
    Kind("quarantine_released", "goods", units="goods_units", moves=("quarantined", "available")),
    Kind(
        "quarantine_scrapped",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("quarantined", "scrap"),
        posts=(("write_offs", 1, "goods_value"), ("inventory", -1, "goods_value")),
    ),
)
