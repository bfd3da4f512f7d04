"""How long orders take, and how many wait meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total, quantile
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

_DELIVERED = "in_window AND status = 'delivered'"
_SHIPPED = "in_window AND none_to_ship AND shipped_units > 0"
OPEN = Total("count(*)", "orders", "in_window AND status = 'open'")

# The backlog is physical: it holds every order captured and not yet shipped, also those from before the
# warm-up.
_AT_END = "waits_from_ms < end_ms() AND coalesce(waits_until_ms > end_ms(), true)"
BACKLOG = Total("count(*)", "waiting", _AT_END)
OVERDUE = Ratio("count(*) FILTER (ship_by_ms < end_ms())", "count(*)", "waiting", _AT_END)
_UNDELIVERED = "captured_ms < end_ms() AND coalesce(ended_ms > end_ms(), true)"

BREACHED = Total(
    "count(*)",
    "events",
    "kind IN ('limit_breached', 'case_limit_breached', 'shipment_limit_breached', 'return_limit_breached') "
    "AND time_ms >= warm_up_ms() AND time_ms < end_ms()",
)


@measure("cycle_time_p50_hours", unit="hours", better="lower", title="Cycle time, median", headline=True)
def cycle_time_p50_hours(books: Books) -> float:
    """Median of elapsed hours from capture to the delivery of the last unit, over cohort orders delivered
    whole; how many are still open is `open_orders`. NaN when none was delivered."""
    return quantile(books, 0.5, "delivered_ms - captured_ms", "orders", _DELIVERED)


@measure("cycle_time_p90_hours", unit="hours", better="lower", title="Cycle time, 90th percentile")
def cycle_time_p90_hours(books: Books) -> float:
    """90th percentile of the hours of which `cycle_time_p50_hours` is the median. NaN when there are none."""
    return quantile(books, 0.9, "delivered_ms - captured_ms", "orders", _DELIVERED)


@measure("open_orders", unit="count", better="lower", title="Orders still open")
def open_orders(books: Books) -> float:
    """Cohort orders neither delivered whole, lost nor cancelled when the drain ended. 0 on an empty run."""
    return OPEN.value(books)


@measure("click_to_ship_p50_hours", unit="hours", better="lower", title="Click to ship, median")
def click_to_ship_p50_hours(books: Books) -> float:
    """Median of elapsed hours from capture until the last unit left its node, over cohort orders shipped
    whole. NaN when none was."""
    return quantile(books, 0.5, "shipped_ms - captured_ms", "orders", _SHIPPED)


@measure("click_to_ship_p90_hours", unit="hours", better="lower", title="Click to ship, 90th percentile")
def click_to_ship_p90_hours(books: Books) -> float:
    """90th percentile of the hours of which `click_to_ship_p50_hours` is the median. NaN when there are
    none."""
    return quantile(books, 0.9, "shipped_ms - captured_ms", "orders", _SHIPPED)


@measure("backlog_orders", unit="count", better="lower", title="Backlog at the end of demand", headline=True)
def backlog_orders(books: Books) -> float:
    """Orders captured, and neither shipped whole nor cancelled, at the end of demand. 0 on an empty run."""
    return BACKLOG.value(books)


@measure("backlog_peak_orders", unit="count", better="lower", title="Peak backlog")
def backlog_peak_orders(books: Books) -> float:
    """The most orders that were in the backlog at one moment from warm-up to the end of demand. 0 on an
    empty run."""
    return books.value(
        """
        WITH steps AS (
            -- What happened before the warm-up counts as its first moment.
            SELECT greatest(waits_from_ms, warm_up_ms()) AS at_ms, 1 AS step FROM waiting
            UNION ALL
            SELECT greatest(waits_until_ms, warm_up_ms()), -1 FROM waiting WHERE waits_until_ms IS NOT NULL
        ),
        levels AS (
            SELECT sum(sum(step)) OVER (ORDER BY at_ms) AS level
            FROM steps WHERE at_ms <= end_ms() GROUP BY at_ms
        )
        SELECT coalesce(max(level), 0) FROM levels
        """
    )


@measure("backlog_mean_orders", unit="count", better="lower", title="Mean backlog")
def backlog_mean_orders(books: Books) -> float:
    """Orders in the backlog, averaged over the time from warm-up to the end of demand. 0 on an empty run,
    NaN if that time is empty."""
    return books.value(
        """
        WITH waits AS (
            SELECT least(waits_until_ms, end_ms()) - greatest(waits_from_ms, warm_up_ms()) AS wait_ms FROM waiting
        )
        SELECT coalesce(sum(wait_ms) FILTER (wait_ms > 0), 0)::DOUBLE / nullif(end_ms() - warm_up_ms(), 0)
        FROM waits
        """
    )


@measure("backlog_age_p90_hours", unit="hours", better="lower", title="Age of the backlog, 90th percentile")
def backlog_age_p90_hours(books: Books) -> float:
    """90th percentile of the hours since capture, over the backlog at the end of demand. NaN when there is
    none."""
    return quantile(books, 0.9, "end_ms() - captured_ms", "waiting", _AT_END)


@measure("backlog_overdue_share", unit="share", better="lower", title="Backlog past its ship-by")
def backlog_overdue_share(books: Books) -> float:
    """Orders past their ship-by / orders in the backlog, at the end of demand. NaN when there is none."""
    return OVERDUE.value(books)


@measure("order_age_p90_hours", unit="hours", better="lower", title="Age of open orders, 90th percentile")
def order_age_p90_hours(books: Books) -> float:
    """90th percentile of the hours since capture, over orders neither delivered, lost nor cancelled at the
    end of demand. NaN when there is none."""
    return quantile(books, 0.9, "end_ms() - captured_ms", "orders", _UNDELIVERED)


@measure("close_lag_hours", unit="hours", better="lower", title="Hours until the period is explained")
def close_lag_hours(books: Books) -> float:
    """Hours from the end of demand until 99% of the value captured from warm-up to end was shipped or cancelled, order
    by order: before that, nobody can say what the period earned. Until the drain ended where it never was. 0 on an
    empty run."""
    return books.value(
        """
        WITH first_done AS (SELECT "order", min(waits_until_ms) AS done_ms FROM waiting GROUP BY "order"),
        told AS (
            SELECT sum(value_cents) OVER (ORDER BY coalesce(d.done_ms, drain_until_ms()), "order") AS told_cents,
                   sum(value_cents) OVER () AS all_cents, coalesce(d.done_ms, drain_until_ms()) AS told_ms
            FROM orders JOIN first_done AS d USING ("order") WHERE in_window
        )
        SELECT coalesce(greatest(min(told_ms) FILTER (told_cents >= 0.99 * all_cents) - end_ms(), 0), 0) / 3600000.0
        FROM told
        """
    )


@measure("limits_breached", unit="count", better="lower", title="Time limits breached")
def limits_breached(books: Books) -> float:
    """Times that an order, a shipment or a return stayed in a state longer than its limit, from warm-up to the end of
    demand. 0 on an empty run."""
    return BREACHED.value(books)


@breakdown("backlog_orders", by="channel")
def backlog_by_channel(books: Books) -> pd.DataFrame:
    """Backlog of each channel at the end of demand."""
    return BACKLOG.by(books, "channel")


@breakdown("backlog_orders", by="stage")
def backlog_by_stage(books: Books) -> pd.DataFrame:
    """Backlog at the end of demand by the state of each order's least advanced open piece."""
    return Total(
        "count(*)",
        f"""(
            SELECT o."order", min_by(s.state, s.rank) AS stage FROM waiting AS o LEFT JOIN stages AS s
                ON s."order" = o."order" AND s.from_ms <= end_ms() AND s.until_ms > end_ms()
            WHERE {_AT_END} GROUP BY o."order"
        )""",
    ).by(books, "stage")


@breakdown("backlog_orders", by="age")
def backlog_by_age(books: Books) -> pd.DataFrame:
    """Order aging: the backlog at the end of demand by days since capture (0 is less than one day)."""
    return BACKLOG.by(books, "age", "(end_ms() - captured_ms) // 86400000")


@breakdown("limits_breached", by="reason")
def limits_breached_by_reason(books: Books) -> pd.DataFrame:
    """Breached limits by the role that they escalated to."""
    return BREACHED.by(books, "reason")


@breakdown("open_orders", by="channel")
def open_orders_by_channel(books: Books) -> pd.DataFrame:
    """Orders of each channel that the drain left open."""
    return OPEN.by(books, "channel")


# Orders in the backlog at the end of demand, with the state of their least advanced open piece.
_AGES = f"""(
    SELECT o."order", o.channel, min_by(s.state, s.rank) AS stage, end_ms() - any_value(o.captured_ms) AS age_ms
    FROM waiting AS o LEFT JOIN stages AS s
        ON s."order" = o."order" AND s.from_ms <= end_ms() AND s.until_ms > end_ms()
    WHERE {_AT_END} GROUP BY o."order", o.channel
)"""
# The same with the reason for which each is stalled.
_STALLED = f"""(
    SELECT s.stall, end_ms() - o.captured_ms AS age_ms, o.ship_by_ms < end_ms() AS is_overdue
    FROM waiting AS o LEFT JOIN stalls AS s
        ON s."order" = o."order" AND s.from_ms <= end_ms() AND coalesce(s.until_ms > end_ms(), true)
    WHERE {_AT_END}
)"""
AGE = Ratio("sum(age_ms) / 3600000", "count(*)", _AGES)
_ON_FLOOR = """(
    SELECT node, state AS stage FROM stages
    WHERE state IN ('allocated', 'released', 'picked', 'packed') AND from_ms <= end_ms() AND until_ms > end_ms()
)"""
ON_FLOOR = Total("count(*)", _ON_FLOOR)


@measure("backlog_age_mean_hours", unit="hours", better="lower", title="Age of the backlog, mean")
def backlog_age_mean_hours(books: Books) -> float:
    """Mean hours since capture, over the backlog at the end of demand. NaN when there is none."""
    return AGE.value(books)


@measure("backlog_age_p95_hours", unit="hours", better="lower", title="Age of the backlog, 95th percentile")
def backlog_age_p95_hours(books: Books) -> float:
    """95th percentile of the hours since capture, over the backlog at the end of demand. NaN when there is none."""
    return quantile(books, 0.95, "end_ms() - captured_ms", "waiting", _AT_END)


@measure("floor_backlog_shipments", unit="count", better="lower", title="Shipments on the floor")
def floor_backlog_shipments(books: Books) -> float:
    """Shipments that nodes had been given and had not sent by the end of demand. 0 on an empty run."""
    return ON_FLOOR.value(books)


@breakdown("backlog_age_mean_hours", by="stage")
def backlog_age_by_stage(books: Books) -> pd.DataFrame:
    """Order aging by stage: that of each order's least advanced open piece."""
    return AGE.by(books, "stage")


@breakdown("backlog_age_mean_hours", by="channel")
def backlog_age_by_channel(books: Books) -> pd.DataFrame:
    """Order aging by channel."""
    return AGE.by(books, "channel")


@breakdown("backlog_age_mean_hours", by="stall")
def backlog_age_by_stall(books: Books) -> pd.DataFrame:
    """Order aging by the one reason for which each order is stalled, with the 95th percentile (``p95_hours``)."""
    frame = Ratio(AGE.numerator, AGE.denominator, _STALLED).by(books, "stall")
    p95 = books.frame(
        f"SELECT stall, quantile_cont(age_ms::DOUBLE, 0.95) / 3600000 AS p95_hours FROM {_STALLED} GROUP BY 1"
    )
    return frame.merge(p95, on="stall")


@breakdown("backlog_orders", by="stall")
def backlog_by_stall(books: Books) -> pd.DataFrame:
    """Backlog at the end of demand by the one reason for which each order is stalled."""
    return Total("count(*)", _STALLED).by(books, "stall")


@breakdown("backlog_overdue_share", by="stall")
def backlog_overdue_by_stall(books: Books) -> pd.DataFrame:
    """Of the orders that are stalled for each reason at the end of demand, those past their ship-by."""
    return Ratio("count(*) FILTER (is_overdue)", "count(*)", _STALLED).by(books, "stall")


@breakdown("floor_backlog_shipments", by="node")
def floor_backlog_by_node(books: Books) -> pd.DataFrame:
    """Shipments on the floor of each node."""
    return ON_FLOOR.by(books, "node")


@breakdown("floor_backlog_shipments", by="stage")
def floor_backlog_by_stage(books: Books) -> pd.DataFrame:
    """Shipments on the floor by what they wait for: a wave, picking, packing, a collection."""
    return ON_FLOOR.by(books, "stage")
