"""Subscribers: how many there are, who leaves and why, and how many renewals are paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

MONTH_MS = 30 * 24 * 3_600_000

# One row each time that somebody joins (+1) or leaves (-1) before the end of demand.
_STEPS = """(
    SELECT channel, time_ms, reason, CASE WHEN kind = 'unsubscribed' THEN -1 ELSE 1 END AS step
    FROM events WHERE kind IN ('subscription_opened', 'subscribed', 'unsubscribed') AND time_ms < end_ms()
)"""
# What each of these adds to the time that subscribers spend in the window, in months.
_MONTHS = f"sum(step * (end_ms() - greatest(time_ms, warm_up_ms()))) / {MONTH_MS}.0"
_LEFT = "count(*) FILTER (step < 0 AND time_ms >= warm_up_ms())"
_DECLINED = "count(*) FILTER (step < 0 AND time_ms >= warm_up_ms() AND reason = 'payment_declined')"
# One row for each renewal in the window that was wanted, from its first attempt at payment on.
_RENEWALS = """(
    SELECT "order", any_value(channel) AS channel, min(time_ms) AS due_ms,
           bool_or(kind = 'renewed') AS paid, bool_or(kind = 'renewal_declined') AS declined
    FROM events WHERE kind IN ('renewed', 'renewal_declined') GROUP BY "order"
)"""
_IN_WINDOW = "due_ms >= warm_up_ms() AND due_ms < end_ms()"

ACTIVE = Total("sum(step)", _STEPS)
LOST = Total(_LEFT, _STEPS)
CHURN = Ratio(_LEFT, f"({_MONTHS})", _STEPS)
INVOLUNTARY = Ratio(_DECLINED, f"({_MONTHS})", _STEPS)
SUCCESS = Ratio("count(*) FILTER (paid)", "count(*)", _RENEWALS, _IN_WINDOW)
RECOVERY = Ratio("count(*) FILTER (paid AND declined)", "count(*) FILTER (declined)", _RENEWALS, _IN_WINDOW)


@measure("active_subscribers", unit="count", better="higher", title="Active subscribers")
def active_subscribers(books: Books) -> float:
    """Subscribers at the end of demand, those who are being asked to pay among them. 0 on an empty run."""
    return ACTIVE.value(books)


@measure("lost_subscribers", unit="count", better="lower", title="Lost subscribers")
def lost_subscribers(books: Books) -> float:
    """Subscribers who left from warm-up to the end of demand, for whatever reason. 0 on an empty run."""
    return LOST.value(books)


@measure("subscriber_churn", unit="ratio", better="lower", title="Churn a month")
def subscriber_churn(books: Books) -> float:
    """Subscribers who left / subscriber months (of 30 days) from warm-up to the end of demand. NaN without any."""
    return CHURN.value(books)


@measure("involuntary_churn", unit="ratio", better="lower", title="Involuntary churn a month")
def involuntary_churn(books: Books) -> float:
    """The part of churn that is due to declined payments: subscribers whose last retry failed / subscriber months. NaN
    without any."""
    return INVOLUNTARY.value(books)


@measure("renewal_success", unit="share", better="higher", title="Renewals paid")
def renewal_success(books: Books) -> float:
    """Renewals paid, at the first attempt or later / renewals that were wanted (neither skipped nor given up), by the
    moment of the first attempt. NaN when none was due."""
    return SUCCESS.value(books)


@measure("dunning_recovery", unit="share", better="higher", title="Declined renewals recovered")
def dunning_recovery(books: Books) -> float:
    """Renewals paid at a retry / renewals whose first attempt was declined. NaN when none was."""
    return RECOVERY.value(books)


@breakdown("active_subscribers", by="channel")
def active_subscribers_by_channel(books: Books) -> pd.DataFrame:
    """Active subscribers of each channel."""
    return ACTIVE.by(books, "channel")


@breakdown("lost_subscribers", by="channel")
def lost_subscribers_by_channel(books: Books) -> pd.DataFrame:
    """Lost subscribers of each channel."""
    return LOST.by(books, "channel")


@breakdown("lost_subscribers", by="reason")
def lost_subscribers_by_reason(books: Books) -> pd.DataFrame:
    """Lost subscribers by why they left: changed_mind, promise_broken, payment_declined, customer_cancelled."""
    return Total(_LEFT, _STEPS, "step < 0").by(books, "reason")


@breakdown("renewal_success", by="channel")
def renewal_success_by_channel(books: Books) -> pd.DataFrame:
    """Renewals paid of each channel."""
    return SUCCESS.by(books, "channel")
