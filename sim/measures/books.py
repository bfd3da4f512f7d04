"""The books of one run as a database: what a measure is a function of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sim.calendar import Calendar
from sim.measures.facts import DERIVED
from sim.measures.local_days import local_day_sql
from sim.measures.run_folder import read_manifest
from sim.run_files import BOOKS

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

_NO_FORECASTS = (
    "SELECT NULL::BIGINT AS time_ms, NULL::BIGINT AS until_ms, NULL::VARCHAR AS node, NULL::VARCHAR AS sku, "
    "NULL::DOUBLE AS expected_units, NULL::DOUBLE AS sold_units, NULL::DOUBLE AS naive_units WHERE false"
)
"""The book of forecasts of a run without a forecaster, in SQL."""


class Books:
    """The three records of truth of one run, to be read only: what a measure is a function of.

    `frame` and `value` take SQL over the views ``events``, ``ledger``, ``journal``, ``decisions`` and ``forecasts`` and
    over the tables derived from them (`sim.measures.facts`), each of which is made when a query first names
    it. The macros ``warm_up_ms()``, ``end_ms()``, ``drain_until_ms()``, ``local_day(ms)`` and
    ``counts_at_ms(captured, promised)`` are at hand.

    Parameters
    ----------
    folder
        Where the run was written.
    threads
        How many threads queries may use; None leaves that to DuckDB. Results do not depend on it.

    Attributes
    ----------
    manifest : dict
        What the run said about itself.
    warm_up_ms, end_ms, drain_until_ms : int
        When measuring starts, when demand ends, when the run stops.
    calendar : Calendar
        Between local time and milliseconds since the start.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.folder = Path(folder)
        self.threads = threads
        self.manifest = read_manifest(self.folder)
        self.warm_up_ms = int(self.manifest["warm_up_ms"])
        self.end_ms = int(self.manifest["end_ms"])
        self.drain_until_ms = int(self.manifest["drain_until_ms"])
        self.calendar = Calendar(_start(self.manifest))
        self._derived: set[str] = set()

    @property
    def window_ms(self) -> int:
        """How long orders are measured: from the end of the warm-up to the end of demand."""
        return self.end_ms - self.warm_up_ms

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """A private in-memory database whose views read the run's files; nothing is written to the folder."""
        import duckdb

        # An extension is never needed here, and none should be fetched behind the user's back.
        config: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": False}
        if self.threads is not None:
            config["threads"] = self.threads
        connection = duckdb.connect(config=config)
        connection.execute("SET enable_progress_bar = false")
        for book in BOOKS:
            path = str(self.folder / f"{book}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {book} AS SELECT * FROM read_parquet('{path}')")
        forecasts = self.folder / "forecasts.parquet"
        path = str(forecasts).replace("'", "''")
        rows = f"SELECT * FROM read_parquet('{path}')" if forecasts.is_file() else _NO_FORECASTS
        connection.execute(f"CREATE VIEW forecasts AS {rows}")
        for name in ("warm_up_ms", "end_ms", "drain_until_ms"):
            connection.execute(f"CREATE MACRO {name}() AS {getattr(self, name)}::BIGINT")
        by_promise = self.manifest.get("cohort") == "promise"
        moment = "coalesce(promised, captured)" if by_promise else "captured"
        connection.execute(f"CREATE MACRO counts_at_ms(captured, promised) AS {moment}")
        connection.execute(f"CREATE MACRO local_day(ms) AS {local_day_sql(self.calendar, self.drain_until_ms)}")
        return connection

    def query(self, sql: str, **params: Any) -> duckdb.DuckDBPyConnection:
        """Run ``sql`` with ``$name`` parameters, after making the derived tables that it names."""
        self._derive(sql)
        return self.connection.execute(sql, params or None)

    def frame(self, sql: str, **params: Any) -> pd.DataFrame:
        """The rows that ``sql`` returns."""
        return self.query(sql, **params).df()

    def value(self, sql: str, **params: Any) -> float:
        """The single number that ``sql`` returns; NULL is NaN."""
        row = self.query(sql, **params).fetchone()
        return float("nan") if row is None or row[0] is None else float(row[0])

    def has(self, name: str) -> bool:
        """Whether a table of this name was kept."""
        return name in self._derived

    def keep(self, name: str, table: pa.Table) -> None:
        """Make a table that was derived from the books known to later queries."""
        self._derived.add(name)
        self.connection.register(name, table)

    def make(self, name: str, sql: str) -> None:
        """Make a table of what ``sql`` returns, once."""
        if name not in self._derived:
            self._derive(sql)
            self._derived.add(name)
            self.connection.execute(f"CREATE TEMP TABLE {name} AS {sql}")

    def _derive(self, sql: str) -> None:
        named = set(re.findall(r"\w+", sql))
        for name, making in DERIVED.items():
            if name not in named or name in self._derived:
                continue
            self._derived.add(name)
            self._derive(making)
            self.connection.execute(f"CREATE TEMP TABLE {name} AS {making}")


def _start(manifest: Mapping[str, Any]) -> datetime:
    start = datetime.fromisoformat(manifest["start"])
    try:
        return start.astimezone(ZoneInfo(manifest["timezone"]))
    except (KeyError, ValueError, ZoneInfoNotFoundError):  # a fixed offset has no name to look up
        return start
