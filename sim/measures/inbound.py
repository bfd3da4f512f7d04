"""Inbound visibility: what is on order at a moment, how late it is as the company knows, when it truly came, and which
orders wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Total
from sim.measures.registry import measure

if TYPE_CHECKING:
    import pandas as pd

# Deliveries and confirmations answer the orders of a supplier for a node and SKU in their sequence, unit by unit.
_OPEN = """
WITH ordered AS (
    SELECT actor AS supplier, node, sku, event, time_ms AS ordered_ms, due_ms, quantity AS units,
           sum(quantity) OVER in_turn AS last_unit
    FROM events WHERE kind = 'purchase_ordered' AND time_ms <= $at_ms
    WINDOW in_turn AS (PARTITION BY actor, node, sku ORDER BY event)
),
answered AS (
    SELECT actor AS supplier, node, sku, sum(quantity) AS units FROM events
    WHERE kind IN ('received', 'short_delivered', 'purchase_declined') AND time_ms <= $at_ms GROUP BY ALL
),
confirmed AS (
    SELECT actor AS supplier, node, sku, kind, due_ms, quantity AS units, sum(quantity) OVER in_turn AS last_unit
    FROM events WHERE kind IN ('purchase_confirmed', 'purchase_declined') AND time_ms <= $at_ms
    WINDOW in_turn AS (PARTITION BY actor, node, sku ORDER BY event)
),
dated AS (
    SELECT o.event, max(c.due_ms) AS due_ms
    FROM ordered AS o JOIN confirmed AS c
        ON (c.supplier, c.node, c.sku) = (o.supplier, o.node, o.sku) AND c.kind = 'purchase_confirmed'
        AND c.last_unit > o.last_unit - o.units AND o.last_unit > c.last_unit - c.units
    GROUP BY o.event
),
waiting AS (
    SELECT e.sku, count(DISTINCT e."order") AS orders, sum(e.units) AS units FROM (
        SELECT "order", line, sku,
               sum(CASE WHEN kind IN ('allocated', 'cancelled_units') THEN -quantity ELSE quantity END) AS units
        FROM events
        WHERE kind IN ('captured', 'deallocated', 'put_back', 'resent_units', 'allocated', 'cancelled_units')
            AND time_ms <= $at_ms
            AND line IN (SELECT line FROM events WHERE kind = 'backordered' AND time_ms <= $at_ms)
        GROUP BY ALL
    ) AS e WHERE e.units > 0 GROUP BY e.sku
)
SELECT o.supplier, o.node, o.sku, o.ordered_ms,
       least(o.units, o.last_unit - coalesce(a.units, 0))::BIGINT AS open_units,
       d.due_ms IS NOT NULL AS confirmed, coalesce(d.due_ms, o.due_ms) AS expected_ms,
       greatest($at_ms - expected_ms, 0) AS late_ms,
       p.received_ms AS came_ms, p.received_ms - expected_ms AS came_late_ms,
       coalesce(w.orders, 0)::BIGINT AS orders_waiting, coalesce(w.units, 0)::BIGINT AS units_waiting
FROM ordered AS o
LEFT JOIN answered AS a USING (supplier, node, sku)
LEFT JOIN dated AS d USING (event)
LEFT JOIN waiting AS w USING (sku)
LEFT JOIN purchases AS p USING (supplier, node, sku, ordered_ms)
WHERE o.last_unit > coalesce(a.units, 0)
ORDER BY late_ms DESC, orders_waiting DESC, o.event
"""


def inbound(books: Books, at_ms: int) -> pd.DataFrame:
    """Purchase order lines that are open at a moment, the latest first.

    Parameters
    ----------
    at_ms
        The moment, in milliseconds since the start.

    Returns
    -------
    DataFrame
        ``supplier, node, sku, ordered_ms, open_units``; ``confirmed`` and ``expected_ms``, the date that the company
        knows (of the confirmation, or before it of the order), and by how much it has passed, ``late_ms``; the truth,
        ``came_ms`` and ``came_late_ms`` (missing where it never came), when the last of the line was received; and
        ``orders_waiting`` and ``units_waiting`` for the SKU at any node.
    """
    return books.frame(_OPEN, at_ms=at_ms)


HURT = Total(
    'count(DISTINCT e."order")',
    """(SELECT * FROM events WHERE kind IN ('backordered', 'refused')
            AND time_ms >= warm_up_ms() AND time_ms < end_ms()) AS e
       JOIN (SELECT sku, due_ms, coalesce(received_ms, drain_until_ms()) AS until_ms FROM purchases) AS p
           ON p.sku = e.sku AND e.time_ms > p.due_ms AND e.time_ms <= p.until_ms""",
)


@measure("late_supply_orders", unit="count", better="lower", title="Orders hurt by late supply")
def late_supply_orders(books: Books) -> float:
    """Orders between warm-up and end of which a line was refused or backordered while a purchase order line of its SKU
    was past its expected date and not received. 0 on an empty run."""
    return HURT.value(books)
