"""What there was at one moment of a run: orders, stock, balances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import ACCOUNTS, BUCKETS
from sim.measures.books import Books

if TYPE_CHECKING:
    import pandas as pd


def states_at(books: Books, ms: int) -> pd.DataFrame:
    """Orders that had arrived: ``order, channel, captured_ms, age_hours, state``."""
    return books.frame(_STATES, ms=ms)


def stock_at(books: Books, ms: int) -> pd.DataFrame:
    """Positions, movements of that very moment included: ``node, sku, bucket, units``, none of them zero."""
    return books.frame(_STOCK, ms=ms, buckets=list(BUCKETS))


def trial_balance(books: Books, ms: int | None) -> pd.DataFrame:
    """Each account of the chart after all that was posted up to a moment (None: all of it)."""
    posted = books.frame(_BALANCES, ms=ms).set_index("account")
    chart = [*ACCOUNTS, *sorted(set(posted.index) - set(ACCOUNTS))]
    return posted.reindex(chart, fill_value=0).astype("int64").rename_axis("account").reset_index()


_STATES = """
SELECT s."order", o.channel, o.captured_ms, ($ms - o.captured_ms) / 3600000 AS age_hours,
       min_by(s.state, s.rank) AS state
FROM stages AS s JOIN orders AS o USING ("order")
WHERE s.from_ms <= $ms AND s.until_ms > $ms
GROUP BY ALL
ORDER BY s."order"
"""

_STOCK = """
WITH moved AS (
    SELECT from_node AS node, sku, from_bucket AS bucket, -units AS units FROM ledger WHERE time_ms <= $ms
    UNION ALL
    SELECT to_node, sku, to_bucket, units FROM ledger WHERE time_ms <= $ms
)
SELECT node, sku, bucket, sum(units)::BIGINT AS units
FROM moved
WHERE bucket IN (SELECT unnest($buckets))
GROUP BY ALL
HAVING sum(units) <> 0
ORDER BY ALL
"""

_BALANCES = """
SELECT account,
       coalesce(sum(amount_cents) FILTER (amount_cents > 0), 0)::BIGINT AS debit_cents,
       coalesce(-sum(amount_cents) FILTER (amount_cents < 0), 0)::BIGINT AS credit_cents,
       sum(amount_cents)::BIGINT AS balance_cents
FROM journal
WHERE $ms IS NULL OR time_ms <= $ms
GROUP BY account
"""
