"""Tables on the close of accounting periods: when each was closed, and what stood on its unreconciled list."""

from __future__ import annotations

import pandas as pd

from reports.html import Grid
from scenarios.display import display
from sim.run import Run
from sim.units import DAY_MS

# One row a period; what is listed between two ends of periods belongs to the earlier one.
_PERIODS = """
WITH ended AS (
    SELECT quantity AS period, time_ms AS end_ms,
           lead(time_ms, 1, drain_until_ms() + 1) OVER (ORDER BY time_ms) AS next_ms
    FROM events WHERE kind = 'period_ended'
)
SELECT e.period, e.end_ms, any_value(c.time_ms) AS closed_ms, any_value(c.reason) AS closed_by,
       coalesce(sum(l.quantity), 0)::BIGINT AS items, coalesce(sum(l.value_cents), 0)::BIGINT AS value_cents
FROM ended AS e
LEFT JOIN events AS c ON c.kind = 'period_closed' AND c.quantity = e.period
LEFT JOIN events AS l ON l.kind = 'items_listed' AND l.time_ms >= e.end_ms AND l.time_ms < e.next_ms
GROUP BY ALL ORDER BY e.period
"""
_LISTED = """
SELECT reason, sum(quantity)::BIGINT AS items, sum(value_cents)::BIGINT AS value_cents
FROM events WHERE kind = 'items_listed' GROUP BY ALL ORDER BY value_cents DESC
"""
_REFUSED = """
SELECT reason, count(*) FILTER (kind = 'document_rejected') AS refused,
       count(*) FILTER (kind = 'document_corrected') AS corrected
FROM events WHERE kind IN ('document_rejected', 'document_corrected') GROUP BY ALL ORDER BY refused DESC
"""


def close_tables(run: Run, currency: str) -> tuple[Grid, ...]:
    """The close of each period, the unreconciled lists by class, refusals by cause; none without accountants."""
    periods = run.sql(_PERIODS)
    if periods.empty:
        return ()
    listed, refused = run.sql(_LISTED), run.sql(_REFUSED)
    tables = (_period_table(run, periods, currency), _listed_table(listed, currency), _refused_table(refused))
    return tuple(table for table in tables if table.rows)


def close_sentence(run: Run) -> str:
    """How the closes went, in a sentence; empty without accountants."""
    periods = run.sql(_PERIODS)
    if periods.empty:
        return ""
    took = periods["closed_ms"].fillna(run.books.drain_until_ms) - periods["end_ms"]
    target_ms = int(run.manifest.get("close_target_ms", 0))
    late = int((took > target_ms).sum())
    return (
        f"Of {len(periods)} accounting periods, {late} took longer to close than they should "
        f"({target_ms / DAY_MS:.1f} days); the longest took {took.max() / DAY_MS:.1f}."
    )


def _period_table(run: Run, periods: pd.DataFrame, currency: str) -> Grid:
    rows = []
    for row in periods.to_dict("records"):
        end_ms, open_still = int(row["end_ms"]), pd.isna(row["closed_ms"])
        rows.append(
            (
                f"{run.books.calendar.moment(end_ms - 1):%d %b %Y}",
                f"{row['items']:,}",
                display(float(row["value_cents"]), "cents", currency),
                "open" if open_still else f"{run.books.calendar.moment(int(row['closed_ms'])):%a %d %b %H:%M}",
                "" if open_still else f"{(row['closed_ms'] - end_ms) / DAY_MS:.1f} days",
                "time was up" if row["closed_by"] == "hard_close" else "",
            )
        )
    columns = ("period until", "items open", "their value", "closed", "it took", "")
    return Grid("Accounting periods", columns, tuple(rows), (1, 2, 4))


def _listed_table(listed: pd.DataFrame, currency: str) -> Grid:
    rows = tuple(
        (_words(row["reason"]), f"{row['items']:,}", display(float(row["value_cents"]), "cents", currency))
        for row in listed.to_dict("records")
    )
    return Grid("What was unreconciled, all lists together", ("class", "items", "value"), rows, (1, 2))


def _refused_table(refused: pd.DataFrame) -> Grid:
    rows = tuple(
        (_words(row["reason"]), f"{row['refused']:,}", f"{row['corrected']:,}") for row in refused.to_dict("records")
    )
    return Grid("Documents that accounting refused", ("cause", "refused", "corrected"), rows, (1, 2))


def _words(name: object) -> str:
    return str(name).replace("_", " ")
