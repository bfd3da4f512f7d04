"""Where each order stood at every moment, from the tables that `sim.measures.facts` derives."""

from __future__ import annotations

STATES = (
    "captured",
    "held",
    "validated",
    "backordered",
    "allocated",
    "released",
    "picked",
    "merging",
    "packed",
    "ready_for_pickup",
    "shipped",
    "return_requested",
    "return_received",
    "refunded",
    "delivered",
    "lost",
    "cancelled",
    "closed",
)
"""What an order can be seen as. Of its pieces' states the first in this list is shown: the least advanced
open one comes first, then, when none is open, how it ended."""

_NEVER = 2**62

# Orders that were reopened after they had been closed: one row an interval from the first reopening on, in which the
# order is open or closed again.
REOPENED = f"""
SELECT "order", channel, CASE kind WHEN 'closed' THEN 'closed' ELSE 'open' END AS state, time_ms AS from_ms,
       lead(time_ms, 1, {_NEVER}) OVER in_turn AS until_ms
FROM events
WHERE kind IN ('closed', 'reopened') AND "order" IN (SELECT "order" FROM events WHERE kind = 'reopened')
WINDOW in_turn AS (PARTITION BY "order" ORDER BY event)
QUALIFY row_number() OVER in_turn > 1
"""

# One row an interval in which a piece of an order is in a state: from_ms <= t < until_ms. ``units`` of
# lines and returns are their own, those of shipments the shipment's, those of orders 0.
STAGES = f"""
WITH line_steps AS (
    SELECT "order", line, channel, time_ms, kind,
           sum(CASE WHEN kind IN ('allocated', 'cancelled_units') THEN -quantity
                    WHEN kind = 'backordered' THEN 0
                    ELSE quantity END) OVER in_turn AS open_units,
           lead(time_ms, 1, {_NEVER}) OVER in_turn AS next_ms
    FROM events
    WHERE line >= 0
      AND kind IN ('captured', 'allocated', 'deallocated', 'put_back', 'cancelled_units', 'backordered',
                   'resent_units')
    WINDOW in_turn AS (PARTITION BY line ORDER BY event)
),
shipment_steps AS (
    SELECT shipment, "order", node, channel, units, unnest([
        {{'state': 'allocated', 'at_ms': allocated_ms}}, {{'state': 'released', 'at_ms': released_ms}},
        {{'state': 'picked', 'at_ms': picked_ms}}, {{'state': 'packed', 'at_ms': packed_ms}},
        {{'state': 'merging', 'at_ms': merging_ms}}, {{'state': 'ready_for_pickup', 'at_ms': ready_ms}},
        {{'state': 'shipped', 'at_ms': left_ms}}, {{'state': 'delivered', 'at_ms': delivered_ms}},
        {{'state': 'lost', 'at_ms': coalesce(lost_ms, sent_back_ms)}},
        {{'state': 'voided', 'at_ms': voided_ms}}], recursive := true)
    FROM shipments
),
pieces AS (
    SELECT "order", NULL AS node, channel, 'captured' AS state, captured_ms AS from_ms,
           least(held_ms, validated_ms, {_NEVER}) AS until_ms, 0 AS units
    FROM orders
    UNION ALL
    SELECT "order", NULL, channel, 'held', held_ms, least(validated_ms, {_NEVER}), 0
    FROM orders WHERE held_ms IS NOT NULL
    UNION ALL
    SELECT s."order", NULL, s.channel, CASE kind WHEN 'backordered' THEN 'backordered' ELSE 'validated' END,
           greatest(time_ms, o.validated_ms), next_ms, open_units
    FROM line_steps AS s JOIN orders AS o USING ("order")
    WHERE open_units > 0 AND o.validated_ms IS NOT NULL
    UNION ALL
    SELECT "order", node, channel, state, at_ms,
           lead(at_ms, 1, {_NEVER}) OVER (
               PARTITION BY shipment ORDER BY at_ms, list_position({list(STATES)}, state)
           ), units
    FROM shipment_steps WHERE at_ms IS NOT NULL
    UNION ALL
    SELECT "order", node, channel, 'return_requested', requested_ms,
           least(received_ms, refunded_ms, {_NEVER}), units
    FROM returned
    UNION ALL
    SELECT "order", node, channel, 'return_received', received_ms, least(refunded_ms, {_NEVER}), units
    FROM returned WHERE received_ms IS NOT NULL
    UNION ALL
    SELECT "order", node, channel, 'refunded', refunded_ms, {_NEVER}, units
    FROM returned WHERE refunded_ms IS NOT NULL
),
ended AS (
    SELECT "order", channel, CASE WHEN cancelled_ms IS NULL THEN 'closed' ELSE 'cancelled' END AS state,
           least(cancelled_ms, closed_ms) AS ended_ms
    FROM orders WHERE cancelled_ms IS NOT NULL OR closed_ms IS NOT NULL
),
first_reopened AS (SELECT "order", min(from_ms) AS at_ms FROM reopened GROUP BY "order"),
intervals AS (
    SELECT p.* REPLACE (least(p.until_ms, e.ended_ms) AS until_ms)
    FROM pieces AS p LEFT JOIN ended AS e USING ("order")
    UNION ALL
    SELECT "order", NULL, channel, state, ended_ms, coalesce(r.at_ms, {_NEVER}), 0
    FROM ended LEFT JOIN first_reopened AS r USING ("order")
    UNION ALL
    SELECT p.* REPLACE (greatest(p.from_ms, r.from_ms) AS from_ms, least(p.until_ms, r.until_ms) AS until_ms)
    FROM pieces AS p JOIN reopened AS r USING ("order") WHERE r.state = 'open'
    UNION ALL
    SELECT "order", NULL, channel, state, from_ms, until_ms, 0 FROM reopened WHERE state = 'closed'
)
SELECT *, list_position({list(STATES)}, state) AS rank
FROM intervals
WHERE state <> 'voided' AND from_ms < until_ms
"""
