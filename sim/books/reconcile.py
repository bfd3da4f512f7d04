"""Do the books of a finished run agree? Replayed from the files alone, by other code than that which wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.books.kinds import ACCOUNTS, BUCKETS, KIND_NAMES, KINDS, NUMBER, PLACE_NUMBER, PLACES
from sim.orders import ORDER_MOVES, ORDER_STATES, PICKED, SHIPMENT_MOVES, SHIPMENT_STATES, Move
from sim.run_files import BOOKS, MANIFEST

Ints = NDArray[np.int64]
Columns = dict[str, Ints]

SHOWN = 5
"""How many cases of one discrepancy are told one by one."""

_ON_HAND = np.array([place in BUCKETS and place != "in_transit" for place in PLACES])
_INSIDE = np.array([place in BUCKETS for place in PLACES])
_MOVES = np.array([kind.moves is not None for kind in KINDS])
_POSTS = np.array([bool(kind.posts) for kind in KINDS])
_SHELF = np.array([kind.shelf for kind in KINDS])
_ON_SHELF = np.array([place in ("available", "committed", "quarantined") for place in PLACES])
_BETWEEN = ("intercompany_receivables", "intercompany_payables")
_PAID = ("intercompany_paid", "intercompany_collected")
_ENDS = {"closed": "closed", "cancelled": "cancelled", "refused": "refused", "cart_abandoned": "abandoned"}
_WENT_ON = (ORDER_STATES.index("captured"), ORDER_STATES.index("abandoned"))


def reconcile(folder: Path | str) -> list[str]:
    """What does not agree in the books of one run.

    The ledger and the journal are replayed event by event. Each event that moves stock has its one movement, each
    that posts has its balanced entry, in the accounts of its kind; no position falls below zero; what leaves a cell
    takes its fair share of the value, and an empty cell is worth nothing; the inventory and transit accounts equal the
    value of what is held; what legal entities owe one another is at every moment what they claim; units of each order
    line add up; orders and shipments make legal moves only; the manifest counts what is there.

    Parameters
    ----------
    folder
        Where the run was written.

    Returns
    -------
    list of str
        The discrepancies, none if the books agree; of each sort the first few, and how many there are.
    """
    books = _Books(Path(folder))
    found: list[str] = []
    for check in _CHECKS:
        found.extend(check(books))
    return found


class _Books:
    """The four books as integer columns; names are numbered through, -1 is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        self.names: dict[str, dict[str, int]] = {
            "kind": {name: i for i, name in enumerate(KIND_NAMES)},
            "place": {name: i for i, name in enumerate(PLACES)},
            "account": {name: i for i, name in enumerate(ACCOUNTS)},
        }
        self.events, self.ledger, self.journal, self.decisions = (self._read(book) for book in BOOKS)

    def name(self, what: str, number: int) -> str:
        """The name that stands behind a number."""
        return next((name for name, n in self.names[what].items() if n == number), "nowhere")

    def _read(self, book: str) -> Columns:
        table = pq.read_table(self.folder / f"{book}.parquet").unify_dictionaries()
        columns: Columns = {}
        for field in table.schema:
            values = table[field.name].combine_chunks()
            if pa.types.is_dictionary(field.type):
                columns[field.name] = self._numbers(field.name, values)
            elif pa.types.is_integer(field.type):
                columns[field.name] = values.to_numpy(zero_copy_only=False).astype(np.int64)
        return columns

    def _numbers(self, column: str, values: pa.DictionaryArray) -> Ints:
        what = column.removeprefix("from_").removeprefix("to_").replace("bucket", "place")
        known = self.names.setdefault("node" if what == "runner_up" else what, {})
        numbers = [known.setdefault(name, len(known)) for name in values.dictionary.to_pylist()]
        indices = values.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
        return np.array([*numbers, -1], dtype=np.int64)[indices]


def _told(what: str, cases: list[str]) -> Iterator[str]:
    """The first few cases, and how many more there are."""
    yield from (f"{what}: {case}" for case in cases[:SHOWN])
    if len(cases) > SHOWN:
        yield f"{what}: {len(cases) - SHOWN} more"


def _rows(wrong: NDArray[np.bool_]) -> list[int]:
    return [int(row) for row in np.flatnonzero(wrong)]


# The files and the event log.


def _check_manifest(books: _Books) -> Iterator[str]:
    cases = []
    for book in BOOKS:
        rows, counted = len(getattr(books, book)["event"]), books.manifest["counters"]["rows"][book]
        if rows != counted:
            cases.append(f"{book} has {rows} rows, the manifest says {counted}")
        digest = sha256((books.folder / f"{book}.parquet").read_bytes()).hexdigest()
        if digest != books.manifest["files"][f"{book}.parquet"]:
            cases.append(f"{book}.parquet is not the file that the run wrote")
    yield from _told("manifest", cases)


def _check_events(books: _Books) -> Iterator[str]:
    events = books.events
    jumps = events["event"] != np.arange(len(events["event"]))
    yield from _told("events are not numbered through", [f"row {row}" for row in _rows(jumps)[:1]])
    back = np.diff(events["time_ms"]) < 0
    yield from _told("time runs backwards", [f"at event {events['event'][row + 1]}" for row in _rows(back)])


# The ledger.


def _check_movements(books: _Books) -> Iterator[str]:
    """Each event that moves stock has one movement, and it says the same."""
    events, ledger = books.events, books.ledger
    moving = _MOVES[events["kind"]] if len(events["kind"]) else np.zeros(0, dtype=bool)
    yield from _unmatched("ledger", books, events["event"][moving], ledger["event"])
    rows, of = _where(ledger["event"], events["event"])
    for column, other in (
        ("time_ms", "time_ms"),
        ("kind", "kind"),
        ("sku", "sku"),
        ("units", "quantity"),
        ("from_node", "node"),
    ):
        wrong = ledger[column][rows] != events[other][of]
        yield from _told(
            f"ledger's {column} differs from the event's", [f"event {e}" for e in events["event"][of][wrong]]
        )
    kinds = ledger["kind"]
    source = np.array([PLACE_NUMBER[k.moves[0]] if k.moves else -1 for k in KINDS])
    target = np.array([PLACE_NUMBER[k.moves[1]] if k.moves else -1 for k in KINDS])
    astray = (ledger["from_bucket"] != source[kinds]) | (ledger["to_bucket"] != target[kinds])
    yield from _told("a movement goes astray", [f"event {e}" for e in ledger["event"][astray]])
    valued = _ON_HAND[ledger["from_bucket"][rows]] != _ON_HAND[ledger["to_bucket"][rows]]
    wrong = valued & (ledger["value_cents"][rows] != events["value_cents"][of])
    yield from _told("ledger's value differs from the event's", [f"event {e}" for e in events["event"][of][wrong]])


def _unmatched(book: str, books: _Books, wanted: Ints, there: Ints) -> Iterator[str]:
    kinds = books.events["kind"]
    absent, spare = np.setdiff1d(wanted, there), np.setdiff1d(there, wanted)
    yield from _told(f"{book} lacks", [f"event {e} ({KIND_NAMES[kinds[e]]})" for e in absent if e < len(kinds)])
    yield from _told(f"{book} has no event for", [f"its event {e}" for e in spare])
    twice = there[:-1][np.diff(there) == 0] if book == "ledger" else there[:0]
    yield from _told(f"{book} has twice", [f"event {e}" for e in twice])


def _where(numbers: Ints, among: Ints) -> tuple[Ints, Ints]:
    """Rows of ``numbers`` that are found in ``among`` (ascending), and where."""
    if not len(among):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    rows = np.flatnonzero(among[place] == numbers)
    return rows, place[rows]


def _check_positions(books: _Books) -> Iterator[str]:
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
    order, held, _ = _running(cell * len(PLACES) + bucket, event, units, value)
    below = held < 0
    yield from _told("fewer than no units", [f"{PLACES[bucket[order[r]]]} at {tell(order[r])}" for r in _rows(below)])
    negative = ledger["units"] < 0
    yield from _told("a movement of fewer than no units", [f"event {e}" for e in ledger["event"][negative]])
    yield from _values(_ON_HAND[bucket], cell, event, units, value, tell, "stock")
    yield from _values(bucket == PLACE_NUMBER["in_transit"], cell, event, units, value, tell, "goods in transit")


def _check_shelf(books: _Books) -> Iterator[str]:
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
    order, held, _ = _running(cell, event, units, units)
    cell, event = cell[order], event[order]
    last = np.append((np.diff(cell) != 0) | (np.diff(event) != 0), True)
    cases = [
        f"{books.name('node', cell[r] // width)}/{books.name('sku', cell[r] % width)} after event {event[r]}"
        for r in _rows(last & (held < 0))
    ]
    yield from _told("fewer than no units on the shelf", cases)


def _running(key: Ints, event: Ints, units: Ints, value: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows sorted by key and event, with units and value held by that key after each."""
    order = np.lexsort((event, key))
    begins = np.flatnonzero(np.diff(key[order], prepend=-2))
    sizes = np.diff(np.append(begins, len(order)))

    def summed(amounts: Ints) -> Ints:
        total = np.cumsum(amounts[order])
        return total - np.repeat(total[begins] - amounts[order][begins], sizes)

    return order, summed(units), summed(value)


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
    order, held, worth = _running(cell[rows], event[rows], units[rows], value[rows])
    rows = rows[order]
    last = np.append((np.diff(cell[rows]) != 0) | (np.diff(event[rows]) != 0), True) if len(rows) else mine[:0]
    empty = last & (held == 0) & (worth != 0)
    yield from _told(f"no {what}, and yet worth something", [f"{worth[r]} at {tell(rows[r])}" for r in _rows(empty)])
    if what == "stock":
        before_units, before_value = held - units[rows], worth - value[rows]
        issues = (value[rows] < 0) & (before_units > 0)
        fair = (2 * before_value * -units[rows] + before_units) // np.maximum(1, 2 * before_units)
        unfair = issues & (fair != -value[rows])
        cases = [f"{-value[rows][r]} instead of {fair[r]} at {tell(rows[r])}" for r in _rows(unfair)]
        yield from _told("value taken is not its share", cases)


# The journal.


def _check_entries(books: _Books) -> Iterator[str]:
    """Each entry balances, is in the accounts of its kind, and amounts to what its event says."""
    events, journal = books.events, books.journal
    rows, of = _where(journal["event"], events["event"])
    if len(rows) < len(journal["event"]):
        yield f"journal has {len(journal['event']) - len(rows)} lines without an event"
    posted = np.bincount(of, weights=journal["amount_cents"][rows], minlength=len(events["event"]))
    unbalanced = posted != 0
    yield from _told("an entry does not balance", [f"event {e} is out by {posted[e]:.0f}" for e in _rows(unbalanced)])
    for column in ("time_ms", "kind", "order"):
        wrong = journal[column][rows] != events[column][of]
        yield from _told(
            f"journal's {column} differs from the event's", [f"event {e}" for e in events["event"][of][wrong]]
        )
    kinds = journal["kind"]
    allowed = np.zeros((len(KINDS), len(books.names["account"])), dtype=bool)
    for number, kind in enumerate(KINDS):
        for account, _, _ in kind.posts:
            allowed[number, slice(None) if account == "note_account" else books.names["account"][account]] = True
    foreign = ~allowed[kinds, journal["account"]]
    cases = [f"{books.name('account', journal['account'][r])} in event {journal['event'][r]}" for r in _rows(foreign)]
    yield from _told("an account that its kind does not post to", cases)
    yield from _check_amounts(books, rows, of)
    total = int(journal["amount_cents"].sum())
    if total:
        yield f"trial balance is {total}"


def _check_amounts(books: _Books, rows: Ints, of: Ints) -> Iterator[str]:
    """The debits or credits of an event's own amount are on the accounts where the table says."""
    events, journal = books.events, books.journal
    cases = []
    for number, kind in enumerate(KINDS):
        mine = np.flatnonzero(events["kind"] == number)
        for account in sorted({account for account, _, _ in kind.posts} - {"note_account"}):
            posts = [(sign, amount) for other, sign, amount in kind.posts if other == account]
            if not len(mine) or any(amount != kind.value for _, amount in posts):
                continue
            on_it = journal["account"][rows] == books.names["account"][account]
            posted = np.bincount(
                of[on_it], weights=journal["amount_cents"][rows][on_it], minlength=len(events["event"])
            )
            wrong = posted[mine] != sum(sign for sign, _ in posts) * events["value_cents"][mine]
            cases += [f"event {e} ({kind.name}) has {posted[e]:.0f} on {account}" for e in mine[wrong]]
    yield from _told("an entry amounts to something else than its event", cases)


def _check_valuation(books: _Books) -> Iterator[str]:
    """Inventory by node, and what is in transit: the account equals what is held."""
    ledger, journal = books.ledger, books.journal
    value = ledger["value_cents"]
    for account, inside in (
        ("inventory", _ON_HAND),
        ("inventory_in_transit", np.arange(len(PLACES)) == PLACE_NUMBER["in_transit"]),
    ):
        mine = journal["account"] == books.names["account"][account]
        entered, left = inside[ledger["to_bucket"]], inside[ledger["from_bucket"]]
        held = int(value[entered & ~left].sum() - value[left & ~entered].sum())
        booked = int(journal["amount_cents"][mine].sum())
        if held != booked:
            yield f"{account} account is {booked}, the ledger's value is {held}"
        if account == "inventory":
            nodes = 1 + max(books.names.get("node", {}).values(), default=0)
            worth = _by(ledger["to_node"], value * (entered & ~left), nodes) - _by(
                ledger["from_node"], value * (left & ~entered), nodes
            )
            posted = _by(journal["node"][mine], journal["amount_cents"][mine], nodes)
            wrong = _rows(worth != posted)
            cases = [f"{books.name('node', n)} has {posted[n]:.0f} booked, {worth[n]:.0f} in stock" for n in wrong]
            yield from _told("inventory by node", cases)


def _check_between(books: _Books) -> Iterator[str]:
    """What one entity claims another owes, at every moment; and what one pays the other gets."""
    journal, names = books.journal, books.names
    claims = np.isin(journal["account"], [names["account"][account] for account in _BETWEEN])
    paid = np.isin(journal["kind"], [NUMBER[kind] for kind in _PAID]) & (journal["account"] == names["account"]["cash"])
    for what, rows in (("debts between entities are not claims", claims), ("money between entities is lost", paid)):
        moments, of = np.unique(journal["time_ms"][rows], return_inverse=True)
        left = np.bincount(of, weights=journal["amount_cents"][rows], minlength=len(moments))
        yield from _told(what, [f"{left[n]:.0f} at {moments[n]} ms" for n in _rows(left != 0)])


def _by(key: Ints, amounts: Ints, size: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(key[key >= 0], weights=amounts[key >= 0], minlength=size), dtype=np.float64)


# Orders.


def _check_lines(books: _Books) -> Iterator[str]:
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
    yield from _told("a line's units do not add up", [f"line {n} of {captured[n]}" for n in _rows(wrong)])
    back, asked = units("return_received"), units("return_requested")
    handled = units("restocked", "scrapped", "refurbished", "returned_to_vendor")
    answered = units("refunded", "return_refused")
    wrong = (asked > shipped) | (back > asked) | (handled > back) | (answered > asked)
    yield from _told("a line's returns do not add up", [f"line {n} of {captured[n]}" for n in _rows(wrong)])
    order_of = np.full(size, -1, dtype=np.int64)
    order_of[events["line"][events["line"] >= 0]] = events["order"][events["line"] >= 0]
    for end in ("closed", "cancelled"):
        ended = np.isin(order_of, events["order"][events["kind"] == NUMBER[end]])
        left = ended & ((captured != shipped + cancelled) | ((end == "cancelled") & (shipped > 0)))
        yield from _told(f"{end}, but its units are not", [f"order {order_of[n]}, line {n}" for n in _rows(left)])


def _check_moves(books: _Books) -> Iterator[str]:
    """Orders and shipments go only where the lifecycle's tables let them."""
    order = {"captured": "captured", "held": "held", "hold_cleared": "", "validated": "validated"} | _ENDS
    order["reopened"] = "validated"
    yield from _illegal(books, "order", order, ORDER_MOVES, ORDER_STATES)
    shipment = {name: name for name in SHIPMENT_STATES} | {"consolidated": "picked"}
    yield from _illegal(books, "shipment", shipment, SHIPMENT_MOVES, SHIPMENT_STATES)


def _illegal(
    books: _Books, what: str, states: dict[str, str], moves: tuple[Move, ...], names: tuple[str, ...]
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
        for r in _rows(~legal[before, now])
    ]
    yield from _told("an illegal move", cases)


def _check_decisions(books: _Books) -> Iterator[str]:
    """Each shipment was decided on once, in the event that planned it."""
    events, decisions = books.events, books.decisions
    rows, of = _where(decisions["event"], events["event"])
    wrong = np.zeros(len(rows), dtype=bool)
    for column in ("time_ms", "order", "shipment", "node"):
        wrong |= decisions[column][rows] != events[column][of]
    wrong |= events["kind"][of] != NUMBER["allocated"]
    yield from _told("a decision differs from its event", [f"event {e}" for e in decisions["event"][rows][wrong]])
    planned = np.unique(events["shipment"][events["kind"] == NUMBER["allocated"]])
    absent = np.setdiff1d(planned, decisions["shipment"])
    yield from _told("no decision is on record", [f"shipment {s}" for s in absent])


_CHECKS: tuple[Callable[[_Books], Iterator[str]], ...] = (
    _check_manifest,
    _check_events,
    _check_movements,
    _check_positions,
    _check_shelf,
    _check_entries,
    _check_valuation,
    _check_between,
    _check_lines,
    _check_moves,
    _check_decisions,
)
