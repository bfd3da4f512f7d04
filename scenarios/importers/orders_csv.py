"""A plain order export: one row a line, with the columns that any shop can write. See docs/import.md."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.importers.dates import parse_moment
from scenarios.importers.export import Export, open_export
from scenarios.importers.options import ImportOptions
from scenarios.importers.registry import importer
from scenarios.importers.rows import (
    CREDIT_UNMATCHED,
    FEE,
    FREE_GOODS,
    SALE,
    STOCK_FOUND,
    STOCK_LOST,
    UNCLASSIFIED,
    Rows,
    objects,
)

REQUIRED = ("order_ref", "placed_at", "sku", "units", "unit_price")
KINDS = ("sale", "return", "adjustment", "fee")
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


@importer("orders-csv")
def read_order_csv(file: Path, options: ImportOptions) -> Rows:
    """Any shop's orders: order_ref, placed_at, sku, units, unit_price and what else it knows."""
    export = open_export(file)
    export.require(REQUIRED)
    rows = _columns(export, options)
    kind = _kinds(export)
    export.stop_on_problems()
    _classify(rows, kind)
    return rows


def _columns(export: Export, options: ImportOptions) -> Rows:
    def local_time(text: str) -> datetime | None:
        return parse_moment(text, DATE_FORMATS, options.timezone)

    def optional(column: str, default: str) -> NDArray[np.object_]:
        if column in export:
            return objects(export.text(column, default=default))
        return np.full(len(export), default, dtype=object)

    blank = np.full(len(export), "", dtype=object)
    return Rows(
        document=objects(export.text("order_ref")),
        moment=export.moments("placed_at", local_time, "a local time such as 2026-11-27 08:26, or with an offset"),
        sku=objects(export.text("sku")),
        name=optional("name", ""),
        units=export.integers("units"),
        price_cents=export.cents("unit_price"),
        customer=objects(export.ids("customer", default="")) if "customer" in export else blank.copy(),
        channel=optional("channel", options.channel),
        region=optional("region", options.region),
        taken_for=blank.copy(),
        reason=blank.copy(),
        account=blank.copy(),
        note=blank.copy(),
        first_row=export.first_row,
        currency=_currency(export),
        strict_regions=True,
    )


def _kinds(export: Export) -> NDArray[np.object_]:
    """The column ``kind``, empty where the row leaves it to its sign."""
    if "kind" not in export:
        return np.full(len(export), "", dtype=object)
    kind = objects(export.text("kind", default=""))
    lower = np.array([value.lower() for value in kind], dtype=object)
    wrong = np.flatnonzero(~np.isin(lower.astype(str), ("", *KINDS)))
    if len(wrong):
        export.report(wrong, "kind", "no such kind", f"one of {', '.join(KINDS)}, or nothing", KINDS)
    return lower


def _currency(export: Export) -> str:
    """The one currency of the file; more than one is a problem."""
    if "currency" not in export:
        return ""
    codes = objects(export.text("currency", default=""))
    stated = [code for code in dict.fromkeys(codes) if code]
    if len(stated) > 1:
        other = np.flatnonzero((codes != "") & (codes != stated[0]))
        export.report(other, "currency", "another currency", f"{stated[0]} in every row: import one at a time")
    return stated[0] if stated else ""


def _classify(rows: Rows, kind: NDArray[np.object_]) -> None:
    """By ``kind`` where a row states it, else by its sign and price."""
    units, price = rows.units, rows.price_cents
    rules: list[tuple[NDArray[np.bool_], str, str]] = [
        (kind == "fee", FEE, "kind is fee"),
        ((kind == "adjustment") & (units < 0), STOCK_LOST, "kind is adjustment, negative"),
        ((kind == "adjustment") & (units > 0), STOCK_FOUND, "kind is adjustment, positive"),
        ((kind == "return") & (units != 0) & (price >= 0), CREDIT_UNMATCHED, "kind is return"),
        ((kind == "") & (units < 0) & (price >= 0), CREDIT_UNMATCHED, "no kind, negative units"),
        (
            np.isin(kind.astype(str), ("", "sale")) & (units > 0) & (price > 0),
            SALE,
            "positive units and price",
        ),
        (
            np.isin(kind.astype(str), ("", "sale")) & (units > 0) & (price == 0),
            FREE_GOODS,
            "sold at no price",
        ),
        (np.ones(len(rows), dtype=bool), UNCLASSIFIED, "no rule fits"),
    ]
    for fits, taken_for, reason in rules:
        new = fits & (rows.taken_for == "")
        rows.taken_for[new] = taken_for
        rows.reason[new] = reason
    fees = rows.taken_for == FEE
    rows.account[fees] = rows.sku[fees]
    returned = (rows.taken_for == CREDIT_UNMATCHED) & (units > 0)
    rows.add_note(returned, "a return with positive units")
