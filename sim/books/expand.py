"""From facts to rows: what the log noted in short, written out with NumPy."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.books.amounts import Amounts, piece_ranges
from sim.books.describing import LINE, ORDER, OTHER, PIECE, SHIPMENT, describe
from sim.books.kinds import KINDS, NUMBER
from sim.books.log import HEAD_WIDTH, OF_SHIPMENTS, RUN, STRAIGHT, Log
from sim.books.register import Register, as_numpy

Ints = NDArray[np.signedinteger]

_CAPTURED, _VALIDATED, _ALLOCATED, _DEPOSIT = (
    NUMBER[k] for k in ("captured", "validated", "allocated", "deposit_received")
)


_NUMBER_OF_TABLE = {"order": ORDER, "line": LINE, "piece": PIECE, "shipment": SHIPMENT}
_TABLE = np.array([_NUMBER_OF_TABLE.get(kind.record, OTHER) for kind in KINDS], dtype=np.int8)


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
    """All facts in ``log`` as rows, numbered from ``first_event``."""
    head = np.frombuffer(array("q", log.head), dtype=np.int64).reshape(-1, HEAD_WIDTH)
    ids = np.frombuffer(log.ids, dtype=np.int32)
    if (head[:, 1] == RUN).any():
        head, ids = _without_runs(head, ids, log)
    time_ms, kind, actor, reason, record = _write_out(head, ids, register)
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
    describe(
        _TABLE[kind],
        record,
        *(as_numpy(column) for column in (register.orders.channel, register.lines.order, register.lines.product)),
        *(as_numpy(column) for column in (register.pieces.line, register.pieces.shipment)),
        *(as_numpy(column) for column in (register.shipments.order, register.shipments.node)),
        *(facts.order, facts.shipment, facts.line, facts.product, facts.node, facts.channel),
    )
    for number, rows in facts.by_kind():
        spec, of_kind = KINDS[number], record[rows]
        if _TABLE[number] == OTHER:
            for name, values in _describe(register, spec.record, of_kind).items():
                getattr(facts, name)[rows] = values
        for column, amount in ((facts.units, spec.units), (facts.value, spec.value), (facts.due, spec.due)):
            if amount is not None:
                column[rows] = amounts.of(amount, of_kind)
    return facts


def _group(kind: Ints) -> list[tuple[int, Ints]]:
    order = np.argsort(kind, kind="stable")
    counts = np.bincount(kind, minlength=len(KINDS))
    ends = np.cumsum(counts)
    return [(n, order[ends[n] - counts[n] : ends[n]]) for n in np.flatnonzero(counts).tolist()]


def _without_runs(head: Ints, ids: Ints, log: Log) -> tuple[Ints, Ints]:
    """Heads and ids with each run as the facts that it stands for, order by order."""
    is_run = head[:, 1] == RUN
    run_id = np.repeat(is_run, head[:, 4])
    runs = ids[run_id].reshape(-1, 4).astype(np.int64)
    heads = np.ones(len(head), dtype=np.int64)
    run_heads, run_ids, heads[is_run] = _of_runs(runs, head[is_run, 2], log)
    which = np.repeat(is_run, heads)
    written = np.repeat(head, heads, axis=0)
    written[which] = run_heads
    id_of_run = np.repeat(which, written[:, 4])
    written_ids = np.empty(len(id_of_run), dtype=np.int32)
    written_ids[~id_of_run], written_ids[id_of_run] = ids[~run_id], run_ids
    return written, written_ids


def _of_runs(runs: Ints, actor: Ints, log: Log) -> tuple[Ints, Ints, Ints]:
    """Heads and ids of the facts of all runs, and how many heads each run has."""
    register = log.register
    order, run = _ranges(runs[:, 0], runs[:, 1])
    shipment, _ = _ranges(runs[:, 2], runs[:, 3])
    sent_for = np.searchsorted(order, as_numpy(register.shipments.order)[shipment])
    shipments = np.bincount(sent_for, minlength=len(order))
    begins = np.cumsum(shipments) - shipments
    whole, paid = shipments == 1, as_numpy(register.orders.deposit_cents)[order] > 0

    # A whole order: straight, deposit. A divided one: captured, validated, deposit, and allocated for each shipment.
    count = np.where(whole, 1, 2 + shipments) + paid
    first = np.cumsum(count) - count
    of_order = np.repeat(np.arange(len(order)), count)
    heads = np.zeros((len(of_order), HEAD_WIDTH), dtype=np.int64)
    heads[:, 0] = as_numpy(register.orders.at_ms)[order[of_order]]
    heads[:, 2] = actor[run[of_order]]
    seller = np.array(log.sellers)[as_numpy(register.orders.channel)[order]]

    straight = first[whole]
    heads[straight, 1], heads[straight, 3], heads[straight, 4] = STRAIGHT, seller[whole], 2
    divided = ~whole
    captured = first[divided]
    first_line = as_numpy(register.orders.first_line)
    heads[captured, 1], heads[captured, 2] = _CAPTURED, seller[divided]
    heads[captured, 4] = first_line[order[divided] + 1] - first_line[order[divided]]
    heads[captured + 1, 1], heads[captured + 1, 4] = _VALIDATED, 1
    deposit = np.where(whole, first + 1, first + 2)[paid]
    heads[deposit, 1], heads[deposit, 2], heads[deposit, 4] = _DEPOSIT, log.cashier, 1
    of_divided = divided[sent_for]
    place = np.arange(len(shipment)) - begins[sent_for]
    allocated = (first[sent_for] + 2 + paid[sent_for] + place)[of_divided]
    pieces, piece_begins = piece_ranges(register, shipment[of_divided])
    heads[allocated, 1] = _ALLOCATED
    heads[allocated, 4] = np.diff(np.append(piece_begins, len(pieces)))

    at = np.cumsum(heads[:, 4]) - heads[:, 4]
    ids = np.empty(int(heads[:, 4].sum()), dtype=np.int32)
    ids[at[straight]], ids[at[straight] + 1] = order[whole], shipment[begins[whole]]
    lines, _ = _ranges(first_line[order[divided]].astype(np.int64), heads[captured, 4])
    ids[_ranges(at[captured], heads[captured, 4])[0]] = lines
    ids[at[captured + 1]] = order[divided]
    ids[at[deposit]] = order[paid]
    ids[_ranges(at[allocated], heads[allocated, 4])[0]] = pieces
    return heads, ids, np.bincount(run[of_order], minlength=len(runs))


def _ranges(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Numbers of all ranges that begin at ``first`` and are ``count`` long, and which range each is of."""
    which = np.repeat(np.arange(len(first)), count)
    return np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which], which


def _write_out(head: Ints, ids: Ints, register: Register) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Time, kind, actor, reason and record of each row, short forms spelled out."""
    counts, code = head[:, 4], head[:, 1]
    straight, of_shipments = code == STRAIGHT, code >= OF_SHIPMENTS
    form = np.where(straight, 1, np.where(of_shipments, 2, 0)).astype(np.int8)
    form_of_id = np.repeat(form, counts)
    rows = counts.copy()

    pieces, _ = piece_ranges(register, ids[form_of_id == 2])
    rows[of_shipments] = _pieces_by_head(register, ids[form_of_id == 2], counts[of_shipments])

    pairs = ids[form_of_id == 1].reshape(-1, 2)
    straight_pieces, begins = piece_ranges(register, pairs[:, 1])
    per_order = np.diff(np.append(begins, len(straight_pieces)))
    rows[straight] = 2 * per_order + 1

    which = np.repeat(np.arange(len(head)), rows)
    form_of_row = form[which]
    kind = np.where(of_shipments, code - OF_SHIPMENTS, code).astype(np.int16)[which]
    record = np.empty(len(kind), dtype=np.int32)
    record[form_of_row == 0] = ids[form_of_id == 0]
    record[form_of_row == 2] = pieces
    time_ms = head[:, 0][which]
    actor = head[:, 2].astype(np.int16)[which]
    reason = head[:, 3].astype(np.int16)[which]

    first = (np.cumsum(rows) - rows)[straight]
    captured = np.repeat(first, per_order) + np.arange(len(straight_pieces)) - np.repeat(begins, per_order)
    validated = first + per_order
    allocated = captured + np.repeat(per_order + 1, per_order)
    kind[captured], kind[validated], kind[allocated] = _CAPTURED, _VALIDATED, _ALLOCATED
    record[captured] = as_numpy(register.pieces.line)[straight_pieces]
    record[validated], record[allocated] = pairs[:, 0], straight_pieces
    actor[captured] = np.repeat(head[straight, 3], per_order)
    reason[captured] = reason[validated] = reason[allocated] = 0
    return time_ms, kind, actor, reason.astype(np.int16), record


def _pieces_by_head(register: Register, shipments: Ints, counts: Ints) -> Ints:
    """How many pieces the shipments of each head have together."""
    if not len(counts):
        return counts
    first = as_numpy(register.shipments.first_piece)
    per_shipment = first[shipments + 1] - first[shipments]
    return np.add.reduceat(per_shipment, np.cumsum(counts) - counts)


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
