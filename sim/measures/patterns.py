"""Recurring exception patterns: what goes together with late orders more often than chance would have it.

Frequent combinations with their lift, as in the mining of association rules (Agrawal et al. 1993; Brin et al. 1997).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from sim.measures.books import Books

if TYPE_CHECKING:
    import pandas as pd

TRAITS = ("channel", "node", "service", "exception")
"""What an order is described by: the first of its nodes, carriers and exceptions, in the order of their names."""

_Row = tuple[tuple[str, ...], int, int, float, float]

_ORDERS = """
    WITH exceptions AS (
        SELECT "order", min(kind || CASE WHEN coalesce(reason, '') = '' THEN '' ELSE ': ' || reason END) AS exception
        FROM events
        WHERE kind IN ('held', 'backordered', 'oversold', 'missed_cutoff', 'rerouted', 'deallocated', 'lost',
                       'limit_breached', 'short_picked', 'mispicked')
        GROUP BY "order"
    ),
    ways AS (
        SELECT "order", min(node) AS node, min(service) AS service
        FROM shipments WHERE voided_ms IS NULL GROUP BY "order"
    )
    SELECT o.channel, coalesce(w.node, '(none)') AS node,
           replace(coalesce(w.service, '(none)'), 'carrier:', '') AS service,
           coalesce(replace(e.exception, '_', ' '), 'none') AS exception, NOT o.delivered_whole AS late
    FROM orders AS o LEFT JOIN ways AS w USING ("order") LEFT JOIN exceptions AS e USING ("order")
    WHERE o.due
"""


def patterns(books: Books, min_share: float = 0.02, min_lift: float = 1.5) -> pd.DataFrame:
    """Combinations of up to three traits that broken promises have in common.

    Parameters
    ----------
    min_share
        A combination counts only with so large a share of all broken promises.
    min_lift
        And only if its orders break their promise so many times as often as all orders do.

    Returns
    -------
    DataFrame
        ``pattern`` (a tuple of ``trait=value``), ``orders``, ``late``, ``late_share``, ``lift``, the most broken
        promises beyond the usual first. A combination that says no more than a part of it is left out.
    """
    import pandas as pd

    columns = ["pattern", "orders", "late", "late_share", "lift"]
    rows = books.frame(_ORDERS)
    total, late = len(rows), int(rows["late"].sum()) if len(rows) else 0
    if not late:
        return pd.DataFrame(columns=columns)
    usual, found = late / total, list[_Row]()
    for size in (1, 2, 3):
        for traits in combinations(TRAITS, size):
            counted = rows.groupby(list(traits), observed=True)["late"].agg(["size", "sum"])
            for values, orders, broken in zip(counted.index, counted["size"], counted["sum"], strict=True):
                named = values if isinstance(values, tuple) else (values,)
                lift = broken / orders / usual
                if broken >= max(2, min_share * late) and lift >= min_lift and not _says_nothing(named):
                    pattern = tuple(f"{trait}={value}" for trait, value in zip(traits, named, strict=True))
                    found.append((pattern, int(orders), int(broken), broken / orders, lift))
    kept = [row for row in found if not any(_is_told_by(row, other) for other in found)]
    frame = pd.DataFrame(kept, columns=columns)
    frame["beyond"] = frame["late"] - usual * frame["orders"]
    return frame.sort_values(["beyond", "pattern"], ascending=[False, True]).drop(columns="beyond")


def _says_nothing(values: tuple[object, ...]) -> bool:
    """An order without a node never shipped: that it is late is no news."""
    return "(none)" in values or "none" in values


def _is_told_by(row: _Row, other: _Row) -> bool:
    """Whether a shorter pattern is (nearly) as sharp."""
    return set(other[0]) < set(row[0]) and row[4] < 1.1 * other[4]
