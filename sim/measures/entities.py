"""The books of each legal entity, in its own currency: all entries, each in the books of one entity.

An entry about goods or work at a node belongs to the node's entity, any other to the channel's; wages and rent of a
warehouse are its node's, and what a treasurer posts is his entity's. What one entity owes another stands in the books
of both, and is nothing in those of the group. Goods cost an entity what they cost when they came
(`sim.measures.own_stock`): in another currency than the group's at the rates of then, and what another entity asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.books.kinds import KINDS
from sim.measures.books import Books
from sim.measures.figures import Total
from sim.measures.own_stock import COST, STOCK, Leg, OwnStock
from sim.measures.registry import breakdown, measure
from sim.plans.treasury import treasurer

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SITE_ACCOUNTS = frozenset(
    {
        "inventory",
        "inventory_in_transit",
        "goods_with_carriers",
        "goods_received_not_invoiced",
        "payables",
        "accrued_operations",
        "freight_payable",
        "opening_equity",
        "cost_of_goods",
        "handling_labour",
        "packaging",
        "freight",
        "returns_handling",
        "inventory_adjustments",
        "write_offs",
        "intercompany_receivables",
        "intercompany_sales",
        "intercompany_cost",
    }
)
"""An entry that touches one of these is about goods or work at a node."""

BETWEEN = ("intercompany_receivables", "intercompany_payables")
STOCK_SOLD, STOCK_SENT = "intercompany_stock_sold", "intercompany_transfer_sent"
GAINS = ("exchange_realised", "exchange_unrealised")
TRANSLATED = "exchange_translated"
"""An entry that is nothing in the entity's own currency."""
ENDED = {"payables_translated": "payables", "freight_translated": "freight_payable"}
"""Those that end a debt on an account in the entity's own currency, and are translation to the group."""

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
        WITH {entity_journal(books)}
        SELECT entity, {amount}::DOUBLE AS value FROM entity_journal
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
        WITH {entity_journal(books)}
        SELECT entity, account, any_value(currency) AS currency, sum(amount_cents)::BIGINT AS balance_cents,
               sum(local_cents)::BIGINT AS local_cents
        FROM entity_journal WHERE $until_ms IS NULL OR time_ms <= $until_ms
        GROUP BY entity, account ORDER BY entity, account
        """,
        until_ms=until_ms,
    )


def entity_journal(books: Books) -> str:
    """Common table expressions, the last of which is ``entity_journal``: the journal with each line's entity, its
    ``currency`` and ``rate``, and its ``local_cents``: what that rate makes of the group's amount, or what goods cost
    the entity."""
    if not (has_foreign_entity(books.manifest) or has_trade_in_stock(books)):
        own = "own_costs(event, account, local_cents) AS (SELECT 0, '', 0 WHERE false),"
    else:
        _keep_own_costs(books)
        own = ""
    ended = " ".join(f"WHEN {literal(kind)} THEN {literal(account)}" for kind, account in ENDED.items())
    # Rounding what has been added up so far, and not each line, leaves nothing over at an entry's end.
    return f"""
        {own}
        {_owned(books.manifest)},
        translated AS (
            SELECT s.* EXCLUDE (so_far),
                   CASE WHEN kind = {literal(TRANSLATED)} THEN 0
                        ELSE round(so_far / rate) - round((so_far - amount_cents) / rate) END::BIGINT AS local_cents,
                   kind IN {tuple(ENDED)} AND account = 'translation_reserve' AS is_debt
            FROM summed AS s
        ),
        carried AS (
            SELECT t.* REPLACE (coalesce(o.local_cents, t.local_cents) AS local_cents)
            FROM translated AS t LEFT JOIN own_costs AS o USING (event, account)
        ),
        alone AS (
            SELECT o.* FROM own_costs AS o ANTI JOIN journal AS j USING (event, account)
        ),
        entity_journal AS (
            SELECT * REPLACE (CASE WHEN is_debt THEN 0 ELSE local_cents END AS local_cents) FROM carried
            UNION ALL
            SELECT * REPLACE (CASE kind {ended} END AS account, 0 AS amount_cents) FROM carried WHERE is_debt
            UNION ALL
            SELECT c.* REPLACE (a.account AS account, 0 AS amount_cents, a.local_cents AS local_cents)
            FROM alone AS a JOIN carried AS c USING (event) WHERE c.account IN {STOCK}
        )
    """


def has_foreign_entity(manifest: dict[str, Any]) -> bool:
    """Whether an entity counts in another currency than the group."""
    return any(e["currency"] != manifest["currency"] for e in manifest.get("entities", []))


def has_trade_in_stock(books: Books) -> bool:
    """Whether an entity may have earned anything on stock that it transferred to nodes of another: at cost, only where
    one of them counts in another currency."""
    if len(books.manifest.get("entities", [])) < 2:
        return False
    kinds = (STOCK_SOLD, STOCK_SENT) if has_foreign_entity(books.manifest) else (STOCK_SOLD,)
    return books.value(f"SELECT count(*) FROM journal WHERE kind IN ({', '.join(map(literal, kinds))})") > 0


def stock_profits(books: Books) -> str:
    """The table with what entities earned on one another's stock: ``time_ms, event, entity, account, profit_cents``, as
    `sim.measures.own_stock.OwnStock.profits` has it."""
    _keep_own_costs(books)
    return "stock_profits"


def _keep_own_costs(books: Books) -> None:
    """Make the tables ``own_costs`` and ``stock_profits``, once."""
    if books.has("own_costs"):
        return
    is_traded = has_trade_in_stock(books)
    rows = books.query(
        f"""
        WITH {_owned(books.manifest)}
        SELECT s.event, s.account, s.amount_cents, s.entity, s.rate, s.kind LIKE 'intercompany_%', s.node, e.sku, e.line
        FROM summed AS s JOIN events AS e USING (event)
        WHERE (s.currency <> $group OR $is_traded)
              AND s.event IN (SELECT event FROM journal WHERE account IN {(*STOCK, COST)})
        ORDER BY s.event, s.account
        """,
        group=books.manifest["currency"],
        is_traded=is_traded,
    ).fetchall()
    stock = OwnStock()
    own = list(stock.replay(Leg(*row) for row in rows))
    books.keep("own_costs", _table({"event": "int64", "account": "string", "local_cents": "int64"}, own))
    columns = {"event": "int64", "entity": "string", "account": "string", "profit_cents": "int64"}
    books.keep("stock_profits", _table(columns, stock.profits))


def _table(columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    types = map(pa.type_for_alias, columns.values())
    return pa.table({n: pa.array(v, t) for n, v, t in zip(columns, values, types, strict=True)})


def _owned(manifest: dict[str, Any]) -> str:
    """Common table expressions, the last of which is ``summed``: the journal with each line's entity, its currency and
    rate, and what its entry adds up to so far."""
    entities = manifest.get("entities") or [{"name": "company", "currency": manifest["currency"]}]
    first = literal(entities[0]["name"])
    owners = [("node", n["name"], n.get("entity", entities[0]["name"])) for n in manifest["nodes"]]
    owners += [("channel", c["name"], c.get("entity", entities[0]["name"])) for c in manifest.get("channels", [])]
    of_sites = [k.name for k in KINDS if any(account in SITE_ACCOUNTS for account, _, _ in k.posts)]
    rates = [(e["currency"], 0, 1.0) for e in entities if e["currency"] == entities[0]["currency"]]
    rates += [(r["currency"], r["from_ms"], r["rate"]) for r in manifest.get("fx_rates", [])]
    owners += [("actor", f"warehouse:{name}", entity) for what, name, entity in owners if what == "node"]
    owners += [("treasurer", treasurer(e["name"], ""), e["name"]) for e in entities]
    noted = ", ".join(literal(k.name) for k in KINDS if k.posts and k.record == "note")
    abroad = ", ".join([literal(c["name"]) for c in manifest.get("channels", []) if "currency" in c] or ["NULL"])
    owned = ", ".join(f"({literal(what)}, {literal(name)}, {literal(entity)})" for what, name, entity in owners)
    sites = ", ".join(map(literal, of_sites))
    return f"""
        owners(what, name, entity) AS (VALUES {owned}),
        companies(entity, currency) AS (
            VALUES {", ".join(f"({literal(e['name'])}, {literal(e['currency'])})" for e in entities)}),
        rates(currency, from_ms, rate) AS (
            SELECT DISTINCT * FROM (VALUES {", ".join(f"({literal(c)}, {t}, {r!r}::DOUBLE)" for c, t, r in rates)})),
        actors AS (
            SELECT e.actor, arg_max(o.entity, length(o.name)) AS entity
            FROM (SELECT DISTINCT actor FROM events WHERE kind IN ({noted})) AS e
            JOIN owners AS o ON o.what = 'actor' AND o.name = e.actor
                             OR o.what = 'treasurer' AND starts_with(e.actor, o.name)
            GROUP BY e.actor
        ),
        acting AS (
            SELECT e.event, a.entity FROM events AS e JOIN actors AS a USING (actor) WHERE e.kind IN ({noted})
        ),
        placed AS (
            SELECT "order", min(time_ms) AS placed_ms FROM events
            WHERE kind = 'captured' AND channel IN ({abroad}) GROUP BY "order"
        ),
        owned AS (
            SELECT j.*,
                   CASE WHEN j.kind IN ({sites}) OR j.kind LIKE 'intercompany_%' THEN j.time_ms
                        ELSE coalesce(p.placed_ms, j.time_ms) END AS rate_ms,
                   CASE WHEN j.kind IN ({sites}) THEN coalesce(n.entity, a.entity, c.entity, {first})
                        ELSE coalesce(c.entity, n.entity, a.entity, {first}) END AS entity
            FROM journal AS j
            LEFT JOIN owners AS n ON n.what = 'node' AND n.name = j.node
            LEFT JOIN owners AS c ON c.what = 'channel' AND c.name = j.channel
            LEFT JOIN acting AS a ON a.event = j.event
            LEFT JOIN placed AS p ON p."order" = j."order"
        ),
        summed AS (
            SELECT o.*, p.currency, r.rate,
                   sum(o.amount_cents) OVER (PARTITION BY o.event ORDER BY o.account, o.amount_cents
                                             ROWS UNBOUNDED PRECEDING) AS so_far
            FROM owned AS o JOIN companies AS p USING (entity)
            ASOF JOIN rates AS r ON r.currency = p.currency AND o.rate_ms >= r.from_ms
        )
    """


def literal(value: Any) -> str:
    """An SQL literal."""
    return "'" + (value if isinstance(value, str) else json.dumps(value)).replace("'", "''") + "'"
