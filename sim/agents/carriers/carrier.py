"""A carrier service: collects packed parcels at its hours, delivers them after its transit time, loses a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.carriers.doorstep import Doorstep
from sim.agents.carriers.sorting import Sorting
from sim.books.amounts import piece_ranges
from sim.books.columns import as_numpy, one_more
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DELIVERY, DEPARTURE
from sim.distributions import Distribution, at_many
from sim.network import CarrierService
from sim.orders import DELIVERED, LOST, PACKED, SHIPPED
from sim.timetable import Collection, rounds_of, timetables_of
from sim.units import MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.floor.loading import Van
    from sim.agents.site import Site

_SHIPPED, _MANIFESTED, _DELIVERED, _LOST, _MISSED, _SCANNED = (
    NUMBER[k] for k in ("shipped", "manifested", "delivered", "lost", "missed_cutoff", "first_scanned")
)
_ROAD_CLOSED = REASON_NUMBER["road_closed"]
_CARRIER_FULL, _LOST_IN_TRANSIT, _NODE_CLOSED, _CARRIER_OUT, _RECALLED = (
    REASON_NUMBER[r] for r in ("carrier_full", "lost_in_transit", "node_closed", "carrier_out", "recalled")
)

LAST_QUANTILE = 1.0 - 2.0**-53


class Carrier:
    """One service at work at all nodes."""

    def __init__(self, index: int, spec: CarrierService, actor: int, site: Site) -> None:
        self.index, self.spec, self.actor = index, spec, actor
        self._rounds = rounds_of(spec, site.geography, site.calendar)
        """By clock of the destinations."""
        self.timetables = timetables_of(spec, site.world.network.nodes, site.calendar, self._rounds)
        """By node: when it calls there."""
        self.staged: dict[int, list[int]] = {}
        """Packed parcels by node, waiting for the next collection."""
        self.collects = self.delivers = True
        self.capacity: int | None = None
        """Most parcels of one collection, while a disruption says so."""
        self.delay_ms = 0
        """What a disruption adds to the transit of each parcel collected now."""
        self._places = None if spec.pallets is None else spec.pallets.places
        self._taken: dict[int, int] = {}
        """By date at the nodes: parcels collected at all of them."""
        self._slowed: dict[int, int] = {}
        """Parcels on their way that will arrive later than they should, and by how much."""
        self._waiting: list[int] = []
        """Parcels that are due and cannot be brought."""
        self._site = site
        self._called: set[int] = set()
        self._zone, self._quote = site.geography.zone_index, site.geography.quote_index
        self._clock_of = site.geography.clock_of
        self._later_luck = site.streams.counter("transit", "later shipments")
        self._doorstep = Doorstep(self, site)
        self.sorting = None if spec.hub is None else Sorting(self, spec.hub, site)
        """Its hub, where its parcels wait for one."""
        self._missing: set[int] = set()
        """Parcels that are lost, and not given up yet."""
        self.unscanned: set[int] = set()
        """Parcels that it collected and has not scanned."""
        self._scan_luck = site.streams.counter("first scan", spec.name)

    def stage(self, node: int, shipments: list[int]) -> None:
        """Parcels stand at the dock."""
        self.staged.setdefault(node, []).extend(shipments)
        self.expect(node, self._site.clock.now_ms)

    def restage(self, node: int, shipments: list[int]) -> None:
        """These stand at the dock for it, in this sequence."""
        self.staged[node] = shipments
        if shipments:
            self.expect(node, self._site.clock.now_ms)

    def expect(self, node: int, from_ms: int) -> None:
        """It will call at a node, as soon as its timetable there says after a moment."""
        if node not in self._called:
            self._call(node, from_ms)

    def _call(self, node: int, not_before_ms: int) -> None:
        self._called.add(node)
        warehouse = self._site.warehouses[node]
        collection = self.timetables[node].next_collection(not_before_ms + warehouse.close_ms)
        loading = warehouse.loading
        if loading is not None:
            loading.expect(self, collection)
        rank = node * 256 + self.index
        self._site.clock.at(collection.at_ms, DEPARTURE, self.collect, (node, collection), rank=rank)

    def collect(self, what: tuple[int, Collection]) -> None:
        """Its van is at a node, and leaves, or waits a little."""
        node, collection = what
        site, loading = self._site, self._site.warehouses[node].loading
        if loading is not None and loading.has_left(self.index, collection):
            return
        if site.short_crews is not None:
            wait_ms = site.short_crews.carrier_waits(node, self.index, collection.at_ms)
            if wait_ms:
                rank = node * 256 + self.index
                site.clock.at(site.clock.now_ms + wait_ms, DEPARTURE, self.collect, what, rank=rank)
                return
        outbound = site.warehouses[node].outbound
        if outbound is not None and self.staged.get(node) and (wait_ms := outbound.wait_ms()):
            site.clock.at(site.clock.now_ms + wait_ms, DEPARTURE, self.collect, what, rank=node * 256 + self.index)
            return
        if loading is None:
            site.dock.manifest.settle(node, self.index)
            self._leave(node, collection, None)
        elif (van := loading.leave(self, at_once=not self._is_at(node))) is not None:
            self._leave(node, collection, van)

    def _leave(self, node: int, collection: Collection, van: Van | None) -> None:
        """The van leaves with what it has room for, and, where people load it, what is on it."""
        site, outbound = self._site, self._site.warehouses[node].outbound
        self._called.discard(node)
        staged = np.array(self.staged.pop(node, []), dtype=np.int64)
        staged = staged[as_numpy(site.register.shipments.state)[staged] == PACKED]
        behind: list[int] = []
        if van is not None:
            on_it = np.array([s in van.loaded for s in staged.tolist()], dtype=bool)
            staged, behind = staged[on_it], staged[~on_it].tolist()
        room = self._room(node, collection.day)
        if self._places is not None:
            taken, left = self._load(node, staged, room)
        else:
            taken, left = (staged, staged[:0]) if room is None else (staged[:room], staged[room:])
        if len(left) or behind:
            self._leave_behind(node, left, van, behind)
        parcels = len(taken) if self._places is None else sum([not self.pallets_of(s) for s in taken.tolist()])
        self._taken[collection.day] = self._taken.get(collection.day, 0) + parcels
        if len(taken):
            self._depart(node, taken, collection)
            if self.delay_ms:
                self._delay(taken, self.delay_ms)
        site.dock.manifest.expect(node, site.clock.now_ms + 1)
        if outbound is not None:
            outbound.cleared()

    def _leave_behind(self, node: int, left: NDArray[np.int64], van: Van | None, behind: list[int]) -> None:
        """What found no room waits for the next van, or goes with another carrier; what was ``behind`` waits."""
        site, reason = self._site, self._why_left(node)
        self.staged[node] = behind + left.tolist()
        site.log.add(_MISSED, self.actor, reason, left)
        if behind and van is not None:
            loading = site.warehouses[node].loading
            assert loading is not None
            loading.missed(self, van, behind)
        self._call(node, site.clock.now_ms + 1)
        if reason == _CARRIER_FULL and site.world.rules.reroute_refused and len(left):
            self.staged[node] = behind
            if not behind:
                del self.staged[node]
            site.dock.refused(node, left.tolist(), self.index)

    def _is_at(self, node: int) -> bool:
        """Whether it calls at all, and somebody lets it in."""
        return self.collects and bool(self._site.open_nodes[node]) and node not in self._site.roads.closed

    def _room(self, node: int, day: int) -> int | None:
        """How many parcels can go with this collection; None: all."""
        if not self._is_at(node):
            return 0
        limits = [limit for limit in (self.spec.capacity_parcels, self.capacity) if limit is not None]
        if self.spec.daily_parcels is not None:
            limits.append(self.left_of_day(day, 0))
        return min(limits, default=None)

    def left_of_day(self, day: int, unlimited: int) -> int:
        """How many parcels it still takes on a day at all nodes together; ``unlimited`` where it takes any number."""
        if self.spec.daily_parcels is None:
            return unlimited
        return max(0, self.spec.daily_parcels - self._taken.get(day, 0))

    def pallets_of(self, shipment: int) -> int:
        """On how many pallets it takes a shipment; 0: as a parcel."""
        handled, spec = self._site.register.handled.get(shipment), self.spec.pallets
        if handled is not None and handled.pallets:
            return handled.pallets
        return 0 if spec is None else spec.count(self._site.register.shipments.weight_kg[shipment])

    def _load(
        self, node: int, staged: NDArray[np.int64], room: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(taken, left behind) where pallets have places of their own: whoever came first and fits. What is more than a
        van has places goes when all of them are free."""
        assert self._places is not None
        most = self._places if self.capacity is None else min(self._places, self.capacity)
        places = most = most if self._is_at(node) else 0
        parcels = len(staged) if room is None else room
        fits = np.zeros(len(staged), dtype=np.bool_)
        for place, shipment in enumerate(staged.tolist()):
            pallets = self.pallets_of(shipment)
            if not pallets:
                fits[place] = parcels > 0
                parcels -= parcels > 0
            elif pallets <= places or places == most > 0:
                fits[place], places = True, max(0, places - pallets)
        return staged[fits], staged[~fits]

    def _why_left(self, node: int) -> int:
        if not self._site.open_nodes[node]:
            return _NODE_CLOSED
        if node in self._site.roads.closed:
            return _ROAD_CLOSED
        return _CARRIER_FULL if self.collects else _CARRIER_OUT

    def _depart(self, node: int, shipments: NDArray[np.int64], collection: Collection) -> None:
        """Control passes here: stock leaves, cost of goods and revenue are posted."""
        site, register = self._site, self._site.register
        site.shipment_states.advance(shipments, SHIPPED)
        pieces, begins = piece_ranges(register, shipments)
        product, units = as_numpy(register.pieces.product)[pieces], as_numpy(register.pieces.units)[pieces]
        as_numpy(register.pieces.cost_cents)[pieces] = site.inventory.ship(node, product, units)
        site.finance.price(shipments, pieces, begins)
        self._send(node, shipments, collection)
        site.log.add_pieces(_SHIPPED, self.actor, 0, shipments)
        if site.deferral is not None:
            site.deferral.left(shipments)
        if site.carrier_bills is not None:
            site.carrier_bills.left(self.index, node, shipments)
        site.log.add(_MANIFESTED, self.actor, 0, shipments)
        if self.spec.first_scan_ms is not None:
            self._scan_later(node, shipments, self.spec.first_scan_ms)
        if site.wrong_records is not None:
            site.wrong_records.weighed(self.index, node, shipments.tolist())
        site.limits.entered(SHIPPED, shipments)
        if site.customs is not None:
            for shipment, wait_ms in site.customs.cross(node, shipments.tolist()):
                self._delay(np.array([shipment]), wait_ms)
        if site.intercompany is not None and site.deferral is None:
            site.intercompany.shipped(node, shipments)
        site.finance.invoice(shipments)

    def _scan_later(self, node: int, shipments: NDArray[np.int64], lag_ms: Distribution) -> None:
        """A van is unloaded at the hub after a while, all of it at once."""
        now = self._site.clock.now_ms
        after_ms = round(lag_ms.at(self._scan_luck.at((now // MINUTE_MS << 8) + node % 256)))
        self.unscanned.update(shipments.tolist())
        self._site.clock.gather(now + after_ms, DELIVERY, self._scan, shipments.tolist(), rank=(1 << 24) + self.index)

    def _scan(self, shipments: list[int]) -> None:
        self.unscanned.difference_update(shipments)
        self._site.log.add(_SCANNED, self.actor, 0, shipments)

    def _send(self, node: int, shipments: NDArray[np.int64], collection: Collection) -> None:
        """Parcels are on their way, to the hub if there is one: from there, or from now on, days are counted."""
        register, now = self._site.register, self._site.clock.now_ms
        order = as_numpy(register.shipments.order)[shipments]
        quote = self._quote[node][as_numpy(register.orders.region)[order]]
        as_numpy(register.shipments.quoted_ms)[shipments] = np.array(self.timetables[node].quoted_ms(collection))[quote]
        self._count_departures(shipments, order)
        if self.sorting is not None:
            self.sorting.unload(shipments)
            return
        if now > collection.at_ms:  # it waited for a door, or for a short crew: its days run from when it left
            left_on = self._site.warehouses[node].calendar.day_at(now)
            collection = Collection(now, max(collection.day, left_on))
        self.travel(shipments, collection)

    def travel(self, shipments: NDArray[np.int64], left: Collection) -> None:
        """Parcels have left: each will arrive at a round of the day that its customer's luck decides."""
        spec, register = self.spec, self._site.register
        order = as_numpy(register.shipments.order)[shipments]
        node, region = as_numpy(register.shipments.node)[shipments], as_numpy(register.orders.region)[order]
        zone = self._zone[node, region]
        luck = self._luck(shipments, order)
        arrives = 1.0 - spec.lost_share
        days = np.ones(len(order), dtype=np.int64)
        for z in np.unique(zone).tolist():
            rows = np.flatnonzero(zone == z)
            days[rows] = at_many(spec.transit_days[z], np.minimum(luck[rows] / (arrives or 1.0), LAST_QUANTILE))
        turns, clocks = len(spec.delivery_minutes), len(self._rounds)
        round_of = np.maximum(days, 1) * turns + order % turns
        arrival = np.where(luck < arrives, round_of * clocks + self._clock_of[region], -1)
        for key in np.unique(arrival).tolist():
            rows = np.flatnonzero(arrival == key)
            if key < 0:
                self._lose(shipments[rows])
                continue
            there, turn = self._rounds[key % clocks], key // clocks
            at_ms = there.after(left, turn // turns)[turn % turns]
            self._site.clock.gather(at_ms, DELIVERY, self._deliver, (shipments[rows],), rank=self.index)

    def _count_departures(self, shipments: NDArray[np.int64], order: NDArray[np.int32]) -> None:
        """Number each shipment within its order."""
        register = self._site.register
        turn = as_numpy(register.orders.left)[order] + _place_among_equals(order)
        one_more(register.orders.left, order)
        as_numpy(register.shipments.sequence)[shipments] = turn

    def _luck(self, shipments: NDArray[np.int64], order: NDArray[np.int32]) -> NDArray[np.float64]:
        """Of the parcels of each customer the first has the customer's luck, and each later one its own."""
        register = self._site.register
        luck = as_numpy(register.orders.transit_luck)[order]
        for row in np.flatnonzero(as_numpy(register.shipments.sequence)[shipments]).tolist():
            luck[row] = self._later_luck.at(int(shipments[row]))
        return luck

    def trace(self, shipment: int) -> bool:
        """Look for a parcel now: one that is lost is given up at once; whether it was."""
        if shipment not in self._missing:
            return False
        self._give_up([np.array([shipment])])
        return True

    def _lose(self, shipments: NDArray[np.int64]) -> None:
        clock, trace_ms = self._site.clock, self._site.world.rules.trace_ms
        quoted_ms = as_numpy(self._site.register.shipments.quoted_ms)[shipments]
        self._missing.update(shipments.tolist())
        for row, quoted in enumerate(quoted_ms.tolist()):
            missing = shipments[row : row + 1]
            clock.gather(max(quoted, clock.now_ms) + trace_ms, DELIVERY, self._give_up, (missing,), rank=self.index)

    def bring(self, shipment: int, not_before_ms: int) -> None:
        """A parcel goes with the next delivery round from a moment on."""
        at_ms = self._rounds[self._clock_at(shipment)].next(not_before_ms)
        self._site.clock.gather(at_ms, DELIVERY, self._deliver, (np.array([shipment]),), rank=self.index)

    def _clock_at(self, shipment: int) -> int:
        """By which clock it is delivered."""
        register = self._site.register
        return int(self._clock_of[register.orders.region[register.shipments.order[shipment]]])

    def _deliver(self, parcels: list[NDArray[np.int64]]) -> None:
        site, shipments = self._site, np.concatenate(parcels)
        if self._slowed or not self.delivers or site.gates.closed_regions:
            shipments = self._deliverable(shipments)
        if site.called_back is not None:
            stopped = site.called_back.stopped(shipments)
            self._doorstep.take_back(shipments[stopped], _RECALLED)
            shipments = shipments[~stopped]
        if self._doorstep.may_refuse:
            shipments = self._doorstep.hand_over(shipments)
        site.shipment_states.advance(shipments, DELIVERED)
        site.log.add(_DELIVERED, self.actor, 0, shipments)
        if self.spec.damaged_share and site.replay is None:
            self._doorstep.unpack(shipments)
        site.completion.delivered(shipments)

    def _give_up(self, parcels: list[NDArray[np.int64]]) -> None:
        site, shipments = self._site, np.concatenate(parcels)
        shipments = shipments[[s in self._missing for s in shipments.tolist()]]  # else somebody had it traced before
        self._missing.difference_update(shipments.tolist())
        site.shipment_states.advance(shipments, LOST)
        site.log.add(_LOST, self.actor, _LOST_IN_TRANSIT, shipments)
        site.claims.lost(self.index, self.actor, shipments)
        if site.marketplaces is not None:
            site.marketplaces.defects(shipments.tolist(), "lost", _LOST_IN_TRANSIT)
        site.completion.lost(shipments)

    # Disruptions.

    def slow(self, delay_ms: int) -> None:
        """All parcels on their way arrive later."""
        shipments = self._site.register.shipments
        present = shipments.present()
        state, service = (as_numpy(column)[present] for column in (shipments.state, shipments.service))
        self._delay(present[(state == SHIPPED) & (service == self.index)], delay_ms)

    def _delay(self, shipments: NDArray[np.int64], delay_ms: int) -> None:
        for shipment in shipments.tolist():
            self._slowed[shipment] = self._slowed.get(shipment, 0) + delay_ms

    def _deliverable(self, shipments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the parcels that are due, those that can be brought now; the others come later, or wait."""
        site, due = self._site, list[int]()
        order_of, region_of = site.register.shipments.order, site.register.orders.region
        for shipment in shipments.tolist():
            delay_ms = self._slowed.pop(shipment, 0)
            if delay_ms:
                self.bring(shipment, site.clock.now_ms + delay_ms)
            elif not self.delivers or region_of[order_of[shipment]] in site.gates.closed_regions:
                self._waiting.append(shipment)
            else:
                due.append(shipment)
        return np.array(due, dtype=np.int64)

    def bring_waiting(self) -> None:
        """Something opened: what waits goes with the next delivery round."""
        if self._waiting and self.delivers:
            waiting, self._waiting = self._waiting, []
            for clock, rounds in enumerate(self._rounds):
                mine = [shipment for shipment in waiting if self._clock_at(shipment) == clock]
                if mine:
                    at_ms = rounds.next(self._site.clock.now_ms)
                    self._site.clock.gather(at_ms, DELIVERY, self._deliver, (np.array(mine),), rank=self.index)


def _place_among_equals(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """0 where a number is first mentioned, 1 at its second mention, and so on."""
    by_number = np.argsort(numbers, kind="stable")
    ordered = numbers[by_number]
    begins = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    place = np.empty(len(numbers), dtype=np.int64)
    place[by_number] = np.arange(len(numbers)) - np.repeat(begins, np.diff(np.append(begins, len(numbers))))
    return place
