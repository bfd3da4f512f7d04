"""Tables of what went wrong in a run, and the orders that it hurt most."""

from __future__ import annotations

import pandas as pd

from reports.html import Grid
from reports.inbound import inbound_grid
from scenarios.display import display
from sim.measures.registry import breakdowns, measures, split
from sim.run import Run
from sim.units import DAY_MS

SHOWN = 10

_LATE = """
SELECT o."order", o.channel, o.captured_ms, o.promised_ms, o.delivered_ms, o.status,
       coalesce(o.delivered_ms, drain_until_ms()) - o.promised_ms AS late_ms, o.value_cents, o.backorders,
       o.held_ms IS NOT NULL AS was_held
FROM orders AS o
WHERE o.due AND NOT o.delivered_whole AND o.status IN ('delivered', 'open')
ORDER BY late_ms DESC, o."order"
LIMIT $shown
"""

# Which breakdown answers which question, and what its first column holds.
_QUESTIONS = (
    ("promise_breaches_by_outcome", "Promises broken, by what became of the order", "outcome"),
    ("cancelled_value_cents_by_reason", "Value cancelled, by reason", "reason"),
    ("allocation_failures_by_reason", "Times that a line found no node, by reason", "reason"),
    ("limits_breached_by_reason", "Time limits breached, by the role that hears of it", "role"),
    ("backlog_orders_by_stage", "Backlog at the end of demand, by stage", "stage"),
)


def late_orders(run: Run) -> pd.DataFrame | None:
    """The orders that came latest, or are latest and still to come; None where all were on time."""
    frame = run.sql(_LATE, shown=SHOWN)
    return None if frame.empty else frame


def problem_tables(run: Run, late: pd.DataFrame | None, currency: str) -> tuple[Grid, ...]:
    """Every table that has something to say."""
    known = breakdowns()
    grids = [_breakdown(run, *question, currency) for question in _QUESTIONS if question[0] in known]
    grids.append(inbound_grid(run, run.books.end_ms))
    if late is not None:
        grids.append(_late_grid(run, late, currency))
    return tuple(grid for grid in grids if grid.rows)


def _breakdown(run: Run, name: str, caption: str, first: str, currency: str) -> Grid:
    made = breakdowns()[name]
    frame = split(run.books, name)
    frame = frame[frame["value"] > 0].sort_values("value", ascending=False, kind="stable").head(SHOWN)
    unit = measures()[made.of].unit
    rows = tuple(
        (str(label).replace("_", " "), display(float(value), unit, currency))
        for label, value in zip(frame[made.by], frame["value"])
    )
    return Grid(caption, (first, measures()[made.of].title), rows, (1,))


def _late_grid(run: Run, late: pd.DataFrame, currency: str) -> Grid:
    columns = ("order", "channel", "captured", "promised", "delivered", "late by", "value", "why")
    captured, promised = run.local(late["captured_ms"]), run.local(late["promised_ms"])
    rows = []
    for position, row in enumerate(late.to_dict("records")):
        delivered = row["delivered_ms"]
        happened = [
            "waited for stock" if row["backorders"] else "",
            "was held" if row["was_held"] else "",
        ]
        rows.append(
            (
                str(row["order"]),
                str(row["channel"]),
                f"{captured.iloc[position]:%d %b %H:%M}",
                f"{promised.iloc[position]:%d %b %H:%M}",
                str(row["status"]) if pd.isna(delivered) else _short(run, int(delivered)),
                f"{row['late_ms'] / DAY_MS:.1f} days",
                display(float(row["value_cents"]), "cents", currency),
                ", ".join(text for text in happened if text),
            )
        )
    return Grid("The latest orders", columns, tuple(rows), (5, 6))


def _short(run: Run, ms: int) -> str:
    return f"{run.books.calendar.moment(ms):%d %b %H:%M}"
