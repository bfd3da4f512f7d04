"""What was agreed with business customers and marketplaces, and what it cost not to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

_IN_WINDOW = "time_ms >= warm_up_ms() AND time_ms < end_ms()"
# One row a delivery to an account whose contract names a window.
_DELIVERIES = """(
    SELECT replace(e.actor, 'contract:', '') AS contract, e.channel, e.kind = 'window_met' AS met
    FROM events AS e JOIN orders AS o ON o."order" = e."order"
    WHERE e.kind IN ('window_met', 'window_missed') AND o.in_window
)"""
# One row an order that a marketplace judged at its ship-by, or that its seller cancelled, or that arrived too late.
_JUDGED = (
    f"(SELECT * FROM events WHERE kind IN ('shipment_rated', 'seller_cancelled', 'defect_found') AND {_IN_WINDOW})"
)
_PENALTIES = f"(SELECT * FROM events WHERE kind = 'penalty_charged' AND {_IN_WINDOW})"
_SUSPENSIONS = """(
    SELECT channel, greatest(time_ms, warm_up_ms()) AS from_ms, kind,
           least(coalesce(lead(time_ms) OVER (PARTITION BY channel ORDER BY event), end_ms()), end_ms()) AS until_ms
    FROM events WHERE kind IN ('channel_suspended', 'channel_reinstated')
)"""
_DUE = "count(*) FILTER (kind <> 'defect_found')"

WINDOW = Ratio("count(*) FILTER (met)", "count(*)", _DELIVERIES)
LATE = Ratio("count(*) FILTER (kind = 'shipment_rated' AND reason = 'late')", _DUE, _JUDGED)
CANCELLED = Ratio("count(*) FILTER (kind = 'seller_cancelled')", _DUE, _JUDGED)
DEFECTS = Ratio("count(*) FILTER (kind = 'defect_found')", _DUE, _JUDGED)
PENALTIES = Total("sum(value_cents)", _PENALTIES)
SUSPENDED = Total(
    "sum(until_ms - from_ms) / 3600000.0", _SUSPENSIONS, "kind = 'channel_suspended' AND until_ms > from_ms"
)


@measure("delivery_window_share", unit="share", better="higher", title="Deliveries in their window")
def delivery_window_share(books: Books) -> float:
    """Deliveries within the window of their account's contract / deliveries to such accounts, lost ones among them. NaN
    when there were none."""
    return WINDOW.value(books)


@measure("marketplace_late_share", unit="share", better="lower", title="Marketplace: shipped late")
def marketplace_late_share(books: Books) -> float:
    """Orders not whole on their way at their ship-by / orders due or cancelled by the seller, on marketplaces with
    limits (the trade's usual limit: 4%). NaN when there were none."""
    return LATE.value(books)


@measure("marketplace_cancelled_share", unit="share", better="lower", title="Marketplace: cancelled by the seller")
def marketplace_cancelled_share(books: Books) -> float:
    """Orders cancelled by the seller / orders due or cancelled by the seller, on marketplaces with limits (usual limit:
    2.5%). NaN when there were none."""
    return CANCELLED.value(books)


@measure("marketplace_defects", unit="ratio", better="lower", title="Marketplace: defects an order")
def marketplace_defects(books: Books) -> float:
    """Defects found / orders due or cancelled by the seller, on marketplaces with limits (usual limit: 1%). NaN when
    there were none."""
    return DEFECTS.value(books)


@measure("penalties_cents", unit="cents", better="lower", title="Penalties")
def penalties(books: Books) -> float:
    """What customers and marketplaces charged for promises that were not kept, from warm-up to the end of demand. 0 on
    an empty run."""
    return PENALTIES.value(books)


@measure("suspended_hours", unit="hours", better="lower", title="Hours of suspension")
def suspended_hours(books: Books) -> float:
    """Time during which marketplaces let the seller sell nothing, summed over channels, from warm-up to the end of
    demand. 0 on an empty run."""
    return SUSPENDED.value(books)


@breakdown("delivery_window_share", by="contract")
def delivery_window_share_by_contract(books: Books) -> pd.DataFrame:
    """Deliveries in their window of each contract."""
    return WINDOW.by(books, "contract")


@breakdown("marketplace_late_share", by="channel")
def marketplace_late_share_by_channel(books: Books) -> pd.DataFrame:
    """Shipped late, of each marketplace."""
    return LATE.by(books, "channel")


@breakdown("penalties_cents", by="channel")
def penalties_by_channel(books: Books) -> pd.DataFrame:
    """Penalties of each channel."""
    return PENALTIES.by(books, "channel")


@breakdown("penalties_cents", by="reason")
def penalties_by_reason(books: Books) -> pd.DataFrame:
    """Penalties by what they were charged for."""
    return PENALTIES.by(books, "reason")


@breakdown("suspended_hours", by="channel")
def suspended_hours_by_channel(books: Books) -> pd.DataFrame:
    """Hours of suspension of each marketplace."""
    return SUSPENDED.by(books, "channel")
