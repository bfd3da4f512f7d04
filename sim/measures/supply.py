"""Whether suppliers deliver what was ordered, when they said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

ON_TIME = Ratio("count(*) FILTER (received_units > 0 AND received_ms <= due_ms)", "count(*)", "purchases", "due")
FILL = Ratio("sum(received_units)", "sum(units)", "purchases", "due")
RELIABLE = Ratio("count(*) FILTER (received_units >= units AND received_ms <= due_ms)", "count(*)", "purchases", "due")


CONFIRMED = Ratio(
    "sum(quantity) FILTER (kind = 'purchase_confirmed')",
    "sum(quantity)",
    "events",
    "kind IN ('purchase_confirmed', 'purchase_declined') AND time_ms >= warm_up_ms() AND time_ms < end_ms()",
)
LATE_HOURS = Ratio("sum(received_ms - due_ms) / 3600000", "count(*)", "purchases", "due AND received_ms > due_ms")


@measure("supplier_on_time", unit="share", better="higher", title="Supplier on time")
def supplier_on_time(books: Books) -> float:
    """Purchase order lines of which something was received by the expected date / lines ordered between
    warm-up and end and due by the end of the drain. NaN when none was due."""
    return ON_TIME.value(books)


@measure("supplier_fill_rate", unit="share", better="higher", title="Supplier fill rate")
def supplier_fill_rate(books: Books) -> float:
    """Units received, whenever, / units of the purchase order lines due. NaN when none was due."""
    return FILL.value(books)


@measure("supplier_reliability", unit="share", better="higher", title="Supplier reliability")
def supplier_reliability(books: Books) -> float:
    """Purchase order lines received whole by the expected date / lines due. NaN when none was due."""
    return RELIABLE.value(books)


@measure("supplier_confirmed_share", unit="share", better="higher", title="Units confirmed by suppliers")
def supplier_confirmed_share(books: Books) -> float:
    """Units that suppliers confirmed / units that they confirmed or declined, between warm-up and end. NaN where no
    supplier confirms."""
    return CONFIRMED.value(books)


@measure("supplier_late_hours", unit="hours", better="lower", title="Lateness of late deliveries")
def supplier_late_hours(books: Books) -> float:
    """Mean hours by which the last delivery of a purchase order line came after its expected date, over the lines of
    which it did. NaN when none was late."""
    return LATE_HOURS.value(books)


@breakdown("supplier_confirmed_share", by="supplier")
def supplier_confirmed_share_by_supplier(books: Books) -> pd.DataFrame:
    """Units confirmed by each supplier."""
    return CONFIRMED.by(books, "supplier", "actor")


@breakdown("supplier_late_hours", by="supplier")
def supplier_late_hours_by_supplier(books: Books) -> pd.DataFrame:
    """Lateness of each supplier."""
    return LATE_HOURS.by(books, "supplier")


@breakdown("supplier_on_time", by="supplier")
def supplier_on_time_by_supplier(books: Books) -> pd.DataFrame:
    """Punctuality of each supplier."""
    return ON_TIME.by(books, "supplier")


@breakdown("supplier_fill_rate", by="supplier")
def supplier_fill_rate_by_supplier(books: Books) -> pd.DataFrame:
    """Fill rate of each supplier."""
    return FILL.by(books, "supplier")


@breakdown("supplier_reliability", by="supplier")
def supplier_reliability_by_supplier(books: Books) -> pd.DataFrame:
    """Reliability of each supplier."""
    return RELIABLE.by(books, "supplier")
