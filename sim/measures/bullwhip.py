"""How much more orders vary than demand: the bullwhip of a chain, and of each of its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.registry import measure

if TYPE_CHECKING:
    import pandas as pd

_VARIANCES = """
WITH days AS (
    SELECT local_day(greatest(warm_up_ms() - 1, 0)) + CASE WHEN warm_up_ms() > 0 THEN 1 ELSE 0 END AS first_day,
           local_day(end_ms()) - 1 AS last_day, last_day - first_day + 1 AS days
),
flows AS (
    SELECT CASE kind WHEN 'purchase_ordered' THEN 'suppliers' WHEN 'production_started' THEN 'factories'
                WHEN 'transfer_requested' THEN node ELSE 'customers' END AS asked,
           sku, local_day(time_ms) AS day, sum(quantity)::BIGINT AS units
    FROM events
    WHERE kind IN ('purchase_ordered', 'production_started', 'transfer_requested', 'captured', 'refused')
    GROUP BY ALL
),
by_sku AS (
    SELECT asked, any_value(days) * sum(units * units) - sum(units) * sum(units) AS spread
    FROM flows, days WHERE day BETWEEN first_day AND last_day GROUP BY asked, sku
)
SELECT asked, sum(spread) / nullif(any_value(days) * (any_value(days) - 1), 0) AS variance
FROM by_sku, days GROUP BY asked
"""
"""By who was asked for units (customers ask the shop, nodes the node that feeds them, the company its suppliers, these
their factories): the variance from day to day of what was asked, SKU by SKU, over the whole local days between warm-up
and end, those without anything too; summed over SKUs, in integers: a sum of these has no order."""


@measure("order_variance_ratio", unit="ratio", better="lower", title="Order variance to demand variance")
def order_variance_ratio(books: Books) -> float:
    """Variance from day to day of the units ordered of suppliers / that of the units that customers wanted, refused
    ones too; SKU by SKU, summed. NaN where nothing was ordered or wanted."""
    ratio = "any_value(variance) FILTER (asked = 'suppliers') / any_value(variance) FILTER (asked = 'customers')"
    return books.value(f"SELECT {ratio} FROM ({_VARIANCES}) WHERE variance > 0")


@measure("production_variance_ratio", unit="ratio", better="lower", title="Production variance to demand variance")
def production_variance_ratio(books: Books) -> float:
    """Variance from day to day of the units that suppliers started to make to stock / that of what customers wanted,
    as `order_variance_ratio`. NaN where nothing was made to stock or wanted."""
    ratio = "any_value(variance) FILTER (asked = 'factories') / any_value(variance) FILTER (asked = 'customers')"
    return books.value(f"SELECT {ratio} FROM ({_VARIANCES}) WHERE variance > 0")


def order_variance(books: Books) -> pd.DataFrame:
    """Order variance up the chain: rows ``asked, variance, ratio``, the ratio being to the variance of demand.

    ``asked`` is ``customers`` for what customers wanted, a node's name for what the nodes that it feeds have asked of
    it, ``suppliers`` for what was ordered of them, ``factories`` for what suppliers that make to stock started.
    """
    return books.frame(
        f"""
        WITH found AS ({_VARIANCES})
        SELECT asked, variance, variance / (SELECT variance FROM found WHERE asked = 'customers') AS ratio
        FROM found ORDER BY ratio, asked
        """
    )
