"""Writes the three books. The hot path appends facts; movements and postings are expanded from them at each flush.

A fact is (time, kind, actor, reason, how many) and the numbers of that many records. Nothing else is noted while the
clock runs: the columns of the event log, the stock movements and the journal lines all follow from the table of
`sim.books.kinds` and from the register, vectorised, for some hundred thousand facts at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.books.amounts import Amounts
from sim.books.audit import Auditor
from sim.books.kinds import ACCOUNT_NUMBER, ACCOUNTS, KIND_NAMES, KINDS, PLACE_NUMBER, PLACES, REASONS, RECORDS
from sim.books.parquet import ParquetBook
from sim.books.register import Register, as_numpy
from sim.clock import Clock
from sim.network import Network

Ints = NDArray[np.int64]

FLUSH_ROWS = 200_000
_HEAD = 5

_RECORD = np.array([RECORDS.index(kind.record) for kind in KINDS])
_MOVES = np.array([kind.moves is not None for kind in KINDS])
_FROM = np.array([PLACE_NUMBER[k.moves[0]] if k.moves else -1 for k in KINDS], dtype=np.int8)
_TO = np.array([PLACE_NUMBER[k.moves[1]] if k.moves else -1 for k in KINDS], dtype=np.int8)
_VALUED = np.array([bool(k.moves and k.value) for k in KINDS])
_BETWEEN = np.array([k.between_nodes for k in KINDS])
_WIDTH = max(len(kind.posts) for kind in KINDS)


class Log:
    """Where agents write facts.

    Parameters
    ----------
    clock
        Gives each fact its time: the moment at which it is written, and no other.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.head: list[int] = []
        self.ids: list[int] = []
        self.recorder: Recorder | None = None
        self.auditor: Auditor | None = None

    def add(self, kind: int, actor: int, reason: int, ids: Sequence[int]) -> None:
        """The same fact about all records in ``ids``, now; their movements have just been made."""
        self.head.extend((self.clock.now_ms, kind, actor, reason, len(ids)))
        self.ids.extend(ids)
        if self.auditor is not None:
            self.auditor.witness(kind, ids)
        if len(self.ids) >= FLUSH_ROWS and self.recorder is not None:
            self.recorder.flush()

    def one(self, kind: int, actor: int, reason: int, record: int) -> None:
        """A fact about one record, now."""
        self.head.extend((self.clock.now_ms, kind, actor, reason, 1))
        self.ids.append(record)
        if self.auditor is not None:
            self.auditor.witness(kind, (record,))


@dataclass(slots=True)
class Facts:
    """A block of facts as arrays, one row each, with what their records say."""

    event: Ints
    time_ms: Ints
    kind: Ints
    record: Ints
    actor: Ints
    reason: Ints
    order: Ints
    shipment: Ints
    line: Ints
    product: Ints
    node: Ints
    other_node: Ints
    channel: Ints
    units: Ints
    value: Ints
    due: Ints

    def __len__(self) -> int:
        return len(self.event)


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
        self.books = self._open(folder)

    def _open(self, folder: Path) -> dict[str, ParquetBook]:
        text8, text16, text32 = (pa.dictionary(t, pa.string()) for t in (pa.int8(), pa.int16(), pa.int32()))
        key = {"event": pa.int64(), "time_ms": pa.int64(), "kind": text8}
        fields: dict[str, dict[str, pa.DataType]] = {
            "events": key
            | {"order": pa.int32(), "shipment": pa.int32(), "line": pa.int32(), "sku": text32, "node": text16}
            | {"channel": text16, "actor": text16, "reason": text8, "quantity": pa.int32()}
            | {"value_cents": pa.int64(), "due_ms": pa.int64()},
            "ledger": key
            | {"sku": text32, "from_node": text16, "from_bucket": text8, "to_node": text16, "to_bucket": text8}
            | {"units": pa.int32(), "value_cents": pa.int64()},
            "journal": key
            | {"account": text8, "node": text16, "channel": text16, "order": pa.int32(), "amount_cents": pa.int64()},
            "decisions": {"event": pa.int64(), "time_ms": pa.int64(), "order": pa.int32(), "shipment": pa.int32()}
            | {"policy": pa.string(), "node": text16, "runner_up": text16, "gap_cents": pa.float64()},
        }
        return {name: ParquetBook(folder / f"{name}.parquet", columns) for name, columns in fields.items()}

    def flush(self) -> None:
        """Write all facts noted so far."""
        if not self._log.ids:
            return
        facts = self._expand()
        self._write_events(facts)
        self._write_ledger(facts)
        self._write_journal(facts)
        self._write_decisions(facts)
        self._amounts.forget()
        self.events += len(facts)
        self._log.head.clear()
        self._log.ids.clear()

    def close(self) -> None:
        """Flush and finish the files."""
        self.flush()
        for book in self.books.values():
            book.close()

    def abandon(self) -> None:
        """Give the run up: no file stays."""
        for book in self.books.values():
            book.abandon()

    # From facts to rows.

    def _expand(self) -> Facts:
        head = np.array(self._log.head, dtype=np.int64).reshape(-1, _HEAD)
        counts = head[:, 4]
        time_ms, kind, actor, reason = (np.repeat(head[:, i], counts) for i in range(4))
        record = np.array(self._log.ids, dtype=np.int64)
        size = len(record)
        columns = {name: np.full(size, -1, dtype=np.int64) for name in _ID_COLUMNS}
        table = _RECORD[kind]
        for number in np.unique(table).tolist():
            rows = np.flatnonzero(table == number)
            for name, values in _describe(self._register, RECORDS[number], record[rows]).items():
                columns[name][rows] = values
        units, value = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        due = np.full(size, -1, dtype=np.int64)
        for number in np.unique(kind).tolist():
            spec = KINDS[number]
            wanted = [(out, name) for out, name in ((units, spec.units), (value, spec.value), (due, spec.due)) if name]
            if wanted:
                rows = np.flatnonzero(kind == number)
                ids = record[rows]
                for out, name in wanted:
                    out[rows] = self._amounts.of(name, ids)
        event = np.arange(self.events, self.events + size, dtype=np.int64)
        return Facts(event, time_ms, kind, record, actor, reason, **columns, units=units, value=value, due=due)

    def _write_events(self, facts: Facts) -> None:
        self.books["events"].write(
            {
                "event": facts.event,
                "time_ms": facts.time_ms,
                "kind": self._coded("kind", facts.kind, np.int8),
                "order": facts.order.astype(np.int32),
                "shipment": facts.shipment.astype(np.int32),
                "line": facts.line.astype(np.int32),
                "sku": self._coded("sku", facts.product, np.int32),
                "node": self._coded("node", facts.node, np.int16),
                "channel": self._coded("channel", facts.channel, np.int16),
                "actor": self._coded("actor", facts.actor, np.int16),
                "reason": self._coded("reason", facts.reason, np.int8),
                "quantity": facts.units.astype(np.int32),
                "value_cents": facts.value,
                "due_ms": facts.due,
            }
        )

    def _write_ledger(self, facts: Facts) -> None:
        rows = np.flatnonzero(_MOVES[facts.kind])
        kind, node = facts.kind[rows], facts.node[rows]
        to_node = np.where(_BETWEEN[kind], facts.other_node[rows], node)
        self.books["ledger"].write(
            {
                "event": facts.event[rows],
                "time_ms": facts.time_ms[rows],
                "kind": self._coded("kind", kind, np.int8),
                "sku": self._coded("sku", facts.product[rows], np.int32),
                "from_node": self._coded("node", node, np.int16),
                "from_bucket": self._coded("place", _FROM[kind], np.int8),
                "to_node": self._coded("node", to_node, np.int16),
                "to_bucket": self._coded("place", _TO[kind], np.int8),
                "units": facts.units[rows].astype(np.int32),
                "value_cents": np.where(_VALUED[kind], facts.value[rows], 0),
            }
        )

    def _write_journal(self, facts: Facts) -> None:
        accounts = np.full((len(facts), _WIDTH), -1, dtype=np.int8)
        amounts = np.zeros((len(facts), _WIDTH), dtype=np.int64)
        for number in np.unique(facts.kind).tolist():
            posts = KINDS[number].posts
            if posts:
                rows = np.flatnonzero(facts.kind == number)
                ids = facts.record[rows]
                for column, (account, sign, amount) in enumerate(posts):
                    accounts[rows, column] = self._account(account, ids)
                    amounts[rows, column] = sign * self._amounts.of(amount, ids)
        row, column = np.nonzero(amounts)
        self.books["journal"].write(
            {
                "event": facts.event[row],
                "time_ms": facts.time_ms[row],
                "kind": self._coded("kind", facts.kind[row], np.int8),
                "account": self._coded("account", accounts[row, column], np.int8),
                "node": self._coded("node", facts.node[row], np.int16),
                "channel": self._coded("channel", facts.channel[row], np.int16),
                "order": facts.order[row].astype(np.int32),
                "amount_cents": amounts[row, column],
            }
        )

    def _account(self, account: str, ids: Ints) -> Ints | int:
        if account == "note_account":
            return as_numpy(self._register.notes.account)[ids].astype(np.int64)
        return ACCOUNT_NUMBER[account]

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
                "order": facts.order[rows].astype(np.int32),
                "shipment": shipment.astype(np.int32),
                "policy": policy.cast(pa.string()),
                "node": self._coded("node", facts.node[rows], np.int16),
                "runner_up": self._coded("node", as_numpy(shipments.runner_up)[shipment], np.int16),
                "gap_cents": as_numpy(shipments.gap_cents)[shipment],
            }
        )

    def _coded(self, names: str, codes: Ints, dtype: type[np.signedinteger]) -> pa.DictionaryArray:
        indices = pa.array(codes.astype(dtype), mask=codes < 0) if codes.size and codes.min() < 0 else pa.array(codes.astype(dtype))
        return pa.DictionaryArray.from_arrays(indices, self._names[names])


_ID_COLUMNS = ("order", "shipment", "line", "product", "node", "other_node", "channel")
_ALLOCATED = KIND_NAMES.index("allocated")


def _describe(register: Register, record: str, ids: Ints) -> dict[str, NDArray[np.integer]]:
    """What the records of one table say of order, shipment, line, product, node and channel."""
    match record:
        case "order":
            return {"order": ids, "channel": as_numpy(register.orders.channel)[ids]}
        case "line":
            return _describe_lines(register, ids)
        case "piece":
            return _describe_pieces(register, ids)
        case "shipment":
            order = as_numpy(register.shipments.order)[ids]
            return {
                "shipment": ids,
                "order": order,
                "node": as_numpy(register.shipments.node)[ids],
                "channel": as_numpy(register.orders.channel)[order],
            }
        case "return":
            piece = as_numpy(register.returns.piece)[ids]
            return _describe_pieces(register, piece) | {"node": as_numpy(register.returns.node)[ids]}
        case "goods":
            goods = register.goods
            return {
                "node": as_numpy(goods.node)[ids],
                "other_node": as_numpy(goods.other)[ids],
                "product": as_numpy(goods.product)[ids],
            }
        case "note":
            return _describe_notes(register, ids)
        case "channel":
            return {"channel": ids}
        case "node":
            return {"node": ids}
    return {}


def _describe_lines(register: Register, ids: Ints) -> dict[str, NDArray[np.integer]]:
    order = as_numpy(register.lines.order)[ids]
    return {
        "line": ids,
        "order": order,
        "product": as_numpy(register.lines.product)[ids],
        "channel": as_numpy(register.orders.channel)[order],
    }


def _describe_pieces(register: Register, ids: Ints) -> dict[str, NDArray[np.integer]]:
    shipment = as_numpy(register.pieces.shipment)[ids]
    return _describe_lines(register, as_numpy(register.pieces.line)[ids]) | {
        "shipment": shipment,
        "node": as_numpy(register.shipments.node)[shipment],
    }


def _describe_notes(register: Register, ids: Ints) -> dict[str, NDArray[np.integer]]:
    notes = register.notes
    order = as_numpy(notes.order)[ids]
    found = {"order": order, "line": as_numpy(notes.line)[ids], "product": as_numpy(notes.product)[ids]}
    if len(register.orders):
        channel = as_numpy(register.orders.channel)
        found["channel"] = np.where(order >= 0, channel[np.maximum(order, 0)], -1)
    return found
