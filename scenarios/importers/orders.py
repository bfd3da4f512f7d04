"""Classified rows become the tables of a trace: orders, lines, credits, adjustments, fees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.importers.dates import odd_local_times
from scenarios.importers.match import Matches, classify_credits, match_credits
from scenarios.importers.rows import ADJUSTMENTS, FEE, SALE, Rows


@dataclass(frozen=True, slots=True)
class TraceTables:
    """What happened, ready to be written.

    Parameters
    ----------
    orders : DataFrame
        order_ref, placed_at, channel, region, customer; by time, orders of one moment in file order.
    lines : DataFrame
        order_ref, sku, units, unit_price_cents; in the order of ``orders``, within one in file order.
    credits : DataFrame
        credit_ref, credited_at, order_ref, line_number, sku, units, credit_cents; a credit row that takes
        back several lines has several entries; what matches none has no order_ref and no line_number.
    adjustments : DataFrame
        adjusted_at, sku, units (signed: negative leaves the stock), reason (the row's class).
    fees : DataFrame
        charged_at, account, amount_cents (positive: earned), order_ref if the order is in the file.
    matches : Matches
        What ``credits`` was made from, by rows of the file.
    sale_rows : ndarray of int64
        The row of the file behind each entry of ``lines``.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    credits: pd.DataFrame
    adjustments: pd.DataFrame
    fees: pd.DataFrame
    matches: Matches
    sale_rows: NDArray[np.int64]


def build_trace(rows: Rows, timezone: str) -> TraceTables:
    """Gather orders, match credit notes, and note in ``rows`` what was odd on the way."""
    sales = rows.of(SALE)
    document = pd.Series(rows.document[sales])
    codes, _ = pd.factorize(document)  # numbers orders by their first line in the file
    first = sales[np.flatnonzero(~document.duplicated().to_numpy())]
    placed_at = rows.moment[first]
    by_time = np.argsort(placed_at, kind="stable")
    rank = np.empty(len(first), dtype=np.int64)
    rank[by_time] = np.arange(len(first))
    sort = np.argsort(rank[codes], kind="stable")
    sale_rows, line_order = sales[sort], rank[codes][sort]
    first = first[by_time]

    _note_oddities(rows, first, sale_rows, line_order, timezone)
    matches = match_credits(rows, sale_rows, rows.moment[first][line_order])
    classify_credits(rows, matches)
    return TraceTables(
        orders=_orders(rows, first),
        lines=_lines(rows, sale_rows),
        credits=_credits(rows, matches, sale_rows, line_order),
        adjustments=_adjustments(rows),
        fees=_fees(rows, first),
        matches=matches,
        sale_rows=sale_rows,
    )


def _note_oddities(
    rows: Rows,
    first: NDArray[np.int64],
    sale_rows: NDArray[np.int64],
    line_order: NDArray[np.int64],
    timezone: str,
) -> None:
    head = first[line_order]
    differs = {
        "minute": rows.moment[sale_rows] != rows.moment[head],
        "region": rows.region[sale_rows] != rows.region[head],
        "customer": rows.customer[sale_rows] != rows.customer[head],
        "channel": rows.channel[sale_rows] != rows.channel[head],
    }
    for what, where in differs.items():
        rows.add_note(sale_rows[where], f"another {what} than its order's first line, which counts")
    repeated = pd.DataFrame({"order": line_order, "sku": rows.sku[sale_rows]}).duplicated().to_numpy()
    rows.add_note(sale_rows[repeated], "repeats a SKU of its order")
    odd = odd_local_times(rows.moment, timezone)
    rows.add_note(odd, "at this local time the clock was being changed")


def _orders(rows: Rows, first: NDArray[np.int64]) -> pd.DataFrame:
    ref = rows.document[first]
    guest = np.array([f"guest-{number}" for number in ref], dtype=object)
    return pd.DataFrame(
        {
            "order_ref": ref,
            "placed_at": rows.moment[first],
            "channel": rows.channel[first],
            "region": rows.region[first],
            "customer": np.where(rows.customer[first] == "", guest, rows.customer[first]),
        }
    )


def _lines(rows: Rows, sale_rows: NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_ref": rows.document[sale_rows],
            "sku": rows.sku[sale_rows],
            "units": rows.units[sale_rows],
            "unit_price_cents": rows.price_cents[sale_rows],
        }
    )


def _credits(rows: Rows, matches: Matches, sale_rows: NDArray[np.int64], line_order: NDArray[np.int64]) -> pd.DataFrame:
    line_number = np.zeros(len(rows), dtype=np.int64)
    line_number[sale_rows] = _position_in_order(line_order)
    found = matches.found
    credits = pd.DataFrame(
        {
            "credit_ref": rows.document[matches.credit],
            "credited_at": rows.moment[matches.credit],
            "order_ref": pd.Series(rows.document[matches.sale], dtype=object).where(found, None),
            "line_number": pd.array(line_number[matches.sale], dtype="Int32"),
            "sku": rows.sku[matches.credit],
            "units": matches.units,
            "credit_cents": matches.units * rows.price_cents[matches.credit],
        }
    )
    credits.loc[~found, "line_number"] = pd.NA
    return credits.sort_values("credited_at", kind="stable", ignore_index=True)


def _position_in_order(line_order: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2, ... within each run of equal values."""
    index = np.arange(len(line_order))
    starts = np.flatnonzero(np.r_[True, line_order[1:] != line_order[:-1]]) if len(index) else index
    return np.asarray(index - np.repeat(starts, np.diff(np.r_[starts, len(index)])))


def _adjustments(rows: Rows) -> pd.DataFrame:
    where = rows.of(*ADJUSTMENTS)
    where = where[np.argsort(rows.moment[where], kind="stable")]
    units = rows.units[where]
    given = rows.taken_for[where] == "free_goods"
    return pd.DataFrame(
        {
            "adjusted_at": rows.moment[where],
            "sku": rows.sku[where],
            "units": np.where(given, -np.abs(units), units),
            "reason": rows.taken_for[where],
        }
    )


def _fees(rows: Rows, first: NDArray[np.int64]) -> pd.DataFrame:
    where = rows.of(FEE)
    where = where[np.argsort(rows.moment[where], kind="stable")]
    ref = pd.Series(rows.document[where], dtype=object)
    return pd.DataFrame(
        {
            "charged_at": rows.moment[where],
            "account": rows.account[where],
            "amount_cents": rows.cents[where],
            "order_ref": ref.where(ref.isin(set(rows.document[first])), None),
        }
    )
