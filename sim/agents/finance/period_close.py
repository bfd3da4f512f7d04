"""The close of accounting periods: the unreconciled list, the returns reserve, the checklist, and the day on which all
of it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.billing import Billing
from sim.agents.finance.returns_reserve import ReturnsReserve
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.open_items import Ints, Items
from sim.books.reasons import REASON_NUMBER
from sim.calendar import period_ends
from sim.clock import SWEEP
from sim.network import Channel
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.agents.finance.accounting import Accounting
    from sim.agents.site import Site

_ENDED, _LISTED, _EXPLAINED, _CLOSED, _RESERVED, _GOODS_RESERVED = (
    NUMBER[k]
    for k in (
        "period_ended",
        "items_listed",
        "item_explained",
        "period_closed",
        "returns_reserved",
        "returned_goods_reserved",
    )
)
_RANK = (1 << 21) + 8
AT_ONCE = "shipped_not_invoiced"
"""What somebody must explain however short a time it has been open."""


def longest_terms_ms(channel: Channel) -> int:
    """From shipment to the last day on which an invoice of a channel that is paid in time may be due."""
    plans = Billing.plans_of(channel)
    if not plans:
        return channel.settlement_ms
    given = [c.terms_ms for c in channel.contracts if c.terms_ms is not None]
    month_ms = 31 * DAY_MS if any(plan.invoices == "month" for plan in plans) else 0
    return max(*given, *(plan.terms_ms for plan in plans), 0) + month_ms


@dataclass(slots=True)
class Period:
    """One accounting period that has ended."""

    number: int
    end_ms: int
    listed: bool = False
    closed: bool = False
    to_do: set[int] = field(default_factory=set)
    """Cases that the desk has not finished."""
    debts: list[tuple[str, int, int]] = field(default_factory=list)
    """Between entities at its end: why each is open, since when, and how much it is."""


class PeriodClose:
    """Closes one period after the other.

    Attributes
    ----------
    reserve : ReturnsReserve
        What the accountants expect back.
    """

    def __init__(self, site: Site, accounting: Accounting) -> None:
        self._site, self._accounting, self._plan = site, accounting, accounting.plan
        self.reserve = ReturnsReserve(site, accounting.plan)
        self._periods: list[Period] = []
        self._case_of: dict[int, tuple[Period, int, int]] = {}
        """By case of the desk: the period, the note of the open item (-1 for a check), and its class."""

    def notes(self) -> list[int]:
        """Those of open items that the desk must explain still."""
        return [note for _, note, _ in self._case_of.values() if note >= 0]

    def start(self) -> None:
        """Put the ends of all periods on the clock."""
        horizon = self._site.world.horizon
        for number, end_ms in enumerate(period_ends(self._site.calendar, self._plan.period, horizon.drain_until_ms)):
            self._site.clock.at(end_ms, SWEEP, self._end, Period(number, end_ms), rank=_RANK)

    def _end(self, period: Period) -> None:
        clock = self._site.clock
        self._periods.append(period)
        self._tell(_ENDED, period)
        if self._site.treasury is not None:
            period.debts = self._site.treasury.open_debts()
        clock.at(period.end_ms + self._plan.list_after_ms, SWEEP, self._list, period, rank=_RANK + 1)
        if self._plan.hard_close_ms is not None:
            clock.at(period.end_ms + self._plan.hard_close_ms, SWEEP, self._close_hard, period, rank=_RANK + 2)

    def _tell(self, kind: int, period: Period, reason: int = 0) -> None:
        site = self._site
        site.log.one(kind, self._accounting.actor, reason, site.register.notes.add(units=period.number))

    # The list.

    def _list(self, period: Period) -> None:
        """List what is open, give the desk what must be explained, reserve for returns, begin the checklist."""
        if period.closed:
            return
        for name, (count, value) in zip(
            ("feed_rejected", "feed_in_transit"), self._accounting.missing(period.end_ms), strict=True
        ):
            self._note_items(name, count, value)
        for name, items in self._accounting.ledger.open_items(period.end_ms).items():
            self._note_items(name, len(items), int(np.abs(items.value_cents).sum()))
            stale = items.moved_ms + self._may_take_ms(name, items) <= period.end_ms
            orders = items.subject[stale] if name in OF_ORDERS else np.full(int(stale.sum()), -1)
            for order, value in zip(orders.tolist(), items.value_cents[stale].tolist(), strict=True):
                note = self._site.register.notes.add(order=order, value_cents=abs(value))
                self._give(period, 1, note, REASON_NUMBER[name])
        self._list_debts(period)
        self._post_reserve(period)
        for check in self._plan.checklist:
            self._give(period, max(1, round(check.work_ms / max(1.0, self._plan.handling_ms.mean))), -1, 0)
        period.listed = True
        self.look()

    def _may_take_ms(self, name: str, items: Items) -> Ints | int:
        """How long items may stand still until somebody must explain them; invoices, from when they are due."""
        if name == AT_ONCE:
            return 0
        if name != "invoice_not_settled":
            return self._plan.review_over_ms
        channels = self._site.world.network.channels
        terms_ms = np.array([longest_terms_ms(c) + c.settlement_interval_ms for c in channels])
        orders = self._site.register.orders
        of = as_numpy(orders.channel)[items.subject]
        due_ms: Ints = terms_ms[of] + self._plan.review_over_ms
        waits = np.array([c.settlement_from == "delivery" for c in channels])[of]
        if waits.any():  # nobody expects money before the promised delivery has passed, and the terms after it
            promised_ms = as_numpy(orders.deliver_by_ms)[items.subject]
            due_ms += waits * np.maximum(0, promised_ms - items.moved_ms)
        return due_ms

    def _list_debts(self, period: Period) -> None:
        """List what entities owed one another at the end; what is too old, somebody must explain."""
        for name in DEBTS:
            found = [abs(cents) for why, _, cents in period.debts if why == name]
            self._note_items(name, len(found), sum(found))
        for name, since_ms, cents in period.debts:
            if since_ms + self._plan.review_over_ms <= period.end_ms:
                note = self._site.register.notes.add(value_cents=abs(cents))
                self._give(period, 1, note, REASON_NUMBER[name])

    def _note_items(self, name: str, count: int, value_cents: int) -> None:
        if count:
            note = self._site.register.notes.add(units=count, value_cents=value_cents)
            self._site.log.one(_LISTED, self._accounting.actor, REASON_NUMBER[name], note)

    def _give(self, period: Period, cases: int, note: int, reason: int) -> None:
        first = self._accounting.next_case
        for case in range(first, first + cases):
            self._case_of[case] = (period, note, reason)
            period.to_do.add(case)
        self._accounting.give(cases)

    def _post_reserve(self, period: Period) -> None:
        """Post what the reserve has to change by, so that it is what is expected back."""
        sales_cents, goods_cents = self.reserve.true_up(period.end_ms)
        for kind, cents in ((_RESERVED, sales_cents), (_GOODS_RESERVED, goods_cents)):
            if cents:
                note = self._site.register.notes.add(value_cents=cents)
                self._site.log.one(kind, self._accounting.actor, 0, note)

    # The end of it.

    def worked(self, case: int, actor: int) -> None:
        """A person finished a case of the close."""
        period, note, reason = self._case_of.pop(case)
        period.to_do.discard(case)
        if note >= 0:
            self._site.log.one(_EXPLAINED, actor, reason, note)
            order = self._site.register.notes.order[note]
            if self._site.exchange is not None and order >= 0:
                self._site.exchange.mending.explained(order, actor)
        self.look()

    def look(self) -> None:
        """Close every period that can be closed, in their order."""
        for period in self._periods:
            if not period.closed and not self._is_done(period):
                return
            if not period.closed:
                self._close(period, 0)

    def _is_done(self, period: Period) -> bool:
        return period.listed and not period.to_do and self._accounting.is_delivered(period.end_ms)

    def _close_hard(self, period: Period) -> None:
        """Time is up: whatever is not done stays undone."""
        for earlier in self._periods:
            if not earlier.closed and earlier.number <= period.number:
                self._close(earlier, REASON_NUMBER["hard_close"])

    def _close(self, period: Period, reason: int) -> None:
        period.closed = True
        self._accounting.closed_ms = period.end_ms
        self._tell(_CLOSED, period, reason)


OF_ORDERS = ("deposit_not_shipped", "shipped_not_invoiced", "invoice_not_settled", "sale_not_delivered")
"""Classes whose items are orders."""
DEBTS = ("debt_not_drawn_up", "debt_not_paid")
"""Classes of what entities owe one another: in no netting yet, and in one whose payment is not due."""
