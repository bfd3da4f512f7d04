"""The accounting interface: documents of the operation go to the accountants' ledger by a feed that lags and refuses,
and a desk corrects what it refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.accounting import AccountingPlan
from sim.agents.desk import Desk
from sim.agents.period_close import OF_ORDERS, PeriodClose
from sim.books.documents import Documents, Ints, Postings, documents
from sim.books.general_ledger import GeneralLedger
from sim.books.kinds import KIND_NAMES, KINDS, NUMBER, REASON_NUMBER
from sim.books.register import as_numpy
from sim.clock import SWEEP
from sim.world import DeskPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_FED, _REJECTED, _CORRECTED = (NUMBER[k] for k in ("documents_booked", "document_rejected", "document_corrected"))
_OWN = np.array([kind.name in ("returns_reserved", "returned_goods_reserved") for kind in KINDS])
"""What the accountants post themselves needs no feed."""
_RANK = 1 << 21
Part = tuple[Postings, Documents]
"""Lines of the journal, and the documents that they are."""


class Accounting:
    """Feed, desk and close of one run.

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
        self._luck = {kind: site.streams.counter("accounting", KIND_NAMES[kind]) for kind in range(len(KINDS))}
        self._heard: list[Postings] = []
        self._corrected: list[Postings] = []
        self._travelling: dict[int, list[Part]] = {}
        self._runs = self._cases = 0
        self._refused: dict[int, tuple[Postings, int, int]] = {}
        """By case: the document's lines, its note and why it was refused."""
        site.register.leaving.ask(self._in_hand)

    def _in_hand(self) -> Ints:
        """Orders of which the accountants have not seen the end: refused documents, what the close must explain, open
        items."""
        notes = [note for _, note, _ in self._refused.values()] + self.close.notes()
        orders = as_numpy(self._site.register.notes.order)[np.array(notes, dtype=np.int64)]
        return np.concatenate([orders[orders >= 0], *(self.ledger.subjects(name) for name in OF_ORDERS)])

    def start(self) -> None:
        """The first feed, and the calendar of the close."""
        self._site.clock.at(self.plan.interval_ms, SWEEP, self._send, rank=_RANK)
        self.close.start()

    def hear(self, lines: Postings) -> None:
        """The operation's journal was written on; told at each flush of the books."""
        own = _OWN[lines.kind]
        if own.any():
            mine = lines.rows(own)
            self.ledger.book(mine, documents(mine))
            lines = lines.rows(~own)
        if len(lines):
            self._heard.append(lines)

    def is_delivered(self, before_ms: int) -> bool:
        """Whether every document dated before a moment is in the ledger."""
        if self.sent_ms < before_ms or any(found.time_ms.min() < before_ms for found in self._on_their_way()):
            return False
        return not any(lines.time_ms[0] < before_ms for lines in self._corrected) and not any(
            lines.time_ms[0] < before_ms for lines, _, _ in self._refused.values()
        )

    def missing(self, before_ms: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Documents dated before a moment that are refused and on their way: how many, and their debits, of each."""
        refused = [lines for lines, _, _ in self._refused.values()] + self._corrected
        late = [lines for lines in refused if lines.time_ms[0] < before_ms]
        debits = sum(int(np.maximum(lines.amount_cents, 0).sum()) for lines in late)
        going = [(found, found.time_ms < before_ms) for found in self._on_their_way()]
        count = sum(int(due.sum()) for _, due in going)
        return (len(late), debits), (count, sum(int(found.debit_cents[due].sum()) for found, due in going))

    def _on_their_way(self) -> list[Documents]:
        return [found for parts in self._travelling.values() for _, found in parts]

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
        fresh, self._heard = self._heard, []
        corrected, self._corrected = self._corrected, []
        parts = []
        if fresh:
            lines = Postings.joined(fresh)
            found = documents(lines)
            why = self._drawn(found)
            self._refuse(lines, found, why)
            refused = why > 0
            parts.append(
                (lines.rows(~refused[found.of_line]), found.without(refused)) if refused.any() else (lines, found)
            )
        if corrected:
            lines = Postings.joined(corrected)
            parts.append((lines, documents(lines)))
        self._depart([(lines, found) for lines, found in parts if len(lines)])
        site.clock.at(self.sent_ms + self.plan.interval_ms, SWEEP, self._send, rank=_RANK)
        self.close.look()

    def _drawn(self, found: Documents) -> Ints:
        """By document: the reason for which it is refused, 0 for most. The luck is the order's or the record's own."""
        luck = np.ones(len(found))
        for kind in np.flatnonzero(np.bincount(found.kind)).tolist():
            mine = found.kind == kind
            luck[mine] = self._luck[kind].many(found.subject[mine])
        missing, either = self.plan.missing_data_share, self.plan.missing_data_share + self.plan.mismatch_share
        why = np.where(luck < missing, REASON_NUMBER["master_data_missing"], REASON_NUMBER["mismatch"])
        return np.where(luck < either, why, 0)

    def _depart(self, parts: list[Part]) -> None:
        if not parts:
            return
        self._runs += 1
        self._travelling[self._runs] = parts
        arrives_ms = self._site.clock.now_ms + self.plan.latency_ms
        self._site.clock.at(arrives_ms, SWEEP, self._arrive, self._runs, rank=_RANK + 1)

    def _arrive(self, number: int) -> None:
        """Documents reach the ledger, which books what falls into an open period."""
        parts, site = self._travelling.pop(number), self._site
        if any(found.time_ms.min() < self.closed_ms for _, found in parts):
            parts = self._open_only(parts)
        for lines, found in parts:
            self.ledger.book(lines, found)
            self.close.reserve.hear(lines)
        if parts:
            count, debits = (sum(map(int, each)) for each in zip(*((len(f), f.debit_cents.sum()) for _, f in parts)))
            site.log.one(_FED, self.actor, 0, site.register.notes.add(units=count, value_cents=debits))
        self.close.look()

    def _open_only(self, parts: list[Part]) -> list[Part]:
        """What is dated before the end of a closed period is refused."""
        lines = Postings.joined([lines for lines, _ in parts])
        found = documents(lines)
        closed = found.time_ms < self.closed_ms
        self._refuse(lines, found, np.where(closed, REASON_NUMBER["period_closed"], 0))
        lines = lines.rows(~closed[found.of_line])
        return [(lines, found.without(closed))] if len(lines) else []

    # The desk.

    def _refuse(self, lines: Postings, found: Documents, why: Ints) -> None:
        refused = np.flatnonzero(why)
        if not len(refused):
            return
        by_document = np.argsort(found.of_line, kind="stable")
        begins = np.searchsorted(found.of_line[by_document], np.arange(len(found) + 1))
        site = self._site
        for document in refused.tolist():
            own = by_document[begins[document] : begins[document + 1]]
            order, debits = int(found.order[document]), int(found.debit_cents[document])
            note = site.register.notes.add(order=order, value_cents=debits)
            reason = int(why[document])
            site.log.one(_REJECTED, self.actor, reason, note)
            self._refused[self._cases] = (lines.rows(own), note, reason)
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
