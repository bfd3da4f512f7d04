"""Tables derived from the books, one row an order, a line, a shipment: what the measures ask.

Each is made once, when a query first names it. All times are milliseconds since the start, NULL where the
thing did not happen.

What is measured (the *cohort*): orders captured from the end of the warm-up to the end of demand or, with a horizon
whose ``cohort`` is ``promise``, those whose first promise falls into that time (the macro ``counts_at_ms`` tells).
Units that their customer cancelled before they were due, and orders rejected as fraud, are left out; what the
company cancelled stays in; what is open and overdue when the drain ends is a failure. A customer who never
pays has cancelled.
"""

from __future__ import annotations

from sim.books.kinds import ACCOUNTS
from sim.measures.quoting import listed
from sim.measures.stages import REOPENED, STAGES
from sim.measures.stall_facts import STALLED
from sim.measures.waiting import WAITING

CUSTOMERS_OWN = ("customer_cancelled", "payment_declined", "credit_note")
"""Reasons of a cancellation that the customer answers for."""
REJECTED = ("fraud",)
"""Reasons for which an order is no demand, whenever it is told."""

INCOME_ACCOUNTS = (
    "revenue",
    "shipping_income",
    "sales_returns",
    "credit_price_differences",
    "unmatched_credits",
)
"""What makes up net revenue: without tax, after returns and credits."""
SERVING_ACCOUNTS = (
    "freight",
    "handling_labour",
    "packaging",
    "payment_fees",
    "marketplace_commission",
    "duties",
    "fees",
)
"""What it costs to serve an order, before anything goes wrong with it."""
NOT_EARNED = (*ACCOUNTS[: ACCOUNTS.index("opening_equity") + 1], "inventory_adjustments", "returns_provision")
"""The balance sheet; corrections of stock, which no order answers for; and what is reserved for returns, which are in
the margin of their order when they come."""


# One row an order that something happened to as a whole.
_ORDER_MARKS = """
SELECT "order",
       min(time_ms) FILTER (kind = 'validated') AS validated_ms,
       min(due_ms) FILTER (kind = 'validated' AND due_ms >= 0) AS ship_by_ms,
       min(time_ms) FILTER (kind = 'held') AS held_ms,
       min(time_ms) FILTER (kind = 'cancelled') AS cancelled_ms,
       min(reason) FILTER (kind = 'cancelled') AS cancelled_reason,
       min(time_ms) FILTER (kind = 'closed') AS closed_ms,
       count(*) FILTER (kind = 'backordered') AS backorders,
       count(*) FILTER (kind = 'credit_difference') AS price_credits,
       count(*) FILTER (kind = 'mispicked' OR kind = 'rekeyed' AND reason = 'wrong_item') AS wrong_items,
       count(*) FILTER (kind IN ('window_met', 'window_missed')) AS windows,
       count(*) FILTER (kind = 'window_missed') AS windows_missed
FROM events
WHERE "order" >= 0
  AND kind IN ('validated', 'held', 'cancelled', 'closed', 'backordered', 'credit_difference', 'mispicked',
               'rekeyed', 'window_met', 'window_missed')
GROUP BY "order"
"""

# One row a shipment, planned or gone. ``left_ms`` is when its last piece left the node; parts that are merged end
# (``voided_ms``) when the shipment that they make begins.
_SHIPMENTS = """
SELECT shipment, min("order") AS "order",
       any_value(node) FILTER (kind IN ('allocated', 'consolidated')) AS node, any_value(channel) AS channel,
       min(time_ms) FILTER (kind IN ('allocated', 'consolidated')) AS allocated_ms,
       min(time_ms) FILTER (kind = 'released') AS released_ms,
       max(time_ms) FILTER (kind IN ('picked', 'consolidated')) AS picked_ms,
       min(time_ms) FILTER (kind IN ('sent_to_merge', 'waits_to_merge')) AS merging_ms,
       min(time_ms) FILTER (kind = 'packed') AS packed_ms,
       min(time_ms) FILTER (kind = 'ready_for_pickup') AS ready_ms,
       max(time_ms) FILTER (kind = 'shipped') AS left_ms,
       min(time_ms) FILTER (kind = 'manifested') AS manifested_ms,
       any_value(actor) FILTER (kind = 'manifested') AS service,
       min(due_ms) FILTER (kind = 'manifested' AND due_ms >= 0) AS quoted_ms,
       min(time_ms) FILTER (kind = 'first_scanned') AS scanned_ms,
       min(time_ms) FILTER (kind = 'left_hub') AS left_hub_ms,
       count(*) FILTER (kind = 'missed_sort') AS missed_sorts,
       min(time_ms) FILTER (kind = 'invoiced') AS invoiced_ms,
       min(time_ms) FILTER (kind = 'delivered') AS delivered_ms,
       min(time_ms) FILTER (kind = 'lost') AS lost_ms,
       min(time_ms) FILTER (kind = 'resent') AS resent_ms,
       min(time_ms) FILTER (kind = 'returned_to_sender') AS sent_back_ms,
       min(time_ms) FILTER (kind = 'damaged') AS damaged_ms,
       min(time_ms) FILTER (kind IN ('voided', 'merged')) AS voided_ms,
       min(time_ms) FILTER (kind = 'settled') AS settled_ms,
       coalesce(sum(quantity) FILTER (kind = 'shipped'), 0)::BIGINT AS units
FROM events
WHERE shipment >= 0
  AND kind IN ('allocated', 'released', 'picked', 'packed', 'ready_for_pickup', 'shipped', 'manifested',
               'invoiced', 'delivered', 'lost', 'damaged', 'returned_to_sender', 'voided', 'settled',
               'sent_to_merge', 'waits_to_merge', 'merged', 'consolidated', 'resent', 'first_scanned',
               'left_hub', 'missed_sort')
GROUP BY shipment
"""

# One row a captured line. ``left_out_of_shipping`` and ``left_out`` are units that are no demand any more
# by the ship-by and by the promise.
_LINES = f"""
WITH captured AS (
    SELECT e."order", e.line, e.sku, e.channel, e.time_ms AS captured_ms, e.quantity AS units, e.value_cents,
           coalesce(e.reason IN ('exchange', 'release'), false) AS is_exchange,
           CASE WHEN e.due_ms >= 0 THEN e.due_ms END AS promised_ms,
           coalesce(m.ship_by_ms, promised_ms) AS ship_by_ms
    FROM events AS e LEFT JOIN order_marks AS m USING ("order")
    WHERE e.kind = 'captured'
),
sent AS (
    SELECT e.line, sum(e.quantity) FILTER (s.resent_ms IS NULL) AS shipped_units, max(e.time_ms) AS shipped_ms,
           sum(e.quantity) FILTER (e.time_ms <= c.ship_by_ms) AS shipped_on_time,
           sum(e.quantity) FILTER (s.delivered_ms IS NOT NULL) AS delivered_units,
           sum(e.quantity) FILTER (s.delivered_ms <= c.promised_ms) AS delivered_on_time,
           max(s.delivered_ms) AS delivered_ms,
           sum(e.quantity) FILTER (s.resent_ms IS NULL AND coalesce(s.lost_ms, s.sent_back_ms) IS NOT NULL)
               AS lost_units,
           max(coalesce(s.lost_ms, s.sent_back_ms)) FILTER (s.resent_ms IS NULL) AS lost_ms
    FROM events AS e JOIN captured AS c USING (line) JOIN shipments AS s USING (shipment)
    WHERE e.kind = 'shipped'
    GROUP BY e.line
),
dropped AS (
    SELECT e.line, sum(e.quantity) AS cancelled_units, max(e.time_ms) AS cancelled_ms,
           sum(e.value_cents) AS cancelled_cents,
           sum(e.quantity) FILTER (rejected OR theirs AND e.time_ms < c.ship_by_ms) AS left_out_of_shipping,
           sum(e.quantity) FILTER (rejected OR theirs AND e.time_ms < c.promised_ms) AS left_out
    FROM (
        SELECT *, reason IN {listed(REJECTED)} AS rejected, reason IN {listed(CUSTOMERS_OWN)} AS theirs
        FROM events WHERE kind = 'cancelled_units'
    ) AS e JOIN captured AS c USING (line)
    GROUP BY e.line
)
SELECT *,
       counts_at_ms(captured_ms, promised_ms) >= warm_up_ms() AND counts_at_ms(captured_ms, promised_ms) < end_ms()
           AND NOT is_exchange AS in_window,
       in_window AND units > left_out_of_shipping AND coalesce(ship_by_ms <= drain_until_ms(), false)
           AS ship_due,
       in_window AND units > left_out AND coalesce(promised_ms <= drain_until_ms(), false) AS due,
       shipped_on_time >= units - left_out_of_shipping AS shipped_whole,
       delivered_on_time >= units - left_out AS delivered_whole
FROM (
    SELECT c.*, s.shipped_ms, s.delivered_ms, s.lost_ms, d.cancelled_ms,
           coalesce(s.shipped_units, 0)::BIGINT AS shipped_units,
           coalesce(s.shipped_on_time, 0)::BIGINT AS shipped_on_time,
           coalesce(s.delivered_units, 0)::BIGINT AS delivered_units,
           coalesce(s.delivered_on_time, 0)::BIGINT AS delivered_on_time,
           coalesce(s.lost_units, 0)::BIGINT AS lost_units,
           coalesce(d.cancelled_units, 0)::BIGINT AS cancelled_units,
           coalesce(d.cancelled_cents, 0)::BIGINT AS cancelled_cents,
           coalesce(d.left_out_of_shipping, 0)::BIGINT AS left_out_of_shipping,
           coalesce(d.left_out, 0)::BIGINT AS left_out
    FROM captured AS c LEFT JOIN sent AS s USING (line) LEFT JOIN dropped AS d USING (line)
)
"""

# One row a line that its channel refused.
_REFUSALS = """
SELECT "order", line, sku, channel, reason, time_ms, quantity AS units, value_cents,
       time_ms >= warm_up_ms() AND time_ms < end_ms() AS in_window
FROM events
WHERE kind = 'refused'
"""

# One row a captured order. ``ship_due`` and ``due``: part of the cohort, with units left to demand, and its
# moment came before the drain ended. ``on_time_in_full``: whole by its promise, or, where its account has a window,
# whole and inside it. ``done_ms``: when nothing of it was left to ship, for the last time; ``ended_ms``: when
# nothing of it was left to deliver. ``status``: where it stood when the run ended.
_ORDERS = """
WITH whole AS (
    SELECT "order", any_value(channel) AS channel, min(captured_ms) AS captured_ms,
           min(promised_ms) AS promised_ms, min(ship_by_ms) AS ship_by_ms,
           count(*) AS lines, sum(units)::BIGINT AS units,
           sum(value_cents)::BIGINT AS value_cents,
           sum(shipped_units)::BIGINT AS shipped_units, max(shipped_ms) AS shipped_ms,
           sum(delivered_units)::BIGINT AS delivered_units, max(delivered_ms) AS delivered_ms,
           sum(lost_units)::BIGINT AS lost_units, max(lost_ms) AS lost_ms,
           sum(cancelled_units)::BIGINT AS cancelled_units, sum(cancelled_cents)::BIGINT AS cancelled_cents,
           max(cancelled_ms) AS last_cancelled_ms,
           bool_or(in_window) AS in_window, bool_or(ship_due) AS ship_due, bool_or(due) AS due,
           bool_and(shipped_whole) AS shipped_whole, bool_and(delivered_whole) AS delivered_whole,
           bool_and(shipped_units + cancelled_units >= units) AS none_to_ship,
           bool_and(delivered_units + cancelled_units >= units) AS none_to_deliver,
           bool_and(delivered_units + cancelled_units + lost_units >= units) AS none_open
    FROM lines
    GROUP BY "order"
),
sources AS (
    SELECT "order", count(*) AS shipments,
           min(node) FILTER (resent_ms IS NULL) <> max(node) FILTER (resent_ms IS NULL) AS many_nodes,
           min(local_day(left_ms)) FILTER (resent_ms IS NULL) <> max(local_day(left_ms)) FILTER (resent_ms IS NULL)
               AS many_dates,
           bool_and(invoiced_ms IS NOT NULL) AS invoiced, bool_or(lost_ms IS NOT NULL) AS lost,
           bool_or(damaged_ms IS NOT NULL) AS damaged
    FROM shipments
    WHERE left_ms IS NOT NULL
    GROUP BY "order"
),
refused AS (
    SELECT "order", sum(units)::BIGINT AS refused_units, count(*) AS refused_lines
    FROM refusals GROUP BY "order"
)
SELECT w.*, m.validated_ms, m.held_ms, m.cancelled_ms, m.cancelled_reason, m.closed_ms,
       coalesce(m.backorders, 0) AS backorders, coalesce(m.price_credits, 0) AS price_credits,
       coalesce(m.wrong_items, 0) AS wrong_items,
       CASE WHEN m.windows > 0 THEN m.windows_missed = 0 AND w.none_to_deliver ELSE w.delivered_whole END
           AS on_time_in_full,
       coalesce(s.shipments, 0) AS shipments, coalesce(s.many_nodes OR s.many_dates, false) AS split,
       coalesce(s.invoiced, false) AS invoiced, coalesce(s.lost, false) AS lost, coalesce(s.damaged, false) AS damaged,
       coalesce(r.refused_units, 0) AS refused_units, coalesce(r.refused_lines, 0) AS refused_lines,
       CASE WHEN w.none_to_ship THEN greatest(w.shipped_ms, w.last_cancelled_ms)
            ELSE m.cancelled_ms END AS done_ms,
       CASE WHEN w.none_open THEN greatest(w.delivered_ms, w.lost_ms, w.last_cancelled_ms)
            ELSE m.cancelled_ms END AS ended_ms,
       CASE WHEN w.cancelled_units >= w.units OR m.cancelled_ms IS NOT NULL THEN 'cancelled'
            WHEN w.none_to_deliver THEN 'delivered'
            WHEN w.none_open THEN 'lost'
            ELSE 'open' END AS status
FROM whole AS w
LEFT JOIN order_marks AS m USING ("order")
LEFT JOIN sources AS s USING ("order")
LEFT JOIN refused AS r USING ("order")
"""

# One row a purchase order line with what came of it. The log does not carry document numbers, so deliveries
# answer the orders of a SKU by a node from a supplier first in, first out: unit n that came or was said not
# to come answers unit n that was ordered.
_PURCHASES = """
WITH ordered AS (
    SELECT actor AS supplier, node, sku, event, time_ms AS ordered_ms, due_ms, quantity AS units,
           sum(quantity) OVER in_turn AS last_unit
    FROM events WHERE kind = 'purchase_ordered'
    WINDOW in_turn AS (PARTITION BY actor, node, sku ORDER BY event)
),
answered AS (
    SELECT actor AS supplier, node, sku, kind, time_ms, quantity, sum(quantity) OVER in_turn AS last_unit
    FROM events WHERE kind IN ('received', 'short_delivered', 'purchase_declined')
    WINDOW in_turn AS (PARTITION BY actor, node, sku ORDER BY event)
),
matched AS (
    SELECT o.event, max(a.time_ms) AS received_ms,
           sum(least(o.last_unit, a.last_unit) - greatest(o.last_unit - o.units, a.last_unit - a.quantity))
               AS received_units
    FROM ordered AS o JOIN answered AS a
        ON (a.supplier, a.node, a.sku) = (o.supplier, o.node, o.sku)
        AND a.last_unit > o.last_unit - o.units AND o.last_unit > a.last_unit - a.quantity
    WHERE a.kind = 'received'
    GROUP BY o.event
)
SELECT o.supplier, o.node, o.sku, o.ordered_ms, o.due_ms, o.units, m.received_ms,
       coalesce(m.received_units, 0)::BIGINT AS received_units,
       o.ordered_ms >= warm_up_ms() AND o.ordered_ms < end_ms() AND o.due_ms <= drain_until_ms() AS due
FROM ordered AS o LEFT JOIN matched AS m USING (event)
"""

# One row a return: the n-th request for a piece is answered by its n-th receipt and its n-th refund or exchange.
_RETURNED = """
WITH turns AS (
    SELECT *, row_number() OVER (PARTITION BY kind, shipment, line ORDER BY event) AS turn
    FROM (
        SELECT event, CASE WHEN kind IN ('exchanged', 'return_credited') THEN 'refunded' ELSE kind END AS kind,
               "order", shipment, line, sku, channel, node, reason, time_ms, quantity
        FROM events WHERE kind IN ('return_requested', 'return_received', 'refunded', 'exchanged', 'return_credited')
    )
)
SELECT q."order", q.shipment, q.line, q.sku, q.channel, q.node, q.reason, q.quantity AS units,
       q.time_ms AS requested_ms, b.time_ms AS received_ms, f.time_ms AS refunded_ms, o.in_window
FROM turns AS q
JOIN orders AS o USING ("order")
LEFT JOIN turns AS b
    ON b.kind = 'return_received' AND (b.shipment, b.line, b.turn) = (q.shipment, q.line, q.turn)
LEFT JOIN turns AS f
    ON f.kind = 'refunded' AND (f.shipment, f.line, f.turn) = (q.shipment, q.line, q.turn)
WHERE q.kind = 'return_requested'
"""

# One row an exchange, or a parcel that was sent twice: the order that was sent in place of money, or for nothing, and
# the first one, of which it is a part.
_LINKED = """
SELECT c."order" AS linked, e."order" AS first_order
FROM events AS e JOIN events AS c USING (line)
WHERE e.kind = 'exchange_ordered' AND c.kind = 'captured'
"""

# What the cohort's orders earned (positive) and cost (negative), whenever it was posted, with their exchanges, and with
# what was posted for no order from warm-up to end. Accounts that only an imported file knows are among them.
_PROFIT = f"""
SELECT j.account, coalesce(o.channel, j.channel) AS channel, j.node,
       -sum(j.amount_cents)::BIGINT AS earned_cents
FROM journal AS j LEFT JOIN linked AS x ON x.linked = j."order"
LEFT JOIN orders AS o ON o."order" = coalesce(x.first_order, j."order")
WHERE j.account NOT IN {listed(NOT_EARNED)}
  AND (o.in_window OR j."order" < 0 AND j.time_ms >= warm_up_ms() AND j.time_ms < end_ms())
GROUP BY ALL
"""

DERIVED = {
    "order_marks": _ORDER_MARKS,
    "shipments": _SHIPMENTS,
    "lines": _LINES,
    "refusals": _REFUSALS,
    "orders": _ORDERS,
    "purchases": _PURCHASES,
    "returned": _RETURNED,
    "linked": _LINKED,
    "profit": _PROFIT,
    "reopened": REOPENED,
    "stages": STAGES,
    "stalls": STALLED,
    "waiting": WAITING,
}
"""Name to the query that makes it."""
