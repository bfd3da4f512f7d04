"""Short forms of the log spelled out, fact by fact, in compiled code; see `sim.books.expand`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.books.log import ENTERED, TOLD
from sim.orders import LINE_REFUSED

RUN, RUN_OF, STRAIGHT, OF_SHIPMENTS, CAPTURED, VALIDATED, ALLOCATED, DEPOSIT, REFUSED, HELD, SENT, ABANDONED = range(12)
NOT_ON_VIEW, GONE, DECLINED, ORDER_IN, RELEASE, CASHIER = range(12, 18)
"""Places in ``codes``: numbers of forms and kinds, of reasons, and of an actor."""

_CODES = "int64[::1]"
_REGISTER = "int32[::1], uint8[::1], uint8[::1], int64[::1], int32[::1], int32[::1], int16[::1], int64[::1]"
_AS_IT_CAME, _FROM_CART, _TOLD, _ENTERED = range(4)
_MORE = "int64[::1], int64[::1], int64[::1], int16[::1], int32[::1], int64[::1]"
_ROWS = "int64[::1], int16[::1], int32[::1], int16[::1], int16[::1]"


@njit
def _accepted(line_state: Any, first: int, last: int) -> int:
    """How many of an order's lines were not refused."""
    lines = 0
    for line in range(first, last):
        lines += line_state[line] != LINE_REFUSED
    return lines


@njit
def _planned(ids: Any, at: int, listed: bool) -> Any:
    """The first shipment of a run, and where they end."""
    place = at if listed else at + 2
    return ids[place], ids[place] + ids[place + 1]


@njit
def _orders(ids: Any, at: int, many: int, listed: bool) -> int:
    """How many orders there are in a run."""
    return int(many - 2 if listed else ids[at + 1])


@njit
def _taken(ids: Any, at: int, number: int, listed: bool) -> Any:
    """One of the orders of a run, and how it was taken."""
    if not listed:
        return ids[at] + number, _AS_IT_CAME
    name = ids[at + 2 + number]
    if name < 0:
        return ~name, _FROM_CART
    if name >= ENTERED:
        return name - ENTERED, _ENTERED
    return (name - TOLD, _TOLD) if name >= TOLD else (name, _AS_IT_CAME)


@njit(f"int64(int64[:, ::1], int32[::1], {_CODES}, {_REGISTER})", cache=True)
def count(
    head: Any,
    ids: Any,
    codes: Any,
    first_line: Any,
    line_state: Any,
    leaves_cart: Any,
    deposit_cents: Any,
    first_piece: Any,
    shipment_order: Any,
    shipment_node: Any,
    tellers: Any,
) -> int:
    """How many rows the facts of a log have."""
    rows, at = 0, 0
    for fact in range(len(head)):
        code, many = head[fact, 1], head[fact, 4]
        if code == codes[RUN] or code == codes[RUN_OF]:
            listed = code == codes[RUN_OF]
            shipment, end = _planned(ids, at, listed)
            for number in range(_orders(ids, at, many, listed)):
                order, way = _taken(ids, at, number, listed)
                first = shipment
                while shipment < end and shipment_order[shipment] == order:
                    rows += tellers[shipment_node[shipment]] >= 0
                    shipment += 1
                if way == _FROM_CART and leaves_cart[order]:
                    rows += 1
                elif way != _ENTERED:
                    rows += first_line[order + 1] - first_line[order]  # each is captured or refused
                if shipment > first:
                    rows += 1 + first_piece[shipment] - first_piece[first] + (deposit_cents[order] > 0)
                elif _accepted(line_state, first_line[order], first_line[order + 1]):
                    rows += 1
        elif code == codes[STRAIGHT]:
            rows += 2 * (first_piece[ids[at + 1] + 1] - first_piece[ids[at + 1]]) + 1
        elif code >= codes[OF_SHIPMENTS]:
            for place in range(at, at + many):
                rows += first_piece[ids[place] + 1] - first_piece[ids[place]]
        else:
            rows += many
        at += many
    return rows


@njit
def _put(rows: Any, row: int, now: int, code: int, number: int, who: int, why: int) -> int:
    time_ms, kind, record, actor, reason = rows
    time_ms[row], kind[row], record[row], actor[row], reason[row] = now, code, number, who, why
    return row + 1


@njit
def _sent(rows: Any, row: int, now: int, codes: Any, number: int, interface: int, why: int) -> int:
    """The message about a record, where an interface carries one."""
    return _put(rows, row, now, codes[SENT], number, interface, codes[why]) if interface >= 0 else row


@njit
def _offered(
    rows: Any, row: int, now: int, codes: Any, way: int, order: int, first_line: Any, line_state: Any, seller: int
) -> int:
    """Lines of an order at the till: those that are refused, then those that are captured."""
    not_shown = codes[GONE] if way == _FROM_CART else codes[NOT_ON_VIEW]
    for line in range(first_line[order], first_line[order + 1]):
        if line_state[line] == LINE_REFUSED:
            row = _put(rows, row, now, codes[REFUSED], line, seller, not_shown)
    for line in range(first_line[order], first_line[order + 1]):
        if line_state[line] != LINE_REFUSED:
            row = _put(rows, row, now, codes[CAPTURED], line, seller, 0)
    return row


@njit(f"int64(int64[:, ::1], int32[::1], {_CODES}, {_REGISTER}, {_MORE}, {_ROWS})", cache=True)
def spell_out(
    head: Any,
    ids: Any,
    codes: Any,
    first_line: Any,
    line_state: Any,
    leaves_cart: Any,
    deposit_cents: Any,
    first_piece: Any,
    shipment_order: Any,
    shipment_node: Any,
    tellers: Any,
    feeds: Any,
    order_at_ms: Any,
    order_till_ms: Any,
    order_channel: Any,
    piece_line: Any,
    sellers: Any,
    time_ms: Any,
    kind: Any,
    record: Any,
    actor: Any,
    reason: Any,
) -> int:
    """Fill ``time_ms`` to ``reason`` row by row; as many as `count` counted.

    A straight order: the lines of its pieces captured, itself validated, its pieces allocated. In a run, lines may be
    refused before that, or all of them, and a deposit follows where one was paid; where the order comes in several
    shipments, it is paid before these are allocated. A node that is told of a shipment is sent a message.
    An order of a run without a shipment is held: its payment was declined. What comes from a cart comes later. One of
    which the house is told is captured, and a message leaves; entered, it is validated, paid and allocated.
    """
    row, at = 0, 0
    rows = (time_ms, kind, record, actor, reason)
    for fact in range(len(head)):
        now, code, who, why, many = head[fact, 0], head[fact, 1], head[fact, 2], head[fact, 3], head[fact, 4]
        if code == codes[RUN] or code == codes[RUN_OF]:
            listed = code == codes[RUN_OF]
            shipment, end = _planned(ids, at, listed)
            for number in range(_orders(ids, at, many, listed)):
                order, way = _taken(ids, at, number, listed)
                if way == _FROM_CART and leaves_cart[order]:
                    seller = sellers[order_channel[order]]
                    row = _put(rows, row, order_till_ms[order], codes[ABANDONED], order, seller, 0)
                    continue
                if way != _ENTERED:
                    now = order_till_ms[order] if way == _FROM_CART else order_at_ms[order]
                    row = _offered(
                        rows, row, now, codes, way, order, first_line, line_state, sellers[order_channel[order]]
                    )
                first = shipment
                while shipment < end and shipment_order[shipment] == order:
                    shipment += 1
                if shipment == first:
                    if _accepted(line_state, first_line[order], first_line[order + 1]):
                        if way == _TOLD:
                            row = _sent(rows, row, now, codes, order, feeds[order_channel[order]], ORDER_IN)
                        else:
                            row = _put(rows, row, now, codes[HELD], order, who, codes[DECLINED])
                    continue
                is_paid, is_first = deposit_cents[order] > 0, way == _ENTERED or shipment - first > 1
                row = _put(rows, row, now, codes[VALIDATED], order, who, 0)
                if is_paid and is_first:
                    row = _put(rows, row, now, codes[DEPOSIT], order, codes[CASHIER], 0)
                for part in range(first, shipment):
                    for piece in range(first_piece[part], first_piece[part + 1]):
                        row = _put(rows, row, now, codes[ALLOCATED], piece, who, 0)
                    if is_paid and not is_first:
                        row = _put(rows, row, now, codes[DEPOSIT], order, codes[CASHIER], 0)
                    row = _sent(rows, row, now, codes, part, tellers[shipment_node[part]], RELEASE)
        elif code == codes[STRAIGHT]:
            begin, stop = first_piece[ids[at + 1]], first_piece[ids[at + 1] + 1]
            for piece in range(begin, stop):
                row = _put(rows, row, now, codes[CAPTURED], piece_line[piece], why, 0)
            row = _put(rows, row, now, codes[VALIDATED], ids[at], who, 0)
            for piece in range(begin, stop):
                row = _put(rows, row, now, codes[ALLOCATED], piece, who, 0)
        elif code >= codes[OF_SHIPMENTS]:
            for place in range(at, at + many):
                for piece in range(first_piece[ids[place]], first_piece[ids[place] + 1]):
                    row = _put(rows, row, now, code - codes[OF_SHIPMENTS], piece, who, why)
        else:
            for place in range(at, at + many):
                row = _put(rows, row, now, code, ids[place], who, why)
        at += many
    return row


@njit(f"void({_ROWS}, {_ROWS})", cache=True)
def weave(
    time_ms: Any,
    kind: Any,
    record: Any,
    actor: Any,
    reason: Any,
    other_ms: Any,
    other_kind: Any,
    other_record: Any,
    other_actor: Any,
    other_reason: Any,
) -> None:
    """Put other rows among those that were spelled out, by time and after what is of the same moment; there is room for
    them at the end. Both are in the sequence of time."""
    other = len(other_ms) - 1
    own, place = len(time_ms) - len(other_ms) - 1, len(time_ms) - 1
    while other >= 0:
        if own >= 0 and time_ms[own] > other_ms[other]:
            time_ms[place], kind[place], record[place] = time_ms[own], kind[own], record[own]
            actor[place], reason[place] = actor[own], reason[own]
            own -= 1
        else:
            time_ms[place], kind[place], record[place] = other_ms[other], other_kind[other], other_record[other]
            actor[place], reason[place] = other_actor[other], other_reason[other]
            other -= 1
        place -= 1


@njit("Tuple((int64[::1], int64[::1]))(int16[::1], int64)", cache=True)
def by_kind(kind: Any, kinds: int) -> Any:
    """Rows kind after kind, each in ascending order, and where each of so many kinds begins among them (and an end)."""
    begins = np.zeros(kinds + 1, dtype=np.int64)
    for row in range(len(kind)):
        begins[kind[row] + 1] += 1
    for number in range(kinds):
        begins[number + 1] += begins[number]
    sequence, place = np.empty(len(kind), dtype=np.int64), begins.copy()
    for row in range(len(kind)):
        sequence[place[kind[row]]] = row
        place[kind[row]] += 1
    return sequence, begins
