"""When a shipment that is placed now would be packed: each floor's queue, looked at now and then, and what was placed
since."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.policies.company import CompanyView
from sim.units import MINUTE_MS

Floats = NDArray[np.float64]

_PLACED = 20
"""After so many shipments placed at a node, its moment is worked out anew."""
NEVER_MS = 1 << 61


class Floors:
    """Expected packing moments of all nodes.

    Parameters
    ----------
    company
        Where the floors' queues are looked up.
    nodes
        How many there are.
    every_minutes
        How often queues are looked at; between two looks, only what this policy places is added.
    """

    def __init__(self, company: CompanyView, nodes: int, every_minutes: float) -> None:
        self._company, self._every_ms = company, max(1, round(every_minutes * MINUTE_MS))
        self._looked_ms = -(1 << 61)
        self._hours = [[0.0, 0.0] for _ in range(nodes)]
        self._adds = [((0.0, 0.0), (0.0, 0.0))] * nodes
        """By node: hours of a shipment with one line, and of one more line."""
        self._placed = [0] * nodes
        self.ready_ms = [0] * nodes

    def look(self, now_ms: int) -> bool:
        """Renew what is old; whether anything was."""
        if now_ms - self._looked_ms < self._every_ms:
            return False
        self._looked_ms = now_ms
        for node, (pick, pack) in enumerate(self._company.load_hours()):
            one, two = (self._company.adds_hours(node, lines) for lines in (1, 2))
            self._hours[node] = [pick + one[0], pack + one[1]]
            self._adds[node] = (one, (two[0] - one[0], two[1] - one[1]))
            self._renew(node)
        return True

    def _renew(self, node: int) -> None:
        self._placed[node] = 0
        self.ready_ms[node] = min(self._company.done_ms(node, *self._hours[node]), NEVER_MS)

    def room(self, until_ms: Sequence[int]) -> Floats:
        """Shipments that each node packs until its own moment, beyond what waits there, shape (nodes,)."""
        found = np.full(len(self.ready_ms), np.inf)
        for node, end_ms in enumerate(until_ms):
            one = max(self._adds[node][0])
            if 0 < one < np.inf and self.ready_ms[node] < NEVER_MS:
                found[node] = max(0.0, self._hours_left(node, end_ms)) / one
        return found

    def _hours_left(self, node: int, until_ms: int) -> float:
        """Hours of work that a node does until then beyond what waits there; of its busier station."""
        pick, pack = self._company.hours_until(node, until_ms)
        return min(pick - self._hours[node][0], pack - self._hours[node][1])

    def place(self, node: int, lines: int) -> bool:
        """Work was given to a node; whether its moment was worked out anew."""
        (pick, pack), (more_pick, more_pack) = self._adds[node]
        hours = self._hours[node]
        hours[0] += pick + (lines - 1) * more_pick
        hours[1] += pack + (lines - 1) * more_pack
        self._placed[node] += 1
        if self._placed[node] < _PLACED:
            return False
        self._renew(node)
        return True
