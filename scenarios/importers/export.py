"""The file an importer reads: opened, decoded, its columns checked value by value.

Values are parsed once per distinct value, so that a quarter of a million rows take a fraction of a second
and each odd one is still met by plain Python that can say what is wrong with it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.errors import Mark, Problems, ScenarioError, listed, shown

SUFFIXES = (".parquet", ".csv", ".csv.gz")
SHOWN_PER_COLUMN = 5
"""Bad values listed one by one for each column; the rest is one line with their number."""

_LARGEST_UNITS = 100_000_000
_LARGEST_PRICE = Decimal(10_000_000)
BROKEN_TEXT = (ValueError, EOFError, OSError, zlib.error)
"""What reading a damaged CSV raises; pandas' own errors and those of decoding are ValueErrors."""

_FLOAT_ID = re.compile(r"\d+\.0")
_INTEGER = re.compile(r"[+-]?\d+(\.0+)?")


class Export:
    """An order file's rows, with checked access to its columns.

    Rows are numbered as a spreadsheet does: the header of a CSV is row 1; a Parquet file begins with row 1.

    What is wrong is collected in ``problems``; call `stop_on_problems` when all columns have been asked for.
    """

    def __init__(self, file: Path, frame: pd.DataFrame, first_row: int, renamed: Mapping[str, str]) -> None:
        self.file = file
        self.frame = frame.rename(columns=dict(renamed))
        self.first_row = first_row
        self.problems = Problems()

    def __len__(self) -> int:
        return len(self.frame)

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def require(self, columns: Sequence[str]) -> None:
        """Say which of ``columns`` the file lacks, with the nearest of its own names, and stop if any."""
        present = [str(name) for name in self.frame.columns]
        for column in columns:
            if column not in present:
                self.problems.add(
                    Mark(str(self.file), 1 if self.first_row > 1 else 0),
                    column,
                    f"no such column; the file has {listed(present)}",
                    value=column,
                    accepted=f"a file with the columns {', '.join(columns)}",
                    known=present,
                )
        self.stop_on_problems()

    def text(self, column: str, default: str | None = None) -> pd.Series[str]:
        """A column as stripped text; a missing value takes ``default`` or, without one, is a problem."""
        return self._parsed(column, _as_text, "a text that is not empty", default).astype(str)

    def ids(self, column: str, default: str) -> pd.Series[str]:
        """As `text`, but 17850.0 is 17850: a column of numbers with gaps was once stored as floats."""
        return self._parsed(column, _as_id, "an id", default).astype(str)

    def integers(self, column: str) -> NDArray[np.int64]:
        """A column of whole numbers."""
        parsed = self._parsed(
            column, _as_integer, f"a whole number such as 6 or -6, up to {_LARGEST_UNITS:,}", None, broken=0
        )
        return parsed.to_numpy(dtype=np.int64)

    def cents(self, column: str) -> NDArray[np.int64]:
        """A column of prices, each rounded to the minor unit, half away from zero, in exact decimals."""
        accepted = f"a price in decimal notation such as 2.55, up to {_LARGEST_PRICE:,}"
        return self._parsed(column, _as_cents, accepted, None, broken=0).to_numpy(dtype=np.int64)

    def numbers(self, column: str, low: float, high: float) -> NDArray[np.float64]:
        """A column of numbers from ``low`` to ``high``."""

        def parse(value: Any) -> float | None:
            try:
                number = float(value)
            except ValueError:
                return None
            return number if low <= number <= high else None

        accepted = f"a number from {low:g} to {high:g}"
        return self._parsed(column, parse, accepted, None, broken=0.0).to_numpy(dtype=np.float64)

    def moments(self, column: str, parse: Callable[[str], datetime | None], accepted: str) -> NDArray[np.datetime64]:
        """A column of local times without zone, to the second."""

        def as_moment(value: Any) -> datetime | None:
            if isinstance(value, datetime):
                return parse(value.isoformat(timespec="seconds"))
            return parse(str(value).strip())

        parsed = self._parsed(column, as_moment, accepted, None, broken=datetime(1970, 1, 1))
        return pd.to_datetime(parsed).to_numpy(dtype="datetime64[s]")

    def report(
        self,
        rows: NDArray[np.int64],
        column: str,
        message: str,
        accepted: str,
        known: Sequence[str] | None = None,
    ) -> None:
        """List the values of ``column`` at ``rows`` (positions) as problems: the first few, then how many."""
        values = self.frame[column].to_numpy()
        for row in rows[:SHOWN_PER_COLUMN].tolist():
            value = values[row]
            missing = pd.api.types.is_scalar(value) and pd.isna(value)
            value = None if missing else str(value)
            found = "no value" if value is None else f"{message} ({shown(value)})"
            self.problems.add(
                self._mark(row),
                column,
                f"{self._row(row)}: {found}",
                value=value,
                accepted=accepted,
                known=known,
            )
        if len(rows) > SHOWN_PER_COLUMN:
            row = int(rows[SHOWN_PER_COLUMN])
            more = len(rows) - SHOWN_PER_COLUMN
            self.problems.add(self._mark(row), column, f"{self._row(row)} and on: {more:,} more such values")

    def stop_on_problems(self) -> None:
        """Raise one `ScenarioError` with all that was found."""
        self.problems.raise_if_any()

    def _mark(self, row: int) -> Mark:
        return Mark(str(self.file), row + self.first_row)

    def _row(self, row: int) -> str:
        return f"row {row + self.first_row}"

    def _parsed(
        self,
        column: str,
        parse: Callable[[Any], Any],
        accepted: str,
        default: Any,
        broken: Any = "",
    ) -> pd.Series[Any]:
        try:
            codes, distinct = pd.factorize(self.frame[column])
        except TypeError:  # lists and mappings in Parquet
            codes, distinct = pd.factorize(self.frame[column].map(repr))
        results = [parse(value) for value in distinct]
        if default is not None:
            results = [default if result is None else result for result in results]
        missing = default  # code -1, pandas' sign for no value, reads the last entry
        results.append(missing)
        bad_value = np.array([result is None for result in results])
        bad_rows = np.flatnonzero(bad_value[codes])
        if len(bad_rows):
            self.report(bad_rows, column, "not accepted", accepted)
        filled = pd.Series([broken if result is None else result for result in results])
        return filled.take(codes % len(results)).reset_index(drop=True)


def open_export(file: Path, aliases: Mapping[str, str] | None = None) -> Export:
    """Read ``file``.

    Parameters
    ----------
    file : Path
        A Parquet file, or a CSV in UTF-8 (or Windows-1252, as old exports are), which may be gzipped.
    aliases : mapping of str to str, optional
        Other names that a column may bear -> its name; used where the file has the one and lacks the other.

    Raises
    ------
    ScenarioError
        If there is no such file, it is of another kind, empty, cut short or damaged.
    """
    kind = next((suffix for suffix in SUFFIXES if file.name.lower().endswith(suffix)), None)
    if not file.is_file():
        accepted = f"an existing file ({', '.join(SUFFIXES)})"
        raise _unreadable(file, "no such file", accepted, _neighbours(file))
    if kind is None:
        raise _unreadable(file, f"a {file.suffix or 'nameless'} file", f"one of {', '.join(SUFFIXES)}")
    if file.stat().st_size == 0:
        raise _unreadable(file, "an empty file", "a file with a header and at least one row")
    frame = _read_parquet(file) if kind == ".parquet" else _read_csv(file)
    if frame.empty:
        raise _unreadable(file, "no rows", "at least one row beneath the column names")
    renamed = {old: new for old, new in (aliases or {}).items() if old in frame.columns and new not in frame.columns}
    return Export(file, frame, first_row=1 if kind == ".parquet" else 2, renamed=renamed)


def _read_parquet(file: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame: pd.DataFrame = pq.read_table(file).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        accepted = "a complete Parquet file; a copy that was cut short must be copied again"
        raise _unreadable(file, f"not readable as Parquet ({_first_line(error)})", accepted) from error
    return frame


def _read_csv(file: Path) -> pd.DataFrame:
    try:
        return _parse_csv(file, "utf-8-sig")
    except UnicodeDecodeError:
        pass
    except BROKEN_TEXT as error:
        raise _bad_csv(file, error) from error
    try:
        return _parse_csv(file, "cp1252")
    except BROKEN_TEXT as error:
        raise _bad_csv(file, error) from error


def _parse_csv(file: Path, encoding: str) -> pd.DataFrame:
    # Only an empty field is a missing one: "NA" may be a customer, "nan" is nobody's quantity.
    return pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""], encoding=encoding)


def _bad_csv(file: Path, error: Exception) -> ScenarioError:
    accepted = "comma-separated text with a header, complete to its last line"
    return _unreadable(file, f"not readable as CSV ({_first_line(error)})", accepted)


def _unreadable(file: Path, message: str, accepted: str, known: Sequence[str] | None = None) -> ScenarioError:
    problems = Problems()
    problems.add(Mark(str(file)), "", message, value=file.name, accepted=accepted, known=known)
    return ScenarioError(problems)


def _neighbours(file: Path) -> list[str]:
    try:
        return sorted(path.name for path in file.parent.iterdir() if path.name.lower().endswith(SUFFIXES))
    except OSError:
        return []


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__


def _as_text(value: Any) -> str | None:
    text = str(value).strip()
    return text or None


def _as_id(value: Any) -> str | None:
    text = _as_text(value)
    return text[:-2] if text is not None and _FLOAT_ID.fullmatch(text) else text


def _as_integer(value: Any) -> int | None:
    if isinstance(value, (bool, np.bool_)):
        return None
    text = str(value).strip()
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text.split(".")[0])
    return number if abs(number) <= _LARGEST_UNITS else None


def _as_cents(value: Any) -> int | None:
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        # str() of a float is its shortest exact spelling: 2.55 stays 2.55, as the shop wrote it.
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) > _LARGEST_PRICE:
        return None
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
