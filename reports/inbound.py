"""The table of what is on order: how late it is, when it came, who waits for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports.html import Grid
from sim.measures.inbound import inbound
from sim.run import Run
from sim.units import DAY_MS

SHOWN = 10


def inbound_grid(run: Run, at_ms: int, shown: int = SHOWN) -> Grid:
    """Open purchase order lines at a moment, the latest first; without rows where none is late or waited for."""
    frame = inbound(run.books, at_ms)
    frame = frame[(frame["late_ms"] > 0) | (frame["orders_waiting"] > 0)].head(shown)
    rows = tuple(_row(run, row) for row in frame.to_dict("records"))
    columns = (
        "supplier",
        "node",
        "sku",
        "units",
        "ordered",
        "expected",
        "late by",
        "orders waiting",
        "came",
        "truly late by",
    )
    caption = f"On order on {run.books.calendar.moment(at_ms):%d %b %H:%M}, late or waited for"
    return Grid(caption, columns, rows, (3, 6, 7, 9))


def _row(run: Run, row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    came, late = row["came_ms"], row["came_late_ms"]
    never = pd.isna(came)
    return (
        str(row["supplier"]).removeprefix("supplier:"),
        str(row["node"]),
        str(row["sku"]),
        f"{row['open_units']:,}",
        _moment(run, row["ordered_ms"]),
        _moment(run, row["expected_ms"]) + ("" if row["confirmed"] else " *"),
        _days(row["late_ms"]),
        f"{row['orders_waiting']:,}",
        "not yet" if never else _moment(run, came),
        "" if never else _days(late),
    )


def _moment(run: Run, ms: float) -> str:
    return f"{run.books.calendar.moment(int(ms)):%d %b %H:%M}"


def _days(ms: float) -> str:
    days = ms / DAY_MS
    return f"{days:.1f} days" if days else ""
