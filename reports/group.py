"""Tables on the group: its statement at the last close, with what was eliminated, and what each close eliminated."""

from __future__ import annotations

from reports.html import Grid
from scenarios.display import exact
from sim.calendar import period_ends
from sim.measures.group_statement import ELIMINATION, group_statement
from sim.run import Run


def group_tables(run: Run, currency: str) -> tuple[Grid, ...]:
    """The consolidated statement of the last period, the eliminations at the end of each month, and what each two owe
    one another; none where there is one company alone."""
    if len(run.manifest.get("entities", [])) < 2:
        return ()
    return _statement(run, currency), _eliminations(run, currency), *_between(run, currency)


def _statement(run: Run, currency: str) -> Grid:
    books = run.books
    ends = [None, *period_ends(books.calendar, "month", books.drain_until_ms)]
    frame = group_statement(books, None, ends[-1])
    rows = tuple(
        (str(account).replace("_", " "), *(_money(cents, currency) for cents in frame.loc[account].tolist()))
        for account in frame.index
    )
    since = "" if ends[-1] is None else f" since {books.calendar.moment(ends[-1] - 1):%d %b %Y}"
    caption = f"The group at {books.calendar.moment(books.drain_until_ms):%d %b %Y}, earned{since} (credits below zero)"
    columns = ("account", *(f"eliminated: {c[1]}" if c[0] == ELIMINATION else str(c[1]) for c in frame.columns))
    return Grid(caption, columns, rows, tuple(range(1, len(columns))))


def _eliminations(run: Run, currency: str) -> Grid:
    rows = tuple(
        (
            f"{run.books.calendar.moment(int(row['end_ms']) - 1):%d %b %Y}",
            *(_money(row[f"{name}_cents"], currency) for name, _ in _ELIMINATED),
        )
        for row in run.eliminations_by_period("month").to_dict("records")
    )
    columns = ("until", *(title for _, title in _ELIMINATED))
    return Grid("Eliminated between companies, at each close", columns, rows, tuple(range(1, len(columns))))


def _between(run: Run, currency: str) -> tuple[Grid, ...]:
    rows = tuple(
        (
            str(row["entity"]),
            str(row["counterparty"]),
            _money(row["local_cents"], str(row["currency"])),
            *(_money(row[f"{name}_cents"], currency) for name, _ in _BETWEEN),
        )
        for row in run.intercompany_balances().to_dict("records")
    )
    columns = ("company", "with", "net, in its own currency", *(title for _, title in _BETWEEN))
    caption = "What companies say that they owe one another, at the end"
    return (Grid(caption, columns, rows, tuple(range(2, len(columns)))),) if rows else ()


def _money(cents: float, currency: str) -> str:
    return exact(round(cents), currency) if cents else ""


_BETWEEN = (
    ("receivables", "is owed"),
    ("payables", "owes"),
    ("adjustments", "valued otherwise"),
    ("net", "net"),
    ("counterpart", "the other says"),
    ("difference", "left"),
)
_ELIMINATED = (
    ("debts", "owed"),
    ("debt_differences", "left by rates"),
    ("sales", "sold"),
    ("trade_differences", "left by rounding"),
    ("profit_before", "unrealised profit before"),
    ("profit_added", "earned on stock"),
    ("profit_released", "sold on or lost"),
    ("profit", "unrealised profit"),
)
