"""How the company's accountants work: the interface that feeds their ledger, who corrects it, and how they close."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.distributions import Distribution, Fixed
from sim.units import DAY_MS, MINUTE_MS
from sim.world import DeskShift

PERIODS = ("day", "week", "month")
"""What an accounting period may be: local days, weeks from Monday, calendar months."""

OPEN_ITEMS = (
    "deposit_not_shipped",
    "shipped_not_invoiced",
    "invoice_not_settled",
    "receipt_not_invoiced",
    "return_not_refunded",
    "sale_not_delivered",
)
"""What a period's unreconciled list holds, beside documents that the feed has not delivered or was refused."""


@dataclass(frozen=True, slots=True)
class Check:
    """One task of the close that is the same every period: ``work_ms`` of somebody's time."""

    name: str
    work_ms: int


@dataclass(frozen=True, slots=True)
class AccountingPlan:
    """The accounting interface, its desk and the calendar of the close.

    Every ``interval_ms`` the documents of the operation are sent; they are in the accountants' ledger ``latency_ms``
    later, but for ``missing_data_share`` and ``mismatch_share`` of them, which are rejected. People of the desk correct
    rejected documents and explain open items, each in ``handling_ms``; a corrected document goes with the next feed.

    A period ends with the local day, week or month. ``list_after_ms`` later the accountants list what is open in it;
    what has not moved for ``review_over_ms`` (an invoice: since it was due) somebody must explain; the ``checklist``
    is worked. The period is closed when all of that is done and the feed has delivered every document of it, or, at
    the latest, ``hard_close_ms`` after its end (None: however long it takes); what comes later is refused, until
    somebody dates it into an open period. A close that takes longer than ``target_ms`` is late.

    ``expected_return_share`` is that part of sales for which the accountants reserve (None: what the categories'
    own shares say of what was sold); a sale counts for ``reserve_ms``.
    """

    interval_ms: int = DAY_MS
    latency_ms: int = 0
    missing_data_share: float = 0.0
    mismatch_share: float = 0.0
    shifts: tuple[DeskShift, ...] = (DeskShift(frozenset(range(5)), 9 * 60, 17 * 60, 1),)
    handling_ms: Distribution = field(default_factory=lambda: Fixed(10 * MINUTE_MS))
    period: str = "month"
    list_after_ms: int = DAY_MS
    review_over_ms: int = 14 * DAY_MS
    checklist: tuple[Check, ...] = ()
    target_ms: int = 5 * DAY_MS
    hard_close_ms: int | None = None
    expected_return_share: float | None = None
    reserve_ms: int = 30 * DAY_MS
