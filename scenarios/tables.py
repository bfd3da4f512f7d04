"""Columns of CSV and Parquet files, checked a column at a time, with the row of each fault.

Rows are numbered as a spreadsheet numbers them: the header of a CSV file is row 1. In a Parquet file the
first row is 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from scenarios.errors import Mark, Problems, listed, nearest, shown

MOST_UNITS, MOST_CENTS = 100_000_000, 10**13
"""In one cell: the books count units in 32 bits, money in 64, and add up many."""

_SHOWN_ROWS = 5
"""Faulty rows of one column that are told one by one; the rest is counted."""


class Table:
    """The rows of one file.

    Attributes
    ----------
    frame : DataFrame
        The columns as they were read.
    rows : ndarray of int
        The number of each row in the file.
    """

    def __init__(self, path: str, frame: pd.DataFrame, rows: NDArray[np.int64], problems: Problems) -> None:
        self.path = path
        self.frame = frame
        self.rows = rows
        self._problems = problems

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self.frame.columns

    def texts(self, column: str, default: str | None = None) -> list[str]:
        """A column of names or texts; an empty cell is a fault unless there is a ``default``."""
        if not self.has(column):
            return [default or ""] * len(self)
        cells = self.frame[column]
        empty = (cells.isna() | (cells == "")).to_numpy(dtype=bool)
        if default is None:
            self.fault(column, empty, "is empty", accepted="a value in each row")
        filled = cells.fillna("").astype(str)
        return [cell or default or "" for cell in filled.tolist()]

    def indices(
        self, column: str, known: Mapping[str, int] | None, kind: str, *, default: int | None = None
    ) -> NDArray[np.int32]:
        """Positions of a column of names, -1 where there is a fault; ``known`` None leaves them unchecked."""
        if not self.has(column):
            return np.full(len(self), 0 if default is None else default, dtype=np.int32)
        cells = self.frame[column]
        if known is None:
            return np.zeros(len(self), dtype=np.int32)
        found = _positions(list(known), cells)
        positions = np.fromiter(known.values(), dtype=np.int32, count=len(known))
        result = np.where(found >= 0, positions[found] if len(positions) else -1, -1).astype(np.int32)
        missing = (cells.isna() | (cells == "")).to_numpy(dtype=bool)
        if default is not None:
            result[missing] = default
        else:
            self.fault(column, missing, "is empty", accepted=f"the name of a {kind}")
        self.fault(column, (found < 0) & ~missing, f"there is no {kind} {{value}}", known=known)
        return result

    def integers(
        self, column: str, *, default: int = 0, lowest: int | None = 0, highest: int = MOST_CENTS
    ) -> NDArray[np.int64]:
        """A column of whole numbers, of at least ``lowest`` unless that is None, no further from 0 than ``highest``."""
        numbers = self.numbers(column, default=default, lowest=lowest)
        whole = numbers == np.rint(numbers)
        self.fault(column, ~whole, "{value} does not fit", accepted="a whole number")
        beyond = np.abs(numbers) > highest
        self.fault(column, beyond, "{value} does not fit", accepted=f"a whole number up to {highest:,}")
        return np.where(whole & ~beyond, numbers, 0).astype(np.int64)

    def cents(self, column: str) -> NDArray[np.int64]:
        """A column of amounts with at most two decimals, as integers of minor units."""
        amounts = self.numbers(column) * 100
        rounded = np.rint(amounts)
        # A float holds 15 digits: two decimals of an amount below 10^11 are told exactly.
        exact = np.abs(amounts - rounded) < 1e-4
        self.fault(column, ~exact, "{value} does not fit", accepted="an amount with two decimals at most")
        beyond = amounts > MOST_CENTS
        self.fault(column, beyond, "{value} does not fit", accepted=f"an amount up to {MOST_CENTS // 100:,}")
        return np.where(beyond, 0, rounded).astype(np.int64)

    def numbers(self, column: str, *, default: float | None = None, lowest: float | None = 0) -> NDArray[np.float64]:
        """A column of finite numbers; an empty cell is ``default``, or a fault."""
        if not self.has(column):
            return np.full(len(self), default or 0.0)
        cells = self.frame[column]
        numbers = np.array(pd.to_numeric(cells, errors="coerce"), dtype=np.float64)
        empty = (cells.isna() | (cells == "")).to_numpy(dtype=bool)
        if default is not None:
            numbers[empty] = default
        wrong = ~np.isfinite(numbers)
        accepted = "a number" if lowest is None else f"a number of {lowest:g} or more"
        if lowest is not None:
            wrong |= numbers < lowest
        self.fault(column, wrong, "{value} does not fit", accepted=accepted)
        return np.where(wrong, 0.0, numbers)

    def unique(self, *columns: str) -> None:
        """Report rows that repeat the values of these columns."""
        if all(self.has(column) for column in columns):
            again = self.frame.duplicated(subset=list(columns)).to_numpy(dtype=bool)
            self.fault(columns[-1], again, "{value} is given twice", accepted=f"each {' and '.join(columns)} once")

    def fault(
        self,
        column: str,
        where: NDArray[np.bool_],
        message: str,
        *,
        accepted: str | None = None,
        known: Iterable[str] | None = None,
    ) -> None:
        """Report the rows ``where`` something is wrong; ``{value}`` in the message stands for the cell."""
        bad = np.flatnonzero(where)
        cells = self.frame[column]
        for index in bad[:_SHOWN_ROWS].tolist():
            value = cells.iloc[index]
            value = None if value is None or value is pd.NA or value != value else value
            text = message.replace("{value}", "an empty cell" if value is None else shown(_plain(value)))
            row = int(self.rows[index])
            self._problems.add(
                Mark(self.path, row),
                column,
                f"row {row}: {text}",
                value=value,
                accepted=accepted,
                known=known,
            )
        if len(bad) > _SHOWN_ROWS:
            rest = len(bad) - _SHOWN_ROWS
            row = int(self.rows[bad[_SHOWN_ROWS]])
            text = f"{rest} more {'row' if rest == 1 else 'rows'} like these, from row {row} on"
            self._problems.add(Mark(self.path, row), column, text)


def read_table(
    path: Path,
    mark: Mark,
    key: str,
    problems: Problems,
    *,
    needed: Sequence[str],
    optional: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> Table | None:
    """The columns ``needed`` and ``optional`` of a file, or None if it cannot be used.

    Columns among ``texts`` stay text whatever they look like: an SKU keeps its leading zeros. Other columns
    of the file are ignored, unless they look like a typo of one that is missing.
    """
    name = str(path)
    try:
        frame, rows, bad = _read(path, [*needed, *optional], texts)
    except FileNotFoundError:
        near = nearest(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else None
        problems.add(mark, key, f"there is no file {name}", value=path.name, known=[near] if near else None)
        return None
    except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        problems.add(mark, key, f"{name} cannot be read: {reason}", value=path.name, accepted="CSV or Parquet")
        return None
    for row, expected, actual in bad[:_SHOWN_ROWS]:
        problems.add(Mark(name, row), "", f"row {row}: has {actual} columns instead of {expected}")
    missing = [column for column in needed if column not in frame.columns]
    for column in missing:
        problems.add(
            Mark(name, 1),
            column,
            "there is no such column",
            value=column,
            known=frame.attrs["columns"],
            accepted=listed([*needed, *optional]),
        )
    for column in frame.attrs["columns"]:
        near = nearest(column, [c for c in optional if c not in frame.columns])
        if column not in needed and column not in optional and near is not None:
            problems.add(Mark(name, 1), column, "unknown column", value=column, known=[near])
    return None if missing else Table(name, frame, rows, problems)


_BadRow = tuple[int, int, int]


def _read(
    path: Path, columns: Sequence[str], texts: Sequence[str]
) -> tuple[pd.DataFrame, NDArray[np.int64], list[_BadRow]]:
    if path.suffix.lower() in (".parquet", ".pq"):
        header = list(pa_parquet.read_schema(path).names)
        data = pa_parquet.read_table(path, columns=[c for c in columns if c in header])
        for column in texts:
            if column in data.column_names:
                data = _as_text(data, column)
        bad, first = list[_BadRow](), 1
    else:
        data, header, bad = _read_csv(path, columns, texts)
        first = 2
    frame = data.to_pandas()
    frame.attrs["columns"] = header
    rows = _row_numbers(len(frame), first, [row for row, *_ in bad])
    blank = frame.isna().all(axis="columns").to_numpy()
    return (frame[~blank].reset_index(drop=True), rows[~blank], bad) if blank.any() else (frame, rows, bad)


def _as_text(data: pa.Table, column: str) -> pa.Table:
    position = data.column_names.index(column)
    return data.set_column(position, column, data[column].cast(pa.string()))


def _read_csv(path: Path, columns: Sequence[str], texts: Sequence[str]) -> tuple[pa.Table, list[str], list[_BadRow]]:
    bad: list[_BadRow] = []

    def skip(row: Any) -> str:
        bad.append((int(row.number), row.expected_columns, row.actual_columns))
        return "skip"

    with path.open(encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    data = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(use_threads=False),  # threads lose the numbers of bad rows
        parse_options=pa_csv.ParseOptions(
            ignore_empty_lines=len(header) == 1, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={column: pa.string() for column in texts},
            include_columns=[column for column in columns if column in header],
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return data, header, bad


def _row_numbers(count: int, first: int, skipped: list[int]) -> NDArray[np.int64]:
    """File row of each kept row, when the rows ``skipped`` were left out."""
    every = np.arange(first, first + count + len(skipped), dtype=np.int64)
    return every[~np.isin(every, skipped)][:count] if skipped else every


def _positions(known: list[str], cells: pd.Series[Any]) -> NDArray[np.int64]:
    """Position of each cell among the known names, -1 where it is not one of them."""
    return np.asarray(pd.Index(known, dtype=object).get_indexer(pd.Index(cells, dtype=object)))


def _plain(value: Any) -> Any:
    """A cell as a user would write it: no NumPy types, and no decimals where there are none."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
