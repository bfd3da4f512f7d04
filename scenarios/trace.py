"""Orders that really happened, from tables to the arrays that the simulation replays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.catalogue import table_at
from scenarios.errors import Problems
from scenarios.names import Names
from scenarios.tables import MOST_UNITS, Table, read_table
from scenarios.yaml_source import Tree
from sim.books.kinds import ACCOUNT_NUMBER
from sim.calendar import Calendar
from sim.world import Trace

_MOST_ACCOUNTS = 128
_COLUMNS: dict[str, tuple[str, ...]] = {
    "orders": ("order_ref", "placed_at", "channel", "region"),
    "lines": ("order_ref", "sku", "units", "unit_price_cents"),
    "credits": ("credited_at", "sku", "units", "credit_cents"),
    "adjustments": ("adjusted_at", "sku", "units"),
    "fees": ("charged_at", "account", "amount_cents"),
}
_OPTIONS: dict[str, tuple[str, ...]] = {
    "orders": ("customer",),
    "credits": ("credit_ref", "order_ref", "line_number"),
    "fees": ("order_ref",),
}
_TEXTS = ("order_ref", "credit_ref", "channel", "region", "customer", "sku", "account")
_TIME_HELP = "an ISO date and time such as 2026-11-24T18:05:00, with or without an offset"

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Orders:
    """Orders in the sequence of their times, and where each row of the file went (`place`)."""

    refs: list[str]
    customers: tuple[str, ...]
    ms: Ints
    channel: NDArray[np.int32]
    region: NDArray[np.int32]
    place: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Lines:
    order: NDArray[np.int32]
    product: NDArray[np.int32]
    units: NDArray[np.int32]
    price_cents: Ints


def read_trace(tree: Tree, names: Names, calendar: Calendar | None, problems: Problems) -> Trace | None:
    """The trace of a scenario, or None if it has none; what does not fit goes to ``problems``."""
    if tree.get("trace") is None:
        return None
    tables = {kind: _table(tree, kind, problems) for kind in _COLUMNS}
    orders_table, lines_table = tables["orders"], tables["lines"]
    if orders_table is None or lines_table is None or calendar is None:
        return None
    orders = _orders(orders_table, names, calendar)
    lines = _lines(lines_table, orders, names)
    return Trace(
        order_ref=tuple(orders.refs),
        order_ms=orders.ms,
        order_channel=orders.channel,
        order_region=orders.region,
        order_customer=orders.customers,
        line_order=lines.order,
        line_product=lines.product,
        line_units=lines.units,
        line_price_cents=lines.price_cents,
        **_credits(tables["credits"], orders, lines, names, calendar),
        **_adjustments(tables["adjustments"], names, calendar),
        **_fees(tables["fees"], calendar),
    )


def until(trace: Trace, end_ms: int) -> Trace:
    """The trace as it stood at ``end_ms``: without what came at that moment or later, but with later credits of
    orders that it holds."""
    kept = int(np.searchsorted(trace.order_ms, end_ms, side="left"))
    lines = int(np.searchsorted(trace.line_order, kept, side="left"))
    credits = np.where(trace.credit_line < 0, trace.credit_ms < end_ms, trace.credit_line < lines)
    adjustments, fees = trace.adjustment_ms < end_ms, trace.fee_ms < end_ms
    return replace(
        trace,
        credit_ms=trace.credit_ms[credits],
        credit_line=trace.credit_line[credits],
        credit_product=trace.credit_product[credits],
        credit_units=trace.credit_units[credits],
        credit_cents=trace.credit_cents[credits],
        adjustment_ms=trace.adjustment_ms[adjustments],
        adjustment_product=trace.adjustment_product[adjustments],
        adjustment_units=trace.adjustment_units[adjustments],
        fee_ms=trace.fee_ms[fees],
        fee_account=tuple(np.array(trace.fee_account, dtype=object)[fees].tolist()),
        fee_cents=trace.fee_cents[fees],
        order_ref=trace.order_ref[:kept],
        order_ms=trace.order_ms[:kept],
        order_channel=trace.order_channel[:kept],
        order_region=trace.order_region[:kept],
        order_customer=trace.order_customer[:kept],
        line_order=trace.line_order[:lines],
        line_product=trace.line_product[:lines],
        line_units=trace.line_units[:lines],
        line_price_cents=trace.line_price_cents[:lines],
    )


def _table(tree: Tree, kind: str, problems: Problems) -> Table | None:
    at = table_at(tree, "trace", kind)
    if at is None:
        return None
    return read_table(*at, problems, needed=_COLUMNS[kind], optional=_OPTIONS.get(kind, ()), texts=_TEXTS)


def _orders(table: Table, names: Names, calendar: Calendar) -> _Orders:
    table.unique("order_ref")
    refs, ms = table.texts("order_ref"), times_ms(table, "placed_at", calendar)
    table.fault("placed_at", ms < 0, "{value} is before the scenario's start", accepted="a time after the start")
    by_time = np.argsort(ms, kind="stable")
    customers = table.texts("customer", default="")
    sorted_refs = [refs[row] for row in by_time.tolist()]
    return _Orders(
        refs=sorted_refs,
        customers=tuple(customers[row] for row in by_time.tolist()),
        ms=ms[by_time],
        channel=table.indices("channel", names.of("channel"), "channel")[by_time],
        region=table.indices("region", names.of("region"), "region")[by_time],
        place={ref: position for position, ref in enumerate(sorted_refs)},
    )


def _lines(table: Table, orders: _Orders, names: Names) -> _Lines:
    order = table.indices("order_ref", orders.place, "order")
    by_order = np.argsort(order, kind="stable")
    units = table.integers("units", lowest=1, highest=MOST_UNITS)
    return _Lines(
        order=order[by_order],
        product=table.indices("sku", names.of("product"), "product")[by_order],
        units=units[by_order].astype(np.int32),
        price_cents=table.integers("unit_price_cents")[by_order],
    )


def _credits(table: Table | None, orders: _Orders, lines: _Lines, names: Names, calendar: Calendar) -> dict[str, Any]:
    if table is None:
        none = np.zeros(0, dtype=np.int64)
        few = none.astype(np.int32)
        return dict(credit_ms=none, credit_line=few, credit_product=few, credit_units=few, credit_cents=none)
    ms = times_ms(table, "credited_at", calendar)
    by_time = np.argsort(ms, kind="stable")
    return dict(
        credit_ms=ms[by_time],
        credit_line=_credited_lines(table, orders, lines)[by_time],
        credit_product=table.indices("sku", names.of("product"), "product")[by_time],
        credit_units=table.integers("units", lowest=1, highest=MOST_UNITS)[by_time].astype(np.int32),
        credit_cents=table.integers("credit_cents")[by_time],
    )


def _credited_lines(table: Table, orders: _Orders, lines: _Lines) -> NDArray[np.int32]:
    """The line that each credit takes back: the ``line_number``-th of its order; -1 where none is given."""
    order = table.indices("order_ref", orders.place, "order", default=-1) if table.has("order_ref") else None
    number = table.integers("line_number", default=-1, lowest=None) if table.has("line_number") else None
    if order is None or number is None:
        return np.full(len(table), -1, dtype=np.int32)
    first = np.searchsorted(lines.order, np.arange(len(orders.refs) + 1))
    known = (order >= 0) & (number >= 0)
    begin, end = first[np.where(known, order, 0)], first[np.where(known, order, 0) + 1]
    beyond = known & (begin + number >= end)
    table.fault("line_number", beyond, "the order has no line {value}", accepted="a line's number, from 0")
    return np.where(known & ~beyond, begin + number, -1).astype(np.int32)


def _adjustments(table: Table | None, names: Names, calendar: Calendar) -> dict[str, Any]:
    if table is None:
        none = np.zeros(0, dtype=np.int64)
        few = none.astype(np.int32)
        return dict(adjustment_ms=none, adjustment_product=few, adjustment_units=few)
    ms = times_ms(table, "adjusted_at", calendar)
    by_time = np.argsort(ms, kind="stable")
    return dict(
        adjustment_ms=ms[by_time],
        adjustment_product=table.indices("sku", names.of("product"), "product")[by_time],
        adjustment_units=table.integers("units", lowest=None, highest=MOST_UNITS)[by_time].astype(np.int32),
    )


def _fees(table: Table | None, calendar: Calendar) -> dict[str, Any]:
    if table is None:
        none = np.zeros(0, dtype=np.int64)
        return dict(fee_ms=none, fee_account=(), fee_cents=none)
    ms = times_ms(table, "charged_at", calendar)
    by_time = np.argsort(ms, kind="stable")
    accounts = table.texts("account")
    _check_accounts(table, accounts)
    return dict(
        fee_ms=ms[by_time],
        fee_account=tuple(accounts[row] for row in by_time.tolist()),
        fee_cents=table.integers("amount_cents", lowest=None)[by_time],
    )


def _check_accounts(table: Table, accounts: list[str]) -> None:
    """The books number accounts in 8 bits."""
    own = dict.fromkeys(name for name in accounts if name not in ACCOUNT_NUMBER)
    late = set(list(own)[_MOST_ACCOUNTS - len(ACCOUNT_NUMBER) :])
    beyond = np.array([name in late for name in accounts], dtype=bool)
    accepted = f"at most {_MOST_ACCOUNTS - len(ACCOUNT_NUMBER)} accounts besides the {len(ACCOUNT_NUMBER)} of the books"
    table.fault("account", beyond, "{value} is one account too many", accepted=accepted)


def times_ms(table: Table, column: str, calendar: Calendar) -> Ints:
    """A column of times as milliseconds since the scenario's start.

    A time without an offset is local. Where the clocks go back, the first of the two is meant; for a time that
    the clocks skip, the moment of their change.
    """
    cells = table.frame[column]
    if pd.api.types.is_datetime64_any_dtype(cells):
        moments = cells if cells.dt.tz is not None else _localised(cells, calendar)
        utc = moments.dt.tz_convert("UTC")
    else:
        text = cells.astype("string")
        has_offset = text.str.contains(r"(?:[zZ]|[+-]\d{2}:?\d{2})$", na=False)
        with_offset = pd.to_datetime(text.where(has_offset), format="ISO8601", utc=True, errors="coerce")
        naive = pd.to_datetime(text.where(~has_offset), format="ISO8601", errors="coerce")
        utc = _localised(naive, calendar).dt.tz_convert("UTC").fillna(with_offset)
    table.fault(column, utc.isna().to_numpy(dtype=bool), "{value} does not fit", accepted=_TIME_HELP)
    start = pd.Timestamp(calendar.start).tz_convert("UTC")
    since = (utc.fillna(start) - start).to_numpy(dtype="timedelta64[ms]")
    return np.asarray(since.astype(np.int64))


def _localised(naive: Any, calendar: Calendar) -> Any:
    zone = calendar.start.tzinfo
    first = np.ones(len(naive), dtype=bool)
    return naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
