"""Time limits of the lifecycle: who stays too long in a state becomes an event and is escalated.

Limits are constant per state, so each state's pieces come due in the sequence in which they entered: one queue a
state, swept together.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.books.log import Ids
from sim.books.register import as_numpy
from sim.clock import SWEEP
from sim.orders import PLANNED, SHIPMENT_MOVES, SHIPMENT_STATES, limits

if TYPE_CHECKING:
    from sim.agents.site import Site

_BREACHED = NUMBER["shipment_limit_breached"]


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


class Limits:
    """Watches shipments; `entered` is told of each batch that enters a state."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        overrides = site.world.rules.limits_ms
        self._limit: dict[int, tuple[int, int]] = {}
        for state, (limit_ms, role) in limits(SHIPMENT_MOVES).items():
            chosen = overrides.get(SHIPMENT_STATES[state], limit_ms)
            self._limit[state] = (chosen, REASON_NUMBER[role.replace(" ", "_")])
        self._entered = {state: _Entries() for state in self._limit}
        self._planned = 0
        self._called = False

    def entered(self, state: int, shipments: Ids) -> None:
        """All of these entered ``state`` now."""
        if len(shipments) and state in self._entered:
            self._entered[state].add(self._site.clock.now_ms, shipments)
            self.watch()

    def watch(self) -> None:
        """Something is under way: sweep at the next full step."""
        if not self._called:
            self._call()

    def _call(self) -> None:
        step = self._site.world.rules.sweep_ms
        self._called = True
        self._site.clock.at((self._site.clock.now_ms // step + 1) * step, SWEEP, self._sweep, rank=1)

    def _sweep(self, _: None) -> None:
        now, column = self._site.clock.now_ms, self._site.register.shipments.state
        waiting = self._sweep_planned(now)
        for state, queue in self._entered.items():
            limit_ms, role = self._limit[state]
            due = queue.until(now - limit_ms)
            self._site.log.add(_BREACHED, self._actor, role, due[as_numpy(column)[due] == state])
            waiting = waiting or bool(queue)
        self._called = False
        if waiting:
            self._call()

    def _sweep_planned(self, now: int) -> bool:
        """Shipments are planned in the sequence of their numbers: no queue is needed."""
        shipments = self._site.register.shipments
        limit_ms, role = self._limit[PLANNED]
        first, count = self._planned, shipments.count
        planned_ms = as_numpy(shipments.planned_ms)[first:count]
        self._planned = first + int(np.searchsorted(planned_ms, now - limit_ms, side="right"))
        late = first + np.flatnonzero(as_numpy(shipments.state)[first : self._planned] == PLANNED)
        self._site.log.add(_BREACHED, self._actor, role, late)
        return self._planned < count or any(w.waiting for w in self._site.warehouses)
