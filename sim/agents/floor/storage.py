"""Room: a node holds so much, and what comes to a full one waits at its gate, or lies in rented space."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.clock import DELIVERY, SWEEP
from sim.network import Storage
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_NO_ROOM, _RENTED = NUMBER["truck_found_no_room"], NUMBER["storage_rented"]
_LITRES_PER_M3 = 1_000

Act = Callable[[Any], None]


class StorageRoom:
    """The room of one node, by the volume of what is on hand.

    A truck is let in while there is any room, so that the last one may fill it beyond its walls by its own load.
    Those that wait are looked at every hour, first come first served; what they bring is still on order, or on the
    road. Where the house rents, everything is let in, and what lies outside is paid for each midnight until the run
    ends.
    """

    def __init__(self, spec: Storage, warehouse: Warehouse, site: Site) -> None:
        self._spec, self._warehouse, self._site = spec, warehouse, site
        self._litres = np.array([product.volume_l for product in site.world.network.products])
        self._trucks: deque[tuple[Act, Any]] = deque()
        if spec.rent_cents_per_m3_day is not None:
            self._call_midnight(warehouse.calendar.first_day + 1)

    def used_l(self) -> float:
        """Litres on hand now."""
        return float(as_numpy(self._site.inventory.units[self._warehouse.index]) @ self._litres)

    def enter(self, act: Act, what: Any) -> None:
        """A truck is at the gate."""
        if self._spec.rent_cents_per_m3_day is not None or (not self._trucks and self._has_room()):
            act(what)
            return
        self._site.log.one(_NO_ROOM, self._warehouse.actor, 0, self._warehouse.index)
        if not self._trucks:
            self._look_again()
        self._trucks.append((act, what))

    def _has_room(self) -> bool:
        return self.used_l() < self._spec.volume_l

    def _look_again(self) -> None:
        clock = self._site.clock
        clock.at(clock.now_ms + HOUR_MS, DELIVERY, self._look, None, rank=self._warehouse.index)

    def _look(self, _: None) -> None:
        while self._trucks and self._has_room():
            act, what = self._trucks.popleft()
            act(what)
        if self._trucks:
            self._look_again()

    def _call_midnight(self, day: int) -> None:
        at_ms = self._warehouse.calendar.at(day, 0)
        if at_ms <= self._site.world.horizon.drain_until_ms:
            self._site.clock.at(at_ms, SWEEP, self._pay, day, rank=5)

    def _pay(self, day: int) -> None:
        outside_l = self.used_l() - self._spec.volume_l
        rent = self._spec.rent_cents_per_m3_day
        if outside_l > 0 and rent is not None:
            cents = round(outside_l / _LITRES_PER_M3 * rent)
            note = self._site.register.notes.add(units=round(outside_l), value_cents=cents)
            self._site.log.one(_RENTED, self._warehouse.actor, 0, note)
        self._call_midnight(day + 1)
