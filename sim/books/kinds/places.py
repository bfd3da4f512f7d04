"""Where units can be: the buckets of a node, and the counterparts outside."""

from __future__ import annotations

# Stock buckets inside a node. On hand is the sum of the first five.
BUCKETS = ("available", "committed", "picked", "awaiting", "quarantined", "in_transit")
# Counterparts outside: where units come from and go to.
COUNTERPARTS = ("supplier", "customer", "scrap", "adjustment", "carrier_loss", "opening")
PLACES = BUCKETS + COUNTERPARTS

PLACE_NUMBER = {name: number for number, name in enumerate(PLACES)}
