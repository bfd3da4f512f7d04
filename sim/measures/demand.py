"""What came in, what was turned away, what was sold twice, what could not be allocated, what was
cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.figures import Ratio, Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

ORDERS = Total("count(*)", "orders", "in_window")
UNITS = Total("sum(units)", "lines", "in_window")
_OFFERED_LINES = """(
    SELECT channel, sku, units, 0 AS refused FROM lines WHERE in_window
    UNION ALL
    SELECT channel, sku, units, units FROM refusals WHERE in_window
)"""
_OFFERED_ORDERS = """(
    SELECT channel, 0 AS refused FROM orders WHERE in_window
    UNION ALL
    SELECT any_value(channel), 1
    FROM refusals ANTI JOIN orders USING ("order") WHERE in_window GROUP BY "order"
)"""
REFUSED_UNITS = Ratio("sum(refused)", "sum(units)", _OFFERED_LINES)
REFUSED_ORDERS = Ratio("sum(refused)", "count(*)", _OFFERED_ORDERS)

_OVERSOLD_EVENTS = "kind = 'oversold' AND time_ms >= warm_up_ms() AND time_ms < end_ms()"
OVERSOLD = Total("sum(quantity)", "events", _OVERSOLD_EVENTS)
_SOLD_LINES = f"""(
    SELECT channel, sku, units, 0 AS oversold FROM lines WHERE in_window
    UNION ALL
    SELECT channel, sku, 0, quantity FROM events WHERE {_OVERSOLD_EVENTS}
)"""
OVERSOLD_SHARE = Ratio("sum(oversold)", "sum(units)", _SOLD_LINES)

_FAILURES = """(
    SELECT e.channel, e.reason, e.sku FROM events AS e JOIN orders AS o USING ("order")
    WHERE e.kind = 'backordered' AND o.in_window
)"""
FAILURES = Total("count(*)", _FAILURES)
FAILED_ORDERS = Ratio(
    "count(*) FILTER (backorders > 0)", "count(*)", "orders", "in_window AND validated_ms IS NOT NULL"
)

_CANCELLATIONS = """(
    SELECT e.channel, e.reason, e.quantity, e.value_cents FROM events AS e JOIN orders AS o USING ("order")
    WHERE e.kind = 'cancelled_units' AND o.in_window
)"""
CANCELLED_VALUE = Total("sum(value_cents)", _CANCELLATIONS)
CANCELLED_ORDERS = Ratio("count(*) FILTER (status = 'cancelled')", "count(*)", "orders", "in_window")


@measure("orders_captured", unit="count", better="higher", title="Orders captured", headline=True)
def orders_captured(books: Books) -> float:
    """Orders that channels accepted, even in part, between warm-up and end. 0 on an empty run."""
    return ORDERS.value(books)


@measure("units_captured", unit="count", better="higher", title="Units captured")
def units_captured(books: Books) -> float:
    """Units in the lines that channels accepted. 0 on an empty run."""
    return UNITS.value(books)


@measure("refusal_share", unit="share", better="lower", title="Units refused")
def refusal_share(books: Books) -> float:
    """Units that a channel refused because its view showed too little / units asked for. NaN when none
    was."""
    return REFUSED_UNITS.value(books)


@measure("refused_orders_share", unit="share", better="lower", title="Orders refused")
def refused_orders_share(books: Books) -> float:
    """Orders of which nothing was accepted / orders that came in. NaN when none did."""
    return REFUSED_ORDERS.value(books)


@measure("oversold_units", unit="count", better="lower", title="Units oversold")
def oversold_units(books: Books) -> float:
    """Units accepted beyond the true available-to-sell at that moment, intended backorders excluded. 0 on
    an empty run."""
    return OVERSOLD.value(books)


@measure("oversold_share", unit="share", better="lower", title="Oversold share", headline=True)
def oversold_share(books: Books) -> float:
    """Oversold units / captured units. NaN when none was captured."""
    return OVERSOLD_SHARE.value(books)


@measure("allocation_failures", unit="count", better="lower", title="Allocation failures")
def allocation_failures(books: Books) -> float:
    """Times that a line of a cohort order found no node for some of its units and was backordered. 0 on an
    empty run."""
    return FAILURES.value(books)


@measure("backordered_orders_share", unit="share", better="lower", title="Orders backordered")
def backordered_orders_share(books: Books) -> float:
    """Orders with a line that was backordered at least once / orders validated. NaN when none was."""
    return FAILED_ORDERS.value(books)


@measure("cancelled_value_cents", unit="cents", better="lower", title="Value cancelled")
def cancelled_value_cents(books: Books) -> float:
    """Net value of the units of cohort orders that were cancelled, by whomever. 0 on an empty run."""
    return CANCELLED_VALUE.value(books)


@measure("cancelled_orders_share", unit="share", better="lower", title="Orders cancelled")
def cancelled_orders_share(books: Books) -> float:
    """Orders cancelled altogether, by whomever / orders captured. NaN when none was."""
    return CANCELLED_ORDERS.value(books)


@breakdown("orders_captured", by="channel")
def orders_captured_by_channel(books: Books) -> pd.DataFrame:
    """Orders of each channel."""
    return ORDERS.by(books, "channel")


@breakdown("units_captured", by="channel")
def units_captured_by_channel(books: Books) -> pd.DataFrame:
    """Units of each channel."""
    return UNITS.by(books, "channel")


@breakdown("refusal_share", by="channel")
def refusal_share_by_channel(books: Books) -> pd.DataFrame:
    """Refused units of each channel."""
    return REFUSED_UNITS.by(books, "channel")


@breakdown("oversold_share", by="channel")
def oversold_share_by_channel(books: Books) -> pd.DataFrame:
    """Oversold share of each channel."""
    return OVERSOLD_SHARE.by(books, "channel")


@breakdown("oversold_units", by="sku")
def oversold_units_by_sku(books: Books) -> pd.DataFrame:
    """Oversold units of each SKU."""
    return OVERSOLD.by(books, "sku")


@breakdown("allocation_failures", by="reason")
def allocation_failures_by_reason(books: Books) -> pd.DataFrame:
    """Allocation failures by their cause: no stock, not carried, quarantined, reserved for others, at a closed node, at
    another node than the one that a rule names, or waiting for the rest of an order that ships complete."""
    return FAILURES.by(books, "reason")


@breakdown("allocation_failures", by="channel")
def allocation_failures_by_channel(books: Books) -> pd.DataFrame:
    """Allocation failures of each channel's orders."""
    return FAILURES.by(books, "channel")


@breakdown("cancelled_value_cents", by="reason")
def cancelled_value_by_reason(books: Books) -> pd.DataFrame:
    """Cancelled value by who or what cancelled it."""
    return CANCELLED_VALUE.by(books, "reason")
