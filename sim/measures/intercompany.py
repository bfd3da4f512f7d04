"""What each entity says that each other one owes it, and what that one says: the reconciliation before a close."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from sim.measures.books import Books
from sim.measures.consolidation import closing_rates
from sim.measures.entities import BETWEEN
from sim.measures.entity_journal import entity_journal, literal, owners
from sim.plans.treasury import treasurer

if TYPE_CHECKING:
    import pandas as pd

ADJUSTMENTS = "exchange_adjustments"
_COLUMNS = {"receivables_cents": BETWEEN[0], "payables_cents": BETWEEN[1], "adjustments_cents": ADJUSTMENTS}


def intercompany_balances(books: Books, until_ms: int | None = None) -> pd.DataFrame:
    """What entities owe one another at a close, in the books of both.

    Parameters
    ----------
    books
        The run's records.
    until_ms
        The moment of the close: entries before it, and its rates; None: the end of the run.

    Returns
    -------
    DataFrame
        ``entity, counterparty, currency, local_cents, receivables_cents, payables_cents, adjustments_cents, net_cents,
        counterpart_cents, difference_cents``: a row for each two that have dealt with one another, and for each of
        them. What it is owed less what it owes, in its own currency; at the closing rate, debits positive, by account,
        with how it has valued it, and net; what the other says, and what the two leave when they are added up.
    """
    import numpy as np
    import pandas as pd

    end_ms = books.drain_until_ms + 1 if until_ms is None else until_ms
    names = [str(e["name"]) for e in books.manifest.get("entities", [])]
    if len(names) < 2:
        return pd.DataFrame(columns=["entity", "counterparty", "currency", "local_cents", *_CENTS])
    lines = books.frame(
        f"""
        WITH owners(what, name, entity) AS (VALUES {owners(books.manifest)}), {_parties(names)}
        SELECT entity, counterparty, currency, account, sum(local_cents)::BIGINT AS local_cents
        FROM {entity_journal(books)} JOIN parties USING (event)
        WHERE account IN {tuple(_COLUMNS.values())} AND time_ms < $end_ms
        GROUP BY ALL ORDER BY ALL
        """,
        end_ms=end_ms,
    )
    cents = lines["local_cents"] * lines["currency"].map(closing_rates(books.manifest, end_ms - 1))
    lines["cents"] = (np.sign(cents) * np.floor(cents.abs() + 0.5)).astype("int64")
    pairs = lines.groupby(["entity", "counterparty"])
    frame = pairs.agg(currency=("currency", "first"), local_cents=("local_cents", "sum"))
    for column, account in _COLUMNS.items():
        own = lines[lines["account"] == account].set_index(["entity", "counterparty"])["cents"]
        frame[column] = own.reindex(frame.index, fill_value=0)
    frame["net_cents"] = frame[list(_COLUMNS)].sum(axis=1)
    turned = frame["net_cents"].swaplevel().reindex(frame.index, fill_value=0)
    frame["counterpart_cents"], frame["difference_cents"] = turned, frame["net_cents"] + turned
    return frame.reset_index()


_CENTS = (*_COLUMNS, "net_cents", "counterpart_cents", "difference_cents")


def _parties(names: list[str]) -> str:
    """Common table expressions, the last of which is ``parties``: with whom an entry deals that is between entities.

    Stock that is sent is written down by one entity and then by the other, piece by piece in one sequence.
    """
    actors = ", ".join(f"({literal(treasurer(one, other))}, {literal(other)})" for one, other in permutations(names, 2))
    return f"""
        stock AS (
            SELECT event, node, kind IN ('intercompany_transfer_sent', 'intercompany_stock_sold') AS is_seller,
                   row_number() OVER (
                       PARTITION BY kind IN ('intercompany_transfer_sent', 'intercompany_stock_sold') ORDER BY event
                   ) AS turn
            FROM events
            WHERE kind IN ('intercompany_transfer_sent', 'intercompany_stock_sold', 'intercompany_transfer_got',
                           'intercompany_stock_bought')
        ),
        treasurers(actor, counterparty) AS (VALUES {actors}),
        parties AS (
            SELECT s.event, o.entity AS counterparty
            FROM stock AS s JOIN stock AS t ON t.turn = s.turn AND t.is_seller <> s.is_seller
            JOIN owners AS o ON o.what = 'node' AND o.name = t.node
            UNION ALL
            SELECT e.event, o.entity
            FROM events AS e JOIN owners AS o ON o.what = 'channel' AND o.name = e.channel
            WHERE e.kind IN ('intercompany_sold', 'intercompany_taken_back')
            UNION ALL
            SELECT e.event, o.entity
            FROM events AS e JOIN owners AS o ON o.what = 'node' AND o.name = e.node
            WHERE e.kind IN ('intercompany_bought', 'intercompany_given_back')
            UNION ALL
            SELECT e.event, t.counterparty FROM events AS e JOIN treasurers AS t USING (actor)
        )
    """
