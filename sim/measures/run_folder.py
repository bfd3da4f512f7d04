"""The folder of a run, looked at before it is read: what is missing or damaged is told, and nothing is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sim.errors import RunError
from sim.run_files import BOOKS, MANIFEST

_NUMBERS = ("warm_up_ms", "end_ms", "drain_until_ms")
_COLUMNS = {
    "events": {"event", "time_ms", "kind", "order", "shipment", "line", "sku", "node", "channel", "actor", "reason"}
    | {"quantity", "value_cents", "due_ms"},
    "ledger": {"event", "time_ms", "kind", "sku", "from_node", "from_bucket", "to_node", "to_bucket"}
    | {"units", "value_cents"},
    "journal": {"event", "time_ms", "kind", "account", "node", "channel", "order", "amount_cents"},
    "decisions": {"event", "time_ms", "order", "shipment", "policy", "node", "runner_up", "gap_cents"},
}
"""What every query may name, by book."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the run in ``folder`` said about itself.

    Raises
    ------
    RunError
        If the folder holds no finished run, or one of which a file is missing, cannot be read or is another's: a book
        has the columns and the number of rows that the run wrote.
    """
    manifest = _manifest(folder)
    absent = [f"{book}.parquet" for book in BOOKS if not (folder / f"{book}.parquet").exists()]
    if absent:
        raise RunError(f"{folder} is not complete: {', '.join(absent)} missing")
    counters = manifest.get("counters")
    rows = counters.get("rows") if isinstance(counters, Mapping) else None
    for book in BOOKS:
        _check_book(folder, book, rows.get(book) if isinstance(rows, Mapping) else None)
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"{folder} holds no finished run: there is no {MANIFEST} in it") from None
    except (ValueError, RecursionError):
        raise RunError(f"{folder} is damaged: {MANIFEST} is no JSON; run the scenario again") from None
    if (
        not isinstance(manifest, dict)
        or not all(_is_whole(manifest.get(key)) for key in _NUMBERS)
        or _no_start(manifest)
    ):
        raise RunError(f"{folder} holds no run: {MANIFEST} does not say when it began and ended")
    return manifest


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_start(manifest: Mapping[str, Any]) -> bool:
    try:
        return datetime.fromisoformat(manifest.get("start", "")).tzinfo is None
    except (TypeError, ValueError):
        return True


def _check_book(folder: Path, book: str, rows: Any) -> None:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    name = f"{book}.parquet"
    try:
        with ParquetFile(folder / name) as file:
            columns, found = set(file.schema_arrow.names), file.metadata.num_rows
    except (ArrowException, OSError):
        raise RunError(
            f"{folder} is damaged: {name} is cut short, or no Parquet file; run the scenario again"
        ) from None
    lacking = sorted(_COLUMNS[book] - columns)
    if lacking:
        raise RunError(f"{folder} is damaged: {name} has no column {', '.join(lacking)}; run the scenario again")
    if rows is not None and rows != found:
        raise RunError(
            f"{folder} is damaged: {name} has {found:,} rows, and {MANIFEST} says {rows}; run the scenario again"
        )
