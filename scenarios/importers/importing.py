"""From an order export to a scenario folder."""

from __future__ import annotations

from pathlib import Path

from scenarios.errors import Mark, Problems
from scenarios.importers.calibrate import calibrate
from scenarios.importers.options import ImportOptions
from scenarios.importers.orders import build_trace
from scenarios.importers.regions import known_regions, place_regions, regions_of
from scenarios.importers.registry import format_named
from scenarios.importers.report import ImportReport, summarise
from scenarios.importers.rows import SALE, Rows
from scenarios.importers.template import Template
from scenarios.importers.write import check_free, new_folder, write_report, write_scenario


def import_orders(file: Path, format: str, out: Path, options: ImportOptions | None = None) -> ImportReport:
    """Turn ``file`` into a scenario folder ``out``.

    Parameters
    ----------
    file : Path
        The export: Parquet, CSV or gzipped CSV.
    format : str
        A name of `scenarios.importers.registry.formats`.
    out : Path
        The folder to make; it appears whole or not at all.
    options : ImportOptions, optional
        Rules that fill what the export leaves out.

    Returns
    -------
    ImportReport
        What each row was taken for, with control totals.

    Raises
    ------
    ScenarioError
        With every problem of the file or the options; nothing is left behind.
    """
    options = options or ImportOptions()
    options.check()
    check_free(out, options.overwrite)
    chosen = format_named(format)
    template = Template(options.template)
    rows = chosen.read(file, options)
    known = known_regions(options.regions)
    place_regions(rows, file, known, strict=rows.strict_regions)
    _expect_sales(rows, file)
    trace = build_trace(rows, options.timezone)
    calibration = calibrate(rows, trace, template, options)
    regions = regions_of(trace.orders["region"], known)
    report = summarise(
        rows,
        trace,
        len(calibration.products),
        len(regions),
        {"file": file.name, "format": format, "currency": rows.currency or template.currency},
        calibration.assumptions,
    )
    header = {
        "name": out.name,
        "description": f"{report.orders:,} orders of {file.name}, imported as {format}; see report.md.",
        "extends": template.reference(out),
    }
    with new_folder(out, options.overwrite) as folder:
        write_scenario(folder, header, calibration, regions, trace)
        write_report(folder, report, rows)
    return report


def _expect_sales(rows: Rows, file: Path) -> None:
    if len(rows.of(SALE)):
        return
    problems = Problems()
    problems.add(Mark(str(file)), "", f"none of its {len(rows):,} rows is a sale", accepted="at least one sale")
    problems.raise_if_any()
