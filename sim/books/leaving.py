"""Orders that have ended leave memory: their records, those of their lines, shipments, pieces and returns.

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
from sim.orders import ABANDONED, CANCELLED, CLOSED, OFFERED, ORDER_STATES, REFUSED
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.books.register import Register

Known = dict[int, Any] | set[int]
Keeper = Callable[[], Iterable[int] | Ints]

LOOK_MS = 12 * HOUR_MS
"""How often it is looked for orders that may leave, at most."""
IN_HAND_MS = 14 * DAY_MS
"""For so long somebody may still have an ended order in hand: a retry on the clock, a voided shipment in a queue."""

_ENDED = np.isin(np.arange(256), (OFFERED, REFUSED, CANCELLED, CLOSED, ABANDONED))


class Leaving:
    """Decides which blocks of a register leave."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._remember_ms = IN_HAND_MS
        self._keepers: list[Keeper] = []
        self._before: list[Callable[[], None]] = []
        self._known: list[tuple[Table, Known]] = []
        self._over_since: dict[int, int] = {}
        """By block of orders that have all ended: when that was seen first."""
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

    def before(self, look: Callable[[], None]) -> None:
        """Call ``look`` before orders leave, so that somebody sees them for the last time."""
        self._before.append(look)

    def forget(self, table: Table, *known: Known) -> None:
        """What is known by the number of a record in these is forgotten when the record leaves."""
        self._known += [(table, each) for each in known]

    def look(self, now_ms: int) -> None:
        """Let those leave who may; all that was noted is in the books."""
        if not self.enabled or now_ms < self._next_ms:
            return
        self._next_ms = now_ms + LOOK_MS
        seen = self._over_since
        self._over_since = {block: seen.get(block, now_ms) for block in self._over(now_ms).tolist()}
        due = [block for block, since in self._over_since.items() if since + self._remember_ms <= now_ms]
        gone = self._nobodys(np.array(due, dtype=np.int64))
        if len(gone):
            for look in self._before:
                look()
            self._leave(gone)
            for block in gone.tolist():
                del self._over_since[block]
            for table, known in self._known:
                _forget(table, known)

    def _over(self, now_ms: int) -> Ints:
        """Blocks of orders that have all ended, with nothing promised that is still to come."""
        orders = self._register.orders
        blocks = orders.staying()
        blocks = blocks[_ENDED[orders.of_blocks("state", blocks)].all(axis=1)]
        if not len(blocks):
            return blocks
        come = orders.of_blocks("at_ms", blocks)
        until = np.maximum(orders.of_blocks("deliver_by_ms", blocks), come + orders.of_blocks("cancel_ms", blocks))
        return blocks[until.max(axis=1) <= now_ms]

    def _nobodys(self, blocks: Ints) -> Ints:
        """Those of the blocks with whose orders nobody has anything to do."""
        for keeper in self._keepers if len(blocks) else ():
            orders = keeper()
            kept = orders if isinstance(orders, np.ndarray) else np.fromiter(orders, dtype=np.int64)
            blocks = np.setdiff1d(blocks, kept // self._register.orders.BLOCK)
        return blocks

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
