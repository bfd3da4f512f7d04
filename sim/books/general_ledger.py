"""The accountants' ledger: what the accounting interface has delivered of the operation's journal."""

from __future__ import annotations

from sim.books.booking import Booking
from sim.books.open_items import Ints, Items, OpenItems
from sim.plans.accounting import OPEN_ITEMS


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

    def book(self, booking: Booking) -> None:
        """Book whole documents."""
        self.booked += booking.documents
        for account, amount in booking.balances.items():
            self.balances[account] = self.balances.get(account, 0) + amount
        for name, moves in booking.items.items():
            self._items[name].add(moves)

    def subjects(self, name: str) -> Ints:
        """Whose items of this class are open, or have moved since they were last looked at."""
        return self._items[name].subjects()

    def open_items(self, before_ms: int) -> dict[str, Items]:
        """By class: what is open of the documents of the operation's days before ``before_ms``."""
        return {name: items.until(before_ms) for name, items in self._items.items()}
