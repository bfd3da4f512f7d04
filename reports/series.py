"""What the figures of a run show, as tables over time, read from its books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.measures import series as over_time
from sim.measures.books import Books
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

_OVERDUE = """
SELECT at_ms, sum(sum(step)) OVER (ORDER BY at_ms)::BIGINT AS orders
FROM (
    SELECT greatest(ship_by_ms, waits_from_ms) AS at_ms, 1 AS step FROM waiting
    WHERE ship_by_ms < coalesce(waits_until_ms, drain_until_ms())
    UNION ALL
    SELECT waits_until_ms, -1 FROM waiting WHERE ship_by_ms < waits_until_ms
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


def disturbances(run: Run) -> list[Disturbance]:
    """What the scenario put on the clock, in the order in which it began."""
    found = [
        Disturbance(str(entry["name"]), int(entry["at_ms"]), int(entry["at_ms"]) + int(entry["duration_ms"]))
        for entry in run.manifest.get("disruptions", ())
    ]
    return sorted(found, key=lambda disturbance: (disturbance.begin_ms, disturbance.name))


def orders_by_wait(run: Run) -> pd.DataFrame:
    """Open orders over time, by what they wait for."""
    frame = _on_grid(run, over_time.orders_by_state)
    return pd.DataFrame(
        {wait: frame.reindex(columns=list(group), fill_value=0).sum(axis=1) for wait, group in WAITS.items()}
    )


def orders_by_stall(run: Run) -> pd.DataFrame:
    """Orders that are not delivered yet over time, by the one reason for which each is stalled."""
    frame = _on_grid(run, over_time.orders_by_stall)
    return frame.drop(columns=[stall for stall in AFTER_DELIVERY if stall in frame])


def backlog_by_node(run: Run) -> pd.DataFrame:
    """Shipments that each node has been given and that have not left it."""
    return _fewer(_on_grid(run, over_time.backlog_by_node))


def stock_by_node(run: Run) -> pd.DataFrame:
    """Units on hand at each node."""
    return _fewer(_on_grid(run, over_time.on_hand_by_node))


def _on_grid(run: Run, function: Callable[[Books, int], pd.DataFrame]) -> pd.DataFrame:
    """What is told of the whole run, at the moments that figures show."""
    return function(run.books, max(1, shown_until(run) // POINTS)).iloc[: POINTS + 1]


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


def _fewer(wide: pd.DataFrame) -> pd.DataFrame:
    """The busiest columns in the order of their names, the others summed."""
    if wide.shape[1] <= MOST_LINES:
        return wide
    busiest = wide.max().sort_values(ascending=False, kind="stable").index[: MOST_LINES - 1]
    kept = wide[[column for column in wide if column in set(busiest)]].copy()
    others = [column for column in wide if column not in set(busiest)]
    kept[f"{len(others)} others"] = wide[others].sum(axis=1)
    return kept
