"""What a wave may know of a node's floor and of the shipments that wait there, as of one moment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sim.policies.release import FloorView

if TYPE_CHECKING:
    from sim.agents.floor.dock import Dock
    from sim.agents.floor.workload import Workload
    from sim.agents.site import Site
    from sim.timetable import Timetable


class FloorLook:
    """One look at a node: what it finds out holds for this moment, and is forgotten with it."""

    def __init__(self, site: Site, dock: Dock, load: Workload, node: int) -> None:
        self._site, self._dock, self._load, self._node = site, dock, load, node
        self._now_ms = site.clock.now_ms
        self._close_ms = site.warehouses[node].close_ms  # what counts is when a manifest closes
        self._packed_ms = self._now_ms + self._close_ms
        self._last_calls_ms: dict[tuple[int, int], int] = {}
        self._in_time_ms: dict[tuple[int, int, int], int] = {}
        self._free_ms: dict[int, tuple[float, float]] = {}

    def view(self) -> FloorView:
        """As release policies see it."""
        site, shipments, orders = self._site, self._site.register.shipments, self._site.register.orders
        channels = site.world.network.channels
        return FloorView(
            now_ms=self._now_ms,
            planned_ms=shipments.planned_ms.__getitem__,
            ship_by_ms=lambda s: orders.ship_by_ms[shipments.order[s]],
            priority=lambda s: channels[orders.channel[shipments.order[s]]].priority,
            lines=lambda s: len(site.register.pieces_of(s)),
            next_cutoff_ms=self.next_cutoff_ms,
            due_ms=self.due_ms,
            promise_ms=self.promise_ms,
            work_ms=self.work_ms,
            free_ms=self.free_ms,
            next_wave_ms=site.warehouses[self._node].next_wave_ms(),
        )

    # Carriers.

    def next_cutoff_ms(self, shipment: int) -> int:
        """The next call of the cheapest that takes it."""
        for service in self._services(shipment)[:1]:
            return self._timetable(service).next_collection(self._packed_ms).at_ms - self._close_ms
        return self._now_ms

    def due_ms(self, shipment: int) -> int:
        """The last call of the cheapest by its ship-by."""
        ship_by_ms = self._site.register.orders.ship_by_ms[self._site.register.shipments.order[shipment]]
        for service in self._services(shipment)[:1]:
            return self._last_call_ms(service, ship_by_ms)
        return self._now_ms

    def promise_ms(self, shipment: int) -> int:
        """The last call with which it arrives by its promise; -1 where there is none."""
        orders, order = self._site.register.orders, self._site.register.shipments.order[shipment]
        quote, deliver_by_ms = self._site.tariff.quotes[self._node][orders.region[order]], orders.deliver_by_ms[order]
        found = (self._last_in_time_ms(service, quote, deliver_by_ms) for service in self._services(shipment))
        return next((moment for moment in found if moment >= 0), -1)

    def _services(self, shipment: int) -> list[int]:
        """Those that take it, the cheapest first."""
        if self._dock.is_on_pallets(shipment):
            offers = self._dock.offers(self._node, shipment)
        else:
            register, tariff = self._site.register, self._site.tariff
            zone = tariff.zones[self._node][register.orders.region[register.shipments.order[shipment]]]
            offers = tariff.offers(self._node, zone, register.shipments.weight_kg[shipment])
        return [service for _, service in offers]

    def _last_call_ms(self, service: int, ship_by_ms: int) -> int:
        key = (service, ship_by_ms)
        if key not in self._last_calls_ms:
            found = self._timetable(service).last_collection_ms(self._packed_ms, ship_by_ms)
            self._last_calls_ms[key] = found - self._close_ms
        return self._last_calls_ms[key]

    def _last_in_time_ms(self, service: int, quote: int, deliver_by_ms: int) -> int:
        key = (service, quote, deliver_by_ms)
        if key not in self._in_time_ms:
            found = self._timetable(service).last_in_time_ms(self._packed_ms, quote, deliver_by_ms)
            self._in_time_ms[key] = -1 if found < 0 else found - self._close_ms
        return self._in_time_ms[key]

    def _timetable(self, service: int) -> Timetable:
        return self._site.carriers[service].timetables[self._node]

    # Work.

    def work_ms(self, shipment: int) -> tuple[float, float]:
        """(pick, pack) time that it takes one of the crew."""
        (lines, parcels), (pick_ms, pack_ms) = self._load.of_one(self._node, shipment), self._load.each_ms(self._node)
        return lines * pick_ms, parcels * pack_ms

    def free_ms(self, until_ms: int) -> tuple[float, float]:
        """(pick, pack) time of the people until a moment, less what they have begun."""
        if until_ms not in self._free_ms:
            pick, pack = (self._load.people_ms(self._node, station, self._now_ms, until_ms) for station in (0, 1))
            begun = self._begun_ms
            self._free_ms[until_ms] = pick - begun[0], pack - begun[1]
        return self._free_ms[until_ms]

    @cached_property
    def _begun_ms(self) -> tuple[float, float]:
        return self._load.begun_ms(self._node)
