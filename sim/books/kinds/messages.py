"""Facts of messages between systems, and of what is booked twice because of them."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # Messages between systems; the reason says of which kind.
    Kind("message_sent", "message"),
    Kind("message_lost", "message"),
    Kind("message_received", "message"),
    Kind("message_repeated", "message"),
    Kind("divergence_found", "message"),
    Kind("rekeyed", "order"),
    Kind(
        "case_worked",
        "note",
        value="note_value",
        posts=(("handling_labour", 1, "note_value"), ("accrued_operations", -1, "note_value")),
    ),
    Kind(
        "refunded_again",
        "note",
        value="note_value",
        posts=(("write_offs", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    # What a copy of a message books a second time, and what takes it off again.
    Kind(
        "invoiced_again",
        "shipment",
        value="shipment_gross",
        posts=(
            ("receivables", 1, "shipment_gross"),
            ("revenue", -1, "shipment_net"),
            ("shipping_income", -1, "shipment_shipping_fee"),
            ("tax_payable", -1, "shipment_tax"),
        ),
    ),
    Kind(
        "captured_again",
        "shipment",
        value="shipment_gross",
        posts=(
            ("card_clearing", 1, "shipment_card"),
            ("customer_deposits", 1, "shipment_prepaid"),
            ("receivables", -1, "shipment_gross"),
        ),
    ),
    Kind(
        "settled_again",
        "shipment",
        value="shipment_gross",
        posts=(
            ("cash", 1, "shipment_net_of_fees"),
            ("payment_fees", 1, "shipment_payment_fee"),
            ("marketplace_commission", 1, "shipment_commission"),
            ("card_clearing", -1, "shipment_card"),
            ("receivables", -1, "shipment_uncaptured"),
        ),
    ),
    # The provider keeps its fee of what is given back.
    Kind(
        "capture_reversed",
        "shipment",
        value="shipment_gross",
        posts=(
            ("receivables", 1, "shipment_gross"),
            ("card_clearing", -1, "shipment_card"),
            ("customer_deposits", -1, "shipment_prepaid"),
            ("payment_fees", 1, "shipment_payment_fee"),
            ("cash", -1, "shipment_payment_fee"),
        ),
    ),
    Kind(
        "invoice_reversed",
        "shipment",
        value="shipment_gross",
        posts=(
            ("revenue", 1, "shipment_net"),
            ("shipping_income", 1, "shipment_shipping_fee"),
            ("tax_payable", 1, "shipment_tax"),
            ("receivables", -1, "shipment_gross"),
        ),
    ),
    Kind(
        "payout_reversed",
        "shipment",
        value="shipment_gross",
        posts=(
            ("card_clearing", 1, "shipment_card"),
            ("receivables", 1, "shipment_uncaptured"),
            ("cash", -1, "shipment_net_of_fees"),
            ("payment_fees", -1, "shipment_payment_fee"),
            ("marketplace_commission", -1, "shipment_commission"),
        ),
    ),
)
