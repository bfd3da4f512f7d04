"""The resolved scenario: one file that loads again to the same world, without what it extended or overrode.

A run's folder keeps it. Short tables become part of the file; long ones are copied beside it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from scenarios.catalogue import REGION_COLUMNS, REGION_OPTIONS
from scenarios.load import Loaded
from scenarios.sources import folder_of
from scenarios.yaml_source import dump_yaml

TABLES = "tables"
"""The folder of copied tables, beside the resolved file."""

_INLINE_ROWS = 1_000
_INLINE = {("regions", "table"): (REGION_COLUMNS, REGION_OPTIONS)}
"""Of tables whose columns are the keys of the schema: those that they have, and those that they may have."""
_TABLES = (
    ("products", "table"),
    ("regions", "table"),
    ("stock", "table"),
    ("stock", "extra"),
    ("trace", "orders"),
    ("trace", "lines"),
    ("trace", "credits"),
    ("trace", "adjustments"),
    ("trace", "fees"),
)


def write_resolved(loaded: Loaded, path: Path) -> Path:
    """Write the resolved scenario to ``path``, and the tables that it needs to ``tables/`` beside it.

    Returns
    -------
    Path
        The file, which `scenarios.load.load` reads back as an identical world.
    """
    data = dict(loaded.resolved)
    path.parent.mkdir(parents=True, exist_ok=True)
    for keys in _TABLES:
        source = _table_path(loaded, keys)
        if source is None:
            continue
        rows = _short_rows(source, keys)
        if rows is not None:
            data[keys[0]] = rows
        else:
            copy = path.parent / TABLES / f"{keys[0]}-{keys[1]}{source.suffix}"
            copy.parent.mkdir(exist_ok=True)
            if source.resolve() != copy.resolve():
                shutil.copyfile(source, copy)
            data[keys[0]] = {**data[keys[0]], keys[1]: f"{TABLES}/{copy.name}"}
    text = dump_yaml(data)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


def _table_path(loaded: Loaded, keys: tuple[str, str]) -> Path | None:
    found = loaded.tree.get(*keys)
    if found is None or not isinstance(found.value, str):
        return None
    return folder_of(found.mark) / found.value


def _short_rows(source: Path, keys: tuple[str, str]) -> list[dict[str, Any]] | None:
    """The rows of a table that is short enough, and whose columns are the keys of the schema."""
    if keys not in _INLINE:
        return None
    needed, optional = _INLINE[keys]
    if source.suffix.lower() == ".csv":
        texts = dict.fromkeys(("name", *optional), "string")
        options = pa_csv.ConvertOptions(
            include_columns=[*needed, *optional], include_missing_columns=True, column_types=texts
        )
        table = pa_csv.read_csv(source, convert_options=options)
    else:
        there = pa_parquet.read_schema(source).names
        table = pa_parquet.read_table(source, columns=[*needed, *(column for column in optional if column in there)])
    if len(table) > _INLINE_ROWS:
        return None
    return [{key: value for key, value in row.items() if value or key in needed} for row in table.to_pylist()]
