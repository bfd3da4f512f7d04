"""What borders cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

DUTIES = Total(
    "sum(value_cents)", "events", "kind = 'duties_charged' AND time_ms >= warm_up_ms() AND time_ms < end_ms()"
)


@measure("duties_cents", unit="cents", better="lower", title="Duties")
def duties(books: Books) -> float:
    """Duties and fees of parcels that crossed a border, from warm-up to the end of demand. 0 on an empty run."""
    return DUTIES.value(books)


@breakdown("duties_cents", by="channel")
def duties_by_channel(books: Books) -> pd.DataFrame:
    """Duties of each channel."""
    return DUTIES.by(books, "channel")
