"""A file that cannot be imported: one report of all that is wrong, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scenarios.errors import ScenarioError
from scenarios.importers import importing
from scenarios.importers.importing import import_orders
from scenarios.importers.options import ImportOptions

SAMPLE = Path(__file__).resolve().parents[2] / "scenarios/library/examples/online_retail_sample.csv"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
GOOD = "1,85123A,HEART,6,12/1/10 8:26,2.55,17850,United Kingdom\n"


def faults(file: Path, format: str = "online-retail", options: ImportOptions | None = None) -> list[str]:
    """What the import of ``file`` complains of; checks that it leaves no folder."""
    out = file.parent / "new" / "out"
    with pytest.raises(ScenarioError) as caught:
        import_orders(file, format, out, options)
    assert not out.parent.exists()
    return [str(problem).replace(str(file.parent), "") for problem in caught.value.problems]


def written(tmp_path: Path, text: str, name: str = "orders.csv") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_a_truncated_parquet_file(tmp_path):
    pd.read_csv(SAMPLE, dtype=str).to_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (message,) = faults(tmp_path / "cut.parquet")

    assert message.startswith("/cut.parquet: not readable as Parquet")
    assert "a copy that was cut short must be copied again" in message


def test_a_truncated_gzip(tmp_path):
    pd.read_csv(SAMPLE, dtype=str).to_csv(tmp_path / "whole.csv.gz", index=False)
    whole = (tmp_path / "whole.csv.gz").read_bytes()
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-200])
    (message,) = faults(tmp_path / "cut.csv.gz")

    assert message.startswith("/cut.csv.gz: not readable as CSV")


def test_a_csv_cut_within_a_row(tmp_path):
    file = written(tmp_path, HEADER + GOOD + "2,85123A,HEART,6,12/1/1")

    assert [
        "/orders.csv:3: InvoiceDate: row 3: not accepted ('12/1/1'); "
        "accepted: a date such as 12/1/10 8:26 (month/day/year hour:minute)",
        "/orders.csv:3: UnitPrice: row 3: no value; "
        "accepted: a price in decimal notation such as 2.55, up to 10,000,000",
    ] == faults(file)


def test_a_csv_that_bears_the_name_of_a_parquet_file(tmp_path):
    (message,) = faults(written(tmp_path, HEADER + GOOD, "orders.parquet"))

    assert "not readable as Parquet" in message


@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.csv.gz"])
def test_an_empty_file(tmp_path, name: str):
    assert [f"/{name}: an empty file; accepted: a file with a header and at least one row"] == faults(
        written(tmp_path, "", name)
    )


def test_a_header_without_rows(tmp_path):
    assert ["/orders.csv: no rows; accepted: at least one row beneath the column names"] == faults(
        written(tmp_path, HEADER)
    )


def test_an_empty_parquet_table(tmp_path):
    pd.read_csv(SAMPLE, dtype=str).head(0).to_parquet(tmp_path / "none.parquet")

    assert ["/none.parquet: no rows; accepted: at least one row beneath the column names"] == faults(
        tmp_path / "none.parquet"
    )


def test_all_mistyped_values_in_one_report(tmp_path):
    file = written(
        tmp_path,
        HEADER
        + "1,85123A,HEART,six,12/1/10 8:26,2.55,17850,United Kingdom\n"
        + "2,85123A,HEART,6,31/12/10 8:26,2.55,17850,United Kingdom\n"
        + "3,85123A,HEART,1.5,12/1/10 8:26,GBP 2,17850,United Kingdom\n"
        + "4,,HEART,99999999999,12/1/10 8:26,inf,17850,United Kingdom\n",
    )
    places = [message.split(";")[0] for message in faults(file)]

    assert [
        "/orders.csv:2: Quantity: row 2: not accepted ('six')",
        "/orders.csv:3: InvoiceDate: row 3: not accepted ('31/12/10 8:26')",
        "/orders.csv:4: Quantity: row 4: not accepted ('1.5')",
        "/orders.csv:4: UnitPrice: row 4: not accepted ('GBP 2')",
        "/orders.csv:5: StockCode: row 5: no value",
        "/orders.csv:5: Quantity: row 5: not accepted ('99999999999')",
        "/orders.csv:5: UnitPrice: row 5: not accepted ('inf')",
    ] == places


def test_a_column_of_text_is_told_in_a_few_lines(tmp_path):
    frame = pd.read_csv(SAMPLE, dtype=str)
    frame["Quantity"] = "many"
    frame.to_parquet(tmp_path / "text.parquet")
    messages = faults(tmp_path / "text.parquet")

    assert 6 == len(messages)
    assert "/text.parquet:1: Quantity: row 1: not accepted ('many')" == messages[0].split(";")[0]
    assert "/text.parquet:6: Quantity: row 6 and on: 58 more such values" == messages[5]


def test_columns_of_other_types_in_parquet(tmp_path):
    frame = pd.read_csv(SAMPLE, dtype=str)
    frame["Quantity"] = True
    frame["UnitPrice"] = pd.Timestamp("2011-01-01")
    frame.to_parquet(tmp_path / "odd.parquet")
    columns = {message.split(": ")[1] for message in faults(tmp_path / "odd.parquet")}

    assert {"Quantity", "UnitPrice"} == columns


def test_missing_columns_with_the_nearest_of_the_file(tmp_path):
    messages = faults(written(tmp_path, HEADER.replace("Quantity", "Quantitty").replace("Country", "Land") + GOOD))

    assert 2 == len(messages)
    assert "Quantity: no such column" in messages[0]
    assert "did you mean 'Quantitty'?" in messages[0]
    assert "Country: no such column" in messages[1]


def test_a_row_with_too_many_values(tmp_path):
    (message,) = faults(written(tmp_path, HEADER + GOOD + "2," + GOOD))

    assert "not readable as CSV" in message
    assert "line 3" in message


def test_a_file_of_another_kind_or_none_at_all(tmp_path):
    assert ["/orders.xlsx: a .xlsx file; accepted: one of .parquet, .csv, .csv.gz"] == faults(
        written(tmp_path, "x", "orders.xlsx")
    )
    written(tmp_path, GOOD, "orders.csv")
    (message,) = faults(tmp_path / "oders.csv")

    assert "/oders.csv: no such file; did you mean 'orders.csv'?" == message.split("; accepted")[0]


def test_a_file_without_sales(tmp_path):
    file = written(tmp_path, HEADER + "C1,85123A,HEART,-6,12/1/10 8:26,2.55,17850,United Kingdom\n")

    assert ["/orders.csv: none of its 1 rows is a sale; accepted: at least one sale"] == faults(file)


def test_an_unknown_format_or_template_and_impossible_options(tmp_path):
    file = written(tmp_path, HEADER + GOOD)

    assert "did you mean 'online-retail'?" in faults(file, "online-retial")[0]
    assert "did you mean 'online-retail'?" in faults(file, options=ImportOptions(template="online-retial"))[0]
    options = ImportOptions(timezone="Europe/Londn", cost_bp=20_000, weight_kg=0)
    assert ["timezone", "cost_bp", "weight_kg"] == [message.split(": ")[1] for message in faults(file, options=options)]
    assert "has no supplier" in faults(file, options=ImportOptions(suppliers=("humber-import",)))[0]


def test_what_is_there_is_not_written_over_unless_told(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("precious")
    with pytest.raises(ScenarioError, match="is already there"):
        import_orders(SAMPLE, "online-retail", out)

    assert "precious" == (out / "mine.txt").read_text()

    import_orders(SAMPLE, "online-retail", out, ImportOptions(overwrite=True))

    assert not (out / "mine.txt").exists()
    assert (out / "scenario.yaml").is_file()
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


def test_a_failure_while_writing_leaves_what_was_there(tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "scenario.yaml").write_text("old")

    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(importing, "write_report", full_disk)
    with pytest.raises(OSError, match="no space"):
        import_orders(SAMPLE, "online-retail", out, ImportOptions(overwrite=True))

    assert "old" == (out / "scenario.yaml").read_text()
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["cut.csv", "cut.csv.gz", "cut.parquet"])
def test_wherever_a_file_is_cut_it_is_read_or_refused_in_words(tmp_path, name: str):
    frame = pd.read_csv(SAMPLE, dtype=str)
    if name.endswith(".parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_csv(tmp_path / name, index=False)
    whole = (tmp_path / name).read_bytes()
    for end in range(0, len(whole), max(1, len(whole) // 25)):
        (tmp_path / name).write_bytes(whole[:end])
        out = tmp_path / f"out-{end}"
        try:
            import_orders(tmp_path / name, "online-retail", out)
        except ScenarioError:
            assert not out.exists()


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "noise.csv.gz").write_bytes(bytes(range(256)) * 20)

    assert faults(tmp_path / "noise.csv")
    assert "not readable as CSV" in faults(tmp_path / "noise.csv.gz")[0]


def test_values_that_no_order_bears(tmp_path):
    frame = pd.read_csv(SAMPLE, dtype=str).head(2).astype({"Quantity": object})
    frame["Quantity"] = [["6", "7"], ["8"]]
    frame["InvoiceDate"] = pd.to_datetime(["1066-10-14 09:00", "2011-03-22 08:26"], format="ISO8601")
    frame.to_parquet(tmp_path / "odd.parquet")

    assert ["InvoiceDate", "Quantity", "Quantity"] == sorted(
        message.split(": ")[1] for message in faults(tmp_path / "odd.parquet")
    )


def test_two_columns_of_one_name(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["Quantity", "Quantity"]), tmp_path / "two.parquet")

    assert "Multiple matches for FieldRef.Name(Quantity)" in faults(tmp_path / "two.parquet")[0]
