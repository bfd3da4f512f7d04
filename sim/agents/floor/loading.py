"""Loading: the manifest of a van closes some time before it is to leave, people load what is on it, and the van waits
for them only so long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DEPARTURE, RETURN
from sim.distributions import Fixed
from sim.network import Station as StationSpec
from sim.orders import PACKED
from sim.plans.floor import Loading
from sim.timetable import Collection
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.carriers.carrier import Carrier
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.site import Site

_LOADED, _WAITED, _MISSED = (NUMBER[k] for k in ("van_loaded", "van_waited", "missed_cutoff"))
_CLOSED, _NOT_LOADED = REASON_NUMBER["manifest_closed"], REASON_NUMBER["not_loaded"]


@dataclass(slots=True, eq=False)
class Van:
    """One call of a carrier, from the closing of its manifest until it leaves."""

    collection: Collection
    manifest: set[int]
    loaded: set[int] = field(default_factory=set)
    waits: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether all that is on the manifest is on the van."""
        return len(self.loaded) == len(self.manifest)


class LoadingBay:
    """The people of one node who load vans: one shipment after the other, van by van."""

    def __init__(self, spec: Loading, warehouse: Warehouse, site: Site) -> None:
        self._spec, self._warehouse, self._site = spec, warehouse, site
        self.close_ms, self.wait_ms = spec.close_ms, spec.wait_ms
        """How long before a van is to leave its manifest closes, and how long after it waits at most."""
        self._cents = warehouse.spec.piece_cents_per_hour * spec.work_ms / HOUR_MS
        self._vans: dict[int, Van] = {}
        """By service: the van whose manifest is closed."""
        self._van_of: dict[int, Van] = {}
        """By parcel that is to be loaded."""
        self.station = Station(
            StationSpec(Fixed(spec.work_ms)),
            self.roster(),
            site.clock,
            self._work,
            self._load,
            site.streams.counter("work load", warehouse.spec.name),
            warehouse.index,
        )

    def roster(self) -> Crew:
        """Those who load."""
        return Crew(self._warehouse.shifts_of(self._spec.staff), 0, self._warehouse.calendar)

    def _work(self, shipments: Iterable[int]) -> float:
        """What people load, counted in parcels."""
        service = self._site.register.shipments.service
        return sum([self._parcels(s, service[s]) for s in shipments])

    def _parcels(self, shipment: int, service: int) -> float:
        """As how many parcels somebody loads a shipment of a service."""
        each = self._spec.pallet_ms
        if each is None:
            return 1
        return self._site.carriers[service].pallets_of(shipment) * (each / self._spec.work_ms) or 1

    # What whoever looks ahead sees.

    def takes_ms(self, shipment: int, service: int) -> float:
        """How long one of them loads a shipment of a service."""
        return self._parcels(shipment, service) * self._spec.work_ms

    def closed(self) -> dict[int, Van]:
        """By service: the van whose manifest is closed."""
        return self._vans

    def to_load(self) -> list[tuple[int, float]]:
        """What is on manifests and not on a van, in turn, and how long somebody will load it yet."""
        now, service = self._site.clock.now_ms, self._site.register.shipments.service
        begun = [(s, now - since) for jobs, since in self.station.begun() for s in jobs]
        return [
            (s, max(0.0, self.takes_ms(s, service[s]) - done_ms))
            for s, done_ms in [*begun, *((s, 0) for s in self.station.queue)]
            if s in self._van_of
        ]

    def expect(self, carrier: Carrier, collection: Collection) -> None:
        """A van will come: its manifest closes in time, after whatever is packed at that moment."""
        at_ms = max(self._site.clock.now_ms, collection.at_ms - self.close_ms)
        self._site.clock.at(at_ms, RETURN, self._close, (carrier, collection), rank=(1 << 20) + carrier.index)

    def _close(self, what: tuple[Carrier, Collection]) -> None:
        carrier, collection = what
        node, states = self._warehouse.index, self._site.shipment_states.column
        self._site.dock.manifest.settle(node, carrier.index)
        parcels = [s for s in carrier.staged.get(node, ()) if states[s] == PACKED]
        van = self._vans[carrier.index] = Van(collection, set(parcels))
        self._van_of.update(dict.fromkeys(parcels, van))
        self.station.put(parcels)

    def _load(self, parcels: list[int]) -> None:
        for parcel in parcels:
            van = self._van_of.pop(parcel, None)
            if van is None:  # it has left without it
                continue
            van.loaded.add(parcel)
            if van.waits and van.is_ready:
                service = next(service for service, other in self._vans.items() if other is van)
                carrier = self._site.carriers[service]
                what = (self._warehouse.index, van.collection)
                rank = self._warehouse.index * 256 + service
                self._site.clock.at(self._site.clock.now_ms, DEPARTURE, carrier.collect, what, rank=rank)

    def has_left(self, service: int, collection: Collection) -> bool:
        """Whether a van was ready before the moment that was set for it."""
        van = self._vans.get(service)
        return van is None or van.collection is not collection

    def leave(self, carrier: Carrier, *, at_once: bool) -> Van | None:
        """The van leaves with what is loaded, unless it waits for the rest."""
        site, van = self._site, self._vans[carrier.index]
        latest_ms = van.collection.at_ms + self.wait_ms
        if not (at_once or van.is_ready or site.clock.now_ms >= latest_ms):
            if not van.waits:
                van.waits = True
                site.log.one(_WAITED, self._warehouse.actor, _NOT_LOADED, self._warehouse.index)
            what = (self._warehouse.index, van.collection)
            site.clock.at(latest_ms, DEPARTURE, carrier.collect, what, rank=self._warehouse.index * 256 + carrier.index)
            return None
        del self._vans[carrier.index]
        for parcel in van.manifest - van.loaded:
            del self._van_of[parcel]
        if not van.is_ready:
            kept = [parcel for parcel in self.station.queue if parcel in self._van_of]
            self.station.queue.clear()
            self.station.queue.extend(kept)
        if van.loaded:
            note = site.register.notes.add(
                units=len(van.loaded), value_cents=round(self._work(van.loaded) * self._cents)
            )
            site.log.one(_LOADED, self._warehouse.actor, 0, note)
        return van

    def missed(self, carrier: Carrier, van: Van, parcels: list[int]) -> None:
        """A van left these behind: they were packed too late for its manifest, or nobody got to them."""
        late = [parcel for parcel in parcels if parcel not in van.manifest]
        self._site.log.add(_MISSED, carrier.actor, _CLOSED, late)
        self._site.log.add(_MISSED, carrier.actor, _NOT_LOADED, [p for p in parcels if p in van.manifest])
