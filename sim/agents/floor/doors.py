"""The doors of a node's dock: trucks wait for one, and are unloaded."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from typing import TYPE_CHECKING, Any

from sim.books.kinds import NUMBER
from sim.clock import DELIVERY
from sim.network import Dock

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_ARRIVED, _DOCKED = NUMBER["truck_arrived"], NUMBER["truck_docked"]

Act = Callable[[Any], None]


class Doors:
    """Appointments at one node: who comes first gets the first door that is free within the dock's hours."""

    def __init__(self, spec: Dock, warehouse: Warehouse, site: Site) -> None:
        self._spec, self._warehouse, self._site = spec, warehouse, site
        self._free_ms = [0] * spec.doors
        """When each door is free, the first one first."""
        self._trucks = 0

    def arrive(self, act: Act, what: Any) -> None:
        """A truck is at the gate: ``act(what)`` once it is unloaded."""
        self._site.log.one(_ARRIVED, self._warehouse.actor, 0, self._warehouse.index)
        start_ms = self._within_hours(max(self._site.clock.now_ms, self._free_ms[0]))
        heapreplace(self._free_ms, start_ms + self._spec.unload_ms)
        self._trucks += 1
        self._site.clock.at(start_ms, DELIVERY, self._dock, (act, what, self._trucks), rank=self._rank(self._trucks))

    def _dock(self, what: tuple[Act, Any, int]) -> None:
        act, load, truck = what
        self._site.log.one(_DOCKED, self._warehouse.actor, 0, self._warehouse.index)
        done_ms = self._site.clock.now_ms + self._spec.unload_ms
        self._site.clock.at(done_ms, DELIVERY, self._unloaded, (act, load), rank=self._rank(truck))

    def _unloaded(self, what: tuple[Act, Any]) -> None:
        self._warehouse.when_open(*what)

    def _rank(self, truck: int) -> int:
        """At one instant: node by node, first come first served."""
        return (self._warehouse.index << 20) + truck

    def _within_hours(self, time_ms: int) -> int:
        """The first moment from ``time_ms`` on at which a truck can be begun and finished before the dock closes."""
        calendar, spec = self._warehouse.calendar, self._spec
        day = calendar.day_at(time_ms)
        opens, closes = calendar.at(day, spec.open_minute), calendar.at(day, spec.close_minute)
        if day not in spec.closed_days and time_ms <= max(opens, closes - spec.unload_ms):
            return max(time_ms, opens)
        day += 1
        while day in spec.closed_days:
            day += 1
        return calendar.at(day, spec.open_minute)
