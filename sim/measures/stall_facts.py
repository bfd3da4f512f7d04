"""For what each open order waits, from the books alone: `sim.stall` over time."""

from __future__ import annotations

from sim.stall import KIND_OF_REASON, STALL_OF_HOLD, STALLS

_REASONS = ", ".join(f"('{reason}', '{STALL_OF_HOLD[kind]}')" for reason, kind in KIND_OF_REASON.items())

STALLED = f"""
WITH holds AS (
    SELECT "order", kind, reason, time_ms, event,
           lead(time_ms) OVER (PARTITION BY "order" ORDER BY event) AS next_ms
    FROM events WHERE kind IN ('held', 'hold_cleared', 'cancelled')
),
pieces AS (
    SELECT h."order", r.stall, time_ms AS from_ms, next_ms AS until_ms
    FROM holds AS h JOIN (VALUES {_REASONS}) AS r(reason, stall) USING (reason) WHERE kind = 'held'
    UNION ALL
    SELECT "order", CASE WHEN state = 'captured' THEN 'message'
                         WHEN state IN ('validated', 'backordered') THEN 'stock shortage'
                         WHEN state IN ('packed', 'shipped') THEN 'carrier'
                         WHEN state = 'merging' THEN 'merge'
                         WHEN state = 'ready_for_pickup' THEN 'pickup'
                         WHEN state IN ('return_requested', 'return_received') THEN 'return or settlement'
                         ELSE 'capacity' END, from_ms, until_ms
    FROM stages
    WHERE state IN ('captured', 'validated', 'backordered', 'allocated', 'released', 'picked', 'packed',
                    'merging', 'ready_for_pickup', 'shipped', 'return_requested', 'return_received')
    UNION ALL
    SELECT "order", unnest(['return or settlement', 'return window']),
           least(delivered_ms, lost_ms, sent_back_ms), unnest([settled_ms, NULL])
    FROM shipments
    WHERE left_ms IS NOT NULL AND least(delivered_ms, lost_ms, sent_back_ms) IS NOT NULL
    UNION ALL
    SELECT r."order", 'return or settlement', s.delivered_ms, r.requested_ms
    FROM returned AS r JOIN shipments AS s USING (shipment)
    WHERE s.delivered_ms IS NOT NULL AND r.reason IS DISTINCT FROM 'recalled'
    UNION ALL
    SELECT r."order", 'return or settlement', e.time_ms, r.requested_ms
    FROM returned AS r JOIN events AS e USING (shipment, line)
    WHERE r.reason = 'recalled' AND e.kind = 'recall_told'
),
spans AS (
    SELECT p."order", stall, from_ms, least(until_ms, o.cancelled_ms, o.closed_ms) AS until_ms
    FROM pieces AS p JOIN orders AS o USING ("order")
    UNION ALL
    SELECT "order", 'return or settlement', from_ms, until_ms FROM reopened WHERE state = 'open'
),
moments AS (
    SELECT "order", from_ms AS at_ms FROM spans
    UNION SELECT "order", until_ms FROM spans WHERE until_ms IS NOT NULL
),
seen AS (
    SELECT m."order", m.at_ms, min_by(s.stall, list_position({list(STALLS)}, s.stall)) AS stall
    FROM moments AS m JOIN spans AS s
        ON s."order" = m."order" AND s.from_ms <= m.at_ms AND coalesce(s.until_ms > m.at_ms, true)
    GROUP BY ALL
),
steps AS (
    SELECT m."order", s.stall, m.at_ms AS from_ms,
           lead(m.at_ms) OVER (PARTITION BY m."order" ORDER BY m.at_ms) AS until_ms
    FROM moments AS m LEFT JOIN seen AS s USING ("order", at_ms)
)
SELECT * FROM steps WHERE stall IS NOT NULL
"""
"""One row an interval in which an open order is stalled for one of `sim.stall.STALLS`: from_ms <= t < until_ms, NULL
where the run ends before."""
