"""The plain order CSV that any shop can write."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scenarios.errors import ScenarioError
from scenarios.importers.importing import import_orders
from scenarios.importers.options import ImportOptions
from scenarios.importers.registry import formats
from scenarios.importers.report import ControlTotal, ImportReport

SAMPLE = Path(__file__).resolve().parents[2] / "scenarios/library/examples/orders_csv_sample.csv"
BERLIN = ImportOptions(timezone="Europe/Berlin", region="Germany")


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> tuple[Path, ImportReport]:
    out = tmp_path_factory.mktemp("import") / "shop"
    return out, import_orders(SAMPLE, "orders-csv", out, BERLIN)


def table(imported, name: str) -> pd.DataFrame:
    return pd.read_parquet(imported[0] / f"{name}.parquet")


def faults(tmp_path: Path, text: str, options: ImportOptions = BERLIN) -> list[str]:
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        import_orders(tmp_path / "orders.csv", "orders-csv", tmp_path / "out", options)
    assert not (tmp_path / "out").exists()
    return [str(problem).replace(str(tmp_path), "") for problem in caught.value.problems]


def test_both_formats_are_known():
    assert ["online-retail", "orders-csv"] == list(formats())


def test_classes(imported):
    classes = {name: total for name, total in imported[1].classes.items() if total.rows}

    assert {
        "sale": ControlTotal(5, 34, 1_700 + 1_290 + 5_100 + 26_400 + 850),
        "credit_matched": ControlTotal(2, -5, -4_400 - 850),
        "stock_adjustment_down": ControlTotal(1, -3, 0),
        "stock_adjustment_up": ControlTotal(1, 10, 0),
        "free_goods": ControlTotal(1, 24, 0),
        "fee": ControlTotal(1, 1, 495),
    } == classes
    assert imported[1].reconciles


def test_a_return_names_its_order_or_is_found_by_customer(imported):
    credits = table(imported, "credits")[["credit_ref", "order_ref", "line_number", "units"]]

    assert [("R-0001", "A-1003", 0, 4), ("A-1002", "A-1002", 0, 1)] == list(credits.itertuples(index=False, name=None))


def test_times_with_an_offset_are_brought_to_the_local_clock(imported):
    orders = table(imported, "orders").set_index("order_ref")

    assert pd.Timestamp("2026-03-29 12:30") == orders["placed_at"]["A-1004"]  # summer time since 02:00


def test_channels_and_currency_of_the_file_enter_the_scenario(imported):
    text = (imported[0] / "scenario.yaml").read_text()

    assert {"web", "trade"} == set(table(imported, "orders")["channel"])
    assert "\n  trade:\n" in text
    assert "currency: EUR" in text
    assert "EUR" == imported[1].currency


def test_only_five_columns_are_needed(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order_ref,placed_at,sku,units,unit_price\n1,2026-01-05 10:00,007,2,3.50\n2,2026-01-05 10:00,1e3,1,9\n"
    )
    report = import_orders(tmp_path / "orders.csv", "orders-csv", tmp_path / "out", BERLIN)

    assert (2, 2, 1_600) == (report.orders, report.guest_orders, report.classes["sale"].cents)
    lines = pd.read_parquet(tmp_path / "out/lines.parquet")
    assert ["007", "1e3"] == lines["sku"].tolist()
    assert {"Germany"} == set(pd.read_parquet(tmp_path / "out/orders.parquet")["region"])


def test_own_regions(tmp_path):
    (tmp_path / "regions.csv").write_text("name,latitude,longitude,population\nKreuzberg,52.5,13.4,150000\n")
    (tmp_path / "orders.csv").write_text(
        "order_ref,placed_at,sku,units,unit_price,region\n1,2026-01-05 10:00,A,2,3.50,Kreuzberg\n"
    )
    options = ImportOptions(timezone="Europe/Berlin", regions=tmp_path / "regions.csv")
    import_orders(tmp_path / "orders.csv", "orders-csv", tmp_path / "out", options)

    assert "Kreuzberg,52.5,13.4,150000" in (tmp_path / "out/regions.csv").read_text()


def test_an_unknown_region_is_an_error_with_the_nearest_name(tmp_path):
    text = "order_ref,placed_at,sku,units,unit_price,region\n1,2026-01-05 10:00,A,2,3.50,Germani\n"

    assert [
        "/orders.csv:2: region: 'Germani' has no place (1 rows); did you mean 'Germany'?; "
        "accepted: a country, or a name of the CSV file given as option `regions`"
    ] == faults(tmp_path, text)


def test_faults_name_row_column_value_and_what_is_accepted(tmp_path):
    text = (
        "order_ref,placed_at,sku,units,unit_price,kind,currency\n"
        "1,2026-01-05,A,2,3.50,,EUR\n"
        "2,2026-01-05 10:00,A,two,3.50,retrun,EUR\n"
        "3,2026-01-05 10:00,A,2,,,USD\n"
    )

    assert [
        "/orders.csv:2: placed_at: row 2: not accepted ('2026-01-05'); "
        "accepted: a local time such as 2026-11-27 08:26, or with an offset",
        "/orders.csv:3: units: row 3: not accepted ('two'); "
        "accepted: a whole number such as 6 or -6, up to 100,000,000",
        "/orders.csv:3: kind: row 3: no such kind ('retrun'); did you mean 'return'?; "
        "accepted: one of sale, return, adjustment, fee, or nothing",
        "/orders.csv:4: unit_price: row 4: no value; "
        "accepted: a price in decimal notation such as 2.55, up to 10,000,000",
        "/orders.csv:4: currency: row 4: another currency ('USD'); accepted: EUR in every row: import one at a time",
    ] == faults(tmp_path, text)


def test_missing_columns(tmp_path):
    messages = faults(tmp_path, "order,placed_at,sku,unit,unit_price\n1,2026-01-05 10:00,A,2,3.50\n")

    assert ["order_ref", "units"] == [message.split(": ")[1] for message in messages]
    assert "did you mean 'unit'?" in messages[1]
