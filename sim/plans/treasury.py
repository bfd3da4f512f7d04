"""When a company's entities pay one another, in what currency they owe, and when open items are valued anew."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import DAY_MS

DEBTS_IN = ("seller", "buyer", "group")
"""In whose currency a debt between two entities is: the seller's, the buyer's, the first entity's."""


@dataclass(frozen=True, slots=True)
class TreasuryPlan:
    """The company's treasury.

    With the end of each ``netting`` period (`sim.plans.accounting.PERIODS`; None: never) what each two entities owe one
    another is drawn up, and the difference paid ``pay_after_ms`` later. Debts are in the currency that ``debts_in``
    says. In the last millisecond of each ``revalue`` period (None: never) what is open in a foreign currency is valued
    at the day's rate.
    """

    netting: str | None = "month"
    pay_after_ms: int = 5 * DAY_MS
    debts_in: str = "seller"
    revalue: str | None = "month"


def treasurer(entity: str, other: str) -> str:
    """What the event log calls who acts for an entity towards another."""
    return f"treasury:{entity}:{other}"
