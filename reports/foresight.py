"""Tables on what was seen coming: alerts, orders at risk, and what late orders have in common."""

from __future__ import annotations

from reports.html import Grid
from scenarios.display import display
from sim.measures.patterns import patterns
from sim.measures.registry import compute
from sim.run import Run
from sim.units import HOUR_MS

SHOWN = 10

_ALERTS = """
WITH changes AS (
    SELECT replace(actor, 'alert:', '') AS alert, reason AS role, kind, time_ms, quantity,
           lead(time_ms, 1, drain_until_ms()) OVER (PARTITION BY actor ORDER BY event) - time_ms AS up_ms
    FROM events WHERE kind IN ('alert_raised', 'alert_cleared')
)
SELECT alert, role, count(*) AS raised, min(time_ms) AS first_ms, max(quantity) AS most, sum(up_ms)::BIGINT AS up_ms
FROM changes WHERE kind = 'alert_raised' GROUP BY ALL ORDER BY first_ms, alert
"""
_AT_RISK = """
SELECT e."order", min(e.time_ms) AS told_ms, any_value(o.ship_by_ms) AS ship_by_ms, any_value(o.channel) AS channel,
       coalesce(any_value(e.node), '') AS node, any_value(e.reason) AS reason, any_value(e.actor) AS advice,
       any_value(o.value_cents) AS value_cents, any_value(o.shipped_whole) AS in_time
FROM events AS e JOIN orders AS o USING ("order")
WHERE e.kind IN ('shipment_at_risk', 'order_at_risk') AND o.in_window
GROUP BY e."order" ORDER BY value_cents DESC, e."order" LIMIT $shown
"""


def alert_tables(run: Run, role: str | None = None) -> tuple[Grid, ...]:
    """When each alert was first raised, how often, and for how long; those of one role, or all."""
    rows = [
        (
            str(row["alert"]),
            str(row["role"]).replace("_", " "),
            f"{run.books.calendar.moment(int(row['first_ms'])):%a %d %b %H:%M}",
            f"{row['raised']:,}",
            f"{row['most']:,}",
            f"{row['up_ms'] / HOUR_MS:,.0f} h",
        )
        for row in run.sql(_ALERTS).to_dict("records")
        if role is None or row["role"] == role
    ]
    columns = ("alert", "told to", "first raised", "times", "highest when raised", "in all")
    return (Grid("Alerts", columns, tuple(rows), (3, 4, 5)),) if rows else ()


def at_risk_tables(run: Run, currency: str) -> tuple[Grid, ...]:
    """The most valuable of the orders that were told to be at risk, with the advice given; and how good that was."""
    frame = run.sql(_AT_RISK, shown=SHOWN)
    if frame.empty:
        return ()
    moment = run.books.calendar.moment
    rows = tuple(
        (
            str(row["order"]),
            str(row["channel"]),
            f"{moment(int(row['told_ms'])):%d %b %H:%M}",
            f"{moment(int(row['ship_by_ms'])):%d %b %H:%M}",
            str(row["node"]),
            str(row["reason"]).replace("_", " "),
            _advice(str(row["advice"])),
            "in time" if row["in_time"] else "late",
            display(float(row["value_cents"]), "cents", currency),
        )
        for row in frame.to_dict("records")
    )
    told = compute(run.books, ["at_risk_orders", "at_risk_precision", "at_risk_recall"])
    caption = (
        f"Orders at risk, the most valuable first. {told['at_risk_orders']:,.0f} were told before their ship-by, "
        f"{display(told['at_risk_precision'], 'share')} of them were late indeed; that is "
        f"{display(told['at_risk_recall'], 'share')} of all that were late."
    )
    columns = ("order", "channel", "told", "ship by", "node", "it lacks", "advice", "it left", "value")
    return (Grid(caption, columns, rows, (8,)),)


def pattern_tables(run: Run) -> tuple[Grid, ...]:
    """What broken promises have in common, sharpest groups first."""
    frame = patterns(run.books).head(SHOWN)
    rows = tuple(
        (
            ", ".join(trait.split("=", 1)[1] for trait in row["pattern"]),
            f"{row['orders']:,}",
            f"{row['late']:,}",
            display(float(row["late_share"]), "share"),
            f"{row['lift']:.1f} times",
        )
        for row in frame.to_dict("records")
    )
    columns = ("orders that share", "orders", "promise broken", "of them", "as often as usual")
    return (Grid("What broken promises have in common", columns, rows, (1, 2, 3, 4)),) if rows else ()


def _advice(actor: str) -> str:
    node = actor.removeprefix("advice:")
    return "wait" if node == "wait" else f"send from {node}"
