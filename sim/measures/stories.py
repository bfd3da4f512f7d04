"""What each event of an order moved and posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books

if TYPE_CHECKING:
    import pandas as pd


def with_consequences(books: Books, order: int, events: pd.DataFrame) -> pd.DataFrame:
    """An order's ``events`` with ``movement``, ``postings`` and ``posted_cents``, the sum of an entry's debits."""
    postings = books.frame(_POSTINGS, order=order).set_index("event")
    first, last = int(events["event"].iloc[0]), int(events["event"].iloc[-1])
    movements = books.frame(_MOVEMENTS, first=first, last=last, order=order).set_index("event")
    joined = events.join(movements, on="event").join(postings, on="event")
    joined["posted_cents"] = joined["posted_cents"].fillna(0).astype("int64")
    joined[["movement", "postings"]] = joined[["movement", "postings"]].fillna("")
    return joined


_POSTINGS = """
SELECT event, sum(amount_cents) FILTER (amount_cents > 0)::BIGINT AS posted_cents,
       string_agg(format('{} {:+d}', account, amount_cents), ', ' ORDER BY amount_cents DESC, account)
           AS postings
FROM (
    SELECT event, account, sum(amount_cents)::BIGINT AS amount_cents
    FROM journal WHERE "order" = $order GROUP BY ALL
)
WHERE amount_cents <> 0
GROUP BY event
"""

_MOVEMENTS = """
SELECT event, string_agg(format('{} {} to {}', units, from_bucket, to_bucket), ', ') AS movement
FROM ledger
WHERE event BETWEEN $first AND $last AND event IN (SELECT event FROM events WHERE "order" = $order)
GROUP BY event
"""
