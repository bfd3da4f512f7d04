"""What the figures of a run show, as tables over time, read from its books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.books.kinds import BUCKETS
from sim.measures.series import orders_by_stall as orders_by_stall_of
from sim.run import Run
from sim.stall import AFTER_DELIVERY
from sim.units import DAY_MS

POINTS = 240
MOST_LINES = 7
"""More nodes than this are gathered into one line of others."""

# What a planner sees an open order wait for, by the state of its least advanced piece.
WAITS = {
    "payment or checks": ("captured", "held"),
    "stock or a node": ("validated", "backordered"),
    "a wave": ("allocated",),
    "the floor": ("released", "picked"),
    "a collection": ("packed",),
    "delivery": ("shipped",),
}

_OPEN_STATES = """
SELECT t.at_ms, s."order", min_by(s.state, s.rank) AS state
FROM stages AS s JOIN grid AS t ON s.from_ms <= t.at_ms AND s.until_ms > t.at_ms
WHERE s.state IN (SELECT unnest($states))
GROUP BY ALL
"""

_STOCK = """
WITH moved AS (
    SELECT time_ms, from_node AS node, from_bucket AS bucket, -units AS units FROM ledger
    UNION ALL
    SELECT time_ms, to_node, to_bucket, units FROM ledger
)
SELECT node, greatest(time_ms + $step - 1, 0) // $step AS slot, sum(units)::BIGINT AS units
FROM moved WHERE bucket IN (SELECT unnest($buckets)) AND slot <= $last
GROUP BY ALL ORDER BY ALL
"""

_OVERDUE = """
SELECT at_ms, sum(sum(step)) OVER (ORDER BY at_ms)::BIGINT AS orders
FROM (
    SELECT ship_by_ms AS at_ms, 1 AS step FROM orders WHERE ship_by_ms < coalesce(done_ms, drain_until_ms())
    UNION ALL
    SELECT done_ms, -1 FROM orders WHERE ship_by_ms < done_ms
)
GROUP BY at_ms ORDER BY at_ms
"""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that went wrong, or was planned, and when."""

    name: str
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """How many orders were past their ship-by date, and for how long more than usual.

    Attributes
    ----------
    usual
        The most before the first disturbance.
    peak, peak_ms
        The most after it, and when that was.
    most_gone_ms, all_gone_ms
        From when on there were never more than usual plus 1 in 10, and 1 in 100, of the peak: a few
        stragglers make the last of a backlog. None if that was not before the run ended.
    """

    usual: int
    peak: int
    peak_ms: int
    most_gone_ms: int | None
    all_gone_ms: int | None


def shown_until(run: Run) -> int:
    """Where the figures stop: when demand has ended and but a few parcels are left, not after the long
    drain."""
    most = run.books.value("SELECT quantile_disc(left_ms, 0.995) FROM shipments")
    end = run.books.end_ms
    return end if np.isnan(most) else min(run.books.drain_until_ms, max(end, int(most)) + DAY_MS)


def grid(run: Run, points: int = POINTS) -> NDArray[np.int64]:
    """Moments, evenly spread over what the figures show."""
    return np.linspace(0, shown_until(run), points + 1).astype(np.int64)


def disturbances(run: Run) -> list[Disturbance]:
    """What the scenario put on the clock, in the order in which it began."""
    found = [
        Disturbance(str(entry["name"]), int(entry["at_ms"]), int(entry["at_ms"]) + int(entry["duration_ms"]))
        for entry in run.manifest.get("disruptions", ())
    ]
    return sorted(found, key=lambda disturbance: (disturbance.begin_ms, disturbance.name))


def orders_by_wait(run: Run) -> pd.DataFrame:
    """Open orders over time, by what they wait for."""
    at = grid(run)
    connection = run.books.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE grid AS SELECT unnest($moments::BIGINT[]) AS at_ms",
        {"moments": at.tolist()},
    )
    states = [state for group in WAITS.values() for state in group]
    counted = run.sql(
        f"SELECT at_ms, state, count(*) AS orders FROM ({_OPEN_STATES}) GROUP BY ALL ORDER BY ALL",
        states=states,
    )
    wide = counted.pivot_table(index="at_ms", columns="state", values="orders", aggfunc="sum", observed=True)
    wide = wide.reindex(index=at, columns=states).fillna(0)
    groups = pd.DataFrame({wait: wide[list(group)].sum(axis=1) for wait, group in WAITS.items()})
    return _timed(run, groups)


def orders_by_stall(run: Run) -> pd.DataFrame:
    """Orders that are not delivered yet over time, by the one reason for which each is stalled."""
    at = grid(run)
    frame = orders_by_stall_of(run.books, max(1, int(at[-1]) // POINTS))
    frame = frame.drop(columns=[stall for stall in AFTER_DELIVERY if stall in frame])
    return frame.iloc[: len(at)]


def backlog_by_node(run: Run) -> pd.DataFrame:
    """Shipments that each node has been given and that have not left it."""
    at = grid(run)
    rows = run.sql(
        "SELECT node, allocated_ms, coalesce(left_ms, voided_ms) AS gone_ms FROM shipments ORDER BY shipment"
    )
    columns = {
        str(node): _waiting(part["allocated_ms"], part["gone_ms"], at)
        for node, part in rows.groupby("node", observed=True)
    }
    return _timed(run, _fewer(pd.DataFrame(columns, index=at)))


def stock_by_node(run: Run) -> pd.DataFrame:
    """Units on hand at each node."""
    at = grid(run)
    step = max(1, int(at[-1]) // POINTS)
    on_hand = [bucket for bucket in BUCKETS if bucket != "in_transit"]
    rows = run.sql(_STOCK, step=step, last=POINTS, buckets=on_hand)
    wide = rows.pivot_table(index="slot", columns="node", values="units", aggfunc="sum", observed=True)
    wide = wide.reindex(range(POINTS + 1)).fillna(0).cumsum()
    wide.index = pd.Index(at)
    return _timed(run, _fewer(wide.rename(columns=str)))


def shipped_by_day(run: Run) -> pd.DataFrame:
    """Parcels that left each node on each local day."""
    rows = run.sql(
        "SELECT local_day(left_ms) AS day, node, count(*) AS parcels FROM shipments "
        "WHERE left_ms IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    if rows.empty:
        return pd.DataFrame(index=pd.DatetimeIndex([]))
    wide = rows.pivot_table(index="day", columns="node", values="parcels", aggfunc="sum", observed=True)
    wide = wide.reindex(range(int(wide.index.min()), int(wide.index.max()) + 2)).fillna(0)
    wide.index = pd.to_datetime(wide.index.to_numpy() * DAY_MS, unit="ms")
    until = pd.Timestamp(run.books.calendar.moment(shown_until(run))).tz_localize(None)
    return _fewer(wide[wide.index <= until].rename(columns=str))


def recovery(run: Run, since_ms: int) -> Recovery:
    """How the orders past their ship-by date took what began at ``since_ms``."""
    steps = run.sql(_OVERDUE)
    at, level = steps["at_ms"].to_numpy(), steps["orders"].to_numpy()
    first = int(np.searchsorted(at, since_ms, side="left"))
    usual = int(level[:first].max(initial=0))
    if first == len(at):
        return Recovery(usual, 0, since_ms, since_ms, since_ms)
    top = first + int(np.argmax(level[first:]))
    peak = int(level[top])
    gone = [_last_above(at, level, first, usual + peak // share) for share in (10, 100)]
    return Recovery(usual, peak, int(at[top]), *gone)


def _last_above(at: NDArray[np.int64], level: NDArray[np.int64], first: int, limit: int) -> int | None:
    """When ``level`` fell to ``limit`` for good, counted from step ``first``; None if it never did."""
    above = np.flatnonzero(level[first:] > limit)
    if not len(above):
        return int(at[first])
    after = first + int(above[-1]) + 1
    return int(at[after]) if after < len(at) else None


def _waiting(since: pd.Series[float], until: pd.Series[float], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the intervals ``since <= t < until`` contain each moment; an ``until`` that is missing is
    never."""
    come = np.sort(since.dropna().to_numpy())
    gone = np.sort(until.dropna().to_numpy())
    return np.searchsorted(come, at, side="right") - np.searchsorted(gone, at, side="right")


def _fewer(wide: pd.DataFrame) -> pd.DataFrame:
    """The busiest columns in the order of their names, the others summed."""
    if wide.shape[1] <= MOST_LINES:
        return wide
    busiest = wide.max().sort_values(ascending=False, kind="stable").index[: MOST_LINES - 1]
    kept = wide[[column for column in wide if column in set(busiest)]].copy()
    others = [column for column in wide if column not in set(busiest)]
    kept[f"{len(others)} others"] = wide[others].sum(axis=1)
    return kept


def _timed(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """The same with local times instead of milliseconds."""
    frame.index = pd.DatetimeIndex(run.local(pd.Series(frame.index)))
    return frame
