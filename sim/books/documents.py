"""Accounting documents: what the journal posts at one moment, of one kind, about one order or record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.books.document_kernel import begins, runs, total
from sim.books.kinds import KINDS

Ints: TypeAlias = NDArray[np.signedinteger]

_BY_RECORD = np.array([kind.record in ("return", "goods", "world") for kind in KINDS])
"""Kinds whose documents are about the record itself, whatever order it belongs to."""
_FITS = 1 << 62


@dataclass(frozen=True, slots=True)
class Postings:
    """Lines of the journal as columns; ``record`` is the number of the fact's record."""

    time_ms: Ints
    kind: Ints
    order: Ints
    record: Ints
    account: Ints
    amount_cents: Ints

    def __len__(self) -> int:
        return len(self.time_ms)

    def rows(self, chosen: NDArray[np.bool_] | Ints | slice) -> Postings:
        """Some of the lines."""
        return Postings(
            self.time_ms[chosen],
            self.kind[chosen],
            self.order[chosen],
            self.record[chosen],
            self.account[chosen],
            self.amount_cents[chosen],
        )

    def dated(self, time_ms: int) -> Postings:
        """The same lines with another date."""
        return replace(self, time_ms=np.full_like(self.time_ms, time_ms))

    @classmethod
    def joined(cls, parts: list[Postings]) -> Postings:
        """All lines of ``parts``, in their order."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("time_ms", "kind", "order", "record", "account", "amount_cents")
            )
        )


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents as columns, by the time, kind and subject of their lines.

    Attributes
    ----------
    subject : ndarray
        The order that a document is about, or its record where it is about no order, a return or goods.
    debit_cents : ndarray
        The sum of its debits.
    starts, sequence, begins : ndarray
        Lines of one document often follow one another: where each such run of lines starts (and an end), the runs
        document by document, and where each document begins in that sequence (and an end).
    """

    time_ms: Ints
    kind: Ints
    order: Ints
    subject: Ints
    debit_cents: Ints
    starts: Ints
    sequence: Ints
    begins: Ints

    def __len__(self) -> int:
        return len(self.time_ms)

    def lines_of(self, document: int) -> Ints:
        """Numbers of a document's lines."""
        runs = self.sequence[self.begins[document] : self.begins[document + 1]].tolist()
        found: Ints = np.concatenate([np.arange(self.starts[run], self.starts[run + 1]) for run in runs])
        return found

    def lines_without(self, refused: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which lines are of other documents than the refused ones."""
        of_run = np.empty(len(self.sequence), dtype=np.int64)
        of_run[self.sequence] = np.repeat(np.arange(len(self)), np.diff(self.begins))
        kept: NDArray[np.bool_] = ~np.repeat(refused[of_run], np.diff(self.starts))
        return kept


def documents(lines: Postings) -> Documents:
    """Lines of the journal, gathered into the documents that they are of."""
    time_ms, kind = lines.time_ms.astype(np.int64, copy=False), lines.kind.astype(np.int16, copy=False)
    order, record = lines.order.astype(np.int32, copy=False), lines.record.astype(np.int32, copy=False)
    amount_cents = lines.amount_cents.astype(np.int64, copy=False)
    starts, subjects, debit_cents = runs(time_ms, kind, order, record, _BY_RECORD, amount_cents)
    sequence = _in_sequence(time_ms[starts[:-1]] * len(KINDS) + kind[starts[:-1]], subjects[:-1])
    first_run = begins(time_ms, kind, starts, subjects, sequence)
    first = starts[sequence[first_run[:-1]]]
    return Documents(
        time_ms=time_ms[first],
        kind=kind[first],
        order=order[first],
        subject=subjects[sequence[first_run[:-1]]],
        debit_cents=total(debit_cents, sequence, first_run),
        starts=starts,
        sequence=sequence,
        begins=first_run,
    )


def _in_sequence(moment: Ints, subject: Ints) -> Ints:
    """By moment, then by subject: in one key where both fit, because journals are nearly sorted."""
    if not len(moment):
        return np.zeros(0, dtype=np.int64)
    lowest, width = int(subject.min()), int(subject.max()) - int(subject.min()) + 1
    if int(moment.max() + 1) * width < _FITS:
        return np.argsort(moment * width + (subject - lowest), kind="stable")
    return np.lexsort((subject, moment))
