"""What was seen coming: alerts, and orders that were told to be at risk before they breached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total, quantile
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

# One row an order that was due to ship, with the moment at which it was first told to be at risk.
_JUDGED = """(
    SELECT o."order", o.channel, o.ship_by_ms, NOT o.shipped_whole AS late, min(e.time_ms) AS told_ms,
           any_value(e.reason) AS reason
    FROM orders AS o LEFT JOIN events AS e
        ON e."order" = o."order" AND e.kind IN ('shipment_at_risk', 'order_at_risk') AND e.time_ms <= o.ship_by_ms
    WHERE o.ship_due GROUP BY ALL
)"""
PRECISION = Ratio("count(*) FILTER (late)", "count(*)", _JUDGED, "told_ms IS NOT NULL")
RECALL = Ratio("count(*) FILTER (told_ms IS NOT NULL)", "count(*)", _JUDGED, "late")
TOLD = Total("count(*)", _JUDGED, "told_ms IS NOT NULL")
# One row an alert that was raised, until it was cleared or the drain ended.
_ALERTS = """(
    SELECT replace(actor, 'alert:', '') AS alert, reason AS role, kind, time_ms,
           lead(time_ms, 1, drain_until_ms()) OVER (PARTITION BY actor ORDER BY event) - time_ms AS up_ms
    FROM events WHERE kind IN ('alert_raised', 'alert_cleared')
)"""
RAISED = Total("count(*)", _ALERTS, "kind = 'alert_raised'")
UP = Total("sum(up_ms) / 3600000", _ALERTS, "kind = 'alert_raised'")


@measure("at_risk_orders", unit="count", better="lower", title="Orders told to be at risk")
def at_risk_orders(books: Books) -> float:
    """Cohort orders due to ship that were told to be at risk before their ship-by. 0 on an empty run."""
    return TOLD.value(books)


@measure("at_risk_precision", unit="share", better="higher", title="At risk, and late indeed")
def at_risk_precision(books: Books) -> float:
    """Orders that did not ship whole by their ship-by / orders that were told before it to be at risk. NaN when none
    was."""
    return PRECISION.value(books)


@measure("at_risk_recall", unit="share", better="higher", title="Late, and seen coming")
def at_risk_recall(books: Books) -> float:
    """Orders told before their ship-by to be at risk / orders that did not ship whole by it. NaN when none was late."""
    return RECALL.value(books)


@measure("at_risk_notice_p50_hours", unit="hours", better="higher", title="Notice of orders at risk, median")
def at_risk_notice_p50_hours(books: Books) -> float:
    """Median of the hours from the first telling to the ship-by, over orders told to be at risk that were late. NaN
    when there are none."""
    return quantile(books, 0.5, "ship_by_ms - told_ms", _JUDGED, "late AND told_ms IS NOT NULL")


@measure("alerts_raised", unit="count", better="lower", title="Alerts raised")
def alerts_raised(books: Books) -> float:
    """Times that an alert was raised. 0 on an empty run."""
    return RAISED.value(books)


@measure("alerts_up_hours", unit="hours", better="lower", title="Time under alert")
def alerts_up_hours(books: Books) -> float:
    """Hours from each raising of an alert to its clearing, or to the end of the drain, summed over alerts. 0 on an
    empty run."""
    return UP.value(books)


@breakdown("at_risk_orders", by="reason")
def at_risk_orders_by_reason(books: Books) -> pd.DataFrame:
    """Orders at risk by what they lack."""
    return TOLD.by(books, "reason")


@breakdown("at_risk_recall", by="channel")
def at_risk_recall_by_channel(books: Books) -> pd.DataFrame:
    """Of each channel's late orders, the share that was seen coming."""
    return RECALL.by(books, "channel")


@breakdown("alerts_raised", by="alert")
def alerts_raised_by_alert(books: Books) -> pd.DataFrame:
    """Raisings of each alert."""
    return RAISED.by(books, "alert")


@breakdown("alerts_up_hours", by="alert")
def alerts_up_hours_by_alert(books: Books) -> pd.DataFrame:
    """Hours under each alert."""
    return UP.by(books, "alert")
