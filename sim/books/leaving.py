"""Orders that have ended leave memory: their records, those of their lines, shipments, pieces and returns; and so do
goods and notes that nobody comes back to.

An order has ended when it is closed, cancelled or refused, or when its customer came and nothing came of it. From then
on people may have a last thing to do about it, and look back at it, for as long as the longest of them says
(`Leaving.remember`); what may come later still (a chargeback, a claim, a ticket) is said by who waits for it
(`Leaving.ask`). Then nobody asks for it any more, and block by block (`sim.books.columns`) memory is given back. The
books have it all: this is looked at when they have just been written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import Ints, Table
from sim.orders import CAPTURED, ORDER_STATES, VALIDATED
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.books.register import Register

Known = dict[int, Any] | set[int]
Keeper = Callable[[], Iterable[int] | Ints]

LOOK_MS = 12 * HOUR_MS
"""How often it is looked for orders that may leave, at most."""
IN_HAND_MS = 14 * DAY_MS
"""For so long somebody may still have an ended order in hand: a retry on the clock, a voided shipment in a queue."""

_EACH = 64
"""One of so many orders is looked at before all of a block are: most blocks have not ended."""


class Leaving:
    """Decides which blocks of a register leave."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._remember_ms = IN_HAND_MS
        self._keepers: list[Keeper] = []
        self._holders: dict[Table, list[Keeper]] = {register.goods: [], register.notes: []}
        self._before: list[Callable[[], None]] = []
        self._known: list[tuple[Table, Known]] = []
        self._over_since: dict[int, int] = {}
        """By block of orders that have all ended: when that was seen first."""
        self._full_since: dict[Table, dict[int, int]] = {table: {} for table in self._holders}
        """By block of goods and of notes: when it was seen first that no more come to it."""
        self._next_ms = 0
        self.enabled = True
        """Not where somebody recounts everything, or has all orders in memory anyway."""
        self.states: Counter[int] = Counter()
        """How many orders have left, by state."""

    def remember(self, ms: int) -> None:
        """Somebody looks back so far at orders that have ended."""
        self._remember_ms = max(self._remember_ms, ms)

    def ask(self, keeper: Keeper) -> None:
        """``keeper`` says, whenever it is asked, with which orders it still has something to do, ended or not."""
        self._keepers.append(keeper)

    def hold(self, table: Table, holder: Keeper) -> None:
        """``holder`` says, whenever it is asked, to which goods or notes it will come back."""
        self._holders[table].append(holder)

    def before(self, look: Callable[[], None]) -> None:
        """Call ``look`` before orders leave, so that somebody sees them for the last time."""
        self._before.append(look)

    def forget(self, table: Table, *known: Known) -> None:
        """What is known by the number of a record in these is forgotten when the record leaves."""
        self._known += [(table, each) for each in known]

    def begin_anew(self, order: int) -> None:
        """An order that had ended has not: what was seen of its block counts no more."""
        self._over_since.pop(order // self._register.orders.BLOCK, None)

    def look(self, now_ms: int) -> None:
        """Let those leave who may; all that was noted is in the books."""
        if not self.enabled or now_ms < self._next_ms:
            return
        self._next_ms = now_ms + LOOK_MS
        orders = self._register.orders
        seen, blocks = self._over_since, self._ended()
        over = blocks[self._is_past(blocks, now_ms, np.array([block in seen for block in blocks.tolist()], dtype=bool))]
        self._over_since = {block: seen.get(block, now_ms) for block in over.tolist()}
        due = [block for block, since in self._over_since.items() if since + self._remember_ms <= now_ms]
        gone = _nobodys(np.array(due, dtype=np.int64), orders, self._keepers)
        if len(gone):
            for look in self._before:
                look()
            self._leave(gone)
            for block in gone.tolist():
                del self._over_since[block]
            for table, known in self._known:
                _forget(table, known)
        for table, holders in self._holders.items():
            self._let_go(table, holders, now_ms)

    def _ended(self) -> Ints:
        """Blocks of orders that have all ended."""
        orders = self._register.orders
        blocks = orders.staying()
        few = np.asarray(orders.state)[blocks[:, None] * orders.BLOCK + np.arange(0, orders.BLOCK, _EACH)]
        blocks = blocks[~_are_open(few).any(axis=1)]
        return blocks[~_are_open(orders.of_blocks("state", blocks)).any(axis=1)]

    def _is_past(self, blocks: Ints, now_ms: int, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """In which blocks nothing promised is still to come; of some that is known."""
        orders, past = self._register.orders, known.copy()
        if not known.all():
            fresh = blocks[~known]
            cancel_ms = orders.of_blocks("at_ms", fresh) + orders.of_blocks("cancel_ms", fresh)
            until_ms = np.maximum(orders.of_blocks("deliver_by_ms", fresh), cancel_ms)
            past[~known] = until_ms.max(axis=1) <= now_ms
        return past

    def _let_go(self, table: Table, holders: list[Keeper], now_ms: int) -> None:
        """Let goods or notes leave that are written, and that nobody comes back to."""
        seen = self._full_since[table]
        since = self._full_since[table] = {block: seen.get(block, now_ms) for block in table.staying().tolist()}
        due = [block for block, full_ms in since.items() if full_ms + IN_HAND_MS <= now_ms]
        table.leave(_nobodys(np.array(due, dtype=np.int64), table, holders))

    def _leave(self, blocks: Ints) -> None:
        register = self._register
        orders, lines, shipments = register.orders, register.lines, register.shipments
        self.states.update(dict(enumerate(np.bincount(orders.of_blocks("state", blocks).ravel()).tolist())))
        orders.leave(blocks)
        own = lines.staying()
        lines.leave(own[_all_left_between(orders, lines, "order", own)])
        own = shipments.staying()
        shipments.leave(own[orders.have_left(shipments.of_blocks("order", own)).all(axis=1)])
        pieces, returns = register.pieces, register.returns
        own = pieces.staying()
        pieces.leave(own[_all_left_between(shipments, pieces, "shipment", own)])
        own = returns.staying()
        returns.leave(own[pieces.have_left(returns.of_blocks("piece", own)).all(axis=1)])

    @property
    def census(self) -> dict[str, int]:
        """How many orders have left, by the name of their state."""
        return {ORDER_STATES[state]: count for state, count in self.states.items() if count}


def _are_open(states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which orders have not ended; their states follow one another."""
    found: NDArray[np.bool_] = states - np.uint8(CAPTURED) <= VALIDATED - CAPTURED
    return found


def _nobodys(blocks: Ints, table: Table, keepers: list[Keeper]) -> Ints:
    """Those of the blocks of whose records no keeper speaks."""
    for keeper in keepers if len(blocks) else ():
        found = keeper()
        kept = found if isinstance(found, np.ndarray) else np.fromiter(found, dtype=np.int64)
        blocks = np.setdiff1d(blocks, kept // table.BLOCK)
    return blocks


def _forget(table: Table, known: Known) -> None:
    numbers = np.fromiter(known, dtype=np.int64, count=len(known))
    for number in numbers[table.have_left(numbers)].tolist():
        if isinstance(known, dict):
            del known[number]
        else:
            known.remove(number)


def _all_left_between(parents: Table, table: Table, column: str, blocks: Ints) -> NDArray[np.bool_]:
    """Of which blocks all parents have left, where records follow the numbers of their parents."""
    of = table.of_blocks(column, blocks)
    stay = np.concatenate(([0], np.cumsum(~parents.left_blocks)))
    first, last = of[:, 0] // parents.BLOCK, of[:, -1] // parents.BLOCK
    found: NDArray[np.bool_] = stay[np.minimum(last + 1, len(stay) - 1)] == stay[first]
    return found & (last < len(stay) - 1)
