"""The hand-made sample has every kind of dirt of the real data; what is asserted here was counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from scenarios.importers.importing import import_orders
from scenarios.importers.options import ImportOptions
from scenarios.importers.report import ControlTotal, ImportReport

SAMPLE = Path(__file__).resolve().parents[2] / "scenarios/library/examples/online_retail_sample.csv"


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> tuple[Path, ImportReport]:
    out = tmp_path_factory.mktemp("import") / "sample"
    return out, import_orders(SAMPLE, "online-retail", out)


def table(imported, name: str) -> pd.DataFrame:
    return pd.read_parquet(imported[0] / f"{name}.parquet")


def test_each_class_has_the_rows_units_and_pence_counted_by_hand(imported):
    expected = {
        "sale": ControlTotal(29, 50_235, 5_273_065),
        "credit_matched": ControlTotal(6, -50_032, -5_209_800),
        "credit_partly_matched": ControlTotal(1, -6, -2_550),
        "credit_unmatched": ControlTotal(3, -7, -1_575),
        "stock_adjustment_down": ControlTotal(3, -15, 0),
        "stock_adjustment_up": ControlTotal(1, 60, 0),
        "free_goods": ControlTotal(3, 4, 0),
        "fee": ControlTotal(16, 7, -44_129),
        "unclassified": ControlTotal(1, -4, -1_180),
    }

    assert expected == imported[1].classes
    assert ControlTotal(63, 242, 13_831) == imported[1].total
    assert imported[1].reconciles


def test_orders_by_time_then_by_place_in_the_file(imported):
    orders = table(imported, "orders")

    assert 21 == len(orders)
    assert 4 == imported[1].guest_orders
    assert ["600001", "600002", "600003", "600004"] == orders["order_ref"][:4].tolist()
    assert "guest-600003" == orders["customer"][2]
    assert 4 == imported[1].orders_sharing_a_minute


def test_an_order_of_several_minutes_is_placed_at_its_first(imported):
    orders = table(imported, "orders").set_index("order_ref")

    assert pd.Timestamp("2011-03-22 10:02") == orders["placed_at"]["600004"]
    assert 1 == imported[1].orders_over_several_minutes


def test_lines_keep_their_order_and_repeat_a_sku(imported):
    lines = table(imported, "lines")
    first = lines[lines["order_ref"] == "600001"]

    assert [("85123A", 6, 255), ("71053", 6, 339), ("85123A", 2, 255)] == list(
        first[["sku", "units", "unit_price_cents"]].itertuples(index=False, name=None)
    )
    assert 2 == imported[1].lines_repeating_a_sku


def test_prices_are_rounded_to_the_penny_half_up_in_exact_decimals(imported):
    lines = table(imported, "lines").set_index("order_ref")

    assert [13, 101] == lines["unit_price_cents"]["600014"].tolist()  # 0.125 and 1.005


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        pytest.param("C600011", [("600010", 0, 50_000, 5_200_000)], id="giant line, minutes later"),
        pytest.param("C600013", [(None, None, 5, 825)], id="before the sale"),
        pytest.param("C600016", [("600005", 0, 6, 2_250), ("600012", 0, 2, 750)], id="over two sales"),
        pytest.param("C600017", [(None, None, 1, 495)], id="guest"),
        pytest.param(
            "C600018",
            [(None, None, 1, 255), ("600001", 0, 6, 1_530), ("600001", 2, 1, 255)],
            id="code in another case, and two lines of one order",
        ),
        pytest.param("C600019", [("600002", 0, 1, 1_095)], id="at another price"),
        pytest.param("C600021", [("600020", 0, 10, 950)], id="in the minute of the sale"),
        pytest.param("C600030", [("600012", 0, 4, 1_700), (None, None, 2, 850)], id="more than was left"),
        pytest.param("C600043", [("600037", 0, 5, 2_475), ("600038", 0, 1, 495)], id="over the clock change"),
    ],
)
def test_credit_notes_find_their_sales(imported, credit: str, expected: list):
    credits = table(imported, "credits")
    own = credits[credits["credit_ref"] == credit]
    found = [
        (ref if isinstance(ref, str) else None, None if pd.isna(number) else int(number), units, cents)
        for ref, number, units, cents in zip(own["order_ref"], own["line_number"], own["units"], own["credit_cents"])
    ]

    assert expected == found


def test_credit_totals(imported):
    credits = imported[1].credits

    assert (9, 10, 50_045, 5_213_925) == (credits.notes, credits.lines, credits.units, credits.cents)
    assert (50_036, 9, 2_425) == (credits.matched_units, credits.unmatched_units, credits.unmatched_cents)
    assert 50_012 == credits.units_within_24_hours
    assert (10, 2) == (credits.matches, credits.matches_at_another_price)


def test_adjustments_are_signed_as_the_stock_moves(imported):
    adjustments = table(imported, "adjustments")[["sku", "units", "reason"]]

    assert [
        ("22423", -1, "free_goods"),
        ("84970S", -12, "stock_adjustment_down"),
        ("22734", 60, "stock_adjustment_up"),
        ("DCGS0055", -1, "stock_adjustment_down"),
        ("22841", -1, "free_goods"),
        ("22162", -2, "free_goods"),
        ("71053", -2, "stock_adjustment_down"),
    ] == list(adjustments.itertuples(index=False, name=None))


def test_fees_by_account(imported):
    assert {
        "bank_charges": -2_245,
        "carriage_income": 11_399,
        "discounts_given": -2_750,
        "gift_vouchers": 3_334,
        "manual_adjustments": -798,
        "marketplace_fees": -50_010,
        "samples": -3_305,
        "sundry_sales": 246,
    } == {name: total.cents for name, total in imported[1].fees.items()}
    assert -44_129 == table(imported, "fees")["amount_cents"].sum()


def test_a_fee_on_an_order_names_it(imported):
    fees = table(imported, "fees")

    assert ["600001", "600002", "600003"] == fees["order_ref"][:3].tolist()
    assert fees["order_ref"][fees["account"] == "marketplace_fees"].isna().all()


def test_regions_come_from_the_orders_first_line(imported):
    orders = table(imported, "orders").set_index("order_ref")["region"]

    assert "Australia" == orders["600042"]
    assert "Unspecified" == orders["600041"]  # no country
    assert "Unspecified" == orders["600045"]  # a country cut short
    assert 2 == imported[1].notes["its country is not in the table"]
    assert ["Australia", "EIRE", "France", "Germany", "United Kingdom", "Unspecified"] == pd.read_csv(
        imported[0] / "regions.csv"
    )["name"].tolist()


def test_each_row_is_told_with_its_number_class_and_reason(imported):
    rows = table(imported, "rows")

    assert list(range(2, 65)) == rows["row"].tolist()
    assert ("sale", "a product with a price, sold") == tuple(rows.loc[0, ["class", "reason"]])
    assert ("unclassified", "no rule fits") == tuple(rows.loc[rows["document"] == "600035"].iloc[0][1:3])
    assert rows["reason"].ne("").all()
    assert imported[1].unclassified[0].startswith("row 53: 600035 22086")


def test_oddities_are_told(imported):
    assert (("85123A", "85123a"),) == imported[1].skus_that_differ_in_case
    assert 1 == imported[1].notes["at this local time the clock was being changed"]
    assert 1 == imported[1].notes["fee code in lower case"]
    assert "50,000 of 23166 on 600010" in imported[1].largest_line
    assert "50,000 taken back, first at 2011-03-23T10:17:00" in imported[1].largest_line


def test_every_sku_that_moves_is_a_product(imported):
    products = pd.read_csv(imported[0] / "products.csv", dtype=str).set_index("sku")
    moved = {sku for name in ("lines", "credits", "adjustments") for sku in table(imported, name)["sku"]}

    assert moved == set(products.index)
    assert "2.55" == products["price"]["85123A"]
    assert "1.28" == products["cost"]["85123A"]  # half of it, rounded half up
    assert "WHITE HANGING HEART T-LIGHT HOLDER" == products["name"]["85123A"]
    assert "0" == products["demand_weight"]["23166"]  # taken back within a day: no demand
    assert products["supplier"]["85123A"] == products["supplier"]["85123a"]


def test_report_files_say_the_same(imported):
    out, report = imported

    assert report.to_dict() == json.loads((out / "report.json").read_text()) | {
        "skus_that_differ_in_case": report.skus_that_differ_in_case,
        "unclassified": report.unclassified,
        "assumptions": report.assumptions,
    }
    page = (out / "report.md").read_text()
    assert "The classes add up to the file." in page
    assert "| sale | a product sold: an order line | 29 | 50,235 | 5,273,065 |" in page


def test_the_rules_can_be_overridden(tmp_path):
    options = ImportOptions(cost_bp=2_500, weight_kg=0.5, suppliers=("humber-imports",), opening_days=10)
    import_orders(SAMPLE, "online-retail", tmp_path / "out", options)
    products = pd.read_csv(tmp_path / "out/products.csv", dtype=str).set_index("sku")

    assert ("0.64", "0.5") == tuple(products.loc["85123A", ["cost", "weight_kg"]])
    assert {"humber-imports"} == set(products["supplier"])
    assert "days_of_cover: 10d" in (tmp_path / "out/scenario.yaml").read_text()


def test_parquet_and_gzip_of_the_same_rows_give_the_same_scenario(imported, tmp_path):
    frame = pd.read_csv(SAMPLE, dtype={"StockCode": str, "InvoiceNo": str})
    frame.to_parquet(tmp_path / "sample.parquet")
    frame.to_csv(tmp_path / "sample.csv.gz", index=False)
    for name in ("sample.parquet", "sample.csv.gz"):
        out = tmp_path / name.replace(".", "_")
        report = import_orders(tmp_path / name, "online-retail", out)

        assert imported[1].classes == report.classes
        for file in ("orders", "lines", "credits", "adjustments", "fees"):
            pd.testing.assert_frame_equal(table(imported, file), pd.read_parquet(out / f"{file}.parquet"))


def test_the_columns_of_the_successor_are_taken_too(imported, tmp_path):
    text = SAMPLE.read_text().replace("InvoiceNo,", "Invoice,").replace("UnitPrice,CustomerID", "Price,Customer ID")
    (tmp_path / "two.csv").write_text(text)

    assert imported[1].classes == import_orders(tmp_path / "two.csv", "online-retail", tmp_path / "out").classes


def test_times_and_numbers_of_a_typed_parquet_file(imported, tmp_path):
    frame = pd.read_csv(SAMPLE, dtype={"StockCode": str, "InvoiceNo": str})
    frame["InvoiceDate"] = pd.to_datetime(frame["InvoiceDate"], format="%m/%d/%y %H:%M")
    frame["Quantity"] = frame["Quantity"].astype(float)
    frame.to_parquet(tmp_path / "typed.parquet")

    assert imported[1].classes == import_orders(tmp_path / "typed.parquet", "online-retail", tmp_path / "o").classes
