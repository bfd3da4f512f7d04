"""Facts of channels: go-lives, borders, contracts, marketplaces and subscriptions."""

from __future__ import annotations

from sim.books.kinds.kind import Kind

FACTS = (
    # Go-lives and borders.
    Kind("node_opened", "node"),
    Kind("channel_opened", "channel"),
    Kind(
        "duties_charged",
        "note",
        value="note_value",
        posts=(("duties", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    # Contracts with business customers.
    Kind("contract_applied", "order"),
    Kind("window_met", "shipment"),
    Kind("window_missed", "shipment"),
    Kind(
        "penalty_charged",
        "note",
        value="note_value",
        posts=(("penalties", 1, "note_value"), ("cash", -1, "note_value")),
    ),
    # What a marketplace thinks of its seller.
    Kind("importable", "order"),
    Kind("not_confirmed", "order"),
    Kind("shipment_rated", "order"),
    Kind("seller_cancelled", "order"),
    Kind("defect_found", "order"),
    Kind("channel_suspended", "channel"),
    Kind("channel_reinstated", "channel"),
    # Subscriptions.
    Kind("subscription_opened", "channel"),
    Kind("subscribed", "order"),
    Kind("renewed", "order"),
    Kind("renewal_declined", "order"),
    Kind("renewal_skipped", "order"),
    Kind("unsubscribed", "order"),
)
