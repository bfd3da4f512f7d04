"""The real file, to the unit and the penny; it is not part of the project and may be absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.importers.importing import import_orders
from scenarios.importers.report import ControlTotal, ImportReport

FILE = Path(__file__).resolve().parents[3] / "shared/data/online_retail.parquet"

pytestmark = pytest.mark.skipif(
    not FILE.is_file(),
    reason="the Online Retail data is not committed; put it at ../shared/data to run these",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> tuple[Path, ImportReport]:
    out = tmp_path_factory.mktemp("import") / "real"
    return out, import_orders(FILE, "online-retail", out)


def table(imported, name: str) -> pd.DataFrame:
    return pd.read_parquet(imported[0] / f"{name}.parquet")


def test_every_sale_enters(imported):
    report = imported[1]

    assert ControlTotal(233_056, 2_429_993, 452_342_270) == report.classes["sale"]
    assert (9_357, 815, 3_489) == (report.orders, report.guest_orders, report.skus_sold)
    lines = table(imported, "lines")
    assert 233_056 == len(lines)
    assert 9_357 == len(table(imported, "orders")) == lines["order_ref"].nunique()
    assert 452_342_270 == (lines["units"].astype(np.int64) * lines["unit_price_cents"]).sum()


def test_oddities_of_the_orders(imported):
    report = imported[1]

    assert 33 == report.orders_over_several_minutes
    assert 1_234 == report.orders_sharing_a_minute
    assert 3_718 == report.lines_repeating_a_sku
    assert report.largest_line == (
        "74,215 of 23166 on 541431 at 2011-01-18T10:01:00; 74,215 taken back, first at 2011-01-18T10:17:00"
    )


def test_credit_notes(imported):
    credits = imported[1].credits

    assert (1_750, 4_062, 126_372, 18_166_688) == (credits.notes, credits.lines, credits.units, credits.cents)
    assert (108_380, 17_992) == (credits.matched_units, credits.unmatched_units)
    assert 79_812 == credits.units_within_24_hours
    # 193 of them by more than a penny
    assert (3_250, 194) == (credits.matches, credits.matches_at_another_price)
    entries = table(imported, "credits")
    assert (126_372, 18_166_688) == (entries["units"].sum(), entries["credit_cents"].sum())
    assert 108_380 == entries["units"][entries["order_ref"].notna()].sum()


def test_no_match_takes_more_than_was_sold_nor_comes_before_the_sale(imported):
    orders, lines, credits = (table(imported, name) for name in ("orders", "lines", "credits"))
    lines["line_number"] = lines.groupby("order_ref").cumcount()
    matched = credits[credits["order_ref"].notna()].astype({"line_number": int})
    joined = matched.merge(lines, on=["order_ref", "line_number"], suffixes=("", "_sold"), validate="m:1").merge(
        orders, on="order_ref", validate="m:1"
    )

    assert len(matched) == len(joined)
    assert (joined["sku"] == joined["sku_sold"]).all()
    assert (joined["credited_at"] >= joined["placed_at"]).all()
    taken = joined.groupby(["order_ref", "line_number"]).agg({"units": "sum", "units_sold": "first"})
    assert (taken["units"] <= taken["units_sold"]).all()


def test_every_other_row_has_its_class(imported):
    classes = imported[1].classes

    assert (737, -111_780) == (classes["stock_adjustment_down"].rows, classes["stock_adjustment_down"].units)
    zero_price_fees = 5
    assert 676 == classes["stock_adjustment_up"].rows + classes["free_goods"].rows + zero_price_fees
    assert 0 == classes["unclassified"].rows
    assert ControlTotal(240_007, 2_226_700, 427_514_393) == imported[1].total
    assert imported[1].reconciles
    assert 240_007 == len(table(imported, "rows"))


def test_no_order_falls_on_a_saturday_and_noon_is_the_peak(imported):
    placed = table(imported, "orders")["placed_at"].dt

    assert 5 not in set(placed.day_of_week)
    assert 12 == placed.hour.value_counts().idxmax()


def test_orders_are_sorted_and_those_of_one_minute_keep_their_order(imported):
    orders = table(imported, "orders")
    rows = table(imported, "rows")
    first_row = rows[rows["class"] == "sale"].groupby("document")["row"].min()
    key = pd.DataFrame({"at": orders["placed_at"], "row": first_row.reindex(orders["order_ref"]).to_numpy()})

    assert key.sort_values(["at", "row"]).index.tolist() == list(range(len(orders)))
