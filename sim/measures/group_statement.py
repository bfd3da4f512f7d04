"""The group's statement at a close: what each entity's books say, what is eliminated of it, and what is left.

Entities come in by the current-rate method (`sim.measures.consolidation`). Then what they owe one another is set off,
what they sold one another is taken out of sales and of cost, and what one earned on stock that another still has, out
of both that stock and the profit; with the sale of the stock it becomes the group's (IFRS 10, paragraph B86;
ASC 810-10-45-1). What rates, or rounding, leave of an elimination is a line of the group's statement under its own
name.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sim.books.kinds import ACCOUNTS
from sim.measures.books import Books
from sim.measures.consolidation import closes_of, closing_rates, consolidated_balances
from sim.measures.entities import BETWEEN
from sim.measures.entity_journal import entity_journal, has_trade_in_stock, stock_profits
from sim.measures.intercompany import ADJUSTMENTS
from sim.measures.own_stock import COST, SALES, STOCK
from sim.measures.registry import breakdown, measure
from sim.plans.treasury import treasurer
from sim.units import half_away

if TYPE_CHECKING:
    import pandas as pd

ENTITY, ELIMINATION, GROUP = "entity", "elimination", "group"
BALANCES, TRADE, UNREALISED = "balances", "trade", "unrealised profit"
"""What is eliminated: debts, sales against cost, and what was earned on stock that the group still has."""
DEBT_DIFFERENCES, TRADE_DIFFERENCES = "differences_of_debts", "differences_of_trade"
"""What rates have moved since debts were booked, or valued last; what rounding to another currency leaves."""
RETAINED = "retained_earnings"
TRADED = (SALES, "intercompany_purchases", "intercompany_cost")

_EARNED_FROM = ACCOUNTS.index("opening_equity") + 1
_SHEET = (*ACCOUNTS[:_EARNED_FROM], DEBT_DIFFERENCES, RETAINED)
_CHART = (*_SHEET, *ACCOUNTS[_EARNED_FROM:])

Column = tuple[str, str]
Statement = dict[Column, dict[str, int]]
"""By part and name, and account: minor units of the group's currency, debits positive."""


@measure("unrealised_profit_cents", unit="cents", better="lower", title="Unrealised profit in stock")
def unrealised_profit(books: Books) -> float:
    """What entities have earned on stock that other entities hold, or that is on its way to them, when the run ends. 0
    on an empty run."""
    return float(_unrealised(books)["value"].sum())


@breakdown("unrealised_profit_cents", by="entity")
def unrealised_profit_by_entity(books: Books) -> pd.DataFrame:
    """What others have earned on the stock that each entity holds."""
    return _unrealised(books)


def _unrealised(books: Books) -> pd.DataFrame:
    import pandas as pd

    if not has_trade_in_stock(books):
        return pd.DataFrame({"entity": [], "value": []})
    return books.frame(
        f"""
        SELECT entity, sum(profit_cents)::DOUBLE AS value FROM {stock_profits(books)}
        WHERE account IN {STOCK} GROUP BY entity ORDER BY entity
        """
    )


def group_statement(books: Books, until_ms: int | None = None, since_ms: int | None = None) -> pd.DataFrame:
    """The consolidated statement at a close.

    Parameters
    ----------
    books
        The run's records.
    until_ms
        The moment of the close: entries before it, and its rates; None: the end of the run.
    since_ms
        The close before: what was earned until then is in ``retained_earnings``, also what was unrealised then; None:
        all that was earned is of the period.

    Returns
    -------
    DataFrame
        A row for each account, and for each column of the statement a column ``(part, name)``: ``("entity", its
        name)``, ``("elimination", "balances" | "trade" | "unrealised profit")``, ``("group", "group")``; minor units of
        the group's currency, debits positive. Each column sums to zero, and the group's is the sum of the others.
    """
    import pandas as pd

    found = _statement(books, until_ms)
    if since_ms is not None:
        found = _of_the_period(found, _statement(books, since_ms))
    frame = pd.DataFrame({column: pd.Series(cents, dtype="int64") for column, cents in found.items()})
    chart = [*_CHART, *sorted(set(frame.index) - {*_CHART, TRADE_DIFFERENCES}), TRADE_DIFFERENCES]
    frame = frame.reindex([account for account in chart if account in frame.index]).fillna(0).astype("int64")
    frame.columns = pd.MultiIndex.from_tuples(list(found), names=["part", "name"])
    return frame[(frame != 0).any(axis=1)].rename_axis("account")


def _statement(books: Books, until_ms: int | None) -> Statement:
    """All that was posted before a moment."""
    end_ms = books.drain_until_ms + 1 if until_ms is None else until_ms
    found: Statement = {(ENTITY, name): {} for name in _entities(books)}
    for row in consolidated_balances(books, end_ms).to_dict("records"):
        found[ENTITY, str(row["entity"])][str(row["account"])] = int(row["translated_cents"])
    profits = _profits(books, end_ms)
    eliminated = {
        BALANCES: _debts(books, found, end_ms),
        TRADE: _trade(found, -profits.get(SALES, 0)),
        UNREALISED: _reversed(profits),
    }
    found |= {(ELIMINATION, name): lines for name, lines in eliminated.items()}
    return found | {(GROUP, GROUP): _sum(found)}


def _entities(books: Books) -> list[str]:
    return [str(e["name"]) for e in books.manifest.get("entities", [])] or ["company"]


def _sum(columns: Statement) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for column in columns.values():
        for account, cents in column.items():
            total[account] += cents
    return dict(total)


def _debts(books: Books, found: Statement, end_ms: int) -> dict[str, int]:
    """Nobody owes himself anything."""
    total = _sum(found)
    lines = {account: -total[account] for account in BETWEEN if account in total}
    lines[ADJUSTMENTS] = -_valued(books, end_ms)
    lines[DEBT_DIFFERENCES] = -sum(lines.values())
    return lines


def _valued(books: Books, end_ms: int) -> int:
    """By how much entities have valued otherwise what they owe one another, at the rates of the close."""
    names = _entities(books)
    actors = [treasurer(one, other) for one in names for other in names if one != other]
    if not actors:
        return 0
    rows = books.query(
        f"""
        SELECT any_value(j.currency), sum(j.local_cents)::BIGINT
        FROM {entity_journal(books)} AS j JOIN events AS e USING (event)
        WHERE j.account = $account AND e.actor IN (SELECT unnest($actors)) AND j.time_ms < $end_ms
        GROUP BY j.entity
        """,
        account=ADJUSTMENTS,
        actors=actors,
        end_ms=end_ms,
    ).fetchall()
    rates = closing_rates(books.manifest, end_ms - 1)
    return sum(half_away(cents * rates[currency]) for currency, cents in rows)


def _trade(found: Statement, earned_cents: int) -> dict[str, int]:
    """Nobody sells to himself. What was earned on stock is taken out of the cost of goods here, and comes back with
    the stock that was sold on."""
    total = _sum(found)
    lines = {account: -total[account] for account in TRADED if account in total}
    lines[COST] = -earned_cents
    lines[TRADE_DIFFERENCES] = -sum(lines.values())
    return lines


def _reversed(profits: dict[str, int]) -> dict[str, int]:
    lines: dict[str, int] = defaultdict(int)
    for account, cents in profits.items():
        lines[COST if account == SALES else account] -= cents
    return dict(lines)


def _profits(books: Books, end_ms: int) -> dict[str, int]:
    """What was earned on stock before a moment, by account in which it is."""
    if not has_trade_in_stock(books):
        return {}
    rows = books.query(
        f"""
        SELECT account, sum(profit_cents)::BIGINT FROM {stock_profits(books)} JOIN events USING (event)
        WHERE time_ms < $end_ms GROUP BY account ORDER BY account
        """,
        end_ms=end_ms,
    ).fetchall()
    return dict(rows)


def _of_the_period(found: Statement, before: Statement) -> Statement:
    """What was earned before the period is retained."""
    period: Statement = {}
    for column, lines in found.items():
        earlier = {a: cents for a, cents in before[column].items() if a not in _SHEET}
        period[column] = {a: lines.get(a, 0) - earlier.get(a, 0) for a in (lines | earlier)}
        period[column][RETAINED] = sum(earlier.values())
    return period


def eliminations_by_period(books: Books, period: str = "month") -> pd.DataFrame:
    """What was eliminated at each close.

    Parameters
    ----------
    books
        The run's records.
    period
        ``day``, ``week`` or ``month``; each that ends in the run is closed, and so is its end.

    Returns
    -------
    DataFrame
        ``end_ms, debts_cents, debt_differences_cents, sales_cents, trade_differences_cents, profit_before_cents,
        profit_added_cents, profit_released_cents, profit_cents``: for each close what entities owed one another at it,
        and what rates left of that; what they sold one another in the period, and what rounding left; what they had
        earned on stock that was still there when the period began, earned in it, was sold on or lost in it, and is
        there at the close.
    """
    import pandas as pd

    ends = closes_of(books, period) if len(_entities(books)) > 1 else []
    rows = [_close(_statement(books, end_ms), end_ms) for end_ms in ends]
    columns = ["end_ms", "debts_cents", "debt_differences_cents"]
    flows = ["sales_cents", "trade_differences_cents", "profit_added_cents"]
    frame = pd.DataFrame(rows, columns=[*columns, *flows, "profit_cents"])
    before = frame.shift(fill_value=0)
    frame[flows] -= before[flows]
    frame["profit_before_cents"] = before["profit_cents"]
    frame["profit_released_cents"] = before["profit_cents"] + frame["profit_added_cents"] - frame["profit_cents"]
    return frame[[*columns, *flows[:2], "profit_before_cents", flows[2], "profit_released_cents", "profit_cents"]]


def _close(found: Statement, end_ms: int) -> tuple[int, ...]:
    """Of all time until a moment; the flows become those of a period when the moment before is taken off."""
    debts, trade, profit = (found[ELIMINATION, name] for name in (BALANCES, TRADE, UNREALISED))
    return (
        end_ms,
        -debts.get(BETWEEN[0], 0),
        debts[DEBT_DIFFERENCES],
        trade.get(SALES, 0),
        trade[TRADE_DIFFERENCES],
        -trade[COST],
        -sum(profit.get(account, 0) for account in STOCK),
    )
