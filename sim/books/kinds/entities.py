"""Facts between legal entities and currencies."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # Between legal entities, in pairs: an entry for each.
    Kind(
        "intercompany_sold",
        "piece",
        units="piece_units",
        value="piece_transfer",
        posts=(("intercompany_receivables", 1, "piece_transfer"), ("intercompany_sales", -1, "piece_transfer")),
    ),
    Kind(
        "intercompany_bought",
        "piece",
        units="piece_units",
        value="piece_transfer",
        posts=(("intercompany_purchases", 1, "piece_transfer"), ("intercompany_payables", -1, "piece_transfer")),
    ),
    Kind(
        "intercompany_taken_back",
        "return",
        units="return_units",
        value="return_transfer",
        posts=(("intercompany_sales", 1, "return_transfer"), ("intercompany_receivables", -1, "return_transfer")),
    ),
    Kind(
        "intercompany_given_back",
        "return",
        units="return_units",
        value="return_transfer",
        posts=(("intercompany_payables", 1, "return_transfer"), ("intercompany_purchases", -1, "return_transfer")),
    ),
    Kind(
        "intercompany_transfer_sent",
        "goods",
        units="goods_units",
        value="goods_value",
        posts=(("intercompany_receivables", 1, "goods_value"), ("inventory_in_transit", -1, "goods_value")),
    ),
    Kind(
        "intercompany_transfer_got",
        "goods",
        units="goods_units",
        value="goods_value",
        posts=(("inventory_in_transit", 1, "goods_value"), ("intercompany_payables", -1, "goods_value")),
    ),
    # Stock at cost plus. The journal keeps stock at what it cost the group: what the buyer pays over that stands in its
    # purchases; in its own books it is what the stock cost it (`sim.measures.own_stock`).
    Kind(
        "intercompany_stock_sold",
        "goods",
        units="goods_units",
        value="goods_sold_at",
        posts=(
            ("intercompany_receivables", 1, "goods_sold_at"),
            ("intercompany_sales", -1, "goods_sold_at"),
            ("intercompany_cost", 1, "goods_value"),
            ("inventory_in_transit", -1, "goods_value"),
        ),
    ),
    Kind(
        "intercompany_stock_bought",
        "goods",
        units="goods_units",
        value="goods_bought_at",
        posts=(
            ("inventory_in_transit", 1, "goods_value"),
            ("intercompany_purchases", 1, "goods_bought_over"),
            ("intercompany_payables", -1, "goods_bought_at"),
        ),
    ),
    # The treasury: what entities owe one another is set off, and the difference paid.
    Kind(
        "intercompany_netted",
        "note",
        value="note_value",
        posts=(("intercompany_payables", 1, "note_value"), ("intercompany_receivables", -1, "note_value")),
    ),
    Kind(
        "intercompany_paid",
        "note",
        value="note_value",
        posts=(("intercompany_payables", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    Kind(
        "intercompany_collected",
        "note",
        value="note_value",
        posts=(("cash", 1, "note_value"), ("intercompany_receivables", -1, "note_value")),
    ),
    # What is in another currency: gained or lost (below zero) when it is paid, and while it is open; and what is no
    # gain, but a balance of an entity that the group translates at another rate.
    Kind(
        "exchange_realised",
        "note",
        value="note_value",
        posts=(("note_account", 1, "note_value"), ("exchange_realised", -1, "note_value")),
    ),
    Kind(
        "exchange_unrealised",
        "note",
        value="note_value",
        posts=(("note_account", 1, "note_value"), ("exchange_unrealised", -1, "note_value")),
    ),
    Kind(
        "exchange_translated",
        "note",
        value="note_value",
        posts=(("note_account", 1, "note_value"), ("translation_reserve", -1, "note_value")),
    ),
    # The same of what was paid to a supplier, or a carrier: in its own books the entity's debt ends with it.
    Kind(
        "payables_translated",
        "note",
        value="note_value",
        posts=(("note_account", 1, "note_value"), ("translation_reserve", -1, "note_value")),
    ),
    Kind(
        "freight_translated",
        "note",
        value="note_value",
        posts=(("note_account", 1, "note_value"), ("translation_reserve", -1, "note_value")),
    ),
)
