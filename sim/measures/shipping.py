"""How parcels went: splits, carriers, losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total, quantile
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

SPLIT = Ratio("count(*) FILTER (split)", "count(*)", "orders", "in_window AND shipped_units > 1")
PER_ORDER = Ratio("sum(shipments)", "count(*)", "orders", "in_window AND shipments > 0")

_TENDERED = """(
    SELECT s.*, s.delivered_ms <= s.quoted_ms AS on_time FROM shipments AS s JOIN orders AS o USING ("order")
    WHERE o.in_window AND s.manifested_ms IS NOT NULL
)"""
ON_TIME = Ratio("count(*) FILTER (on_time)", "count(*)", _TENDERED, "quoted_ms <= drain_until_ms()")
MISSED_SORT = Ratio(
    "count(*) FILTER (missed_sorts > 0)", "count(*)", _TENDERED, "missed_sorts > 0 OR left_hub_ms IS NOT NULL"
)
LOST = Ratio("count(*) FILTER (lost_ms IS NOT NULL)", "count(*)", _TENDERED)


OWED = Total("-sum(amount_cents)", "journal", "account = 'freight_payable'")


@measure("freight_owed_cents", unit="cents", better="lower", title="Owed for freight")
def freight_owed(books: Books) -> float:
    """What is owed to carriers and hauliers when the run ends, at the rates at which it was booked. 0 on an empty
    run."""
    return OWED.value(books)


@measure("split_rate", unit="share", better="lower", title="Split rate", headline=True)
def split_rate(books: Books) -> float:
    """Orders shipped from more than one node or on more than one local date / orders of which more than one
    unit was shipped. NaN when there is none."""
    return SPLIT.value(books)


@measure("shipments_per_order", unit="ratio", better="lower", title="Shipments an order")
def shipments_per_order(books: Books) -> float:
    """Shipments that left a node / orders that shipped at all. NaN when none did."""
    return PER_ORDER.value(books)


@measure("carrier_on_time", unit="share", better="higher", title="Carrier on time")
def carrier_on_time(books: Books) -> float:
    """Shipments delivered by the date that the carrier quoted at tender / shipments tendered and due by
    then; lost is late. NaN when none was due."""
    return ON_TIME.value(books)


@measure("lost_share", unit="share", better="lower", title="Parcels lost")
def lost_share(books: Books) -> float:
    """Shipments that the carrier lost / shipments tendered. NaN when none was."""
    return LOST.value(books)


@measure("first_scan_p90_hours", unit="hours", better="lower", title="First scan, 90th percentile")
def first_scan_p90_hours(books: Books) -> float:
    """90th percentile of the hours from tender to the carrier's first scan, over parcels of cohort orders that were
    scanned. NaN where carriers scan at the door."""
    return quantile(books, 0.9, "scanned_ms - manifested_ms", _TENDERED, "scanned_ms IS NOT NULL")


@measure("missed_sort_share", unit="share", better="lower", title="Parcels that missed a sort")
def missed_sort_share(books: Books) -> float:
    """Shipments that waited for another night at a carrier's hub / shipments that went through one. NaN when none
    did."""
    return MISSED_SORT.value(books)


@breakdown("missed_sort_share", by="service")
def missed_sort_share_by_service(books: Books) -> pd.DataFrame:
    """Share of its parcels that each carrier service did not sort in the night of their collection."""
    return MISSED_SORT.by(books, "service")


@breakdown("split_rate", by="channel")
def split_rate_by_channel(books: Books) -> pd.DataFrame:
    """Split rate of each channel."""
    return SPLIT.by(books, "channel")


@breakdown("carrier_on_time", by="service")
def carrier_on_time_by_service(books: Books) -> pd.DataFrame:
    """Punctuality of each carrier service."""
    return ON_TIME.by(books, "service")


@breakdown("carrier_on_time", by="node")
def carrier_on_time_by_node(books: Books) -> pd.DataFrame:
    """Punctuality of the carriers by the node that they collected from."""
    return ON_TIME.by(books, "node")


@breakdown("lost_share", by="service")
def lost_share_by_service(books: Books) -> pd.DataFrame:
    """Share that each carrier service lost."""
    return LOST.by(books, "service")


ERRORS = Ratio(
    "count(*) FILTER (lost OR damaged OR wrong_items > 0)", "count(*)", "orders", "in_window AND shipments > 0"
)


@measure("shipment_error_rate", unit="share", better="lower", title="Shipment errors")
def shipment_error_rate(books: Books) -> float:
    """Orders of which a parcel was lost or broken, or a wrong item picked / orders that shipped at least in part. NaN
    when none did."""
    return ERRORS.value(books)


@breakdown("shipment_error_rate", by="channel")
def shipment_error_rate_by_channel(books: Books) -> pd.DataFrame:
    """Shipment errors of each channel."""
    return ERRORS.by(books, "channel")
