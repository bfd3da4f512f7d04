"""Time limits of the lifecycle: who stays too long in a state becomes an event and is escalated.

Limits are constant per state, so each state's pieces come due in the sequence in which they entered: one queue a
state, swept together.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import Column, Table, as_numpy
from sim.books.kinds import NUMBER
from sim.books.log import Ids
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.orders import (
    LINE_MOVES,
    LINE_STATES,
    ORDER_MOVES,
    ORDER_STATES,
    PLANNED,
    RETURN_MOVES,
    RETURN_STATES,
    SHIPMENT_MOVES,
    SHIPMENT_STATES,
    Move,
    limits,
)

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.world import Rules

_ORDER_BREACHED, _SHIPMENT_BREACHED, _RETURN_BREACHED = (
    NUMBER[k] for k in ("limit_breached", "shipment_limit_breached", "return_limit_breached")
)


class _Entries:
    """Who entered one state, and when; kept in one column, because what is in short supply is memory at hand."""

    def __init__(self) -> None:
        self._numbers = array("i")
        self._moments: deque[tuple[int, int]] = deque()
        """(time, how many entered then)."""

    def __bool__(self) -> bool:
        return bool(self._moments)

    def add(self, now_ms: int, numbers: Ids) -> None:
        """All of these entered now."""
        self._moments.append((now_ms, len(numbers)))
        if isinstance(numbers, np.ndarray):
            self._numbers.frombytes(numbers.astype(np.int32).tobytes())
        else:
            self._numbers.extend(numbers)

    def until(self, time_ms: int) -> NDArray[np.int32]:
        """Those that entered up to ``time_ms``; they are forgotten."""
        count = 0
        while self._moments and self._moments[0][0] <= time_ms:
            count += self._moments.popleft()[1]
        due = as_numpy(self._numbers[:count])
        del self._numbers[:count]
        return due


class _Watched:
    """One table of the lifecycle: who entered which of its limited states, and when."""

    def __init__(self, moves: Iterable[Move], names: tuple[str, ...], rules: Rules) -> None:
        chosen_ms, owners = rules.limits_ms, {b.state: b.owner for b in rules.breaches if b.owner is not None}
        self.names = names
        self.limit = {
            state: (
                chosen_ms.get(names[state], limit_ms),
                REASON_NUMBER[owners.get(names[state], role.replace(" ", "_"))],
            )
            for state, (limit_ms, role) in limits(moves).items()
        }
        self._entered = {state: _Entries() for state in self.limit}

    def __bool__(self) -> bool:
        return any(self._entered.values())

    def add(self, state: int, now_ms: int, numbers: Ids) -> bool:
        """All of these entered ``state`` now; whether that has a limit."""
        if not len(numbers) or state not in self._entered:
            return False
        self._entered[state].add(now_ms, numbers)
        return True

    def over(self, now_ms: int, table: Table, column: Column) -> Iterator[tuple[str, int, NDArray[np.int32]]]:
        """(state, who hears of it, those that are in that for longer than its limit), state by state."""
        for state, queue in self._entered.items():
            limit_ms, role = self.limit[state]
            due = queue.until(now_ms - limit_ms)
            if len(due):
                yield self.names[state], role, due[(as_numpy(column)[due] == state) & ~table.have_left(due)]


class Limits:
    """Watches shipments, returns, lines and orders; it is told of each batch that enters a state. Held orders have
    limits too, which are their desks' (`sim.agents.desks.exceptions`)."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        rules = site.world.rules
        self._shipments = _Watched(SHIPMENT_MOVES, SHIPMENT_STATES, rules)
        self._returns = _Watched(RETURN_MOVES, RETURN_STATES, rules)
        self._lines = _Watched(LINE_MOVES, LINE_STATES, rules)
        self._orders = _Watched(ORDER_MOVES, ORDER_STATES, rules)
        self._planned = 0
        site.register.leaving.remember(self._shipments.limit[PLANNED][0])
        self._called = False

    def entered(self, state: int, shipments: Ids) -> None:
        """All of these shipments entered ``state`` now."""
        if self._shipments.add(state, self._site.clock.now_ms, shipments):
            self.watch()

    def returns_entered(self, state: int, returns: Ids) -> None:
        """All of these returns entered ``state`` now."""
        if self._returns.add(state, self._site.clock.now_ms, returns):
            self.watch()

    def lines_entered(self, state: int, lines: Ids) -> None:
        """All of these lines entered ``state`` now, and stay in it for a while."""
        if self._lines.add(state, self._site.clock.now_ms, lines):
            self.watch()

    def orders_entered(self, state: int, orders: Ids) -> None:
        """All of these orders entered ``state`` now, and stay in it for a while."""
        if self._orders.add(state, self._site.clock.now_ms, orders):
            self.watch()

    def order_entered_at(self, state: int, order: int, at_ms: int) -> None:
        """An order entered ``state`` at a moment since which nothing else was told, while a sweep is on the clock."""
        self._orders.add(state, at_ms, (order,))

    @property
    def is_watching(self) -> bool:
        """Whether the next sweep is on the clock."""
        return self._called

    def watch(self) -> None:
        """Something is under way: sweep at the next full step."""
        if not self._called:
            self._call()

    def _call(self) -> None:
        step = self._site.world.rules.sweep_ms
        self._called = True
        self._site.clock.at((self._site.clock.now_ms // step + 1) * step, SWEEP, self._sweep, rank=1)

    def _sweep(self, _: None) -> None:
        now, log, register = self._site.clock.now_ms, self._site.log, self._site.register
        found: list[tuple[str, NDArray[np.int32]]] = []
        waiting = self._sweep_planned(now, found)
        for state, role, late in self._shipments.over(now, register.shipments, register.shipments.state):
            log.add(_SHIPMENT_BREACHED, self._actor, role, late)
            found.append((state, late))
        for state, role, late in self._returns.over(now, register.returns, register.returns.state):
            log.add(_RETURN_BREACHED, self._actor, role, late)
            found.append((state, late))
        for state, role, late in self._lines.over(now, register.lines, register.lines.state):
            log.add(_ORDER_BREACHED, self._actor, role, np.unique(as_numpy(register.lines.order)[late]))
            found.append((state, late))
        for state, role, late in self._orders.over(now, register.orders, register.orders.state):
            log.add(_ORDER_BREACHED, self._actor, role, late)
            found.append((state, late))
        if self._site.escalations is not None:
            for state, late in found:
                self._site.escalations.breached(state, late.tolist())
        self._called = False
        if waiting or self._shipments or self._returns or self._lines or self._orders:
            self._call()

    def _sweep_planned(self, now: int, found: list[tuple[str, NDArray[np.int32]]]) -> bool:
        """Shipments are planned in the sequence of their numbers: no queue is needed."""
        shipments = self._site.register.shipments
        limit_ms, role = self._shipments.limit[PLANNED]
        first, count = self._planned, shipments.count
        planned_ms = as_numpy(shipments.planned_ms)[first:count]
        self._planned = first + int(np.searchsorted(planned_ms, now - limit_ms, side="right"))
        late = first + np.flatnonzero(as_numpy(shipments.state)[first : self._planned] == PLANNED)
        late = late[~shipments.have_left(late)]
        self._site.log.add(_SHIPMENT_BREACHED, self._actor, role, late)
        found.append((SHIPMENT_STATES[PLANNED], late.astype(np.int32)))
        return self._planned < count or any(w.waiting for w in self._site.warehouses)
