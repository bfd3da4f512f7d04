"""Facts of customers' money after the sale: settlements, invoices, credits and chargebacks."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
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
    Kind(
        "commission_returned",
        "note",
        value="note_value",
        posts=(("cash", 1, "note_value"), ("marketplace_commission", -1, "note_value")),
    ),
    # Invoices of business customers, and what is missing of their payments.
    Kind("statement_sent", "note", units="note_units", value="note_value"),
    Kind(
        "short_paid",
        "note",
        value="note_value",
        posts=(("receivables", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "residual_written_off",
        "note",
        value="note_value",
        posts=(("write_offs", 1, "note_value"), ("receivables", -1, "note_value")),
    ),
    Kind(
        "residual_credited",
        "note",
        value="note_value",
        posts=(("sales_returns", 1, "note_value"), ("receivables", -1, "note_value")),
    ),
    Kind(
        "residual_tax_credited",
        "note",
        value="note_value",
        posts=(("tax_payable", 1, "note_value"), ("receivables", -1, "note_value")),
    ),
    Kind(
        "residual_paid",
        "note",
        value="note_value",
        posts=(("cash", 1, "note_value"), ("receivables", -1, "note_value")),
    ),
    Kind("authorisation_renewed", "order"),
    Kind("accepted_at_risk", "order"),
    Kind("authorised_late", "order"),
    Kind(
        "bad_debt",
        "shipment",
        value="shipment_gross",
        posts=(("write_offs", 1, "shipment_gross"), ("receivables", -1, "shipment_gross")),
    ),
    Kind(
        "loss_credited",
        "shipment",
        value="shipment_gross",
        posts=(
            ("sales_returns", 1, "shipment_net"),
            ("shipping_income", 1, "shipment_shipping_fee"),
            ("tax_payable", 1, "shipment_tax"),
            ("write_offs", -1, "shipment_gross"),
        ),
    ),
    Kind(
        "return_credited",
        "return",
        units="return_units",
        value="return_gross",
        posts=(
            ("sales_returns", 1, "return_net"),
            ("tax_payable", 1, "return_tax"),
            ("write_offs", -1, "return_gross"),
        ),
    ),
    Kind("authorisation_failed", "order"),
    Kind("scored", "note", units="note_units"),
    Kind("address_mended", "order"),
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
)
