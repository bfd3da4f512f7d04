"""The run over time, for figures: each function returns a frame with one row a moment of an even grid.

The index is local time. ``every`` is the distance of two moments, in milliseconds. A level at a moment
includes what happened at it; a flow at a moment is what happened since the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import TYPE_CHECKING, Any

from sim.books.kinds import BUCKETS
from sim.errors import PeakproofError
from sim.measures.books import Books
from sim.measures.quoting import listed
from sim.measures.stages import STATES
from sim.stall import STALLS
from sim.units import HOUR_MS

if TYPE_CHECKING:
    import pandas as pd

STAGES_OF_BACKLOG = ("allocated", "released", "picked", "packed")
_ON_HAND = tuple(bucket for bucket in BUCKETS if bucket != "in_transit")


def orders_by_state(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Orders in each state: that of the least advanced open piece of each, or how it ended.

    Returns
    -------
    DataFrame
        Columns in the order of the lifecycle, the states that occur; a row's sum is the orders captured so
        far.
    """
    # An order's visible state changes only where one of its pieces' does: at each such moment, look at all
    # of them.
    steps = """
        WITH moments AS (
            SELECT "order", from_ms AS at_ms FROM stages UNION SELECT "order", until_ms FROM stages
        ),
        seen AS (
            SELECT m."order", m.at_ms, min_by(s.state, s.rank) AS state
            FROM moments AS m JOIN stages AS s
                ON s."order" = m."order" AND s.from_ms <= m.at_ms AND s.until_ms > m.at_ms
            GROUP BY ALL
        ),
        spans AS (
            SELECT state, at_ms, lead(at_ms) OVER (PARTITION BY "order" ORDER BY at_ms) AS until_ms FROM seen
        )
        SELECT state AS key, at_ms, 1 AS delta FROM spans
        UNION ALL SELECT state, until_ms, -1 FROM spans WHERE until_ms IS NOT NULL
    """
    frame = _levels(books, steps, every)
    return frame[[state for state in STATES if state in frame]]


def orders_by_stall(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Open orders by the one reason for which each is stalled (`sim.stall.STALLS`); a return counts from delivery on.

    Returns
    -------
    DataFrame
        Columns in the order in which reasons count, those that occur; a row's sum is the orders open then.
    """
    steps = """
        SELECT stall AS key, from_ms AS at_ms, 1 AS delta FROM stalls
        UNION ALL SELECT stall, until_ms, -1 FROM stalls WHERE until_ms IS NOT NULL
    """
    frame = _levels(books, steps, every)
    return frame[[stall for stall in STALLS if stall in frame]]


def backlog_age_by_stall(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """How long the orders of the backlog have waited since they were captured, by the one reason for which each is
    stalled.

    Returns
    -------
    DataFrame
        Columns ``(reason, figure)``, the reasons that occur in the order in which they count, the figures ``orders``,
        ``mean_hours`` and ``p95_hours``; the latter two are NaN where no order waits for that reason.
    """
    import pandas as pd

    rows = books.frame(
        f"""
        WITH waits AS (
            SELECT s.stall, o.captured_ms, greatest(s.from_ms, o.waits_from_ms, 0) AS from_ms,
                   least(s.until_ms, o.waits_until_ms, drain_until_ms() + 1) AS until_ms
            FROM stalls AS s JOIN waiting AS o USING ("order")
        ),
        looks AS (
            SELECT stall, captured_ms,
                   unnest(range((from_ms + $every - 1) // $every, (until_ms + $every - 1) // $every)) AS slot
            FROM waits WHERE until_ms > from_ms
        )
        SELECT slot, stall, count(*)::DOUBLE AS orders,
               sum(slot * $every - captured_ms)::DOUBLE / count(*) / {HOUR_MS} AS mean_hours,
               quantile_cont((slot * $every - captured_ms)::DOUBLE, 0.95) / {HOUR_MS} AS p95_hours
        FROM looks GROUP BY slot, stall
        """,
        every=every,
    )
    found = [stall for stall in STALLS if stall in set(rows["stall"])]
    figures = ("orders", "mean_hours", "p95_hours")
    frame = rows.pivot_table(index="slot", columns="stall", values=list(figures)).swaplevel(axis=1)
    frame = frame.reindex(columns=pd.MultiIndex.from_product([found, figures], names=["reason", "figure"]))
    frame = frame.reindex(range((books.drain_until_ms + every - 1) // every + 1))
    frame = frame.fillna({(stall, "orders"): 0 for stall in found})
    frame.index = _moments(books, frame.index, every)
    return frame


def backlog_by_node(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Shipments that each node has been given and has neither shipped nor given back."""
    return _levels(
        books,
        """
        SELECT node AS key, allocated_ms AS at_ms, 1 AS delta FROM shipments
        UNION ALL
        SELECT node, least(left_ms, voided_ms), -1 FROM shipments WHERE least(left_ms, voided_ms) IS NOT NULL
        """,
        every,
    )


def backlog_by_stage(books: Books, node: str | None = None, every: int = HOUR_MS) -> pd.DataFrame:
    """Shipments on the floor by stage: waiting for a wave, to be picked, to be packed, for a collection.

    ``node`` keeps one node's; None adds them all up.
    """
    frame = _levels(
        books,
        """
        WITH here AS (SELECT * FROM stages WHERE state IN ('allocated', 'released', 'picked', 'packed')
                      AND ($node IS NULL OR node = $node))
        SELECT state AS key, from_ms AS at_ms, 1 AS delta FROM here
        UNION ALL SELECT state, until_ms, -1 FROM here
        """,
        every,
        node=node,
    )
    return frame[[stage for stage in STAGES_OF_BACKLOG if stage in frame]]


def stock_units(books: Books, sku: str | None = None, every: int = HOUR_MS) -> pd.DataFrame:
    """Units in each bucket over all nodes; ``sku`` keeps one SKU's."""
    return _levels(
        books,
        f"""
        WITH moves AS (SELECT * FROM ledger WHERE $sku IS NULL OR sku = $sku),
        sides AS (
            SELECT to_bucket AS key, time_ms AS at_ms, units AS delta FROM moves
            UNION ALL SELECT from_bucket, time_ms, -units FROM moves
        )
        SELECT * FROM sides
        WHERE key IN {listed(BUCKETS)}
        """,
        every,
        sku=sku,
    )


def on_hand_by_node(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Units on hand at each node: in all buckets but in transit."""
    return _levels(
        books,
        f"""
        WITH sides AS (
            SELECT to_node AS key, to_bucket AS bucket, time_ms AS at_ms, units AS delta FROM ledger
            UNION ALL SELECT from_node, from_bucket, time_ms, -units FROM ledger
        )
        SELECT key, at_ms, delta FROM sides WHERE bucket IN {listed(_ON_HAND)}
        """,
        every,
    )


def stock_value(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Inventory at cost in minor units: a column a node, one for what is in transit, and one for what carriers have and
    customers do not own yet."""
    return _levels(
        books,
        """
        SELECT CASE account WHEN 'inventory' THEN node WHEN 'inventory_in_transit' THEN '(in transit)'
               ELSE '(with carriers)' END AS key, time_ms AS at_ms, amount_cents AS delta
        FROM journal WHERE account IN ('inventory', 'inventory_in_transit', 'goods_with_carriers')
        """,
        every,
    )


def oversold(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """Units oversold since the start, by channel."""
    return _levels(
        books,
        "SELECT channel AS key, time_ms AS at_ms, quantity AS delta FROM events WHERE kind = 'oversold'",
        every,
    )


def throughput(books: Books, every: int = HOUR_MS) -> pd.DataFrame:
    """What passed each stage since the row before: orders captured, and shipments from allocated to
    delivered."""
    stages = {stage: f"{stage}_ms" for stage in (*STAGES_OF_BACKLOG, "delivered")} | {"shipped": "left_ms"}
    counted = ["SELECT 'captured' AS key, captured_ms AS at_ms, 1 AS delta FROM orders"]
    counted += [f"SELECT '{key}', {at}, 1 FROM shipments WHERE {at} IS NOT NULL" for key, at in stages.items()]
    frame = _flows(books, " UNION ALL ".join(counted), every)
    return frame[[key for key in ("captured", *STAGES_OF_BACKLOG, "shipped", "delivered") if key in frame]]


SERIES: dict[str, Callable[..., pd.DataFrame]] = {
    function.__name__: function
    for function in (
        orders_by_state,
        orders_by_stall,
        backlog_age_by_stall,
        backlog_by_node,
        backlog_by_stage,
        stock_units,
        on_hand_by_node,
        stock_value,
        oversold,
        throughput,
    )
}
"""All of them, by name."""


class SeriesError(PeakproofError):
    """A series was asked for that there is none of."""


def over_time(books: Books, name: str, every: int = HOUR_MS, **of: str) -> pd.DataFrame:
    """One of `SERIES`, by its name.

    Raises
    ------
    SeriesError
        If there is none of that name, or it is not told ``of`` one node or SKU.
    """
    if name not in SERIES:
        raise SeriesError(f"there is no series {name!r}; there are {', '.join(SERIES)}")
    function = SERIES[name]
    for key in of:
        if key not in signature(function).parameters:
            raise SeriesError(f"{name} is not told by {key}")
    return function(books, every=every, **of)


def _levels(books: Books, steps: str, every: int, **params: Any) -> pd.DataFrame:
    """Running sums of ``steps`` (SQL for ``key, at_ms, delta``) on the grid."""
    return _flows(books, steps, every, **params).cumsum()


def _flows(books: Books, steps: str, every: int, **params: Any) -> pd.DataFrame:
    """Sums of ``steps`` between the moments of the grid, from the start to the end of the drain."""
    rows = books.frame(
        f"""
        SELECT key, (greatest(at_ms, 0) + $every - 1) // $every AS slot, sum(delta)::BIGINT AS delta
        FROM ({steps}) WHERE at_ms <= drain_until_ms() GROUP BY ALL
        """,
        every=every,
        **params,
    )
    slots = range((books.drain_until_ms + every - 1) // every + 1)
    frame = rows.pivot_table(index="slot", columns="key", values="delta", aggfunc="sum", fill_value=0)
    frame = frame.reindex(slots, fill_value=0).astype("int64")
    frame.index = _moments(books, slots, every)
    frame.columns.name = None
    return frame


def _moments(books: Books, slots: Iterable[int], every: int) -> pd.DatetimeIndex:
    """Moments of the grid in local time."""
    import pandas as pd

    start = pd.Timestamp(books.calendar.start)
    return pd.DatetimeIndex([start + pd.Timedelta(milliseconds=slot * every) for slot in slots], name="time")
