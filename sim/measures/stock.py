"""How much stock was held, how fast it turned, how often it was gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio
from sim.measures.registry import breakdown, measure
from sim.units import DAY_MS

if TYPE_CHECKING:
    import pandas as pd

YEAR_MS = 365 * DAY_MS

# Time-averaged from warm-up to end: a posting counts for the part of that time in which it was on the
# books. The product of cents and milliseconds overflows 64 bits in a year's run.
_MEAN_VALUE = """
    SELECT {columns}
           coalesce(sum(amount_cents::HUGEINT * (end_ms() - greatest(time_ms, warm_up_ms()))), 0)::DOUBLE
           / nullif(end_ms() - warm_up_ms(), 0) AS value
    FROM journal WHERE account IN ('inventory', 'inventory_in_transit', 'goods_with_carriers') AND time_ms < end_ms()
"""


@measure("inventory_value_mean_cents", unit="cents", better="lower", title="Mean inventory value")
def inventory_value_mean_cents(books: Books) -> float:
    """Owned inventory at cost, averaged over the time from warm-up to the end of demand: what is in transit, and what
    carriers have and customers do not own yet, included. 0 on an empty run, NaN if that time is empty."""
    return books.value(_MEAN_VALUE.format(columns=""))


@measure("inventory_turns", unit="ratio", better="higher", title="Inventory turns")
def inventory_turns(books: Books) -> float:
    """Cost of goods posted from warm-up to the end of demand, net of returns, annualised / mean inventory
    value. NaN without inventory."""
    held = inventory_value_mean_cents(books)
    if not held > 0:
        return float("nan")
    sold = books.value(
        """
        SELECT coalesce(sum(amount_cents), 0) FROM journal
        WHERE account = 'cost_of_goods' AND time_ms >= warm_up_ms() AND time_ms < end_ms()
        """
    )
    return sold * (YEAR_MS / books.window_ms) / held


@measure("stockout_share", unit="share", better="lower", title="Time out of stock", headline=True)
def stockout_share(books: Books) -> float:
    """Share of the time from warm-up to the end of demand in which a SKU had nothing available at any node,
    averaged over all SKUs that had stock or demand in the run. NaN when there is none."""
    return books.value(
        """
        WITH moves AS (
            SELECT sku, time_ms, sum(CASE WHEN to_bucket = 'available' THEN units ELSE -units END) AS delta
            FROM ledger
            WHERE (to_bucket = 'available') <> (from_bucket = 'available') AND time_ms < end_ms()
            GROUP BY ALL
        ),
        levels AS (
            SELECT sku, greatest(time_ms, warm_up_ms()) AS from_ms, sum(delta) OVER by_sku AS level,
                   lead(time_ms, 1, end_ms()) OVER by_sku AS until_ms
            FROM moves WINDOW by_sku AS (PARTITION BY sku ORDER BY time_ms)
        ),
        skus AS (
            SELECT sku FROM ledger UNION SELECT sku FROM events WHERE kind IN ('captured', 'refused')
        )
        SELECT 1 - (
            SELECT coalesce(sum(until_ms - from_ms), 0) FROM levels WHERE level > 0 AND until_ms > from_ms
        )::DOUBLE / nullif(count(*) * (end_ms() - warm_up_ms()), 0)
        FROM skus
        """
    )


_PICKS = """(
    SELECT channel, sku, (kind = 'short_picked')::INT AS short, (kind = 'mispicked')::INT AS wrong,
           (kind = 'picked')::INT AS picked
    FROM events
    WHERE kind IN ('picked', 'short_picked', 'mispicked') AND time_ms >= warm_up_ms() AND time_ms < end_ms()
)"""
SHORT_PICKS = Ratio("sum(short)", "sum(picked + short)", _PICKS)
WRONG_PICKS = Ratio("sum(wrong)", "sum(picked)", _PICKS)


@measure("short_pick_rate", unit="share", better="lower", title="Short picks")
def short_pick_rate(books: Books) -> float:
    """Lines that a picker did not find in full / lines that pickers went for, from warm-up to end. NaN when there was
    none."""
    return SHORT_PICKS.value(books)


@measure("mispick_rate", unit="share", better="lower", title="Wrong items picked")
def mispick_rate(books: Books) -> float:
    """Lines of which another SKU was picked / lines picked, from warm-up to end. NaN when there was none."""
    return WRONG_PICKS.value(books)


@measure("record_accuracy", unit="share", better="higher", title="Record accuracy")
def record_accuracy(books: Books) -> float:
    """SKUs by node whose shelf and record agreed when demand ended / those that ever had stock. NaN when there was
    none."""
    return books.value(
        """
        WITH cells AS (
            SELECT DISTINCT to_node AS node, sku FROM ledger WHERE to_bucket = 'available' AND time_ms < end_ms()
        ),
        differences AS (
            SELECT node, sku, sum(CASE WHEN kind IN ('shelf_gained', 'record_lowered') THEN quantity ELSE -quantity END)
                   AS units
            FROM events
            WHERE kind IN ('shelf_lost', 'shelf_gained', 'record_raised', 'record_lowered') AND time_ms < end_ms()
            GROUP BY ALL
        )
        SELECT count(*) FILTER (coalesce(units, 0) = 0) / nullif(count(*), 0)::DOUBLE
        FROM cells LEFT JOIN differences USING (node, sku)
        """
    )


@breakdown("short_pick_rate", by="sku")
def short_pick_rate_by_sku(books: Books) -> pd.DataFrame:
    """Short picks of each SKU."""
    return SHORT_PICKS.by(books, "sku")


@breakdown("inventory_value_mean_cents", by="node")
def inventory_value_by_node(books: Books) -> pd.DataFrame:
    """Mean inventory value of each node, and of what was between nodes."""
    node = "CASE account WHEN 'inventory' THEN node ELSE '(in transit)' END AS node,"
    return books.frame(_MEAN_VALUE.format(columns=node) + " GROUP BY 1 ORDER BY 1")
