"""Writes the three books. The hot path appends facts; movements and postings are expanded from them at each flush.

A fact is (time, kind, actor, reason, how many) and the numbers of that many records. Nothing else is noted while the
clock runs: the columns of the event log, the stock movements and the journal lines all follow from the table of
`sim.books.kinds` and from the register, vectorised, for some hundred thousand facts at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.books.amounts import Amounts
from sim.books.columns import as_numpy
from sim.books.documents import Postings
from sim.books.expand import Facts, expand
from sim.books.kinds import ACCOUNT_NUMBER, ACCOUNTS, KIND_NAMES, KINDS, PLACE_NUMBER, PLACES
from sim.books.log import Log
from sim.books.parquet import ParquetBook
from sim.books.posting import lines, moves, places
from sim.books.reasons import REASONS
from sim.books.register import Register
from sim.network import Network

_ALLOCATED = KIND_NAMES.index("allocated")
_MOVES = np.array([kind.moves is not None for kind in KINDS])
_FROM = np.array([PLACE_NUMBER[k.moves[0]] if k.moves else -1 for k in KINDS], dtype=np.int8)
_TO = np.array([PLACE_NUMBER[k.moves[1]] if k.moves else -1 for k in KINDS], dtype=np.int8)
_VALUED = np.array([bool(k.moves and k.value) for k in KINDS])
_BETWEEN = np.array([k.between_nodes for k in KINDS])
_POSTS = np.array([len(k.posts) for k in KINDS], dtype=np.int64)
"""How many postings each kind has."""
_WIDTH = max(len(kind.posts) for kind in KINDS)
_LACKING = {"events": ("sku", "node", "channel"), "journal": ("node", "channel"), "decisions": ("runner_up",)}
"""By book: the columns in which a row may have nothing to say."""
_LARGEST = 31 << 20
"""Bytes; glibc learns nothing from blocks of 32 MB or more."""


_ACCOUNT = np.zeros((len(KINDS), _WIDTH), dtype=np.int8)
"""The account of each posting of each kind; -1 where the note says."""
for _row, _kind in zip(_ACCOUNT, KINDS, strict=True):
    _row[: len(_kind.posts)] = [ACCOUNT_NUMBER.get(name, -1) for name, _, _ in _kind.posts]


def journal_lines(facts: Facts, amounts: Amounts, register: Register) -> tuple[NDArray[np.signedinteger], ...]:
    """Event, time, kind, record, order, node, channel, account and amount of each line of the journal."""
    place, posting = places(facts.kind, _POSTS)
    table = np.empty((_WIDTH, posting), dtype=np.int64)
    for number, rows in facts.by_kind():
        if not _POSTS[number]:
            continue
        ids, mine = facts.record[rows], place[rows]
        for row, (_, sign, amount) in zip(table, KINDS[number].posts, strict=False):
            values = amounts.of(amount, ids)
            row[mine] = values if sign == 1 else -values if sign == -1 else sign * values
    found: tuple[NDArray[np.signedinteger], ...] = lines(
        *(table, _POSTS, _ACCOUNT, as_numpy(register.notes.account)),
        *(facts.event, facts.time_ms, facts.kind, facts.record, facts.order, facts.node, facts.channel),
    )
    return found


class Recorder:
    """Expands facts into the books and writes them.

    Parameters
    ----------
    folder
        Where ``events``, ``ledger``, ``journal`` and ``decisions`` (``.parquet``) are written.
    actors, policies
        Names by number.
    """

    def __init__(
        self,
        folder: Path,
        log: Log,
        register: Register,
        network: Network,
        actors: Sequence[str],
        policies: list[str],
        fee_accounts: Sequence[str] = (),
    ) -> None:
        self._log = log
        log.recorder = self
        self._register = register
        self._amounts = Amounts(register, network)
        self._policies = policies
        self._names = {
            "sku": pa.array([p.sku for p in network.products]),
            "node": pa.array([n.name for n in network.nodes]),
            "channel": pa.array([c.name for c in network.channels]),
            "actor": pa.array(list(actors)),
            "kind": pa.array(KIND_NAMES),
            "reason": pa.array(REASONS),
            "place": pa.array(PLACES),
            "account": pa.array([*ACCOUNTS, *fee_accounts]),
        }
        self.events = 0
        self.hear_postings: list[Callable[[Postings], None]] = []
        """Who are told of the lines of the journal."""
        self._encoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="books")
        self._folder = folder
        self.books = self._open(folder)
        # Freed at once, and never touched: glibc keeps for the next flush what the last one freed, up to twice the
        # largest block that it has seen come and go. Without this, a sixth of a flush is taking it from the system.
        np.empty(_LARGEST, dtype=np.uint8)

    def _open(self, folder: Path) -> dict[str, ParquetBook]:
        text8, text16, text32 = (pa.dictionary(t, pa.string()) for t in (pa.int8(), pa.int16(), pa.int32()))
        key = {"event": pa.int64(), "time_ms": pa.int64(), "kind": text16}
        fields: dict[str, dict[str, pa.DataType]] = {
            "events": key
            | {"order": pa.int32(), "shipment": pa.int32(), "line": pa.int32(), "sku": text32, "node": text16}
            | {"channel": text16, "actor": text16, "reason": text16, "quantity": pa.int32()}
            | {"value_cents": pa.int64(), "due_ms": pa.int64()},
            "ledger": key
            | {
                "sku": text32,
                "from_node": text16,
                "from_bucket": text8,
                "to_node": text16,
                "to_bucket": text8,
            }
            | {"units": pa.int32(), "value_cents": pa.int64()},
            "journal": key
            | {
                "account": text8,
                "node": text16,
                "channel": text16,
                "order": pa.int32(),
                "amount_cents": pa.int64(),
            },
            "decisions": {
                "event": pa.int64(),
                "time_ms": pa.int64(),
                "order": pa.int32(),
                "shipment": pa.int32(),
            }
            | {"policy": pa.string(), "node": text16, "runner_up": text16, "gap_cents": pa.float64()},
        }
        return {
            name: ParquetBook(folder / f"{name}.parquet", columns, self._encoder, _LACKING.get(name, ()))
            for name, columns in fields.items()
        }

    def add_book(self, name: str, columns: dict[str, pa.DataType]) -> ParquetBook:
        """A further book beside the three, closed and told of with them."""
        self.books[name] = ParquetBook(self._folder / f"{name}.parquet", columns, self._encoder)
        return self.books[name]

    def flush(self) -> None:
        """Write all facts noted so far."""
        if not self._log.ids:
            return
        facts = expand(self._log, self._register, self._amounts, self.events)
        self._write_events(facts)
        self._write_ledger(facts)
        self._write_journal(facts)
        self._write_decisions(facts)
        self._amounts.forget()
        self.events += len(facts)
        del facts
        self._log.forget()
        self._register.leaving.look(self._log.clock.now_ms)

    def close(self) -> None:
        """Flush and finish the files."""
        self.flush()
        for book in self.books.values():
            book.close()
        self._encoder.shutdown()

    def abandon(self) -> None:
        """Give the run up: no file stays."""
        for book in self.books.values():
            book.abandon()
        self._encoder.shutdown()

    def _write_events(self, facts: Facts) -> None:
        self.books["events"].write(
            {
                "event": facts.event,
                "time_ms": facts.time_ms,
                "kind": self.named("kind", facts.kind),
                "order": facts.order,
                "shipment": facts.shipment,
                "line": facts.line,
                "sku": self.coded("sku", facts.product),
                "node": self.coded("node", facts.node),
                "channel": self.coded("channel", facts.channel),
                "actor": self.named("actor", facts.actor),
                "reason": self.named("reason", facts.reason),
                "quantity": facts.units,
                "value_cents": facts.value,
                "due_ms": facts.due,
            }
        )

    def _write_ledger(self, facts: Facts) -> None:
        event, time_ms, kind, product, from_node, to_node, units, value_cents = moves(
            *(_MOVES, _VALUED, _BETWEEN),
            *(facts.event, facts.time_ms, facts.kind, facts.product),
            *(facts.node, facts.other_node, facts.units, facts.value),
        )
        self.books["ledger"].write(
            {
                "event": event,
                "time_ms": time_ms,
                "kind": self.named("kind", kind),
                "sku": self.named("sku", product),
                "from_node": self.named("node", from_node),
                "from_bucket": self.named("place", _FROM[kind]),
                "to_node": self.named("node", to_node),
                "to_bucket": self.named("place", _TO[kind]),
                "units": units,
                "value_cents": value_cents,
            }
        )

    def _write_journal(self, facts: Facts) -> None:
        """One line for each posting of each fact that is not zero."""
        event, time_ms, kind, record, order, node, channel, account, amount_cents = journal_lines(
            facts, self._amounts, self._register
        )
        self.books["journal"].write(
            {
                "event": event,
                "time_ms": time_ms,
                "kind": self.named("kind", kind),
                "account": self.named("account", account),
                "node": self.coded("node", node),
                "channel": self.coded("channel", channel),
                "order": order,
                "amount_cents": amount_cents,
            }
        )
        if self.hear_postings and len(kind):
            written = Postings(time_ms, kind, order, record, account, amount_cents)
            for hear in self.hear_postings:
                hear(written)

    def _write_decisions(self, facts: Facts) -> None:
        shipments = self._register.shipments
        rows = np.flatnonzero(facts.kind == _ALLOCATED)
        if len(rows):
            rows = rows[as_numpy(shipments.first_piece)[facts.shipment[rows]] == facts.record[rows]]
        shipment = facts.shipment[rows]
        policy = pa.DictionaryArray.from_arrays(
            pa.array(as_numpy(shipments.policy)[shipment]), pa.array(self._policies, pa.string())
        )
        self.books["decisions"].write(
            {
                "event": facts.event[rows],
                "time_ms": facts.time_ms[rows],
                "order": facts.order[rows],
                "shipment": shipment,
                "policy": policy.cast(pa.string()),
                "node": self.named("node", facts.node[rows]),
                "runner_up": self.coded("node", as_numpy(shipments.runner_up)[shipment]),
                "gap_cents": as_numpy(shipments.gap_cents)[shipment],
            }
        )

    def coded(self, names: str, codes: NDArray[np.signedinteger]) -> pa.DictionaryArray:
        """Codes as a dictionary column; a negative one is null."""
        plain = pa.array(codes)
        known = pa.py_buffer(np.packbits(codes >= 0, bitorder="little"))
        indices = pa.Array.from_buffers(plain.type, len(codes), [known, plain.buffers()[1]])
        return pa.DictionaryArray.from_arrays(indices, self._names[names], safe=False)

    def named(self, names: str, codes: NDArray[np.signedinteger]) -> pa.DictionaryArray:
        """Codes as a dictionary column; none is negative."""
        return pa.DictionaryArray.from_arrays(pa.array(codes), self._names[names], safe=False)
