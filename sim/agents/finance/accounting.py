"""The accounting interface: documents of the operation go to the accountants' ledger by a feed that lags and refuses,
and a desk corrects what it refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.desks.desk import Desk
from sim.agents.finance.period_close import OF_ORDERS, PeriodClose
from sim.books.booking import Booking, booking
from sim.books.columns import as_numpy
from sim.books.document_kernel import chosen
from sim.books.documents import Documents, Ints, Postings, documents
from sim.books.general_ledger import GeneralLedger
from sim.books.kinds import KIND_NAMES, KINDS, NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.plans.accounting import AccountingPlan
from sim.world import DeskPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_FED, _REJECTED, _CORRECTED = (NUMBER[k] for k in ("documents_booked", "document_rejected", "document_corrected"))
_OWN = np.array([kind.name in ("returns_reserved", "returned_goods_reserved") for kind in KINDS])
"""What the accountants post themselves needs no feed."""
_RANK = 1 << 21
_REASONS = np.array([0, REASON_NUMBER["master_data_missing"], REASON_NUMBER["mismatch"]])


@dataclass(frozen=True, slots=True)
class Delivery:
    """Documents on their way: the lines that they are of, those that were refused, and what the others change."""

    lines: Postings
    found: Documents
    refused: NDArray[np.bool_]
    booking: Booking

    @classmethod
    def of(cls, lines: Postings, found: Documents, why: Ints) -> Delivery:
        """Of documents, with the reason for which each is refused, or 0."""
        refused = why > 0
        return cls(lines, found, refused, booking(lines, found, refused))


class Accounting:
    """Feed, desk and close of one run.

    What is posted is gathered into documents as soon as the books are written, while it is at hand: what was posted at
    one moment belongs together, so the lines of the last moment wait for those that come next.

    Attributes
    ----------
    ledger : GeneralLedger
        What was delivered.
    sent_ms
        When the feed last took what there was; -1 before its first run.
    closed_ms
        The end of the last period that is closed; what is dated before it is refused.
    """

    def __init__(self, site: Site, plan: AccountingPlan, actor: int, desk_actor: int) -> None:
        self._site, self.plan, self.actor = site, plan, actor
        self.ledger = GeneralLedger()
        self.sent_ms, self.closed_ms = -1, 0
        self.desk = Desk(
            site,
            1 << 10,
            DeskPlan("accounting", "finance", (), plan.shifts, plan.handling_ms),
            desk_actor,
            self._worked,
        )
        self.close = PeriodClose(site, self)
        luck = [site.streams.counter("accounting", name).key for name in KIND_NAMES]
        self._luck = np.array(luck, dtype=np.uint64)
        self._last: list[Postings] = []
        """Lines of the last moment that was heard of."""
        self._heard: list[Delivery] = []
        self._to_refuse: list[tuple[Postings, Documents, Ints]] = []
        self._corrected: list[Postings] = []
        self._travelling: dict[int, list[Delivery]] = {}
        self._runs = self._cases = 0
        self._refused: dict[int, tuple[Postings, int, int]] = {}
        """By case: the document's lines, its note and why it was refused."""
        site.register.leaving.ask(self._in_hand)
        site.register.leaving.hold(site.register.notes, self._notes)

    def _in_hand(self) -> NDArray[np.int64]:
        """Orders of which the accountants have not seen the end: refused documents, what the close must explain, open
        items."""
        orders = as_numpy(self._site.register.notes.order)[np.array(self._notes(), dtype=np.int64)]
        return np.concatenate([orders[orders >= 0], *(self.ledger.subjects(name) for name in OF_ORDERS)])

    def _notes(self) -> list[int]:
        return [note for _, note, _ in self._refused.values()] + self.close.notes()

    def start(self) -> None:
        """The first feed, and the calendar of the close."""
        self._site.clock.at(self.plan.interval_ms, SWEEP, self._send, rank=_RANK)
        self.close.start()

    def hear(self, lines: Postings) -> None:
        """The operation's journal was written on; told at each flush of the books."""
        own = _OWN[lines.kind]
        if own.any():
            mine = lines.rows(own)
            self.ledger.book(_all_of(mine).booking)
            lines = lines.rows(~own)
        if len(lines) and self._last and lines.time_ms[0] == self._last[0].time_ms[0]:
            more = int(np.searchsorted(lines.time_ms, lines.time_ms[0], side="right"))
            self._last.append(lines.rows(slice(more)))
            lines = lines.rows(slice(more, None))
        if len(lines):
            self._gather_last()
            last = int(np.searchsorted(lines.time_ms, lines.time_ms[-1]))
            if last:
                self._gather(lines.rows(slice(last)))
            self._last = [lines.rows(slice(last, None))]

    def _gather_last(self) -> None:
        if self._last:
            self._gather(Postings.joined(self._last))
            self._last = []

    def _gather(self, lines: Postings) -> None:
        """Lines of whose moments there are no others."""
        found = documents(lines)
        shares = self.plan.missing_data_share, self.plan.mismatch_share
        why = _REASONS[chosen(found.kind, found.subject, self._luck, *shares)]
        self._to_refuse.append((lines, found, why))
        self._heard.append(Delivery.of(lines, found, why))

    def is_delivered(self, before_ms: int) -> bool:
        """Whether every document dated before a moment is in the ledger."""
        if self.sent_ms < before_ms or any(part.booking.first_ms < before_ms for part in self._on_their_way()):
            return False
        return not any(lines.time_ms[0] < before_ms for lines in self._corrected) and not any(
            lines.time_ms[0] < before_ms for lines, _, _ in self._refused.values()
        )

    def missing(self, before_ms: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Documents dated before a moment that are refused and on their way: how many, and their debits, of each."""
        refused = [lines for lines, _, _ in self._refused.values()] + self._corrected
        late = [lines for lines in refused if lines.time_ms[0] < before_ms]
        debits = sum(int(np.maximum(lines.amount_cents, 0).sum()) for lines in late)
        going = [
            part.found.debit_cents[(part.found.time_ms < before_ms) & ~part.refused] for part in self._on_their_way()
        ]
        return (len(late), debits), (sum(map(len, going)), sum(int(found.sum()) for found in going))

    def _on_their_way(self) -> list[Delivery]:
        return [part for parts in self._travelling.values() for part in parts]

    @property
    def refused(self) -> int:
        """How many documents wait for a correction."""
        return len(self._refused)

    @property
    def next_case(self) -> int:
        """The number of the first case that `give` gives next."""
        return self._cases

    def give(self, cases: int) -> None:
        """Let the desk work on so many more things; the close is told of its own, one by one."""
        first, self._cases = self._cases, self._cases + cases
        for case in range(first, self._cases):
            self.desk.put(case)

    # The feed.

    def _send(self, _: None) -> None:
        """Send what was posted since the last time, and what the desk has corrected."""
        site = self._site
        if site.log.recorder is not None:
            site.log.recorder.flush()  # only what is in the books can be sent
        self.sent_ms = site.clock.now_ms
        self._gather_last()
        parts, self._heard = self._heard, []
        to_refuse, self._to_refuse = self._to_refuse, []
        corrected, self._corrected = self._corrected, []
        for lines, found, why in to_refuse:
            self._refuse(lines, found, why)
        if corrected:
            parts.append(_all_of(Postings.joined(corrected)))
        self._depart([part for part in parts if part.booking.documents])
        site.clock.at(self.sent_ms + self.plan.interval_ms, SWEEP, self._send, rank=_RANK)
        self.close.look()

    def _depart(self, parts: list[Delivery]) -> None:
        if not parts:
            return
        self._runs += 1
        self._travelling[self._runs] = parts
        arrives_ms = self._site.clock.now_ms + self.plan.latency_ms
        self._site.clock.at(arrives_ms, SWEEP, self._arrive, self._runs, rank=_RANK + 1)

    def _arrive(self, number: int) -> None:
        """Documents reach the ledger, which books what falls into an open period."""
        parts, site = self._travelling.pop(number), self._site
        if any(part.booking.first_ms < self.closed_ms for part in parts):
            parts = self._open_only(parts)
        for part in parts:
            self.ledger.book(part.booking)
            self.close.reserve.hear(part.booking.sales)
        if parts:
            count, debits = (sum(part.booking.documents for part in parts), sum(p.booking.debit_cents for p in parts))
            site.log.one(_FED, self.actor, 0, site.register.notes.add(units=count, value_cents=debits))
        self.close.look()

    def _open_only(self, parts: list[Delivery]) -> list[Delivery]:
        """What is dated before the end of a closed period is refused."""
        lines = Postings.joined([part.lines.rows(part.found.lines_without(part.refused)) for part in parts])
        found = documents(lines)
        why = np.where(found.time_ms < self.closed_ms, REASON_NUMBER["period_closed"], 0)
        self._refuse(lines, found, why)
        left = Delivery.of(lines, found, why)
        return [left] if left.booking.documents else []

    # The desk.

    def _refuse(self, lines: Postings, found: Documents, why: Ints) -> None:
        site = self._site
        for document in np.flatnonzero(why).tolist():
            order, debits = int(found.order[document]), int(found.debit_cents[document])
            note = site.register.notes.add(order=order, value_cents=debits)
            reason = int(why[document])
            site.log.one(_REJECTED, self.actor, reason, note)
            self._refused[self._cases] = (lines.rows(found.lines_of(document)), note, reason)
            self.give(1)

    def _worked(self, case: int, actor: int) -> None:
        """A person finished a case: a corrected document goes with the next feed; the rest is the close's."""
        if case not in self._refused:
            self.close.worked(case, actor)
            return
        lines, note, reason = self._refused.pop(case)
        self._site.log.one(_CORRECTED, actor, reason, note)
        if lines.time_ms[0] < self.closed_ms:  # it is dated into the open period
            lines = lines.dated(self._site.clock.now_ms)
        self._corrected.append(lines)


def _all_of(lines: Postings) -> Delivery:
    """Documents of which none is refused."""
    found = documents(lines)
    return Delivery.of(lines, found, np.zeros(len(found), dtype=np.int64))
