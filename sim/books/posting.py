"""From facts to the lines of the journal and the moves of the ledger, in compiled code; see `sim.books.recorder`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_FACTS = "int64[::1], int64[::1], int16[::1], int32[::1], int32[::1], int16[::1], int16[::1]"
_MOVES = "int64[::1], int64[::1], int16[::1], int32[::1], int16[::1], int16[::1], int32[::1], int64[::1]"


@njit("Tuple((int64[::1], int64))(int16[::1], int64[::1])", cache=True)
def places(kind: Any, postings: Any) -> Any:
    """The place of each fact among those that post, and how many do; ``postings`` is by kind."""
    place, count = np.empty(len(kind), dtype=np.int64), 0
    for fact in range(len(kind)):
        place[fact] = count
        count += postings[kind[fact]] > 0
    return place, count


@njit(
    f"Tuple(({_FACTS}, int8[::1], int64[::1]))(int64[:, ::1], int64[::1], int8[:, ::1], int16[::1], {_FACTS})",
    cache=True,
)
def lines(
    amounts: Any,
    postings: Any,
    accounts: Any,
    note_account: Any,
    event: Any,
    time_ms: Any,
    kind: Any,
    record: Any,
    order: Any,
    node: Any,
    channel: Any,
) -> Any:
    """The lines of the journal: every amount that is not zero, fact by fact.

    Parameters
    ----------
    amounts
        By posting and fact: shape (most postings, facts that post).
    postings
        How many each kind of fact has.
    accounts
        By kind and posting; negative where the fact's note says.

    Returns
    -------
    event, time_ms, kind, record, order, node, channel, account, amount_cents
        Arrays with one entry a line.
    """
    count = place = 0
    for fact in range(len(kind)):
        for posting in range(postings[kind[fact]]):
            count += amounts[posting, place] != 0
        place += postings[kind[fact]] > 0
    events, times = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    kinds, account = np.empty(count, dtype=np.int16), np.empty(count, dtype=np.int8)
    records, orders = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    nodes, channels = np.empty(count, dtype=np.int16), np.empty(count, dtype=np.int16)
    values = np.empty(count, dtype=np.int64)
    line = place = 0
    for fact in range(len(kind)):
        what = kind[fact]
        for posting in range(postings[what]):
            amount = amounts[posting, place]
            if amount == 0:
                continue
            events[line], times[line], kinds[line] = event[fact], time_ms[fact], what
            records[line], orders[line] = record[fact], order[fact]
            nodes[line], channels[line] = node[fact], channel[fact]
            number = accounts[what, posting]
            account[line] = number if number >= 0 else note_account[record[fact]]
            values[line] = amount
            line += 1
        place += postings[what] > 0
    return events, times, kinds, records, orders, nodes, channels, account, values


@njit(f"Tuple(({_MOVES}))(boolean[::1], boolean[::1], boolean[::1], {_MOVES})", cache=True)
def moves(
    is_move: Any,
    is_valued: Any,
    is_between: Any,
    event: Any,
    time_ms: Any,
    kind: Any,
    product: Any,
    node: Any,
    other_node: Any,
    units: Any,
    value_cents: Any,
) -> Any:
    """The facts that move units.

    Parameters
    ----------
    is_move, is_valued, is_between
        By kind: whether it moves units, changes what those on hand are worth, and moves them to the other node.

    Returns
    -------
    event, time_ms, kind, product, from_node, to_node, units, value_cents
        Arrays with one entry a move.
    """
    count = 0
    for fact in range(len(kind)):
        count += is_move[kind[fact]]
    events, times = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    kinds, products = np.empty(count, dtype=np.int16), np.empty(count, dtype=np.int32)
    nodes, to_nodes = np.empty(count, dtype=np.int16), np.empty(count, dtype=np.int16)
    moved, values = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int64)
    row = 0
    for fact in range(len(kind)):
        what = kind[fact]
        if is_move[what]:
            events[row], times[row], kinds[row] = event[fact], time_ms[fact], what
            products[row], moved[row] = product[fact], units[fact]
            nodes[row] = node[fact]
            to_nodes[row] = other_node[fact] if is_between[what] else node[fact]
            values[row] = value_cents[fact] if is_valued[what] else 0
            row += 1
    return events, times, kinds, products, nodes, to_nodes, moved, values
