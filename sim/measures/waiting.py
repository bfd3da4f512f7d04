"""When an order is in the backlog, from the books alone: from its capture until nothing of it is left to ship, and once
more while a lost parcel of it waits to be sent again. That a parcel will be lost is not known before it is told."""

from __future__ import annotations

# One row a stay of a captured order in the backlog; ``waits_until_ms`` is NULL where it never ended. Nothing but orders
# with a parcel that was sent again needs a count of units.
WAITING = """
WITH again AS (SELECT DISTINCT "order" FROM shipments WHERE resent_ms IS NOT NULL),
counted AS (
    SELECT "order", event, time_ms,
           sum(CASE WHEN kind IN ('captured', 'resent_units') THEN quantity ELSE -quantity END) OVER in_turn
               AS left_units
    FROM events SEMI JOIN again USING ("order")
    WHERE kind IN ('captured', 'shipped', 'cancelled_units', 'resent_units')
    WINDOW in_turn AS (PARTITION BY "order" ORDER BY event)
),
turns AS (
    SELECT *, left_units > 0 AS waits FROM counted
    QUALIFY (left_units > 0) <> coalesce(lag(left_units) OVER (PARTITION BY "order" ORDER BY event) > 0, false)
),
stays AS (
    SELECT "order", waits, time_ms AS from_ms, lead(time_ms) OVER (PARTITION BY "order" ORDER BY event) AS until_ms
    FROM turns
)
SELECT o."order", o.channel, o.captured_ms, o.ship_by_ms, s.from_ms AS waits_from_ms,
       least(s.until_ms, o.cancelled_ms) AS waits_until_ms
FROM stays AS s JOIN orders AS o USING ("order") WHERE s.waits
UNION ALL
SELECT "order", channel, captured_ms, ship_by_ms, captured_ms, done_ms
FROM orders ANTI JOIN again USING ("order")
"""
