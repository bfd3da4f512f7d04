"""Accounting documents: what the journal posts at one moment, of one kind, about one order or record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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

    def rows(self, chosen: NDArray[np.bool_] | Ints) -> Postings:
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
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("time_ms", "kind", "order", "record", "account", "amount_cents")
            )
        )


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents as columns, by the time and kind of their lines.

    Attributes
    ----------
    subject : ndarray
        The order that a document is about, or its record where it is about no order, a return or goods.
    debit_cents : ndarray
        The sum of its debits.
    of_line : ndarray
        By line of the journal: the document that it is in.
    """

    time_ms: Ints
    kind: Ints
    order: Ints
    subject: Ints
    debit_cents: Ints
    of_line: Ints

    def __len__(self) -> int:
        return len(self.time_ms)

    def without(self, refused: NDArray[np.bool_]) -> Documents:
        """The others; lines of the refused ones are gone, too."""
        kept = ~refused
        number = np.cumsum(kept) - 1
        of_line = number[self.of_line[kept[self.of_line]]]
        return Documents(
            self.time_ms[kept], self.kind[kept], self.order[kept], self.subject[kept], self.debit_cents[kept], of_line
        )


def documents(lines: Postings) -> Documents:
    """Lines of the journal, gathered into the documents that they are of."""
    by_record = _BY_RECORD[lines.kind] | (lines.order < 0)
    subject = np.where(by_record, lines.record, lines.order).astype(np.int64)
    moment = lines.time_ms * len(KINDS) + lines.kind
    # The lines of a fact follow one another: what is sorted is their runs, some third as many.
    starts = np.flatnonzero(_differs(moment) | _differs(subject))
    sequence = _in_sequence(moment[starts], subject[starts])
    begins = _differs(moment[starts[sequence]]) | _differs(subject[starts[sequence]])
    first = starts[sequence[begins]]
    of_run = np.empty(len(starts), dtype=np.int64)
    of_run[sequence] = np.cumsum(begins) - 1
    of_line = np.repeat(of_run, np.diff(starts, append=len(moment)))
    debits = np.bincount(of_line, weights=np.maximum(lines.amount_cents, 0), minlength=len(first))
    return Documents(
        time_ms=lines.time_ms[first],
        kind=lines.kind[first],
        order=lines.order[first],
        subject=subject[first],
        debit_cents=debits.astype(np.int64),
        of_line=of_line,
    )


def _in_sequence(moment: Ints, subject: Ints) -> NDArray[np.intp]:
    """By moment, then by subject: in one key where both fit, because journals are nearly sorted."""
    if not len(moment):
        return np.zeros(0, dtype=np.intp)
    lowest, width = int(subject.min()), int(subject.max()) - int(subject.min()) + 1
    if int(moment.max() + 1) * width < _FITS:
        return np.argsort(moment * width + (subject - lowest), kind="stable")
    return np.lexsort((subject, moment))


def _differs(values: Ints) -> NDArray[np.bool_]:
    """Where a value is not the one before it; the first is not."""
    differs = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return differs
