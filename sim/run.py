"""The result of a run, read back from its folder: frames of the books, an order's story, the state at any
moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sim.errors import RunError
from sim.measures.books import Books
from sim.measures.consolidation import consolidated_balances, translation_by_period
from sim.measures.entities import entity_balances
from sim.measures.group_statement import eliminations_by_period, group_statement
from sim.measures.intercompany import intercompany_balances
from sim.measures.margins import margins
from sim.measures.moments import states_at, stock_at, trial_balance
from sim.measures.registry import compute
from sim.measures.series import over_time
from sim.measures.stories import with_consequences
from sim.run_files import HINDSIGHT, REFERENCES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Moment: TypeAlias = "int | str | datetime"
"""Milliseconds since the start, or a date and time; without a zone it is the scenario's local time."""
Filter: TypeAlias = "str | int | Iterable[str | int] | None"

# Columns that name a record by its number; -1 says that there is none.
_NUMBERS = ("order", "shipment", "line")


class Run:
    """A finished run, opened from its folder.

    Parameters
    ----------
    folder
        Where the run was written.
    threads
        How many threads queries may use; None leaves that to DuckDB.

    Raises
    ------
    RunError
        If the folder holds no finished run.

    Examples
    --------
    >>> run = Run.open("runs/baseline")  # doctest: +SKIP
    >>> run.kpis()["otif"]  # doctest: +SKIP
    0.957
    """

    def __init__(self, folder: Path | str, threads: int | None = None) -> None:
        self.folder = Path(folder)
        self.books = Books(self.folder, threads)
        self.manifest = self.books.manifest

    @classmethod
    def open(cls, path: Path | str, threads: int | None = None) -> Run:
        """The run that was written to ``path``."""
        return cls(path, threads)

    def __repr__(self) -> str:
        scenario, seed = self.manifest.get("scenario"), self.manifest.get("seed")
        return f"Run({str(self.folder)!r}, scenario={scenario!r}, seed={seed!r})"

    def events(
        self,
        kind: Filter = None,
        order: Filter = None,
        node: Filter = None,
        channel: Filter = None,
        sku: Filter = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """The event log.

        Parameters
        ----------
        kind, order, node, channel, sku
            Keep rows with this value, or with one of these values.
        since, until
            Keep rows from this moment on, and before that one.

        Returns
        -------
        DataFrame
            The file's columns after ``time`` (local), with ``due`` (local) for the promise that a row makes;
            names are categorical, missing numbers <NA>.
        """
        wanted = dict(kind=kind, order=order, node=node, channel=channel, sku=sku)
        return self._book("events", wanted, since, until)

    def ledger(
        self,
        kind: Filter = None,
        sku: Filter = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """The inventory ledger: every movement of stock, from where to where; arguments as in `events`."""
        return self._book("ledger", dict(kind=kind, sku=sku), since, until)

    def journal(
        self,
        kind: Filter = None,
        account: Filter = None,
        order: Filter = None,
        node: Filter = None,
        channel: Filter = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """The journal: every posting, debits positive and credits negative; arguments as in `events`."""
        wanted = dict(kind=kind, account=account, order=order, node=node, channel=channel)
        return self._book("journal", wanted, since, until)

    def decisions(
        self,
        order: Filter = None,
        policy: Filter = None,
        node: Filter = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """What each policy chose, its runner-up and the gap between them; arguments as in `events`."""
        return self._book("decisions", dict(order=order, policy=policy, node=node), since, until)

    def sql(self, query: str, **params: Any) -> pd.DataFrame:
        """The rows of a DuckDB query over ``events``, ``ledger``, ``journal``, ``decisions`` and derived
        tables.

        ``$name`` in the query stands for the keyword argument ``name``. The derived tables are ``orders``,
        ``lines``, ``shipments``, ``refusals``, ``purchases``, ``returned``, ``profit`` and ``stages``; their
        columns are told in `sim.measures.facts`.
        """
        return self.books.frame(query, **params)

    def timeline(self, order: int | str) -> pd.DataFrame:
        """One order's story over all agents, row by row.

        Parameters
        ----------
        order
            Its number, or the reference it bore in the file that it was imported from.

        Returns
        -------
        DataFrame
            The order's events with ``movement`` (what stock went where) and ``postings`` (what was booked),
            and ``posted_cents``, the sum of the debits of that row's entry.

        Raises
        ------
        RunError
            If there is no such order.
        """
        number = self._order_number(order)
        rows = self.events(order=number)
        if rows.empty:
            raise RunError(f"{self.folder} has no order {order!r}")
        return with_consequences(self.books, number, rows)

    def state_at(self, time: Moment) -> pd.DataFrame:
        """Every order that had arrived by ``time``, in the state that people saw then.

        Returns
        -------
        DataFrame
            ``order``, ``channel``, ``captured`` (local), ``age_hours`` and ``state``: that of the order's
            least advanced open piece, or, when none is open, how it ended.
        """
        frame = states_at(self.books, self.ms(time))
        frame.insert(2, "captured", self.local(frame.pop("captured_ms")))
        return frame

    def stock_at(self, time: Moment) -> pd.DataFrame:
        """Stock positions at ``time``, replayed from the ledger: ``node, sku, bucket, units``, none of them
        zero.

        Movements of that very moment are included.
        """
        return stock_at(self.books, self.ms(time))

    def balances(self, time: Moment | None = None) -> pd.DataFrame:
        """The trial balance after everything posted up to ``time`` (None: all of it).

        Returns
        -------
        DataFrame
            A row for each account: ``account, debit_cents, credit_cents, balance_cents``. The balances sum
            to 0.
        """
        return trial_balance(self.books, None if time is None else self.ms(time))

    def entity_balances(self, time: str | datetime | None = None) -> pd.DataFrame:
        """The trial balance of each legal entity, in the group's currency and its own; see
        `sim.measures.entities.entity_balances`."""
        return entity_balances(self.books, None if time is None else self.ms(time))

    def consolidated_balances(self, time: str | datetime | None = None) -> pd.DataFrame:
        """The same, translated into the group's currency at the rates of a close, by the current-rate method; see
        `sim.measures.consolidation.consolidated_balances`."""
        return consolidated_balances(self.books, None if time is None else self.ms(time))

    def translation_by_period(self, period: str = "month") -> pd.DataFrame:
        """The cumulative translation adjustment at the end of each ``day``, ``week`` or ``month``; see
        `sim.measures.consolidation.translation_by_period`."""
        return translation_by_period(self.books, period)

    def group_statement(self, time: str | datetime | None = None, since: str | datetime | None = None) -> pd.DataFrame:
        """The consolidated statement at a close, with a column for each entity, what is eliminated, and the group; see
        `sim.measures.group_statement.group_statement`."""
        until_ms, since_ms = (None if t is None else self.ms(t) for t in (time, since))
        return group_statement(self.books, until_ms, since_ms)

    def eliminations_by_period(self, period: str = "month") -> pd.DataFrame:
        """What was eliminated at the end of each ``day``, ``week`` or ``month``; see
        `sim.measures.group_statement.eliminations_by_period`."""
        return eliminations_by_period(self.books, period)

    def intercompany_balances(self, time: str | datetime | None = None) -> pd.DataFrame:
        """What entities owe one another at a close, in the books of both; see
        `sim.measures.intercompany.intercompany_balances`."""
        return intercompany_balances(self.books, None if time is None else self.ms(time))

    def kpis(self, names: Sequence[str] | None = None) -> dict[str, float]:
        """The registered measures of this run by name; all of them unless ``names`` says which."""
        return compute(self.books, names)

    def over_time(self, series: str, every: timedelta = timedelta(hours=1), **of: str) -> pd.DataFrame:
        """The run over time, a row a moment: ``orders_by_state``, ``backlog_by_stage``, ``throughput`` and others of
        `sim.measures.series`.

        Parameters
        ----------
        series
            The name of one of them.
        every
            The distance of two rows.
        of
            ``node="east"`` or ``sku="P1"``, of series that can be told of one.

        Raises
        ------
        SeriesError
            If there is no such series; those that there are are told.
        """
        return over_time(self.books, series, max(1, every // timedelta(milliseconds=1)), **of)

    def margins(self, by: str = "order") -> pd.DataFrame:
        """What each ``order``, ``sku`` or ``channel`` earned, from net revenue to contribution, the highest first; see
        `sim.measures.margins.margins`."""
        return margins(self.books, by)

    def regret(self) -> float:
        """How much more its shipments cost than anybody must have paid who knew everything, as a share of that.

        Raises
        ------
        RunError
            If the run has not been judged: ``peakproof hindsight FOLDER`` does, or `peakproof.hindsight`.
        """
        path = self.folder / HINDSIGHT
        if not path.is_file():
            raise RunError(f"{self.folder} has not been judged: run `peakproof hindsight {self.folder}` first")
        share = json.loads(path.read_text(encoding="utf-8"))["regret_share"]
        return float("nan") if share is None else float(share)

    def local(self, ms: pd.Series[Any]) -> pd.Series[Any]:
        """Milliseconds since the start as local time; negative ones are missing."""
        import pandas as pd

        epoch_ms = int(self.books.calendar.start.timestamp() * 1000)
        moments = pd.to_datetime(ms.astype("int64") + epoch_ms, unit="ms", utc=True).dt.tz_convert(
            self.books.calendar.start.tzinfo
        )
        return moments.mask(ms < 0)

    def _book(
        self, name: str, wanted: Mapping[str, Filter], since: Moment | None, until: Moment | None
    ) -> pd.DataFrame:
        import pyarrow.parquet as pq

        table: pa.Table = pq.read_table(self.folder / f"{name}.parquet", filters=self._filters(wanted, since, until))
        frame: pd.DataFrame = table.to_pandas()
        frame.insert(0, "time", self.local(frame["time_ms"]))
        for column in _NUMBERS:
            if column in frame:
                frame[column] = frame[column].astype("Int32").mask(frame[column] < 0)
        if "due_ms" in frame:
            frame["due"] = self.local(frame["due_ms"])
            frame["due_ms"] = frame["due_ms"].astype("Int64").mask(frame["due_ms"] < 0)
        return frame

    def _filters(self, wanted: Mapping[str, Filter], since: Moment | None, until: Moment | None) -> Any:
        import pyarrow.compute as pc

        terms = [pc.field(name).isin(_listed(value)) for name, value in wanted.items() if value is not None]
        if since is not None:
            terms.append(pc.field("time_ms") >= self.ms(since))
        if until is not None:
            terms.append(pc.field("time_ms") < self.ms(until))
        expression = None
        for term in terms:
            expression = term if expression is None else expression & term
        return expression

    def ms(self, time: Moment) -> int:
        """A moment as milliseconds since the start."""
        if isinstance(time, str):
            time = datetime.fromisoformat(time)
        return self.books.calendar.ms(time) if isinstance(time, datetime) else int(time)

    def _order_number(self, order: int | str) -> int:
        path = self.folder / REFERENCES
        if path.exists():
            row = self.books.query(
                'SELECT "order" FROM read_parquet($path) WHERE reference = $reference',
                path=str(path),
                reference=str(order),
            ).fetchone()
            if row is not None:
                return int(row[0])
        try:
            return int(order)
        except ValueError:
            raise RunError(f"{self.folder} has no order {order!r}") from None


def _listed(value: str | int | Iterable[str | int]) -> list[str | int]:
    return [value] if isinstance(value, (str, int)) else list(value)
