"""Facts of returns and refunds."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind("return_requested", "return", units="return_units"),
    Kind(
        "return_labelled",
        "return",
        value="return_label",
        posts=(("returns_handling", 1, "return_label"), ("freight_payable", -1, "return_label")),
    ),
    Kind("return_kept", "return", units="return_units"),
    Kind("return_refused", "return", units="return_units"),
    Kind(
        "return_lost",
        "return",
        units="return_units",
        value="return_cost",
        moves=("customer", "carrier_loss"),
        posts=(("write_offs", 1, "return_cost"), ("cost_of_goods", -1, "return_cost")),
    ),
    Kind("empty_box_received", "return", units="return_units"),
    Kind(
        "return_received",
        "return",
        units="return_units",
        value="return_cost",
        moves=("customer", "awaiting"),
        posts=(("inventory", 1, "return_cost"), ("cost_of_goods", -1, "return_cost")),
    ),
    Kind("restocked", "return", units="return_units", moves=("awaiting", "available")),
    Kind(
        "scrapped",
        "return",
        units="return_units",
        value="return_scrap",
        moves=("awaiting", "scrap"),
        posts=(("write_offs", 1, "return_scrap"), ("inventory", -1, "return_scrap")),
    ),
    Kind("refurbish_waits", "return", units="return_units"),
    Kind("refurbish_began", "return", units="return_units", due="return_refurbish_due"),
    Kind(
        "refurbished",
        "return",
        units="return_units",
        moves=("awaiting", "available"),
        posts=(("returns_handling", 1, "return_refurbish"), ("accrued_operations", -1, "return_refurbish")),
    ),
    Kind(
        "returned_to_vendor",
        "return",
        units="return_units",
        value="return_scrap",
        moves=("awaiting", "supplier"),
        posts=(
            ("payables", 1, "return_vendor_credit"),
            ("write_offs", 1, "return_vendor_loss"),
            ("inventory", -1, "return_scrap"),
        ),
    ),
    Kind(
        "return_handled",
        "return",
        value="return_labour",
        posts=(("returns_handling", 1, "return_labour"), ("accrued_operations", -1, "return_labour")),
    ),
    Kind(
        "refunded",
        "return",
        units="return_units",
        value="return_gross",
        posts=(
            ("sales_returns", 1, "return_net"),
            ("tax_payable", 1, "return_tax"),
            ("cash", -1, "return_gross"),
        ),
    ),
    # A credit that is given and used up at once: the accountants see that nothing is to be refunded.
    Kind(
        "exchanged",
        "return",
        units="return_units",
        value="return_gross",
        posts=(("sales_returns", 1, "return_net"), ("sales_returns", -1, "return_net")),
    ),
    # Of the first order, with the line of the linked one.
    Kind("exchange_ordered", "note", units="note_units"),
    Kind("return_unmatched", "return", units="return_units"),
    Kind("return_matched", "return", units="return_units"),
    Kind("dispute_opened", "return"),
    Kind("dispute_closed", "return"),
    Kind(
        "refund_topped_up",
        "return",
        value="return_extra_gross",
        posts=(
            ("sales_returns", 1, "return_extra_net"),
            ("tax_payable", 1, "return_extra_tax"),
            ("cash", -1, "return_extra_gross"),
        ),
    ),
)
