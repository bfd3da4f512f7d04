"""The trial balance of each legal entity, what entities charge and owe one another, and what they gain by exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.entity_journal import entity_journal, literal
from sim.measures.figures import Total
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

BETWEEN = ("intercompany_receivables", "intercompany_payables")
GAINS = ("exchange_realised", "exchange_unrealised")

OPEN = Total("sum(amount_cents)", "journal", "account = 'intercompany_receivables'")
EXCHANGE = Total("-sum(amount_cents)", "journal", f"account IN {GAINS}")
SALES = Total("-sum(amount_cents)", "journal", "account = 'intercompany_sales' AND time_ms < end_ms()")


@measure("intercompany_sales_cents", unit="cents", better="higher", title="Sales between entities")
def intercompany_sales(books: Books) -> float:
    """What entities charged one another for goods that they shipped for one another, less what came back, and for stock
    that they sold one another, until the end of demand. 0 on an empty run."""
    return SALES.value(books)


@measure("intercompany_open_cents", unit="cents", better="lower", title="Open between entities")
def intercompany_open(books: Books) -> float:
    """What entities owe one another when the run ends, less what they are to be credited. 0 on an empty run."""
    return OPEN.value(books)


@breakdown("intercompany_open_cents", by="entity")
def intercompany_open_by_entity(books: Books) -> pd.DataFrame:
    """What each entity is owed."""
    return _by_entity(books, "sum(amount_cents)", ("intercompany_receivables",))


@measure("exchange_gains_cents", unit="cents", better="higher", title="Exchange gains")
def exchange_gains(books: Books) -> float:
    """What entities gained by exchange rates, or lost (below 0): realised by what was paid, and on what was open when
    it was valued last, in the whole run. 0 on an empty run."""
    return EXCHANGE.value(books)


@breakdown("exchange_gains_cents", by="entity")
def exchange_gains_by_entity(books: Books) -> pd.DataFrame:
    """What each entity gained, in the group's currency at the rate of each entry's day."""
    return _by_entity(books, "-sum(amount_cents)", GAINS)


def _by_entity(books: Books, amount: str, accounts: tuple[str, ...]) -> pd.DataFrame:
    return books.frame(
        f"""
        SELECT entity, {amount}::DOUBLE AS value FROM {entity_journal(books)}
        WHERE account IN ({", ".join(map(literal, accounts))}) GROUP BY entity ORDER BY entity
        """
    )


def entity_balances(books: Books, until_ms: int | None = None) -> pd.DataFrame:
    """Each entity's trial balance.

    Parameters
    ----------
    books
        The run's records.
    until_ms
        Entries up to this moment; None: all.

    Returns
    -------
    DataFrame
        ``entity, account, currency, balance_cents, local_cents``: debits positive, in minor units of the group's
        currency (the first entity's) and of the entity's own, translated entry by entry at the rate of its day; what
        belongs to an order in a foreign currency, at that of the order's day; what is about goods that go, at what they
        cost the entity. Stock that an entity bought of another stands at the group's cost in the former, at its price
        in the latter. Both sum to zero for each entity.
    """
    return books.frame(
        f"""
        SELECT entity, account, any_value(currency) AS currency, sum(amount_cents)::BIGINT AS balance_cents,
               sum(local_cents)::BIGINT AS local_cents
        FROM {entity_journal(books)} WHERE $until_ms IS NULL OR time_ms <= $until_ms
        GROUP BY entity, account ORDER BY entity, account
        """,
        until_ms=until_ms,
    )
