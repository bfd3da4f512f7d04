"""What came back, and how long it took until the customer had the money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, quantile
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

_DELIVERED_OR_BACK = """(
    SELECT channel, sku, delivered_units, 0 AS returned_units FROM lines WHERE in_window
    UNION ALL
    SELECT channel, sku, 0, units FROM returned WHERE in_window AND reason IS DISTINCT FROM 'undeliverable'
)"""
RATE = Ratio("sum(returned_units)", "sum(delivered_units)", _DELIVERED_OR_BACK)


@measure("return_rate", unit="share", better="lower", title="Return rate")
def return_rate(books: Books) -> float:
    """Units that customers asked to return / units delivered, of cohort orders. NaN when none was
    delivered."""
    return RATE.value(books)


@measure("return_cycle_time_p50_hours", unit="hours", better="lower", title="Return cycle time, median")
def return_cycle_time_p50_hours(books: Books) -> float:
    """Median of elapsed hours from the request to the refund, over refunded returns of cohort orders. NaN
    when there is none."""
    return quantile(books, 0.5, "refunded_ms - requested_ms", "returned", "in_window AND refunded_ms IS NOT NULL")


@measure("return_cycle_time_p90_hours", unit="hours", better="lower", title="Return cycle time, 90th percentile")
def return_cycle_time_p90_hours(books: Books) -> float:
    """90th percentile of the hours of which `return_cycle_time_p50_hours` is the median. NaN when there are
    none."""
    return quantile(books, 0.9, "refunded_ms - requested_ms", "returned", "in_window AND refunded_ms IS NOT NULL")


_RECALLED = """(
    SELECT e.quantity AS told, 0 AS came_back
    FROM events AS e JOIN lines AS l USING (line) WHERE e.kind = 'recall_told' AND l.in_window
    UNION ALL
    SELECT 0, units FROM returned WHERE in_window AND reason = 'recalled' AND received_ms IS NOT NULL
)"""


@measure("recall_recovered", unit="share", better="higher", title="Recalled goods that came back")
def recall_recovered(books: Books) -> float:
    """Units that customers sent back because of a recall, and that arrived / units that they had and were told of, of
    cohort orders. NaN when nobody was told of any."""
    return Ratio("sum(came_back)", "sum(told)", _RECALLED).value(books)


@breakdown("return_rate", by="channel")
def return_rate_by_channel(books: Books) -> pd.DataFrame:
    """Return rate of each channel."""
    return RATE.by(books, "channel")


@breakdown("return_rate", by="sku")
def return_rate_by_sku(books: Books) -> pd.DataFrame:
    """Return rate of each SKU."""
    return RATE.by(books, "sku")
