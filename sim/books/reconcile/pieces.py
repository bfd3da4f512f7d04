"""Whether the units of lines and returns add up, and orders and shipments make legal moves only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from sim.books.kinds import KINDS, NUMBER
from sim.books.reconcile.written import Ints, WrittenBooks, rows_of, told
from sim.orders import ORDER_MOVES, ORDER_STATES, PICKED, SHIPMENT_MOVES, SHIPMENT_STATES, Move

_ENDS = {"closed": "closed", "cancelled": "cancelled", "refused": "refused", "cart_abandoned": "abandoned"}
_WENT_ON = (ORDER_STATES.index("captured"), ORDER_STATES.index("abandoned"))


def check_lines(books: WrittenBooks) -> Iterator[str]:
    """Units of each line: what was captured is shipped, cancelled, or still with us; an ended order has none left."""
    events = books.events
    size = int(events["line"].max(initial=-1)) + 1

    def units(*kinds: str) -> Ints:
        rows = np.isin(events["kind"], [NUMBER[k] for k in kinds]) & (events["line"] >= 0)
        total = np.bincount(events["line"][rows], weights=events["quantity"][rows], minlength=size)
        return total.astype(np.int64)

    captured, cancelled, again = units("captured"), units("cancelled_units"), units("resent_units")
    shipped = units("shipped") - again
    placed = units("allocated") - units("deallocated", "put_back") - again
    picked = units("picked") - units("put_back") - again
    chain = (captured - cancelled, placed, picked, shipped)
    wrong = np.zeros(size, dtype=bool)
    for more, less in pairwise(chain):
        wrong |= more < less
    yield from told("a line's units do not add up", [f"line {n} of {captured[n]}" for n in rows_of(wrong)])
    back, asked = units("return_received"), units("return_requested")
    handled = units("restocked", "scrapped", "refurbished", "returned_to_vendor")
    answered = units("refunded", "return_refused")
    wrong = (asked > shipped) | (back > asked) | (handled > back) | (answered > asked)
    yield from told("a line's returns do not add up", [f"line {n} of {captured[n]}" for n in rows_of(wrong)])
    order_of = np.full(size, -1, dtype=np.int64)
    order_of[events["line"][events["line"] >= 0]] = events["order"][events["line"] >= 0]
    for end in ("closed", "cancelled"):
        ended = np.isin(order_of, events["order"][events["kind"] == NUMBER[end]])
        left = ended & ((captured != shipped + cancelled) | ((end == "cancelled") & (shipped > 0)))
        yield from told(f"{end}, but its units are not", [f"order {order_of[n]}, line {n}" for n in rows_of(left)])


def check_moves(books: WrittenBooks) -> Iterator[str]:
    """Orders and shipments go only where the lifecycle's tables let them."""
    order = {"captured": "captured", "held": "held", "hold_cleared": "", "validated": "validated"} | _ENDS
    order["reopened"] = "validated"
    yield from _illegal(books, "order", order, ORDER_MOVES, ORDER_STATES)
    shipment = {name: name for name in SHIPMENT_STATES} | {"consolidated": "picked"}
    yield from _illegal(books, "shipment", shipment, SHIPMENT_MOVES, SHIPMENT_STATES)


def _illegal(
    books: WrittenBooks, what: str, states: dict[str, str], moves: tuple[Move, ...], names: tuple[str, ...]
) -> Iterator[str]:
    """Each piece's states in the sequence of its events; several rows of one kind at one instant are one move."""
    events = books.events
    state = np.full(len(KINDS), -1)
    for kind, name in states.items():
        if name:
            state[NUMBER[kind]] = names.index(name)
    rows = np.flatnonzero((state[events["kind"]] >= 0) & (events[what] >= 0))
    rows = rows[np.lexsort((rows, events[what][rows]))]
    piece, now, time = events[what][rows], state[events["kind"][rows]], events["time_ms"][rows]
    if what == "order":  # a line refused is not an order refused
        refused, went_on = now == ORDER_STATES.index("refused"), np.isin(now, _WENT_ON)
        again = np.append(False, (np.diff(piece) == 0) & refused[1:] & refused[:-1]) if len(piece) else refused
        whole = ~refused | ~(np.isin(piece, piece[went_on]) | again)
        piece, now, time = piece[whole], now[whole], time[whole]
    same = (np.diff(piece, prepend=-1) == 0) & (np.diff(now, prepend=-1) == 0) & (np.diff(time, prepend=-1) == 0)
    piece, now = piece[~same], now[~same]
    first = np.diff(piece, prepend=-1) != 0
    before = np.where(first, 0 if what == "order" else -1, np.roll(now, 1))
    legal = np.zeros((len(names) + 1, len(names)), dtype=bool)
    for move in moves:
        legal[move.source, move.target] = True
    legal[-1, 0] = True  # a shipment begins as allocated,
    if what == "shipment":
        legal[-1, PICKED] = True  # or is made of others, which were picked
    cases = [
        f"{what} {piece[r]} from {names[before[r]] if before[r] >= 0 else 'nothing'} to {names[now[r]]}"
        for r in rows_of(~legal[before, now])
    ]
    yield from told("an illegal move", cases)
