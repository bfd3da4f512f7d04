"""Service: did customers get what they asked for, by when they were told.

Cohort, here and in the other families: orders captured from the end of the warm-up to the end of demand
(`sim.measures.facts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total, quantile
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

UNIT_FILL = Ratio(
    "sum(least(shipped_on_time, units - left_out_of_shipping))",
    "sum(units - left_out_of_shipping)",
    "lines",
    "ship_due",
)
LINE_FILL = Ratio("count(*) FILTER (shipped_whole)", "count(*)", "lines", "ship_due")
ORDER_FILL = Ratio("count(*) FILTER (shipped_whole)", "count(*)", "orders", "ship_due")

# Requested demand: what was captured and what was refused, one under the other.
_REQUESTED_LINES = """(
    SELECT channel, sku, units - left_out_of_shipping AS asked, least(shipped_on_time, asked) AS filled,
           shipped_whole AS whole
    FROM lines WHERE ship_due
    UNION ALL
    SELECT channel, sku, units, 0, false FROM refusals WHERE in_window
)"""
_REQUESTED_ORDERS = """(
    SELECT channel, shipped_whole AND refused_units = 0 AS whole FROM orders WHERE ship_due
    UNION ALL
    SELECT any_value(channel), false
    FROM refusals ANTI JOIN orders USING ("order") WHERE in_window GROUP BY "order"
)"""
REQUESTED_UNIT_FILL = Ratio("sum(filled)", "sum(asked)", _REQUESTED_LINES)
REQUESTED_LINE_FILL = Ratio("count(*) FILTER (whole)", "count(*)", _REQUESTED_LINES)
REQUESTED_ORDER_FILL = Ratio("count(*) FILTER (whole)", "count(*)", _REQUESTED_ORDERS)

OTIF = Ratio("count(*) FILTER (on_time_in_full)", "count(*)", "orders", "due")
PERFECT = Ratio(
    "count(*) FILTER (on_time_in_full AND NOT lost AND NOT damaged AND invoiced AND price_credits = 0 "
    "AND wrong_items = 0)",
    "count(*)",
    "orders",
    "due",
)
BREACHES = Total("count(*)", "orders", "due AND NOT delivered_whole")

_DUE_SHIPMENTS = """(
    SELECT s.*, s.left_ms <= o.ship_by_ms AS on_time
    FROM shipments AS s JOIN orders AS o USING ("order")
    WHERE o.in_window AND o.ship_by_ms <= drain_until_ms() AND s.voided_ms IS NULL
)"""
ON_TIME_SHIP = Ratio("count(*) FILTER (on_time)", "count(*)", _DUE_SHIPMENTS)


@measure("fill_rate", unit="share", better="higher", title="Fill rate, units", headline=True)
def fill_rate(books: Books) -> float:
    """Units shipped by their order's ship-by / units captured and due to ship. NaN when none was due."""
    return UNIT_FILL.value(books)


@measure("fill_rate_lines", unit="share", better="higher", title="Fill rate, lines")
def fill_rate_lines(books: Books) -> float:
    """Order lines shipped whole by the ship-by / lines captured and due to ship. NaN when none was due."""
    return LINE_FILL.value(books)


@measure("fill_rate_orders", unit="share", better="higher", title="Fill rate, orders")
def fill_rate_orders(books: Books) -> float:
    """Orders shipped whole by the ship-by / orders captured and due to ship. NaN when none was due."""
    return ORDER_FILL.value(books)


@measure("requested_fill_rate", unit="share", better="higher", title="Fill rate of requested units")
def requested_fill_rate(books: Books) -> float:
    """Units shipped by the ship-by / units captured and due, or refused by the channel: hiding stock does
    not help. NaN when none was asked for."""
    return REQUESTED_UNIT_FILL.value(books)


@measure("requested_fill_rate_lines", unit="share", better="higher", title="Fill rate of requested lines")
def requested_fill_rate_lines(books: Books) -> float:
    """Lines shipped whole by the ship-by / lines captured and due, or refused. NaN when none was asked
    for."""
    return REQUESTED_LINE_FILL.value(books)


@measure("requested_fill_rate_orders", unit="share", better="higher", title="Fill rate of requested orders")
def requested_fill_rate_orders(books: Books) -> float:
    """Orders shipped whole by the ship-by with no line refused / orders captured and due, or refused
    altogether. NaN when none was asked for."""
    return REQUESTED_ORDER_FILL.value(books)


@measure("otif", unit="share", better="higher", title="On time in full", headline=True)
def otif(books: Books) -> float:
    """Orders delivered whole by their first promise, or inside the window of their account's contract / orders due. NaN
    when none was due."""
    return OTIF.value(books)


@measure("on_time_ship", unit="share", better="higher", title="Shipped on time")
def on_time_ship(books: Books) -> float:
    """Shipments that left by their order's ship-by / shipments planned, not voided, and due to leave: the
    floor's punctuality, apart from whether there was stock. NaN when none was due."""
    return ON_TIME_SHIP.value(books)


@measure("perfect_order", unit="share", better="higher", title="Perfect orders")
def perfect_order(books: Books) -> float:
    """Orders on time in full, no parcel of which was lost or broken, all of whose shipments were invoiced, and
    that got neither a wrong item nor a credit for a wrong price / orders due, judged order by order. NaN when
    none was due."""
    return PERFECT.value(books)


@measure("promise_breaches", unit="count", better="lower", title="Promises broken")
def promise_breaches(books: Books) -> float:
    """Orders due that were not delivered whole by their first promise: late, lost, overdue, or cancelled by
    the company. 0 on an empty run."""
    return BREACHES.value(books)


@breakdown("fill_rate", by="channel")
def fill_rate_by_channel(books: Books) -> pd.DataFrame:
    """Unit fill rate of each channel."""
    return UNIT_FILL.by(books, "channel")


@breakdown("fill_rate", by="sku")
def fill_rate_by_sku(books: Books) -> pd.DataFrame:
    """Unit fill rate of each SKU."""
    return UNIT_FILL.by(books, "sku")


@breakdown("requested_fill_rate", by="channel")
def requested_fill_rate_by_channel(books: Books) -> pd.DataFrame:
    """Unit fill rate of what each channel was asked for."""
    return REQUESTED_UNIT_FILL.by(books, "channel")


@breakdown("otif", by="channel")
def otif_by_channel(books: Books) -> pd.DataFrame:
    """On time in full of each channel."""
    return OTIF.by(books, "channel")


@breakdown("otif", by="day")
def otif_by_day(books: Books) -> pd.DataFrame:
    """On time in full by the local day of capture, counted from 1970-01-01."""
    return OTIF.by(books, "day", "local_day(captured_ms)")


@breakdown("perfect_order", by="channel")
def perfect_order_by_channel(books: Books) -> pd.DataFrame:
    """Perfect orders of each channel."""
    return PERFECT.by(books, "channel")


@breakdown("on_time_ship", by="node")
def on_time_ship_by_node(books: Books) -> pd.DataFrame:
    """Punctual shipments of each node."""
    return ON_TIME_SHIP.by(books, "node")


@breakdown("promise_breaches", by="channel")
def promise_breaches_by_channel(books: Books) -> pd.DataFrame:
    """Broken promises of each channel."""
    return BREACHES.by(books, "channel")


@breakdown("promise_breaches", by="outcome")
def promise_breaches_by_outcome(books: Books) -> pd.DataFrame:
    """Broken promises by how the order ended: delivered (too late), open, lost or cancelled."""
    return BREACHES.by(books, "outcome", "status")


ACCURATE = Ratio(
    "count(*) FILTER (delivered_whole AND delivered_ms > promised_ms - 86400000)", "count(*)", "orders", "due"
)


@measure("promise_accuracy", unit="share", better="higher", title="Promise accuracy")
def promise_accuracy(books: Books) -> float:
    """Orders delivered whole by their first promise and no more than a day before it / orders due: a promise that is
    far too cautious costs sales, and is as inaccurate as one that breaks. NaN when none was due."""
    return ACCURATE.value(books)


@measure("promise_slack_p50_hours", unit="hours", better="higher", title="Time left to the promise, median")
def promise_slack_p50_hours(books: Books) -> float:
    """Median of the hours from the delivery of an order's last unit to its first promise, over orders due and delivered
    whole, whenever; below 0 where more come late than early. NaN when there are none."""
    return quantile(books, 0.5, "promised_ms - delivered_ms", "orders", "due AND status = 'delivered'")


@breakdown("promise_accuracy", by="channel")
def promise_accuracy_by_channel(books: Books) -> pd.DataFrame:
    """Promise accuracy of each channel."""
    return ACCURATE.by(books, "channel")
