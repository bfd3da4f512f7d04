"""The facts of the business: every kind of event, what stock it moves and what it posts.

This is the one table from which the event log, the inventory ledger and the journal are written. A *fact* is a
kind, a moment and the number of a record; ``record`` says in which table of the register that number stands.
``units``, ``value`` and ``due`` name the quantities (see `sim.books.amounts`) shown in the event log; ``due``
is a promise that the fact makes. ``moves`` says which bucket the units leave and enter. ``posts`` lists balanced
journal lines: (account, +1 debit or -1 credit, amount). ``shelf`` is the sign with which the units change the
difference between the shelf and the record: what lies there, less what the books say.
"""

from __future__ import annotations

from dataclasses import dataclass

# Stock buckets inside a node. On hand is the sum of the first five.
BUCKETS = ("available", "committed", "picked", "awaiting", "quarantined", "in_transit")
# Counterparts outside: where units come from and go to.
COUNTERPARTS = ("supplier", "customer", "scrap", "adjustment", "carrier_loss", "opening")
PLACES = BUCKETS + COUNTERPARTS

ACCOUNTS = (
    "cash",
    "card_clearing",
    "receivables",
    "claims_receivable",
    "customer_deposits",
    "inventory",
    "inventory_in_transit",
    "goods_received_not_invoiced",
    "payables",
    "accrued_operations",
    "freight_payable",
    "tax_payable",
    "returns_reserve",
    "right_of_return",
    "opening_equity",
    "revenue",
    "shipping_income",
    "sales_returns",
    "cost_of_goods",
    "freight",
    "handling_labour",
    "packaging",
    "payment_fees",
    "marketplace_commission",
    "inventory_adjustments",
    "write_offs",
    "unmatched_credits",
    "credit_price_differences",
    "returns_handling",
    "chargebacks",
    "fees",
    "returns_provision",
)

RECORDS = ("order", "line", "piece", "shipment", "return", "goods", "note", "channel", "node", "world")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact."""

    name: str
    record: str
    units: str | None = None
    value: str | None = None
    due: str | None = None
    moves: tuple[str, str] | None = None
    posts: tuple[tuple[str, int, str], ...] = ()
    between_nodes: bool = False
    """The units enter their bucket at the record's other node."""
    shelf: int = 0


KINDS = (
    # Demand and acceptance.
    Kind("refused", "line", units="line_units", value="line_net"),
    Kind("captured", "line", units="line_units", value="line_net", due="line_deliver_by"),
    Kind("oversold", "note", units="note_units"),
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
    # The floor.
    Kind("released", "shipment"),
    Kind("picked", "piece", units="piece_units", moves=("committed", "picked")),
    Kind("put_back", "piece", units="piece_units", moves=("picked", "available")),
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
    Kind("voided", "shipment"),
    Kind("missed_cutoff", "shipment"),
    Kind("rerouted", "shipment"),
    # Departure and delivery.
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
    Kind("damaged", "shipment", value="shipment_gross"),
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
    # Money afterwards.
    Kind(
        "settled",
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
    Kind("authorisation_renewed", "order"),
    Kind(
        "charged_back",
        "note",
        value="note_value",
        posts=(("chargebacks", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "chargeback_fee",
        "note",
        value="note_value",
        posts=(("chargebacks", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    # Returns.
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
    Kind("refurbish_began", "return", units="return_units"),
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
    Kind("closed", "order"),
    Kind("limit_breached", "order"),
    Kind("escalated", "order"),
    Kind("rule_applied", "order"),
    Kind("ticket_opened", "order"),
    Kind("ticket_closed", "order"),
    Kind("shipment_limit_breached", "shipment"),
    # Subscriptions.
    Kind("subscription_opened", "channel"),
    Kind("subscribed", "order"),
    Kind("renewed", "order"),
    Kind("renewal_declined", "order"),
    Kind("renewal_skipped", "order"),
    Kind("unsubscribed", "order"),
    # Messages between systems; the reason says of which kind.
    Kind("message_sent", "note"),
    Kind("message_lost", "note"),
    Kind("message_received", "note"),
    Kind("message_repeated", "note"),
    Kind("divergence_found", "note"),
    Kind(
        "refunded_again",
        "note",
        value="note_value",
        posts=(("write_offs", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    # Credits of a replayed order file.
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
    # Supply.
    Kind(
        "opening_stock",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("opening", "available"),
        posts=(("inventory", 1, "goods_value"), ("opening_equity", -1, "goods_value")),
    ),
    Kind("purchase_ordered", "goods", units="goods_units", value="goods_value", due="goods_due"),
    Kind(
        "received",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("supplier", "awaiting"),
        posts=(("inventory", 1, "goods_value"), ("goods_received_not_invoiced", -1, "goods_value")),
    ),
    Kind("short_delivered", "goods", units="goods_units"),
    Kind("put_away", "goods", units="goods_units", moves=("awaiting", "available")),
    Kind(
        "supplier_invoiced",
        "goods",
        value="goods_value",
        posts=(("goods_received_not_invoiced", 1, "goods_value"), ("payables", -1, "goods_value")),
    ),
    Kind(
        "supplier_paid",
        "goods",
        value="goods_value",
        posts=(("payables", 1, "goods_value"), ("cash", -1, "goods_value")),
    ),
    Kind("transfer_requested", "goods", units="goods_units"),
    Kind(
        "transfer_shipped",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("available", "in_transit"),
        posts=(("inventory_in_transit", 1, "goods_value"), ("inventory", -1, "goods_value")),
        between_nodes=True,
    ),
    Kind(
        "transfer_received",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("in_transit", "awaiting"),
        posts=(("inventory", 1, "goods_value"), ("inventory_in_transit", -1, "goods_value")),
    ),
    Kind(
        "adjusted_up",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("adjustment", "available"),
        posts=(("inventory", 1, "goods_value"), ("inventory_adjustments", -1, "goods_value")),
    ),
    Kind(
        "adjusted_down",
        "goods",
        units="goods_units",
        value="goods_value",
        moves=("available", "adjustment"),
        posts=(("inventory_adjustments", 1, "goods_value"), ("inventory", -1, "goods_value")),
    ),
    Kind("adjustment_refused", "goods", units="goods_units"),
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
    # The accountants.
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
    # The house.
    Kind("view_refreshed", "channel"),
    Kind("disruption_began", "world"),
    Kind("disruption_ended", "world"),
    Kind("policy_changed", "world"),
    Kind("run_ended", "world"),
)

KIND_NAMES = tuple(kind.name for kind in KINDS)
NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
ACCOUNT_NUMBER = {name: number for number, name in enumerate(ACCOUNTS)}
PLACE_NUMBER = {name: number for number, name in enumerate(PLACES)}

REASONS = (
    "",
    "not_on_view",
    "payment_declined",
    "gateway_down",
    "fraud_review",
    "fraud",
    "data_fault",
    "retry_succeeded",
    "reviewed",
    "no_stock",
    "out_of_patience",
    "customer_cancelled",
    "credit_note",
    "node_outage",
    "node_closed",
    "carrier_full",
    "stock_short",
    "stock_correction",
    "lost_in_transit",
    "authorisation_expired",
    "approval_needed",
    "approved",
    "rejected",
    "credit_limit",
    "promise_broken",
    "house_rule",
    "changed_mind",
    "unsold",
    "drained",
    "order_desk",
    "fraud_analyst",
    "credit_controller",
    "data_steward",
    "operations_manager",
    "inventory_planner",
    "warehouse_leader",
    "transport_planner",
    "customer_service",
    "finance",
    "carrier_out",
    "region_closed",
    "recalled",
    "record_error",
    "counted",
    "congested",
    "shrinkage",
    "wrong_item",
    "miscounted",
    "short_pick",
    "gone_at_checkout",
    "order_in",
    "release",
    "ship_confirmation",
    "receipt",
    "return_receipt",
    "tracking",
    "posting",
    "master_data_missing",
    "mismatch",
    "period_closed",
    "deposit_not_shipped",
    "shipped_not_invoiced",
    "invoice_not_settled",
    "receipt_not_invoiced",
    "return_not_refunded",
    "feed_rejected",
    "feed_in_transit",
    "hard_close",
    "damaged_in_transit",
    "wrong_size",
    "defect",
    "late",
    "window_passed",
    "not_worth_freight",
    "empty_box",
    "used",
    "upheld",
    "dismissed",
)
REASON_NUMBER = {name: number for number, name in enumerate(REASONS)}
