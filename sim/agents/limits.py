"""Time limits of the lifecycle: who stays too long in a state becomes an event and is escalated.

Limits are constant per state, so each state's pieces come due in the sequence in which they entered: one queue a
state, swept together.
"""

from __future__ import annotations

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


class Limits:
    """Watches shipments; `entered` is told of each batch that enters a state."""

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        overrides = site.world.rules.limits_ms
        self._limit: dict[int, tuple[int, int]] = {}
        for state, (limit_ms, role) in limits(SHIPMENT_MOVES).items():
            chosen = overrides.get(SHIPMENT_STATES[state], limit_ms)
            self._limit[state] = (chosen, REASON_NUMBER[role.replace(" ", "_")])
        self._entered: dict[int, deque[tuple[int, NDArray[np.int32]]]] = {state: deque() for state in self._limit}
        self._planned = 0
        self._called = False

    def entered(self, state: int, shipments: Ids) -> None:
        """All of these entered ``state`` now."""
        if len(shipments) and state in self._entered:
            self._entered[state].append((self._site.clock.now_ms, np.array(shipments, dtype=np.int32)))
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
            due: list[NDArray[np.int32]] = []
            while queue and queue[0][0] + limit_ms <= now:
                due.append(queue.popleft()[1])
            if due:
                shipments = np.concatenate(due)
                late = shipments[as_numpy(column)[shipments] == state]
                self._site.log.add(_BREACHED, self._actor, role, late)
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
