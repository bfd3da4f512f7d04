"""Where agents write facts while the clock runs.

A fact is (time, kind, actor, reason, how many) and the numbers of that many records. Nothing else is noted in the hot
path; `sim.books.recorder` writes the three books from it, some hundred thousand facts at a time.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.books.audit import Auditor
from sim.books.foreseen import Foreseen, Rows
from sim.books.kinds import KINDS, NUMBER
from sim.books.register import Register
from sim.clock import Clock

FLUSH_IDS = 120_000
HEAD_WIDTH = 5

STRAIGHT = len(KINDS)
"""The short form of captured, validated, allocated; no kind of fact of its own."""
RUN = STRAIGHT + 1
"""The short form of many `STRAIGHT` ones: arrivals that followed one another, and so did their shipments."""
RUN_OF = RUN + 1
"""The same of arrivals and carts in turn, each named."""
TOLD, ENTERED = 1 << 28, 1 << 29
"""Added in a `RUN_OF` to the number of an order of which a message tells, or has told, the house."""
OF_SHIPMENTS = 1 << 14
"""Added to a kind whose facts are about pieces, where the ids are those of whole shipments."""
_CAPTURED, _VALIDATED, _ALLOCATED = (NUMBER[k] for k in ("captured", "validated", "allocated"))


Ids = Sequence[int] | NDArray[np.signedinteger]
"""Numbers of records; an array where many are at hand as one."""


class Writer(Protocol):
    """Who turns facts into books."""

    def flush(self) -> None:
        """Write all facts noted so far, and forget them."""
        ...


class Log:
    """Where agents write facts.

    Parameters
    ----------
    clock
        Gives each fact its time: the moment at which it is written, and no other.
    """

    def __init__(self, clock: Clock, register: Register) -> None:
        self.clock = clock
        self.register = register
        self.head: list[int] = []
        self.ids = array("i")
        self.foreseen = Foreseen()
        """What will come about without anybody's doing; it moves no stock and no money."""
        self.spared = 0
        """How many ids fewer there are than without the short form of runs: when to flush does not depend on it."""
        self.sellers: tuple[int, ...] = ()
        """By channel: its actor."""
        self.tellers: tuple[int, ...] = ()
        """By node: the interface that tells it what to release; -1 where it is told at once."""
        self.feeds: tuple[int, ...] = ()
        """By channel: the interface that tells the house of its orders; -1 where it knows at once."""
        self.cashier = 0
        """The actor who takes deposits."""
        self.recorder: Writer | None = None
        self.auditor: Auditor | None = None

    def add(self, kind: int, actor: int, reason: int, ids: Ids) -> None:
        """The same fact about all records in ``ids``, now; their movements have just been made."""
        if not len(ids):
            return
        self._note(kind, actor, reason, ids)
        if self.auditor is not None:
            self.auditor.witness(kind, _listed(ids))
        if len(self.ids) + self.spared >= FLUSH_IDS and self.recorder is not None:
            self.recorder.flush()

    def add_pieces(self, kind: int, actor: int, reason: int, shipments: Ids) -> None:
        """The same fact about every piece of all ``shipments``, now."""
        if not len(shipments):
            return
        self._note(kind + OF_SHIPMENTS, actor, reason, shipments)
        if self.auditor is not None:
            self.auditor.witness(kind, [p for s in _listed(shipments) for p in self.register.pieces_of(s)])
        if len(self.ids) + self.spared >= FLUSH_IDS and self.recorder is not None:
            self.recorder.flush()

    def _note(self, code: int, actor: int, reason: int, ids: Ids) -> None:
        self.head.extend((self.clock.now_ms, code, actor, reason, len(ids)))
        if isinstance(ids, np.ndarray):
            self.ids.frombytes(ids.astype(np.int32).tobytes())
        else:
            self.ids.extend(ids)

    def straight(self, order: int, shipment: int, seller: int, actor: int) -> None:
        """Three facts in one, for an order that went straight through: its lines captured, itself validated, the
        pieces of its shipment allocated, now. The recorder writes them out."""
        self.head.extend((self.clock.now_ms, STRAIGHT, actor, seller, 2))
        self.ids.append(order)
        self.ids.append(shipment)
        if self.auditor is not None:
            pieces = self.register.pieces_of(shipment)
            self.auditor.witness(_CAPTURED, [self.register.pieces.line[p] for p in pieces])
            self.auditor.witness(_VALIDATED, (order,))
            self.auditor.witness(_ALLOCATED, pieces)

    @property
    def room(self) -> int:
        """How many more ids there may be before the recorder writes."""
        return FLUSH_IDS - len(self.ids) - self.spared

    def run(self, first_order: int, orders: int, first_shipment: int, shipments: int, ids: int, actor: int) -> None:
        """`straight` for so many arrivals that followed one another, each at its own time, with those of their lines
        that were refused, and the deposit of those that paid in advance, and
        the messages to nodes that are told what to release; one that was divided is captured, validated
        and allocated shipment by shipment, one whose payment was declined is captured and held. Without this form,
        they would take ``ids`` ids."""
        self.head.extend((self.clock.now_ms, RUN, actor, 0, 4))
        self.ids.extend((first_order, orders, first_shipment, shipments))
        self.spared += ids - 4

    def run_of(self, done: NDArray[np.int32], first_shipment: int, shipments: int, ids: int, actor: int) -> None:
        """`run` for orders that are named one by one: one that was taken as it came; ``~`` the number of one that came
        to the till from a cart, or was left there; with `TOLD`, one that was captured, and of which a message leaves;
        with `ENTERED`, one of which the house was told now."""
        self.head.extend((self.clock.now_ms, RUN_OF, actor, 0, 2 + len(done)))
        self.ids.extend((first_shipment, shipments))
        self.ids.frombytes(done.tobytes())
        self.spared += ids - 2 - len(done)

    def forget(self) -> None:
        """All facts noted so far are written, or nobody wants them."""
        self.head.clear()
        self.ids = array("i")  # the old one may be looked at still
        self.spared = 0

    def come_about(self) -> Rows:
        """Take out what was foreseen for before now."""
        rows = self.foreseen.due(self.clock.now_ms)
        if self.auditor is not None:
            for kind, record in zip(rows[1].tolist(), rows[2].tolist(), strict=True):
                self.auditor.witness(kind, (record,))
        return rows

    def one(self, kind: int, actor: int, reason: int, record: int) -> None:
        """A fact about one record, now."""
        self.head.extend((self.clock.now_ms, kind, actor, reason, 1))
        self.ids.append(record)
        if self.auditor is not None:
            self.auditor.witness(kind, (record,))


class Forgetting:
    """A writer for who wants no books: what was noted is dropped."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def flush(self) -> None:
        """Forget all facts noted so far."""
        self._log.come_about()
        self._log.forget()
        self._log.register.leaving.look(self._log.clock.now_ms)


def _listed(ids: Ids) -> Sequence[int]:
    return ids.tolist() if isinstance(ids, np.ndarray) else ids
