"""Customers who were told that their order will be late."""

from __future__ import annotations

from sim.measures.books import Books
from sim.measures.registry import measure

_WAITED = """(
    SELECT "order", max(due_ms) AS second_ms FROM events WHERE kind = 'delay_accepted' GROUP BY "order"
)"""


@measure("second_promise_kept", unit="share", better="higher", title="Second promises kept")
def second_promise_kept(books: Books) -> float:
    """Orders delivered whole by the last promise that their customers accepted after a notice of delay / such orders
    of the cohort. NaN when nobody was asked to wait."""
    return books.value(
        f"""
        SELECT sum((o.none_to_deliver AND o.delivered_ms <= n.second_ms)::INT) / nullif(count(*), 0)
        FROM {_WAITED} AS n JOIN orders AS o USING ("order") WHERE o.in_window
        """
    )
