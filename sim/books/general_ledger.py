"""The accountants' ledger: what the accounting interface has delivered of the operation's journal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.accounting import OPEN_ITEMS
from sim.books.documents import Documents, Postings
from sim.books.kinds import ACCOUNT_NUMBER, NUMBER
from sim.books.open_items import Items, OpenItems
from sim.errors import InvariantError

_DEPOSITS, _CLEARING, _RECEIVABLES, _UNINVOICED = (
    ACCOUNT_NUMBER[name]
    for name in (
        "customer_deposits",
        "card_clearing",
        "receivables",
        "goods_received_not_invoiced",
    )
)
_SHIPPED, _INVOICED, _RECEIVED, _REFUNDED = (
    NUMBER[kind] for kind in ("shipped", "invoiced", "return_received", "refunded")
)


class GeneralLedger:
    """Balances by account, and the items that are open by class.

    Attributes
    ----------
    balances : dict
        Minor units by account number, debits positive; they sum to 0 after every document.
    booked
        How many documents there are.
    """

    def __init__(self) -> None:
        self.balances: dict[int, int] = {}
        self.booked = 0
        self._items = {name: OpenItems() for name in OPEN_ITEMS}

    def book(self, lines: Postings, found: Documents) -> None:
        """Book whole documents.

        Raises
        ------
        InvariantError
            If one of them does not balance.
        """
        if not len(lines):
            return
        total = np.zeros(len(found), dtype=np.int64)
        np.add.at(total, found.of_line, lines.amount_cents)
        if total.any():
            raise InvariantError(f"an accounting document is out of balance by {total[total != 0][0]}")
        self.booked += len(found)
        for account in np.flatnonzero(np.bincount(lines.account)).tolist():
            amount = int(lines.amount_cents[lines.account == account].sum())
            self.balances[account] = self.balances.get(account, 0) + amount
        self._note_amounts("deposit_not_shipped", lines, found, lines.account == _DEPOSITS)
        settled = (lines.account == _CLEARING) | (lines.account == _RECEIVABLES)
        self._note_amounts("invoice_not_settled", lines, found, settled)
        self._note_amounts("receipt_not_invoiced", lines, found, lines.account == _UNINVOICED)
        self._note_pairs("shipped_not_invoiced", found, _SHIPPED, _INVOICED)
        self._note_pairs("return_not_refunded", found, _RECEIVED, _REFUNDED)

    def open_items(self, before_ms: int) -> dict[str, Items]:
        """By class: what is open of the documents of the operation's days before ``before_ms``."""
        return {name: items.until(before_ms) for name, items in self._items.items()}

    def subjects(self, name: str) -> NDArray[np.int64]:
        """Whose items of this class are open, or have moved since they were last looked at."""
        return self._items[name].subjects()

    def _note_amounts(self, name: str, lines: Postings, found: Documents, mine: NDArray[np.bool_]) -> None:
        amount = lines.amount_cents[mine].astype(np.int64)
        subject = found.subject[found.of_line[mine]].astype(np.int64)
        self._items[name].add(subject, amount, amount, lines.time_ms[mine].astype(np.int64))

    def _note_pairs(self, name: str, found: Documents, opens: int, ends: int) -> None:
        """Items that a document of one kind opens and one of another kind ends."""
        mine = (found.kind == opens) | (found.kind == ends)
        sign = np.where(found.kind[mine] == opens, 1, -1).astype(np.int64)
        value = np.where(sign > 0, found.debit_cents[mine], 0)
        self._items[name].add(found.subject[mine].astype(np.int64), sign, value, found.time_ms[mine].astype(np.int64))
