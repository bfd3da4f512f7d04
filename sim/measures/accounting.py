"""The accountants' side: what their feed refused, how long a close took, what was open when the books were closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total, quantile
from sim.measures.registry import breakdown, measure
from sim.units import HOUR_MS

if TYPE_CHECKING:
    import pandas as pd

# One row a period that ended before the drain did; one that is not closed counts to the end of the drain.
_CLOSES = """(
    SELECT e.quantity AS period, e.time_ms AS end_ms, coalesce(c.time_ms, drain_until_ms()) - e.time_ms AS close_ms
    FROM events AS e LEFT JOIN events AS c ON c.kind = 'period_closed' AND c.quantity = e.quantity
    WHERE e.kind = 'period_ended'
)"""
_ATTEMPTS = """(
    SELECT CASE kind WHEN 'document_rejected' THEN 1 ELSE 0 END AS refused,
           CASE kind WHEN 'document_rejected' THEN 1 ELSE quantity END AS documents
    FROM events WHERE kind IN ('document_rejected', 'documents_booked')
)"""
# What refused documents waited, summed: those that nobody has corrected wait to the end of the drain.
_WAITS = """(
    SELECT CASE kind WHEN 'document_rejected' THEN drain_until_ms() - time_ms
                     ELSE time_ms - drain_until_ms() END AS wait_ms,
           CASE kind WHEN 'document_rejected' THEN 1 ELSE 0 END AS documents
    FROM events WHERE kind IN ('document_rejected', 'document_corrected')
)"""
_SETTLED = """(
    SELECT s.channel, s.settled_ms - s.invoiced_ms AS lag_ms
    FROM shipments AS s JOIN orders AS o USING ("order")
    WHERE o.in_window AND s.settled_ms IS NOT NULL AND s.invoiced_ms IS NOT NULL
)"""

CLOSE_HOURS = Ratio(f"sum(close_ms) / {HOUR_MS}", "count(*)", _CLOSES)
REFUSED = Ratio("sum(refused)", "sum(documents)", _ATTEMPTS)
REFUSALS = Total("count(*)", "events", "kind = 'document_rejected'")
WAITS = Ratio(f"sum(wait_ms) / {HOUR_MS}", "sum(documents)", _WAITS)
LISTED = Total("sum(quantity)", "events", "kind = 'items_listed'")
LISTED_VALUE = Total("sum(value_cents)", "events", "kind = 'items_listed'")
LAG = Ratio(f"sum(lag_ms) / {HOUR_MS}", "count(*)", _SETTLED)
DEFERRED = Total(
    "-sum(amount_cents)", "journal", "account IN ('customer_deposits', 'deferred_revenue') AND time_ms < end_ms()"
)
UNSETTLED = Total("sum(amount_cents)", "journal", "account IN ('receivables', 'card_clearing') AND time_ms < end_ms()")
RESERVED = Total("-sum(amount_cents)", "journal", "account = 'returns_reserve' AND time_ms < end_ms()")


@measure("close_mean_hours", unit="hours", better="lower", title="Time to close a period")
def close_mean_hours(books: Books) -> float:
    """Mean hours from the end of an accounting period to its close, over the periods that ended before the drain did;
    one that is not closed counts to the end of the drain. NaN when there is none."""
    return CLOSE_HOURS.value(books)


@measure("late_close_share", unit="share", better="lower", title="Periods closed late")
def late_close_share(books: Books) -> float:
    """Accounting periods that took longer to close than the accountants' target / periods that ended. NaN when there
    is none."""
    target_ms = int(books.manifest.get("close_target_ms", 0))
    return Ratio(f"count(*) FILTER (close_ms > {target_ms})", "count(*)", _CLOSES).value(books)


@measure("document_rejection_share", unit="share", better="lower", title="Accounting documents refused")
def document_rejection_share(books: Books) -> float:
    """Documents that the accounting interface refused / documents that it refused or booked; one that is refused and
    booked later is both. NaN when there is none."""
    return REFUSED.value(books)


@measure("documents_rejected", unit="count", better="lower", title="Refusals of accounting documents")
def documents_rejected(books: Books) -> float:
    """Times that the accounting interface refused a document. 0 on an empty run."""
    return REFUSALS.value(books)


@measure("document_correction_mean_hours", unit="hours", better="lower", title="Time to correct a refused document")
def document_correction_mean_hours(books: Books) -> float:
    """Mean hours from a refusal to its correction; what nobody has corrected counts to the end of the drain. NaN when
    nothing was refused."""
    return WAITS.value(books)


@measure("unreconciled_items", unit="count", better="lower", title="Items on the unreconciled lists")
def unreconciled_items(books: Books) -> float:
    """Open items and undelivered documents on the lists of all accounting periods together. 0 on an empty run."""
    return LISTED.value(books)


@measure("unreconciled_cents", unit="cents", better="lower", title="Value on the unreconciled lists")
def unreconciled_cents(books: Books) -> float:
    """Value, each item without its sign, of what `unreconciled_items` counts. 0 on an empty run."""
    return LISTED_VALUE.value(books)


@measure("settlement_lag_mean_hours", unit="hours", better="lower", title="Settlement lag, mean")
def settlement_lag_mean_hours(books: Books) -> float:
    """Mean hours from a shipment's invoice to its settlement, over settled shipments of cohort orders. NaN when none
    was settled."""
    return LAG.value(books)


@measure("settlement_lag_p90_hours", unit="hours", better="lower", title="Settlement lag, 90th percentile")
def settlement_lag_p90_hours(books: Books) -> float:
    """90th percentile of the hours of which `settlement_lag_mean_hours` is the mean. NaN when there are none."""
    return quantile(books, 0.9, "lag_ms", _SETTLED, "true")


@measure("deferred_revenue_cents", unit="cents", better="lower", title="Deferred revenue")
def deferred_revenue_cents(books: Books) -> float:
    """Customers' deposits for what was not shipped, and invoices for what was not delivered where sales count at
    delivery, at the end of demand. 0 on an empty run."""
    return DEFERRED.value(books)


@measure("unsettled_cents", unit="cents", better="lower", title="Invoiced and not settled")
def unsettled_cents(books: Books) -> float:
    """Receivables, and card payments that the provider has not paid out, at the end of demand. 0 on an empty run."""
    return UNSETTLED.value(books)


@measure("returns_reserve_cents", unit="cents", better="lower", title="Returns reserve")
def returns_reserve_cents(books: Books) -> float:
    """What the accountants had reserved for returns at the end of demand. 0 on an empty run."""
    return RESERVED.value(books)


@breakdown("close_mean_hours", by="period")
def close_mean_hours_by_period(books: Books) -> pd.DataFrame:
    """Time to close each period, numbered from 0."""
    return CLOSE_HOURS.by(books, "period")


@breakdown("documents_rejected", by="reason")
def documents_rejected_by_reason(books: Books) -> pd.DataFrame:
    """Refusals by their cause."""
    return REFUSALS.by(books, "reason")


@breakdown("unreconciled_items", by="reason")
def unreconciled_items_by_reason(books: Books) -> pd.DataFrame:
    """Items on the lists by their class."""
    return LISTED.by(books, "reason")


@breakdown("unreconciled_cents", by="reason")
def unreconciled_cents_by_reason(books: Books) -> pd.DataFrame:
    """Value on the lists by the class of its items."""
    return LISTED_VALUE.by(books, "reason")


@breakdown("settlement_lag_mean_hours", by="channel")
def settlement_lag_by_channel(books: Books) -> pd.DataFrame:
    """Settlement lag of each channel."""
    return LAG.by(books, "channel")


@breakdown("unsettled_cents", by="channel")
def unsettled_by_channel(books: Books) -> pd.DataFrame:
    """What each channel's orders have invoiced and not settled."""
    return UNSETTLED.by(books, "channel")
