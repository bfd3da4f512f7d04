"""An imported scenario's folder, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scenarios.errors import Mark, Problems
from scenarios.importers.calibrate import Calibration
from scenarios.importers.orders import TraceTables
from scenarios.importers.report import ImportReport
from scenarios.importers.rows import Rows
from scenarios.yaml_source import dump_yaml
from sim.run_files import SCENARIO

HEADER = """\
# Written by an import. report.md says what each row was taken for and by which rules the gaps were filled.
# This file may be edited: what it does not say comes from the scenario that it extends.

"""
TRACE_FILES = ("orders", "lines", "credits", "adjustments", "fees")
TEXT, TIME, COUNT, CENTS = pa.string(), pa.timestamp("s"), pa.int32(), pa.int64()
SCHEMAS = {
    "orders": {"order_ref": TEXT, "placed_at": TIME, "channel": TEXT, "region": TEXT, "customer": TEXT},
    "lines": {"order_ref": TEXT, "sku": TEXT, "units": COUNT, "unit_price_cents": CENTS},
    "credits": {
        "credit_ref": TEXT,
        "credited_at": TIME,
        "order_ref": TEXT,
        "line_number": COUNT,
        "sku": TEXT,
        "units": COUNT,
        "credit_cents": CENTS,
    },
    "adjustments": {"adjusted_at": TIME, "sku": TEXT, "units": COUNT, "reason": TEXT},
    "fees": {"charged_at": TIME, "account": TEXT, "amount_cents": CENTS, "order_ref": TEXT},
    "rows": {
        "row": CENTS,
        "class": TEXT,
        "reason": TEXT,
        "note": TEXT,
        "document": TEXT,
        "sku": TEXT,
        "units": CENTS,
        "cents": CENTS,
        "account": TEXT,
    },
}
"""The columns of every Parquet file, with their types; times are local and bear no zone."""


@contextmanager
def new_folder(out: Path, overwrite: bool) -> Iterator[Path]:
    """A folder to write into that becomes ``out`` if the block ends well, and vanishes if it does not."""
    check_free(out, overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield work
        work.chmod(0o755)
        _take_place(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check_free(out: Path, overwrite: bool) -> None:
    """Refuse to write over what is there, unless told to; what is no folder is never replaced."""
    if not out.exists() or (out.is_dir() and (overwrite or not any(out.iterdir()))):
        return
    problems = Problems()
    problems.add(Mark(str(out)), "", "is already there", accepted="a new folder, or the option to overwrite")
    problems.raise_if_any()


def _take_place(work: Path, out: Path) -> None:
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
        os.replace(out, old)
        os.replace(work, out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(work, out)


def write_scenario(
    folder: Path,
    header: dict[str, Any],
    calibration: Calibration,
    regions: pd.DataFrame,
    trace: TraceTables,
) -> None:
    """Write ``scenario.yaml`` and the tables that it names."""
    calibration.products.to_csv(folder / "products.csv", index=False)
    regions.to_csv(folder / "regions.csv", index=False)
    stock = calibration.sections["stock"]
    if len(calibration.extra_stock):
        calibration.extra_stock.to_csv(folder / "stock.csv")
        stock = {"extra": "stock.csv", **stock}
    for name in TRACE_FILES:
        _parquet(getattr(trace, name), name, folder)
    sections = {
        **header,
        **calibration.sections,
        "stock": stock,
        "products": {"table": "products.csv"},
        "regions": {"table": "regions.csv"},
        "trace": {name: f"{name}.parquet" for name in TRACE_FILES},
    }
    text = HEADER + _lists_on_one_line(dump_yaml(sections))
    (folder / SCENARIO).write_text(text, encoding="utf-8")


def _lists_on_one_line(text: str) -> str:
    """The 24 hours of a day are easier to read side by side."""

    def join(found: re.Match[str]) -> str:
        return f" [{', '.join(re.findall(r'- (.*)', found[0]))}]"

    return re.sub(r"(?:\n +- [\d.]+(?=\n))+", join, text)


def write_report(folder: Path, report: ImportReport, rows: Rows) -> None:
    """Write the report, to read and to compute with, and what each row was taken for."""
    (folder / "report.md").write_text(report.to_markdown(), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8")
    frame = pd.DataFrame(
        {
            "row": range(rows.first_row, rows.first_row + len(rows)),
            "class": rows.taken_for,
            "reason": rows.reason,
            "note": rows.note,
            "document": rows.document,
            "sku": rows.sku,
            "units": rows.units,
            "cents": rows.cents,
            "account": rows.account,
        }
    )
    _parquet(frame, "rows", folder)


def _parquet(frame: pd.DataFrame, name: str, folder: Path) -> None:
    schema = pa.schema(list(SCHEMAS[name].items()))
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), folder / f"{name}.parquet", compression="zstd")
