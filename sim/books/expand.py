"""From facts to rows: what the log noted in short, written out."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.books.amounts import Amounts
from sim.books.columns import as_numpy
from sim.books.describing import LINE, ORDER, OTHER, PIECE, SHIPMENT, describe
from sim.books.expand_kernel import by_kind, count, spell_out, weave
from sim.books.kinds import KINDS, NUMBER
from sim.books.log import HEAD_WIDTH, OF_SHIPMENTS, RUN, RUN_OF, STRAIGHT, Log
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Register

Ints = NDArray[np.signedinteger]

_CODES = (
    *(RUN, RUN_OF, STRAIGHT, OF_SHIPMENTS),
    *(
        NUMBER[k]
        for k in (
            "captured",
            "validated",
            "allocated",
            "deposit_received",
            "refused",
            "held",
            "message_sent",
            "cart_abandoned",
        )
    ),
    *(REASON_NUMBER[r] for r in ("not_on_view", "gone_at_checkout", "payment_declined", "order_in", "release")),
)
"""In the sequence of `sim.books.expand_kernel`."""


_NUMBER_OF_TABLE = {"order": ORDER, "line": LINE, "piece": PIECE, "shipment": SHIPMENT}
_TABLE = np.array([_NUMBER_OF_TABLE.get(kind.record, OTHER) for kind in KINDS], dtype=np.int8)
_MESSAGES = tuple(number for number, kind in enumerate(KINDS) if kind.record == "message")
_RETURNS, _GOODS = REASON_NUMBER["return_receipt"], REASON_NUMBER["receipt"]
_TABLE_OF_MESSAGE = np.full(len(REASON_NUMBER), SHIPMENT, dtype=np.int8)
"""What a message is about, by its reason."""
_TABLE_OF_MESSAGE[[REASON_NUMBER["order_in"], _RETURNS, _GOODS]] = ORDER, OTHER, OTHER


@dataclass(slots=True)
class Facts:
    """A block of facts as arrays, one row each, with what their records say; -1 where there is nothing to say."""

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
    _groups: list[tuple[int, Ints]]

    def __len__(self) -> int:
        return len(self.event)

    def by_kind(self) -> Iterator[tuple[int, Ints]]:
        """Each kind that occurs, with its rows in ascending order."""
        yield from self._groups


def expand(log: Log, register: Register, amounts: Amounts, first_event: int) -> Facts:
    """All facts in ``log`` as rows, numbered from ``first_event``, and those that were foreseen for before now."""
    time_ms, kind, record, actor, reason = _spelled_out(log, register)
    size = len(record)

    def blank(dtype: type[np.signedinteger]) -> Ints:
        return np.empty(size, dtype=dtype)

    facts = Facts(
        event=np.arange(first_event, first_event + size, dtype=np.int64),
        time_ms=time_ms,
        kind=kind,
        record=record,
        actor=actor,
        reason=reason,
        order=blank(np.int32),
        shipment=blank(np.int32),
        line=blank(np.int32),
        product=blank(np.int32),
        node=blank(np.int16),
        other_node=np.full(size, -1, dtype=np.int16),
        channel=blank(np.int16),
        units=np.zeros(size, dtype=np.int32),
        value=np.zeros(size, dtype=np.int64),
        due=np.full(size, -1, dtype=np.int64),
        _groups=_group(kind),
    )
    table = _TABLE[kind]
    for number, rows in facts.by_kind():
        if number in _MESSAGES:
            table[rows] = _TABLE_OF_MESSAGE[reason[rows]]
    describe(
        table,
        record,
        *(as_numpy(column) for column in (register.orders.channel, register.lines.order, register.lines.product)),
        *(as_numpy(column) for column in (register.pieces.line, register.pieces.shipment)),
        *(as_numpy(column) for column in (register.shipments.order, register.shipments.node)),
        *(facts.order, facts.shipment, facts.line, facts.product, facts.node, facts.channel),
    )
    for number, rows in facts.by_kind():
        spec, of_kind = KINDS[number], record[rows]
        for what, those in _others(spec.record, rows, reason):
            for name, values in _describe(register, what, record[those]).items():
                getattr(facts, name)[those] = values
        for column, amount in ((facts.units, spec.units), (facts.value, spec.value), (facts.due, spec.due)):
            if amount is not None:
                column[rows] = amounts.of(amount, of_kind)
    return facts


def _others(table: str, rows: Ints, reason: Ints) -> Iterator[tuple[str, Ints]]:
    """Rows of one kind whose records are of tables that are not looked up in compiled code, by table."""
    if table == "message":
        yield "return", rows[reason[rows] == _RETURNS]
        yield "goods", rows[reason[rows] == _GOODS]
    elif table not in _NUMBER_OF_TABLE:
        yield table, rows


def _spelled_out(log: Log, register: Register) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Time, kind, record, actor and reason of each row."""
    head = np.frombuffer(array("q", log.head), dtype=np.int64).reshape(-1, HEAD_WIDTH)
    orders, shipments = register.orders, register.shipments
    given = (
        head,
        np.frombuffer(log.ids, dtype=np.int32),
        np.array((*_CODES, log.cashier), dtype=np.int64),
        *(as_numpy(column) for column in (orders.first_line, register.lines.state, orders.leaves_cart)),
        as_numpy(orders.deposit_cents),
        *(as_numpy(column) for column in (shipments.first_piece, shipments.order, shipments.node)),
        np.array(log.tellers, dtype=np.int64),
    )
    foreseen = log.come_about()
    size = count(*given) + len(foreseen[0])
    rows = tuple(np.empty(size, dtype=dtype) for dtype in (np.int64, np.int16, np.int32, np.int16, np.int16))
    more = (orders.at_ms, orders.till_ms, orders.channel, register.pieces.line)
    feeds, sellers = np.array(log.feeds, dtype=np.int64), np.array(log.sellers, dtype=np.int64)
    spell_out(*given, feeds, *map(as_numpy, more), sellers, *rows)
    weave(*rows, *foreseen)
    time_ms, kind, record, actor, reason = rows
    return time_ms, kind, record, actor, reason


def _group(kind: Ints) -> list[tuple[int, Ints]]:
    sequence, begins = by_kind(kind, len(KINDS))
    return [(n, sequence[begins[n] : begins[n + 1]]) for n in np.flatnonzero(np.diff(begins)).tolist()]


def _describe(register: Register, record: str, ids: Ints) -> dict[str, Ints]:
    """What the records of one of the other tables say of order, shipment, line, product, node and channel."""
    match record:
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


def _describe_lines(register: Register, ids: Ints) -> dict[str, Ints]:
    order = as_numpy(register.lines.order)[ids]
    return {
        "line": ids,
        "order": order,
        "product": as_numpy(register.lines.product)[ids],
        "channel": as_numpy(register.orders.channel)[order],
    }


def _describe_pieces(register: Register, ids: Ints) -> dict[str, Ints]:
    shipment = as_numpy(register.pieces.shipment)[ids]
    return _describe_lines(register, as_numpy(register.pieces.line)[ids]) | {
        "shipment": shipment,
        "node": as_numpy(register.shipments.node)[shipment],
    }


def _describe_notes(register: Register, ids: Ints) -> dict[str, Ints]:
    notes = register.notes
    order = as_numpy(notes.order)[ids]
    found = {"order": order, "line": as_numpy(notes.line)[ids], "product": as_numpy(notes.product)[ids]}
    if len(register.orders):
        channel = as_numpy(register.orders.channel)
        found["channel"] = np.where(order >= 0, channel[np.maximum(order, 0)], -1)
    return found
