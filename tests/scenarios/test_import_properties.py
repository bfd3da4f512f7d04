"""Whatever the rows: one class each, nothing lost, no sale taken back twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.importers.importing import import_orders
from scenarios.importers.options import ImportOptions
from scenarios.importers.rows import CLASSES

START = datetime(2011, 3, 24)
SALE = ("1", "10001", 5, START, "1.00", "7", "United Kingdom")
COLUMNS = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]

ROW = st.tuples(
    st.sampled_from(["1", "2", "3", "4", "C1", "C2", "C3"]),
    st.sampled_from(["10001", "10001", "10002", "10002a", "POST", "M", "D", "gift_0001_10", "ODD"]),
    st.integers(-9, 9),
    st.integers(0, 5 * 24 * 6).map(lambda tens: START + timedelta(minutes=10 * tens)),
    st.sampled_from(["0", "0.00", "1", "0.125", "1.005", "2.5", "-1"]),
    st.sampled_from(["", "7", "8"]),
    st.sampled_from(["United Kingdom", "France", "Nowhere", ""]),
)


def pence(price: str) -> int:
    return int((Decimal(price) * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("import")


def run(folder, rows):
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["InvoiceDate"] = [at.strftime("%m/%d/%y %H:%M") for at in frame["InvoiceDate"]]
    frame["Description"] = "thing"
    frame.to_csv(folder / "orders.csv", index=False)
    report = import_orders(folder / "orders.csv", "online-retail", folder / "out", ImportOptions(overwrite=True))
    return report, {
        name: pd.read_parquet(folder / "out" / f"{name}.parquet") for name in ("rows", "orders", "lines", "credits")
    }


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(rows=st.lists(ROW, min_size=0, max_size=40))
def test_every_row_has_one_class_and_the_totals_are_those_of_the_file(folder, rows):
    rows = [SALE, *rows]
    report, tables = run(folder, rows)

    assert len(rows) == len(tables["rows"]) == sum(part.rows for part in report.classes.values())
    assert set(tables["rows"]["class"]) <= set(CLASSES)
    assert sum(row[2] for row in rows) == report.total.units
    assert sum(row[2] * pence(row[4]) for row in rows) == report.total.cents
    assert report.reconciles


@SETTINGS
@given(rows=st.lists(ROW, min_size=5, max_size=60))
def test_credit_notes_match_as_unit_by_unit(folder, rows):
    """The oracle moves one unit at a time through one queue for each customer and SKU."""
    rows = [SALE, *rows]
    _, tables = run(folder, rows)
    taken = tables["rows"]["class"].tolist()
    placed = tables["orders"].set_index("order_ref")["placed_at"]

    events = []
    for number, (row, name) in enumerate(zip(rows, taken)):
        if name == "sale":
            first = next(i for i, other in enumerate(rows) if other[0] == row[0] and taken[i] == "sale")
            # Among sales of one moment: the order that began first in the file, then its lines.
            events.append((placed[row[0]], 0, first, number))
        elif name.startswith("credit"):
            events.append((pd.Timestamp(row[3]), 1, number, number))
    queues: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    expected: defaultdict[tuple[str, str, str | None], int] = defaultdict(int)
    for *_, is_credit, _, number in sorted(events):
        document, sku, units, _, _, customer, _ = rows[number]
        if not is_credit:
            queues[customer, sku] += [document] * units
        else:
            for _ in range(-units):
                queue = queues[customer, sku]
                expected[document, sku, queue.pop(0) if customer and queue else None] += 1

    found: defaultdict[tuple[str, str, str | None], int] = defaultdict(int)
    for ref, sku, order, units in tables["credits"][["credit_ref", "sku", "order_ref", "units"]].itertuples(
        index=False
    ):
        found[ref, sku, order if isinstance(order, str) else None] += units
    assert expected == found


@SETTINGS
@given(rows=st.lists(ROW, min_size=5, max_size=60))
def test_no_more_is_taken_back_than_was_sold(folder, rows):
    report, tables = run(folder, [SALE, *rows])
    lines = tables["lines"].assign(line_number=lambda frame: frame.groupby("order_ref").cumcount())
    sold = lines.set_index(["order_ref", "line_number"])["units"]
    credits = tables["credits"]
    back = credits[credits["order_ref"].notna()].groupby(["order_ref", "line_number"])["units"].sum()

    assert (back <= sold.reindex(back.index)).all()
    assert report.credits.units == credits["units"].sum()
    assert report.credits.cents == credits["credit_cents"].sum()
    assert report.credits.matched_units + report.credits.unmatched_units == report.credits.units
