"""Whether suppliers deliver what was ordered, when they said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.figures import Ratio
from sim.measures.registry import breakdown, measure
from sim.run import Books

if TYPE_CHECKING:
    import pandas as pd

ON_TIME = Ratio("count(*) FILTER (received_units > 0 AND received_ms <= due_ms)", "count(*)", "purchases", "due")
FILL = Ratio("sum(received_units)", "sum(units)", "purchases", "due")
RELIABLE = Ratio("count(*) FILTER (received_units >= units AND received_ms <= due_ms)", "count(*)", "purchases", "due")


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
