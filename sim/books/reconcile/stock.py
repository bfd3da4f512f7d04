"""Whether the ledger says what the events say, and what it says is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import BUCKETS, KIND_NAMES, KINDS, PLACE_NUMBER, PLACES
from sim.books.reconcile.written import Ints, WrittenBooks, found_in, rows_of, running, told

_ON_HAND = np.array([place in BUCKETS and place != "in_transit" for place in PLACES])
_INSIDE = np.array([place in BUCKETS for place in PLACES])
_MOVES = np.array([kind.moves is not None for kind in KINDS])
_SHELF = np.array([kind.shelf for kind in KINDS])
_ON_SHELF = np.array([place in ("available", "committed", "quarantined") for place in PLACES])


def check_movements(books: WrittenBooks) -> Iterator[str]:
    """Each event that moves stock has one movement, and it says the same."""
    events, ledger = books.events, books.ledger
    moving = _MOVES[events["kind"]] if len(events["kind"]) else np.zeros(0, dtype=bool)
    yield from _unmatched("ledger", books, events["event"][moving], ledger["event"])
    rows, of = found_in(ledger["event"], events["event"])
    for column, other in (
        ("time_ms", "time_ms"),
        ("kind", "kind"),
        ("sku", "sku"),
        ("units", "quantity"),
        ("from_node", "node"),
    ):
        wrong = ledger[column][rows] != events[other][of]
        yield from told(
            f"ledger's {column} differs from the event's", [f"event {e}" for e in events["event"][of][wrong]]
        )
    kinds = ledger["kind"]
    source = np.array([PLACE_NUMBER[k.moves[0]] if k.moves else -1 for k in KINDS])
    target = np.array([PLACE_NUMBER[k.moves[1]] if k.moves else -1 for k in KINDS])
    astray = (ledger["from_bucket"] != source[kinds]) | (ledger["to_bucket"] != target[kinds])
    yield from told("a movement goes astray", [f"event {e}" for e in ledger["event"][astray]])
    valued = _ON_HAND[ledger["from_bucket"][rows]] != _ON_HAND[ledger["to_bucket"][rows]]
    wrong = valued & (ledger["value_cents"][rows] != events["value_cents"][of])
    yield from told("ledger's value differs from the event's", [f"event {e}" for e in events["event"][of][wrong]])


def _unmatched(book: str, books: WrittenBooks, wanted: Ints, there: Ints) -> Iterator[str]:
    kinds = books.events["kind"]
    absent, spare = np.setdiff1d(wanted, there), np.setdiff1d(there, wanted)
    yield from told(f"{book} lacks", [f"event {e} ({KIND_NAMES[kinds[e]]})" for e in absent if e < len(kinds)])
    yield from told(f"{book} has no event for", [f"its event {e}" for e in spare])
    twice = there[:-1][np.diff(there) == 0] if book == "ledger" else there[:0]
    yield from told(f"{book} has twice", [f"event {e}" for e in twice])


def check_positions(books: WrittenBooks) -> Iterator[str]:
    """Replay all movements: no bucket below zero at any event, fair values, nothing worth something when empty."""
    ledger = books.ledger
    width = 1 + max(books.names.get("sku", {}).values(), default=0)
    entering, leaving = _INSIDE[ledger["to_bucket"]], _INSIDE[ledger["from_bucket"]]
    node = np.concatenate([ledger["from_node"][leaving], ledger["to_node"][entering]])
    bucket = np.concatenate([ledger["from_bucket"][leaving], ledger["to_bucket"][entering]])
    sku = np.concatenate([ledger["sku"][leaving], ledger["sku"][entering]])
    units = np.concatenate([-ledger["units"][leaving], ledger["units"][entering]])
    value = np.concatenate([-ledger["value_cents"][leaving], ledger["value_cents"][entering]])
    event = np.concatenate([ledger["event"][leaving], ledger["event"][entering]])

    def tell(row: int) -> str:
        where = f"{books.name('node', node[row])}/{books.name('sku', sku[row])}"
        return f"{where} after event {event[row]}"

    cell = node * width + sku
    order, held, _ = running(cell * len(PLACES) + bucket, event, units, value)
    below = held < 0
    yield from told("fewer than no units", [f"{PLACES[bucket[order[r]]]} at {tell(order[r])}" for r in rows_of(below)])
    negative = ledger["units"] < 0
    yield from told("a movement of fewer than no units", [f"event {e}" for e in ledger["event"][negative]])
    yield from _values(_ON_HAND[bucket], cell, event, units, value, tell, "stock")
    yield from _values(bucket == PLACE_NUMBER["in_transit"], cell, event, units, value, tell, "goods in transit")


def check_shelf(books: WrittenBooks) -> Iterator[str]:
    """What lies on the shelf, record and difference together, is never less than nothing."""
    events, ledger = books.events, books.ledger
    mine = np.flatnonzero(_SHELF[events["kind"]] != 0) if len(events["kind"]) else np.zeros(0, np.int64)
    if not len(mine):
        return
    width = 1 + max(books.names.get("sku", {}).values(), default=0)
    entering, leaving = _ON_SHELF[ledger["to_bucket"]], _ON_SHELF[ledger["from_bucket"]]
    parts = (
        (
            ledger["from_node"][leaving] * width + ledger["sku"][leaving],
            ledger["event"][leaving],
            -ledger["units"][leaving],
        ),
        (
            ledger["to_node"][entering] * width + ledger["sku"][entering],
            ledger["event"][entering],
            ledger["units"][entering],
        ),
        (
            events["node"][mine] * width + events["sku"][mine],
            events["event"][mine],
            _SHELF[events["kind"][mine]] * events["quantity"][mine],
        ),
    )
    cell, event, units = (np.concatenate([part[n] for part in parts]) for n in range(3))
    order, held, _ = running(cell, event, units, units)
    cell, event = cell[order], event[order]
    last = np.append((np.diff(cell) != 0) | (np.diff(event) != 0), True)
    cases = [
        f"{books.name('node', cell[r] // width)}/{books.name('sku', cell[r] % width)} after event {event[r]}"
        for r in rows_of(last & (held < 0))
    ]
    yield from told("fewer than no units on the shelf", cases)


def _values(
    mine: NDArray[np.bool_],
    cell: Ints,
    event: Ints,
    units: Ints,
    value: Ints,
    tell: Callable[[int], str],
    what: str,
) -> Iterator[str]:
    """What a cell is worth over time; moves between buckets of one cell cancel out within their event."""
    rows = np.flatnonzero(mine)
    order, held, worth = running(cell[rows], event[rows], units[rows], value[rows])
    rows = rows[order]
    last = np.append((np.diff(cell[rows]) != 0) | (np.diff(event[rows]) != 0), True) if len(rows) else mine[:0]
    empty = last & (held == 0) & (worth != 0)
    yield from told(f"no {what}, and yet worth something", [f"{worth[r]} at {tell(rows[r])}" for r in rows_of(empty)])
    if what == "stock":
        before_units, before_value = held - units[rows], worth - value[rows]
        issues = (value[rows] < 0) & (before_units > 0)
        fair = (2 * before_value * -units[rows] + before_units) // np.maximum(1, 2 * before_units)
        unfair = issues & (fair != -value[rows])
        cases = [f"{-value[rows][r]} instead of {fair[r]} at {tell(rows[r])}" for r in rows_of(unfair)]
        yield from told("value taken is not its share", cases)
