"""What an import made of a file: counts and control totals by class, matches, oddities, assumptions."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.importers.orders import TraceTables
from scenarios.importers.rows import CLASSES, CREDITS, SALE, UNCLASSIFIED, Rows

UNCLASSIFIED_SHOWN = 50
DAY = np.timedelta64(24, "h")


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """Rows, units and money (minor units), with the file's signs; money is units times rounded price."""

    rows: int
    units: int
    cents: int


@dataclass(frozen=True, slots=True)
class CreditTotals:
    """How the credit notes fared. Units and money are positive here."""

    notes: int
    lines: int
    units: int
    cents: int
    matched_units: int
    unmatched_units: int
    unmatched_cents: int
    units_within_24_hours: int
    matches: int
    matches_at_another_price: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import. ``to_dict`` is what ``report.json`` holds, ``to_markdown`` ``report.md``."""

    file: str
    format: str
    currency: str
    first_moment: str
    last_moment: str
    total: ControlTotal
    classes: dict[str, ControlTotal]
    orders: int
    guest_orders: int
    skus_sold: int
    products: int
    regions: int
    orders_over_several_minutes: int
    orders_sharing_a_minute: int
    lines_repeating_a_sku: int
    largest_line: str
    credits: CreditTotals
    fees: dict[str, ControlTotal]
    notes: dict[str, int]
    skus_that_differ_in_case: tuple[tuple[str, ...], ...]
    unclassified: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def reconciles(self) -> bool:
        """Whether the classes add up to the file, in rows, units and money."""
        parts = self.classes.values()
        sums = ControlTotal(
            sum(part.rows for part in parts),
            sum(part.units for part in parts),
            sum(part.cents for part in parts),
        )
        return sums == self.total

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"reconciles": self.reconciles}

    def to_markdown(self) -> str:
        """A page to read."""
        from scenarios.importers.report_page import page

        return page(self)


def summarise(
    rows: Rows,
    trace: TraceTables,
    products: int,
    regions: int,
    origin: dict[str, str],
    assumptions: list[str],
) -> ImportReport:
    """Count what an import made of ``rows``; ``origin`` has the keys file, format and currency."""
    orders, lines = trace.orders, trace.lines
    fee_rows = rows.account != ""
    accounts = sorted(set(rows.account[fee_rows]))
    notes = Counter(note for text in rows.note[rows.note != ""] for note in text.split("; "))
    minute = orders["placed_at"].to_numpy().astype("datetime64[m]")
    unclassified = rows.of(UNCLASSIFIED)
    spanning = _minutes_per_order(rows) > 1
    return ImportReport(
        file=origin["file"],
        format=origin["format"],
        currency=origin["currency"],
        first_moment=str(rows.moment.min()),
        last_moment=str(rows.moment.max()),
        total=_total(rows, np.ones(len(rows), dtype=bool)),
        classes={name: _total(rows, rows.taken_for == name) for name in CLASSES},
        orders=len(orders),
        guest_orders=int(orders["customer"].str.startswith("guest-").sum()),
        skus_sold=int(lines["sku"].nunique()),
        products=products,
        regions=regions,
        orders_over_several_minutes=int(spanning.sum()),
        orders_sharing_a_minute=int(pd.Series(minute).duplicated(keep=False).sum()),
        lines_repeating_a_sku=int(lines.duplicated(["order_ref", "sku"]).sum()),
        largest_line=_largest_line(rows, trace),
        credits=_credit_totals(rows, trace),
        fees={name: _total(rows, fee_rows & (rows.account == name)) for name in accounts},
        notes=dict(sorted(notes.items())),
        skus_that_differ_in_case=_case_variants(lines["sku"]),
        unclassified=tuple(_described(rows, row) for row in unclassified[:UNCLASSIFIED_SHOWN].tolist()),
        assumptions=tuple(assumptions),
    )


def _total(rows: Rows, where: Any) -> ControlTotal:
    return ControlTotal(int(np.count_nonzero(where)), int(rows.units[where].sum()), int(rows.cents[where].sum()))


def _minutes_per_order(rows: Rows) -> pd.Series[int]:
    sales = rows.of(SALE)
    minute = rows.moment[sales].astype("datetime64[m]").astype(np.int64)
    return pd.Series(minute).groupby(rows.document[sales]).nunique()


def _credit_totals(rows: Rows, trace: TraceTables) -> CreditTotals:
    where = rows.of(*CREDITS)
    matches = trace.matches
    found = matches.found
    credit, sale, units = matches.credit[found], matches.sale[found], matches.units[found]
    placed = trace.orders.set_index("order_ref")["placed_at"]
    sold_at = placed.reindex(rows.document[sale]).to_numpy()
    lost = matches.units[~found]
    return CreditTotals(
        notes=len(set(rows.document[where])),
        lines=len(where),
        units=int(np.abs(rows.units[where]).sum()),
        cents=int(np.abs(rows.cents[where]).sum()),
        matched_units=int(units.sum()),
        unmatched_units=int(lost.sum()),
        unmatched_cents=int((lost * rows.price_cents[matches.credit[~found]]).sum()),
        units_within_24_hours=int(units[rows.moment[credit] - sold_at <= DAY].sum()),
        matches=int(found.sum()),
        matches_at_another_price=int((rows.price_cents[credit] != rows.price_cents[sale]).sum()),
    )


def _largest_line(rows: Rows, trace: TraceTables) -> str:
    if not len(trace.sale_rows):
        return "none"
    row = int(trace.sale_rows[np.argmax(rows.units[trace.sale_rows])])
    text = f"{rows.units[row]:,} of {rows.sku[row]} on {rows.document[row]} at {rows.moment[row]}"
    back = trace.matches.credit[trace.matches.sale == row]
    if len(back):
        units = int(trace.matches.units[trace.matches.sale == row].sum())
        text += f"; {units:,} taken back, first at {rows.moment[back].min()}"
    return text


def _case_variants(skus: pd.Series[str]) -> tuple[tuple[str, ...], ...]:
    distinct = pd.Series(sorted(set(skus)), dtype=object)
    groups = distinct.groupby(distinct.str.casefold())
    return tuple(tuple(group) for _, group in groups if len(group) > 1)


def _described(rows: Rows, row: int) -> str:
    return (
        f"row {row + rows.first_row}: {rows.document[row]} {rows.sku[row]} {rows.name[row]!r}, "
        f"{rows.units[row]} at {rows.price_cents[row]} cents, customer {rows.customer[row] or 'none'}"
    )
