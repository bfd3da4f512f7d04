"""A debt between two legal entities: in its own currency, and as each of their books has it."""

from __future__ import annotations

from dataclasses import dataclass, field

CREDITOR, DEBTOR = 0, 1


@dataclass(slots=True)
class Debt:
    """What ``debtor`` owes ``creditor`` from one time between two nettings; below 0 where more came back than was sold.

    Attributes
    ----------
    cents
        In its own currency.
    booked_cents
        In the group's, at the rates at which it was booked.
    own_cents
        The same in the creditor's and in the debtor's books.
    adjusted_cents, adjusted_own_cents
        By which it was valued otherwise since, in the group's and in each one's books: creditor's, debtor's.
    since_ms, due_ms
        When it began, and when it is to be paid; -1 before it was drawn up.
    """

    creditor: int
    debtor: int
    currency: str
    since_ms: int
    due_ms: int = -1
    cents: int = 0
    booked_cents: int = 0
    own_cents: list[int] = field(default_factory=lambda: [0, 0])
    adjusted_cents: list[int] = field(default_factory=lambda: [0, 0])
    adjusted_own_cents: list[int] = field(default_factory=lambda: [0, 0])
