"""A put wall: shipments of several lines, picked together, are sorted before anybody can pack them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.books.kinds import NUMBER
from sim.distributions import Fixed
from sim.network import Station as StationSpec
from sim.orders import PICKED
from sim.plans.floor import PutWall
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_SORTED = NUMBER["sorted"]


class Wall:
    """The wall of one node."""

    def __init__(self, spec: PutWall, warehouse: Warehouse, site: Site) -> None:
        self._warehouse, self._site = warehouse, site
        self._cents = warehouse.spec.piece_cents_per_hour * spec.work_ms / HOUR_MS
        self.station = Station(
            StationSpec(Fixed(spec.work_ms)),
            Crew(warehouse.shifts_of(spec.staff), 0, warehouse.calendar),
            site.clock,
            warehouse.lines_in,
            self._sorted,
            site.streams.counter("work sort", warehouse.spec.name),
            warehouse.index,
        )

    def __len__(self) -> int:
        return len(self.station.queue) + self.station.in_work

    def take(self, shipments: array[int]) -> array[int]:
        """What was picked: shipments of one line, which nobody has to sort; the others go to the wall."""
        first = self._site.register.shipments.first_piece
        several = [s for s in shipments if first[s + 1] - first[s] > 1]
        if not several:
            return shipments
        self.station.put(several)
        return array("i", [s for s in shipments if first[s + 1] - first[s] <= 1])

    def _sorted(self, jobs: list[int]) -> None:
        site, warehouse = self._site, self._warehouse
        lines = warehouse.lines_in(jobs)
        note = site.register.notes.add(units=lines, value_cents=round(lines * self._cents))
        site.log.one(_SORTED, warehouse.actor, 0, note)
        states = site.shipment_states.column
        warehouse.pack.put([s for s in jobs if states[s] == PICKED])
