"""A booking: what some documents change in the accountants' ledger, worked out once, while their lines are at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.books.booking_kernel import (
    CAME_BACK,
    DEFERRED,
    DEPOSIT,
    REFUND,
    REVENUE,
    SETTLED,
    SPENT,
    UNINVOICED,
    add_up,
    by_class,
)
from sim.books.documents import Documents, Postings
from sim.books.kinds import ACCOUNT_NUMBER, KINDS, NUMBER
from sim.books.open_items import Ints, Moves, Subjects
from sim.errors import InvariantError

_SHIPPED, _INVOICED, _GIVEN = (NUMBER[kind] for kind in ("shipped", "invoiced", "replacement_invoiced"))
_RECEIVED, _REFUNDED, _CREDITED, _EXCHANGED = (
    NUMBER[kind] for kind in ("return_received", "refunded", "return_credited", "exchanged")
)
_MOVED = (NUMBER["cost_deferred"], NUMBER["cost_recognised"])
_ACCOUNTS = 128
"""More than there are."""


def _classes() -> NDArray[np.int8]:
    classes = np.zeros((len(KINDS), _ACCOUNTS), dtype=np.int8)
    for name, number in (
        ("customer_deposits", DEPOSIT),
        ("card_clearing", SETTLED),
        ("receivables", SETTLED),
        ("goods_received_not_invoiced", UNINVOICED),
        ("deferred_revenue", DEFERRED),
        ("revenue", REVENUE),
    ):
        classes[:, ACCOUNT_NUMBER[name]] = number
    classes[(_SHIPPED, *_MOVED), ACCOUNT_NUMBER["cost_of_goods"]] = SPENT
    classes[_RECEIVED, ACCOUNT_NUMBER["cost_of_goods"]] = CAME_BACK
    classes[(_REFUNDED, _CREDITED), ACCOUNT_NUMBER["sales_returns"]] = REFUND
    return classes


_CLASS = _classes()
_AMOUNTS = {DEPOSIT: "deposit_not_shipped", SETTLED: "invoice_not_settled", UNINVOICED: "receipt_not_invoiced"}
_AMOUNTS[DEFERRED] = "sale_not_delivered"
_PAIRS = {
    "shipped_not_invoiced": (_SHIPPED, (_INVOICED, _GIVEN)),
    "return_not_refunded": (_RECEIVED, (_REFUNDED, _CREDITED, _EXCHANGED)),
}
_NEVER = np.iinfo(np.int64).max
_SALES = (REVENUE, REFUND, SPENT, CAME_BACK)

ByOrder = tuple[Subjects, Ints, Ints]
"""Orders, amounts and times of lines."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What some documents change.

    Attributes
    ----------
    balances
        By account: minor units, debits positive.
    items
        By class of open items.
    sales
        Lines of revenue, of refunds, of goods sent and of goods that came back.
    """

    documents: int
    debit_cents: int
    first_ms: int
    balances: dict[int, int]
    items: dict[str, Moves]
    sales: tuple[ByOrder, ...]


def booking(lines: Postings, found: Documents, refused: NDArray[np.bool_]) -> Booking:
    """What the documents change that are not refused.

    Raises
    ------
    InvariantError
        If one of them does not balance.
    """
    balances, touched = np.zeros(_ACCOUNTS, dtype=np.int64), np.zeros(_ACCOUNTS, dtype=np.bool_)
    gathered = (found.starts, found.sequence, found.begins, refused)
    if not add_up(lines.amount_cents, lines.account, *gathered, balances, touched):
        raise InvariantError("an accounting document is out of balance")
    columns = (lines.time_ms, lines.kind, lines.order, lines.account, lines.amount_cents)
    whose, amounts, times, first, ends = by_class(*columns, found.subject, *gathered, _CLASS)

    def of(number: int) -> ByOrder:
        mine = slice(first[number], ends[number])
        return whose[mine], amounts[mine], times[mine]

    items = {}
    for number, name in _AMOUNTS.items():
        subject, amount, time_ms = of(number)
        items[name] = Moves(subject, amount, amount, time_ms)
    for name, (opens, closes) in _PAIRS.items():
        items[name] = _pairs(found, opens, closes, refused)
    kept = ~refused
    return Booking(
        documents=int(kept.sum()),
        debit_cents=int(found.debit_cents[kept].sum()),
        first_ms=int(found.time_ms[kept].min(initial=_NEVER)),
        balances={number: int(balances[number]) for number in np.flatnonzero(touched).tolist()},
        items=items,
        sales=tuple(of(number) for number in _SALES),
    )


def _pairs(found: Documents, opens: int, closes: tuple[int, ...], refused: NDArray[np.bool_]) -> Moves:
    """Items that a document of one kind opens and one of another kind ends."""
    mine = np.flatnonzero(np.isin(found.kind, (opens, *closes)) & ~refused)
    is_opened = found.kind[mine] == opens
    value_cents = np.where(is_opened, found.debit_cents[mine], 0)
    sign = np.where(is_opened, 1, -1).astype(np.int64)
    return Moves(found.subject[mine].astype(np.int32), sign, value_cents, found.time_ms[mine])
