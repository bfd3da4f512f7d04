"""What messages that are late or lost leave behind: statuses that differ, work that mends them, cash that waits."""

from __future__ import annotations

from sim.measures.books import Books
from sim.measures.figures import Total
from sim.measures.registry import measure

# One row a span of time in which two systems hold different statuses of an order.
_DIVERGED = """(
    SELECT "order", time_ms AS from_ms, coalesce(next_ms, drain_until_ms()) AS until_ms
    FROM (
        SELECT "order", time_ms,
               sum(CASE kind WHEN 'message_sent' THEN 1 ELSE -1 END) OVER in_turn AS open_messages,
               lead(time_ms) OVER in_turn AS next_ms
        FROM events WHERE kind IN ('message_sent', 'message_received') AND "order" >= 0
        WINDOW in_turn AS (PARTITION BY "order" ORDER BY event)
    )
    WHERE open_messages > 0
)"""

# One row a message that a desk entered by hand, with the moment at which it should have been heard.
_MENDED = """(
    SELECT h.time_ms AS mended_ms, s.time_ms AS sent_ms
    FROM (SELECT * FROM events WHERE kind = 'message_received' AND actor LIKE 'desk:%') AS h
    ASOF JOIN (SELECT * FROM events WHERE kind = 'message_sent') AS s
        ON h."order" = s."order" AND h.reason = s.reason AND h.shipment IS NOT DISTINCT FROM s.shipment
        AND h.line IS NOT DISTINCT FROM s.line AND h.event >= s.event
)"""

# One row a shipment that left, with the net value of its goods.
_UNINVOICED = """(
    SELECT s.left_ms, coalesce(s.invoiced_ms, drain_until_ms()) AS invoiced_ms,
           sum(e.quantity * l.value_cents / l.units) AS cents
    FROM shipments AS s
    JOIN events AS e ON e.shipment = s.shipment AND e.kind = 'shipped'
    JOIN lines AS l ON l.line = e.line
    WHERE s.left_ms IS NOT NULL AND s.left_ms < coalesce(s.invoiced_ms, drain_until_ms())
    GROUP BY s.shipment, s.left_ms, s.invoiced_ms
)"""


def _mean_over_time(level: str, begin: str, end: str, source: str) -> Total:
    """A level's mean from the warm-up to the end of demand."""
    span = f"greatest(least({end}, end_ms()) - greatest({begin}, warm_up_ms()), 0)"
    return Total(f"sum({level} * {span}) / (end_ms() - warm_up_ms())", source)


@measure("diverged_orders", unit="count", better="lower", title="Orders whose statuses differ")
def diverged_orders(books: Books) -> float:
    """Orders of which two systems held different statuses (a message about them was out), mean from the warm-up to the
    end of demand. 0 on an empty run."""
    return _mean_over_time("1", "from_ms", "until_ms", _DIVERGED).value(books)


@measure("reconcile_hours", unit="hours", better="lower", title="Time to reconcile")
def reconcile_hours(books: Books) -> float:
    """Mean hours from the moment at which a message was sent to that at which a desk entered it by hand. NaN when a
    desk mended nothing."""
    return books.value(f"SELECT avg(mended_ms - sent_ms) / 3600000 FROM {_MENDED}")


@measure("cash_delayed_cents", unit="cents", better="lower", title="Goods sent and not invoiced")
def cash_delayed_cents(books: Books) -> float:
    """Net value of goods that had left and were not invoiced, mean from the warm-up to the end of demand. 0 on an empty
    run."""
    return _mean_over_time("cents", "left_ms", "invoiced_ms", _UNINVOICED).value(books)


@measure("late_confirmations", unit="count", better="lower", title="Shipments confirmed too late")
def late_confirmations(books: Books) -> float:
    """Marketplace shipments that left in time and were not confirmed by their ship-by date. 0 on an empty run."""
    return Total("count(*)", "events", "kind = 'shipment_limit_breached' AND reason = 'ship_confirmation'").value(books)
