"""Consolidation: entities that count in another currency than the group, in its currency by the current-rate method.

What an entity has and owes at a close is worth the closing rate; what it earned, the rates of the days on which it did;
what it was founded with, the rate of that day. What is left over is the cumulative translation adjustment, which is
equity and no profit (IAS 21, paragraphs 39 to 41; ASC 830-30-45).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from sim.books.kinds import ACCOUNTS
from sim.calendar import period_ends
from sim.measures.books import Books
from sim.measures.entity_journal import entity_journal, has_foreign_entity
from sim.measures.registry import breakdown, measure

if TYPE_CHECKING:
    import pandas as pd

RESERVE = "translation_reserve"
EQUITY = "opening_equity"
BALANCE = tuple(name for name in ACCOUNTS[: ACCOUNTS.index(EQUITY)] if name != RESERVE)
"""What an entity has and owes."""


@measure("translation_adjustment_cents", unit="cents", better="higher", title="Cumulative translation adjustment")
def translation_adjustment(books: Books) -> float:
    """What the net assets of entities of other currencies are worth more, or less (below 0), at the rates of the end of
    the run than at those at which they were founded and earned; equity, and no profit. 0 on an empty run."""
    return float(_adjustments(books)["value"].sum())


@breakdown("translation_adjustment_cents", by="entity")
def translation_adjustment_by_entity(books: Books) -> pd.DataFrame:
    """That of each entity."""
    return _adjustments(books)


def _adjustments(books: Books) -> pd.DataFrame:
    import pandas as pd

    if not has_foreign_entity(books.manifest):
        return pd.DataFrame({"entity": [], "value": []})
    frame = consolidated_balances(books)
    reserve = frame[(frame["account"] == RESERVE) & (frame["currency"] != books.manifest["currency"])]
    return pd.DataFrame({"entity": reserve["entity"], "value": -reserve["translated_cents"].astype(float)})


def consolidated_balances(books: Books, until_ms: int | None = None) -> pd.DataFrame:
    """Each entity's trial balance, translated into the group's currency at a close.

    Parameters
    ----------
    books
        The run's records.
    until_ms
        The moment of the close: entries before it, and its rates; None: the end of the run.

    Returns
    -------
    DataFrame
        ``entity, account, currency, local_cents, balance_cents, translated_cents``, debits positive: in the entity's
        own currency; as the journal has it, at the rates of its entries; translated, account by account. Each sums to
        zero for each entity; what the adjustment is, and a cent that rounding leaves, the account
        ``translation_reserve`` has. Of an entity in the group's currency the three are the same, but for stock that it
        bought of another entity at cost plus, which the journal has at the group's cost.
    """
    import pandas as pd

    end_ms = books.drain_until_ms + 1 if until_ms is None else until_ms
    parts = books.frame(
        f"""
        SELECT entity, account, any_value(currency) AS currency, rate, sum(local_cents)::BIGINT AS local_cents,
               sum(amount_cents)::BIGINT AS balance_cents
        FROM {entity_journal(books)} WHERE time_ms < $end_ms
        GROUP BY entity, account, rate ORDER BY entity, account, rate
        """,
        end_ms=end_ms,
    )
    closing = parts["currency"].map(closing_rates(books.manifest, end_ms - 1))
    parts["translated_cents"] = parts["local_cents"] * parts["rate"].mask(parts["account"].isin(BALANCE), closing)
    rows = parts.drop(columns="rate").groupby(["entity", "account", "currency"], as_index=False).sum()
    rows["translated_cents"] = _rounded(rows["translated_cents"])
    abroad = rows["currency"] != books.manifest["currency"]
    is_kept = (rows["account"] != RESERVE) | ~abroad
    booked = rows[~is_kept].set_index("entity")[["currency", "local_cents", "balance_cents"]]
    rows = rows[is_kept]
    of_entity = rows[abroad[is_kept]].groupby("entity")
    reserve = of_entity.agg(currency=("currency", "first"))
    reserve["local_cents"] = booked["local_cents"].reindex(reserve.index, fill_value=0)
    reserve["balance_cents"] = booked["balance_cents"].reindex(reserve.index, fill_value=0)
    reserve["translated_cents"] = -of_entity["translated_cents"].sum()
    reserve["account"] = RESERVE
    both = pd.concat([rows, reserve.reset_index()[rows.columns]])
    return both.sort_values(["entity", "account"], ignore_index=True)


def translation_by_period(books: Books, period: str = "month") -> pd.DataFrame:
    """What the translation adjustment was at each close.

    Parameters
    ----------
    books
        The run's records.
    period
        ``day``, ``week`` or ``month``; each that ends in the run is closed, and so is its end.

    Returns
    -------
    DataFrame
        ``end_ms, entity, currency, rate, net_assets_local_cents, net_assets_cents, adjustment_cents, change_cents``:
        for each close and entity of another currency what it has less what it owes, in its own currency and at the
        closing rate, the cumulative translation adjustment (a credit is above 0), and by how much that changed.
    """
    import pandas as pd

    closes = (
        [_close(books, end_ms) for end_ms in closes_of(books, period)] if has_foreign_entity(books.manifest) else []
    )
    columns = ["end_ms", "entity", "currency", "rate", "net_assets_local_cents", "net_assets_cents", "adjustment_cents"]
    frame = pd.concat(closes, ignore_index=True) if closes else pd.DataFrame({name: [] for name in columns})
    before = frame.groupby("entity")["adjustment_cents"].shift(fill_value=0)
    frame["change_cents"] = frame["adjustment_cents"] - before
    return frame


def _close(books: Books, end_ms: int) -> pd.DataFrame:
    frame = consolidated_balances(books, end_ms)
    frame = frame[frame["currency"] != books.manifest["currency"]]
    net = frame[frame["account"].isin(BALANCE)].groupby("entity")[["local_cents", "translated_cents"]].sum()
    reserve = frame[frame["account"] == RESERVE].set_index("entity")
    found = reserve[["currency"]].assign(
        end_ms=end_ms,
        rate=reserve["currency"].map(closing_rates(books.manifest, end_ms - 1)),
        net_assets_local_cents=net["local_cents"].reindex(reserve.index, fill_value=0),
        net_assets_cents=net["translated_cents"].reindex(reserve.index, fill_value=0),
        adjustment_cents=-reserve["translated_cents"],
    )
    columns = ["end_ms", "entity", "currency", "rate", "net_assets_local_cents", "net_assets_cents", "adjustment_cents"]
    return found.reset_index()[columns]


def closes_of(books: Books, period: str) -> list[int]:
    """When the periods of a run are closed, and last its end, in ms."""
    return sorted({*period_ends(books.calendar, period, books.drain_until_ms), books.drain_until_ms + 1})


def closing_rates(manifest: dict[str, Any], at_ms: int) -> dict[str, float]:
    """What one unit of each currency is worth at a moment."""
    dated: dict[str, list[tuple[int, float]]] = {}
    for rate in manifest.get("fx_rates", []):
        dated.setdefault(rate["currency"], []).append((rate["from_ms"], rate["rate"]))
    found = {manifest["currency"]: 1.0}
    for currency, steps in dated.items():
        steps.sort()
        found[currency] = steps[max(0, bisect_right(steps, (at_ms, float("inf"))) - 1)][1]
    return found


def _rounded(cents: pd.Series[Any]) -> pd.Series[Any]:
    """In whole minor units, halves away from zero."""
    import numpy as np

    return (np.sign(cents) * np.floor(cents.abs() + 0.5)).astype("int64")
