"""The chain of harm, order by order: from a stale view to lost sales, and by way of the people who do everything.

Two ways lead there. Units that a stale view oversold come late, are asked about, and are cancelled. And those tickets
wait for the same people as reviews: an order that is held waits behind them, reaches the floor late, misses its
carrier, and is cancelled in the end. Each link counts the orders of the one before it that it also holds for, from the
books alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.run import Run

EXAMPLES = 3

# One row an order that is measured, with what befell it. A hold is one that people look at; who gave up waiting is put
# down to the desk that looks at holds of that reason.
_BEFELL = """
WITH floor AS (
    SELECT coalesce(median(left_ms - released_ms), 0) AS usual_ms FROM shipments WHERE left_ms IS NOT NULL
),
turns AS (
    SELECT "order", kind, reason, time_ms,
           lead(kind) OVER in_turn AS then_kind, lead(actor) OVER in_turn AS then_actor,
           lead(time_ms) OVER in_turn AS then_ms
    FROM events WHERE kind IN ('held', 'hold_cleared', 'cancelled')
    WINDOW in_turn AS (PARTITION BY "order" ORDER BY event)
),
desks AS (
    SELECT reason, mode(then_actor) AS desk FROM turns WHERE kind = 'held' AND then_actor LIKE 'desk:%' GROUP BY reason
),
holds AS (
    SELECT "order", time_ms AS held_ms, then_ms,
           CASE WHEN then_actor LIKE 'desk:%' THEN then_actor ELSE desk END AS desk
    FROM turns JOIN desks USING (reason)
    WHERE kind = 'held' AND (then_actor LIKE 'desk:%' OR then_kind = 'cancelled')
),
answers AS (SELECT actor AS desk, time_ms FROM events WHERE kind = 'ticket_closed'),
reviewed AS (
    SELECT h."order", count(DISTINCT h.held_ms) AS reviews, count(a.time_ms) AS answers_ahead
    FROM holds AS h LEFT JOIN answers AS a ON a.desk = h.desk AND a.time_ms >= h.held_ms AND a.time_ms < h.then_ms
    GROUP BY h."order"
),
oversold AS (SELECT "order", sum(quantity) AS units FROM events WHERE kind = 'oversold' GROUP BY "order"),
asked AS (SELECT "order", count(*) AS tickets FROM events WHERE kind = 'ticket_opened' GROUP BY "order"),
floored AS (
    SELECT "order", min(released_ms) AS released_ms, max(left_ms) AS left_ms
    FROM shipments WHERE voided_ms IS NULL GROUP BY "order"
),
costs AS (
    SELECT sku, sum(value_cents)::DOUBLE / nullif(sum(quantity), 0) AS unit_cents
    FROM events WHERE kind IN ('opening_stock', 'received') GROUP BY sku
),
forgone AS (
    SELECT "order", sum(l.cancelled_cents - l.cancelled_units * coalesce(c.unit_cents, 0)) AS margin_cents
    FROM lines AS l LEFT JOIN costs AS c USING (sku) WHERE l.cancelled_units > 0 GROUP BY "order"
)
SELECT o."order", o.value_cents, o.cancelled_cents, coalesce(g.margin_cents, 0) AS lost_margin_cents,
       coalesce(v.units, 0) > 0 AS oversold,
       o.due AND NOT o.delivered_whole OR o.cancelled_cents > 0 AS broken,
       coalesce(a.tickets, 0) > 0 AS asked,
       coalesce(r.reviews, 0) > 0 AS reviewed,
       coalesce(r.answers_ahead, 0) > 0 AS behind_tickets,
       coalesce(f.released_ms + (SELECT usual_ms FROM floor) > o.ship_by_ms, true) AS late_release,
       coalesce(f.left_ms > o.ship_by_ms, true) AS missed,
       o.cancelled_cents > 0 AS lost
FROM orders AS o
LEFT JOIN oversold AS v USING ("order") LEFT JOIN asked AS a USING ("order")
LEFT JOIN reviewed AS r USING ("order") LEFT JOIN floored AS f USING ("order") LEFT JOIN forgone AS g USING ("order")
WHERE o.in_window
"""

CHAINS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "A stale view": (
        ("oversold", "Sold from a stale view", "accepted beyond the true available to sell"),
        ("broken", "Promise broken", "not delivered whole in time, or cancelled"),
        ("asked", "Ticket", "the customer contacted service"),
        ("lost", "Margin lost", "something of it was cancelled in the end"),
    ),
    "People who do both": (
        ("reviewed", "Held for people", "a desk had to look at the order"),
        ("behind_tickets", "Behind tickets", "the same desk answered tickets while it waited"),
        ("late_release", "Released late", "at the floor's median pace too late for its ship-by, or never"),
        ("missed", "Missed its carrier", "left after its ship-by, or never"),
        ("lost", "Margin lost", "something of it was cancelled in the end"),
    ),
}
"""By chain: (flag, link, what it means)."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link: how many orders got this far, what they were worth, what of it was cancelled (net, minor units), and
    what of that would have been left after the goods, at the mean cost of their SKU."""

    chain: str
    name: str
    meaning: str
    orders: int
    value_cents: int
    cancelled_cents: int
    lost_margin_cents: int
    examples: tuple[int, ...]


def harm(run: Run) -> list[Link]:
    """The links of both chains, each of the orders that all links before it hold for.

    Examples of a link are the first orders that got farther, where there are such.
    """
    run.books.query(f"CREATE OR REPLACE TEMP TABLE befell AS {_BEFELL}")
    found = []
    for chain, links in CHAINS.items():
        so_far = "true"
        for position, (flag, name, meaning) in enumerate(links):
            so_far += f" AND {flag}"
            farther = links[position + 1][0] if position + 1 < len(links) else flag
            row = run.books.query(
                f"""
                SELECT count(*), coalesce(sum(value_cents), 0)::BIGINT, coalesce(sum(cancelled_cents), 0)::BIGINT,
                       coalesce(round(sum(lost_margin_cents)), 0)::BIGINT,
                       list("order" ORDER BY NOT {farther}, "order")[:{EXAMPLES}]
                FROM befell WHERE {so_far}
                """
            ).fetchone()
            assert row is not None
            orders, value, cancelled, margin, examples = row
            found.append(Link(chain, name, meaning, orders, value, cancelled, margin, tuple(examples or ())))
    return found
