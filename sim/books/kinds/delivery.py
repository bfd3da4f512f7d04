"""Facts of parcels from the dock to the door: the sale and its payment, and what carriers lose."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    Kind(
        "shipped",
        "piece",
        units="piece_units",
        value="piece_cost",
        moves=("picked", "customer"),
        posts=(("cost_of_goods", 1, "piece_cost"), ("inventory", -1, "piece_cost")),
    ),
    Kind(
        "manifested",
        "shipment",
        value="shipment_freight",
        due="shipment_quoted",
        posts=(("freight", 1, "shipment_freight"), ("freight_payable", -1, "shipment_freight")),
    ),
    Kind(
        "invoiced",
        "shipment",
        value="shipment_gross",
        posts=(
            ("receivables", 1, "shipment_gross"),
            ("revenue", -1, "shipment_net"),
            ("shipping_income", -1, "shipment_shipping_fee"),
            ("tax_payable", -1, "shipment_tax"),
        ),
    ),
    # Where sales count at delivery only.
    Kind(
        "revenue_deferred",
        "shipment",
        posts=(
            ("revenue", 1, "shipment_net"),
            ("shipping_income", 1, "shipment_shipping_fee"),
            ("deferred_revenue", -1, "shipment_net"),
            ("deferred_revenue", -1, "shipment_shipping_fee"),
        ),
    ),
    Kind(
        "revenue_recognised",
        "shipment",
        posts=(
            ("deferred_revenue", 1, "shipment_net"),
            ("deferred_revenue", 1, "shipment_shipping_fee"),
            ("revenue", -1, "shipment_net"),
            ("shipping_income", -1, "shipment_shipping_fee"),
        ),
    ),
    Kind(
        "cost_deferred",
        "piece",
        value="piece_cost",
        posts=(("goods_with_carriers", 1, "piece_cost"), ("cost_of_goods", -1, "piece_cost")),
    ),
    Kind(
        "cost_recognised",
        "piece",
        value="piece_cost",
        posts=(("cost_of_goods", 1, "piece_cost"), ("goods_with_carriers", -1, "piece_cost")),
    ),
    Kind("capture_waits", "shipment", value="shipment_gross"),
    Kind(
        "payment_captured",
        "shipment",
        value="shipment_gross",
        posts=(
            ("card_clearing", 1, "shipment_card"),
            ("customer_deposits", 1, "shipment_prepaid"),
            ("receivables", -1, "shipment_gross"),
        ),
    ),
    Kind(
        "freight_recharged",
        "note",
        value="note_value",
        posts=(("freight", 1, "note_value"), ("freight_payable", -1, "note_value")),
    ),
    Kind(
        "way_back_charged",
        "note",
        value="note_value",
        posts=(("freight", 1, "note_value"), ("freight_payable", -1, "note_value")),
    ),
    Kind("first_scanned", "shipment"),
    Kind("missed_sort", "shipment"),
    Kind("left_hub", "shipment"),
    Kind("delivered", "shipment"),
    Kind("lost", "shipment", value="shipment_gross"),
    Kind(
        "lost_refunded",
        "shipment",
        value="shipment_gross",
        posts=(
            ("sales_returns", 1, "shipment_net"),
            ("shipping_income", 1, "shipment_shipping_fee"),
            ("tax_payable", 1, "shipment_tax"),
            ("cash", -1, "shipment_gross"),
        ),
    ),
    Kind(
        "carrier_lost",
        "piece",
        units="piece_units",
        value="piece_cost",
        moves=("customer", "carrier_loss"),
        posts=(("write_offs", 1, "piece_cost"), ("cost_of_goods", -1, "piece_cost")),
    ),
    # What is lost and sent again for nothing, and the money for what cannot be had after all.
    Kind("resent_units", "piece", units="piece_units"),
    Kind("resent", "shipment"),
    # An invoice over nothing: what is owed is sent at its price, and the price taken off.
    Kind(
        "replacement_invoiced",
        "note",
        value="note_value",
        posts=(("revenue", 1, "note_value"), ("revenue", -1, "note_value")),
    ),
    Kind(
        "replacement_refunded",
        "note",
        units="note_units",
        value="note_value",
        posts=(("sales_returns", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "replacement_tax_refunded",
        "note",
        value="note_value",
        posts=(("tax_payable", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "delivery_refunded",
        "note",
        value="note_value",
        posts=(("shipping_income", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind("damaged", "shipment", value="shipment_gross"),
    Kind("delivery_failed", "shipment"),
    Kind("recall_stopped", "shipment"),
    Kind("recall_told", "piece", units="piece_units"),
    Kind("returned_to_sender", "shipment"),
    Kind(
        "claim_filed",
        "note",
        value="note_value",
        posts=(("claims_receivable", 1, "note_value"), ("write_offs", -1, "note_value")),
    ),
    Kind(
        "claim_settled",
        "note",
        value="note_value",
        posts=(("cash", 1, "note_value"), ("claims_receivable", -1, "note_value")),
    ),
    Kind(
        "claim_refused",
        "note",
        value="note_value",
        posts=(("write_offs", 1, "note_value"), ("claims_receivable", -1, "note_value")),
    ),
    # What an entity is billed for by a carrier, and pays.
    Kind("carrier_billed", "note", value="note_value"),
    Kind(
        "carrier_paid",
        "note",
        value="note_value",
        posts=(("freight_payable", 1, "note_value"), ("cash", -1, "note_value")),
    ),
)
