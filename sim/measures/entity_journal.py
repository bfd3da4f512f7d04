"""The journal of each legal entity, in its own currency: all entries, each in the books of one entity.

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
from sim.measures.own_stock import COST, STOCK, Leg, OwnStock
from sim.plans.treasury import treasurer

if TYPE_CHECKING:
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

STOCK_SOLD, STOCK_SENT = "intercompany_stock_sold", "intercompany_transfer_sent"
TRANSLATED = "exchange_translated"
"""An entry that is nothing in the entity's own currency."""
ENDED = {"payables_translated": "payables", "freight_translated": "freight_payable"}
"""Those that end a debt on an account in the entity's own currency, and are translation to the group."""


def entity_journal(books: Books) -> str:
    """What to select from, in SQL: ``event, time_ms, account, amount_cents, entity, currency, rate, local_cents``.

    The lines of the journal, with each one's entity, its currency and rate, and what that makes of the group's amount,
    or what goods cost the entity. Where that is not the amount itself, the table is made once.
    """
    if not (has_foreign_entity(books.manifest) or has_trade_in_stock(books)):
        return f"(WITH {_priced(books.manifest)} SELECT {_COLUMNS}, amount_cents AS local_cents FROM priced)"
    _keep_own_costs(books)
    books.make("entity_journal", _in_own_currency(books.manifest))
    return "entity_journal"


_COLUMNS = "event, time_ms, account, amount_cents, entity, currency, rate"


def _in_own_currency(manifest: dict[str, Any]) -> str:
    ended = " ".join(f"WHEN {literal(kind)} THEN {literal(account)}" for kind, account in ENDED.items())
    group = literal(manifest["currency"])
    # Rounding what has been added up so far, and not each line, leaves nothing over at an entry's end.
    return f"""
        WITH {_priced(manifest)},
        summed AS (
            SELECT *, sum(amount_cents) OVER (PARTITION BY event ORDER BY account, amount_cents
                                              ROWS UNBOUNDED PRECEDING) AS so_far
            FROM priced WHERE currency <> {group}
        ),
        translated AS (
            SELECT {_COLUMNS}, kind, amount_cents AS local_cents FROM priced WHERE currency = {group}
            UNION ALL
            SELECT {_COLUMNS}, kind,
                   CASE WHEN kind = {literal(TRANSLATED)} THEN 0
                        ELSE round(so_far / rate) - round((so_far - amount_cents) / rate) END::BIGINT
            FROM summed
        ),
        carried AS (
            SELECT t.* REPLACE (coalesce(o.local_cents, t.local_cents) AS local_cents),
                   t.kind IN {tuple(ENDED)} AND t.account = 'translation_reserve' AS is_debt
            FROM translated AS t LEFT JOIN own_costs AS o USING (event, account)
        ),
        alone AS (
            SELECT o.* FROM own_costs AS o ANTI JOIN journal AS j USING (event, account)
        )
        SELECT {_COLUMNS}, CASE WHEN is_debt THEN 0 ELSE local_cents END AS local_cents FROM carried
        UNION ALL
        SELECT event, time_ms, CASE kind {ended} END, 0, entity, currency, rate, local_cents FROM carried WHERE is_debt
        UNION ALL
        SELECT c.event, c.time_ms, a.account, 0, c.entity, c.currency, c.rate, a.local_cents
        FROM alone AS a JOIN carried AS c USING (event) WHERE c.account IN {STOCK}
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
        WITH {_priced(books.manifest)}
        SELECT s.event, s.account, s.amount_cents, s.entity, s.rate, s.kind LIKE 'intercompany_%', s.node, e.sku, e.line
        FROM priced AS s JOIN events AS e USING (event)
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


def owners(manifest: dict[str, Any]) -> str:
    """Rows of a table ``(what, name, entity)``, in SQL: whose each node, channel, warehouse and treasurer is."""
    entities = _entities(manifest)
    first = entities[0]["name"]
    found = [("node", n["name"], n.get("entity", first)) for n in manifest["nodes"]]
    found += [("channel", c["name"], c.get("entity", first)) for c in manifest.get("channels", [])]
    found += [("actor", f"warehouse:{name}", entity) for what, name, entity in found if what == "node"]
    found += [("treasurer", treasurer(e["name"], ""), e["name"]) for e in entities]
    return ", ".join(f"({literal(what)}, {literal(name)}, {literal(entity)})" for what, name, entity in found)


def _entities(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manifest.get("entities") or [{"name": "company", "currency": manifest["currency"]}]
    return found


def _priced(manifest: dict[str, Any]) -> str:
    """Common table expressions, the last of which is ``priced``: the journal with each line's entity, its currency and
    rate."""
    entities = _entities(manifest)
    first = literal(entities[0]["name"])
    of_sites = [k.name for k in KINDS if any(account in SITE_ACCOUNTS for account, _, _ in k.posts)]
    rates = [(e["currency"], 0, 1.0) for e in entities if e["currency"] == entities[0]["currency"]]
    rates += [(r["currency"], r["from_ms"], r["rate"]) for r in manifest.get("fx_rates", [])]
    noted = ", ".join(literal(k.name) for k in KINDS if k.posts and k.record == "note")
    abroad = ", ".join([literal(c["name"]) for c in manifest.get("channels", []) if "currency" in c] or ["NULL"])
    sites = ", ".join(map(literal, of_sites))
    return f"""
        owners(what, name, entity) AS (VALUES {owners(manifest)}),
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
        priced AS (
            SELECT o.event, o.time_ms, o.kind, o.account, o.amount_cents, o.node, o.entity, p.currency, r.rate
            FROM owned AS o JOIN companies AS p USING (entity)
            ASOF JOIN rates AS r ON r.currency = p.currency AND o.rate_ms >= r.from_ms
        )
    """


def literal(value: Any) -> str:
    """An SQL literal."""
    return "'" + (value if isinstance(value, str) else json.dumps(value)).replace("'", "''") + "'"
