"""A node at work: waves release shipments to the floor; people pick and pack them; the dock holds them for collection.
Goods that arrive are received and put away; returns are inspected."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents.floor.bench import Bench
from sim.agents.floor.crews import Crews
from sim.agents.floor.doors import Doors
from sim.agents.floor.elastic import CrowdedStation
from sim.agents.floor.loading import LoadingBay
from sim.agents.floor.outbound import Staging
from sim.agents.floor.pick_face import Faces
from sim.agents.floor.put_wall import Wall
from sim.agents.floor.station import Station
from sim.agents.floor.storage import StorageRoom
from sim.agents.floor.temporary import CalledCrew, TemporaryStation, Together
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.clock import DECISION, Clock
from sim.lifecycle import Lifecycle
from sim.network import STATION_NAMES, Node, Shift
from sim.orders import PACKED, PICKED, PLANNED, RELEASED
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_RELEASED, _PICKED, _PACKED, _PUT_AWAY = (NUMBER[k] for k in ("released", "picked", "packed", "put_away"))


class Warehouse:
    """One node's floor.

    Parameters
    ----------
    index, spec
        Its number in the network and its description.
    site
        What all nodes share: clock, books, register, policies, the way to carriers and back to the orchestrator.
    """

    def __init__(self, index: int, spec: Node, actor: int, site: Site) -> None:
        self.index, self.spec, self.actor = index, spec, actor
        self.calendar = site.calendar.of(spec)
        """By which its people live: what happens here at some hour of some day does so by this one."""
        self._waiting = array("i")
        self._seen = 0
        """Shipments up to this number have been looked for among those allocated here."""
        self.is_open = True
        self._open_bp = BASIS_POINTS
        self._present_bp: tuple[int, ...] = (BASIS_POINTS,) * (len(STATION_NAMES) + 1)
        self._site = site
        self._clock: Clock = site.clock
        self._states: Lifecycle = site.shipment_states
        self._wave_ms, self._waved_ms = site.wave_ms, -1
        """When the next wave is due (by node), when the last one was; -1 where there is none."""
        self._on_reopening: list[tuple[Callable[[Any], None], Any]] = []
        self._doors = None if spec.dock is None else Doors(spec.dock, self, site)
        self._room = None if spec.storage is None else StorageRoom(spec.storage, self, site)
        crews = Crews(index, spec, actor, site, lambda station: len(self.stations[station].queue))
        self._staff(crews)
        self._wall = None if spec.put_wall is None else Wall(spec.put_wall, self, site)
        self._faces = None if spec.pick_face is None else Faces(spec.pick_face, self, site)
        self.bench = None if spec.refurbish is None else Bench(spec.refurbish, self, site)
        self.outbound = None if spec.outbound is None else Staging(spec.outbound, self, site)
        self.loading = None if spec.loading is None else LoadingBay(spec.loading, self, site)
        self._pickers = crews.rostered(0)
        if self.temporary:
            self._pickers = Together(self._pickers, self.temporary[0].crew, self.calendar)

    def _staff(self, crews: Crews) -> None:
        """The stations: their people, those who may be called in, and how crowded the floor may become."""
        spec, site = self.spec, self._site
        works = (self.pick_work, len, self.put_away_work, len)
        dones = (self._picked, self._packed, self._put_away, self._inspected)
        self.stations = tuple(
            (Station if spec.congestion is None or i > 1 else CrowdedStation)(
                spec.stations[i],
                crews.of(i),
                site.clock,
                works[i],
                dones[i],
                site.streams.counter(f"work {name}", spec.name),
                self.index,
            )
            for i, name in enumerate(STATION_NAMES)
        )
        self.pick, self.pack, self.receive, self.inspect = self.stations
        self.temporary = [] if spec.temporary_staff is None else [
            TemporaryStation(
                self.stations[i],
                spec.stations[i],
                CalledCrew(i, self.calendar),
                spec.temporary_staff.productivity,
                works[i],
                dones[i],
                clock=site.clock,
                luck=site.streams.counter(f"work {name}", spec.name),
                rank=self.index,
            )
            for i, name in enumerate(STATION_NAMES)
        ]  # fmt: skip
        for station in (*self.stations, *self.temporary[:2]):
            if isinstance(station, CrowdedStation):
                station.congestion, station.load = spec.congestion, self._load

    def shifts_of(self, staff: int) -> tuple[Shift, ...]:
        """The node's shifts with so many people of one kind in each."""
        return tuple(replace(shift, staff=(staff, 0, 0, 0)) for shift in self.spec.shifts)

    @property
    def close_ms(self) -> int:
        """How long before a van leaves its manifest closes."""
        return 0 if self.loading is None else self.loading.close_ms

    @property
    def aside(self) -> int:
        """Shipments that were released and are neither in the pickers' queue nor in the packers'."""
        wall = 0 if self._wall is None else len(self._wall)
        wall += 0 if self.outbound is None else len(self.outbound.waiting)
        return wall + (0 if self._faces is None else len(self._faces.waiting))

    def waits_for_face(self, shipment: int) -> bool:
        """Whether a released shipment waits until there is something to pick."""
        return self._faces is not None and shipment in self._faces.waiting

    def _load(self) -> int:
        """Shipments that were released and are not packed."""
        pick, pack = self.pick, self.pack
        return len(pick.queue) + pick.in_work + len(pack.queue) + pack.in_work

    def lines_in(self, shipments: list[int]) -> int:
        """Lines that these shipments hold."""
        first = self._site.register.shipments.first_piece
        return sum([first[s + 1] - first[s] for s in shipments])

    @property
    def pick_work(self) -> Callable[[list[int]], float]:
        """How many lines some shipments are to the pickers."""
        handling = self._site.handling
        return self.lines_in if handling is None else partial(handling.work.lines_in, self.index)

    @property
    def put_away_work(self) -> Callable[[list[int]], float]:
        """How many lines some received goods are to who puts them away."""
        handling = self._site.handling
        return (
            len if handling is None or not handling.plan.times_put_away else partial(handling.work.received, self.index)
        )

    # Orders.

    def in_hand(self) -> Iterator[int]:
        """Orders of all shipments and returns that somebody here has, or will have; some ended long ago while the node
        was closed."""
        register = self._site.register
        aside = () if self._wall is None else self._wall.station.jobs()
        short = () if self._faces is None else self._faces.waiting
        pallets = () if self.outbound is None else self.outbound.waiting
        for shipment in (*self.waiting, *self.pick.jobs(), *aside, *short, *pallets, *self.pack.jobs()):
            yield register.shipments.order[shipment]
        for number in self.inspect.jobs():
            yield register.order_of_return(number)

    @property
    def waiting(self) -> array[int]:
        """Shipments allocated here and not yet released; voided ones are still among them."""
        shipments = self._site.register.shipments
        first, self._seen = self._seen, shipments.count
        if first < self._seen:
            fresh = np.flatnonzero(as_numpy(shipments.node)[first : self._seen] == self.index) + first
            self._waiting.frombytes(fresh.astype(np.int32).tobytes())
        return self._waiting

    @waiting.setter
    def waiting(self, shipments: array[int]) -> None:
        self._waiting = shipments

    def plan(self, shipment: int) -> None:
        """A shipment was allocated to this node; it waits for the next wave."""
        if self._wave_ms[self.index] < 0:
            self._call_wave()

    def _call_wave(self) -> None:
        """The next full interval; while nobody picks, the start of the next shift."""
        self._site.limits.watch()
        at_ms = self.next_wave_ms()
        self._wave_ms[self.index] = at_ms
        self._clock.at(at_ms, DECISION, self._wave, rank=self.index)

    def next_wave_ms(self) -> int:
        """When the next wave would be, if it were called now."""
        interval, now = self.spec.wave_interval_ms, self._clock.now_ms
        at_ms = -(-(now + (now == self._waved_ms)) // interval) * interval
        if self._pickers.ever_works and not self._pickers.size(at_ms):
            at_ms = self._pickers.until_ms
        return at_ms

    def call_wave_now(self) -> None:
        """Somebody came out of turn who can pick what waits."""
        if self.waiting:
            self._wave_ms[self.index] = self._clock.now_ms
            self._clock.at(self._clock.now_ms, DECISION, self._wave, rank=self.index)

    def _wave(self, _: None) -> None:
        """Release what waits, in the release policy's sequence, up to the wave's capacity."""
        if self._wave_ms[self.index] != self._clock.now_ms:  # an earlier one was called meanwhile, and took over
            return
        self._wave_ms[self.index], self._waved_ms = -1, self._clock.now_ms
        if not self.is_open:
            return
        candidates = as_numpy(self.waiting)
        waiting: list[int] = candidates[as_numpy(self._site.register.shipments.state)[candidates] == PLANNED].tolist()
        not_yet = set[int]()
        if self._site.release_check is not None:
            waiting = self._site.release_check.pass_on(waiting)
            not_yet.update(self._site.release_check.unanswered.intersection(waiting))
        if self._site.windows is not None:
            not_yet |= self._site.windows.too_early(self.index, waiting)
        if not_yet:
            waiting = [s for s in waiting if s not in not_yet]
        sequence = list(self._site.policies.release.decide(waiting, self._site.dock.floor_view(self.index)))
        if self._site.workflow is not None:
            sequence = self._site.workflow.expedited_first(sequence)
        room = self.spec.wave_capacity
        released = sequence if room is None else sequence[:room]
        self.waiting = array("i", sequence[len(released) :])
        if len(sequence) < len(waiting):
            left = set(waiting).difference(sequence)
            self.waiting.extend([s for s in waiting if s in left])
        if not_yet:
            self.waiting.extend(sorted(not_yet))
        if released:
            ids = np.array(released, dtype=np.int32)
            self._states.advance(ids, RELEASED)
            self._site.log.add(_RELEASED, self.actor, 0, ids)
            self._site.limits.entered(RELEASED, ids)
            self.pick.put(self._to_pick(released))
        if self.waiting:
            self._call_wave()

    def _to_pick(self, released: list[int]) -> list[int]:
        """Those of which there is something to pick; whole pallets do not come from a face."""
        if self._faces is None:
            return released
        handling = self._site.handling
        pallets = [] if handling is None else [s for s in released if handling.on_pallets(s)]
        return pallets + self._faces.admit([s for s in released if s not in pallets] if pallets else released)

    def _picked(self, jobs: list[int]) -> None:
        site, shipments = self._site, self._states.advance_from(RELEASED, jobs, PICKED)
        site.inventory.pick(self.index, shipments)
        site.log.add_pieces(_PICKED, self.actor, 0, shipments)
        if self._faces is not None:
            self._faces.done(jobs)
        if site.handling is not None:
            site.handling.work.picked(self.index, self.actor, shipments)
            shipments, pallets = site.handling.work.pass_by(shipments)
            if pallets and self.outbound is not None:
                self.outbound.let_in(pallets)
            elif pallets:
                self.stage_pallets(pallets)
        if site.merging is not None:
            shipments = site.merging.sort(self.index, shipments)
        site.limits.entered(PICKED, shipments)
        self.pack.put(shipments if self._wall is None else self._wall.take(shipments))

    def _packed(self, jobs: list[int]) -> None:
        site, shipments = self._site, self._states.advance_from(PICKED, jobs, PACKED)
        site.log.add(_PACKED, self.actor, 0, shipments)
        site.limits.entered(PACKED, shipments)
        site.dock.dispatch(self.index, shipments)

    def stage_pallets(self, pallets: list[int]) -> None:
        """Whole pallets are wrapped, and stand where vans take them."""
        self._packed(pallets)

    # Goods that come in.

    def unload(self, goods: list[int]) -> None:
        """Goods at the dock, already on record as awaiting put-away."""
        self._site.register.goods.hold(goods)
        if self._site.cross_dock is not None and self.spec.cross_dock_ms is not None:
            goods = self._site.cross_dock.sort(self.index, goods)
        self.receive.put(goods)

    def take_truck(self, act: Callable[[Any], None], what: Any) -> None:
        """A truck is near: do something once it is at the gate and unloaded."""
        self._site.roads.when_open(self.index, self._at_gate, (act, what))

    def _at_gate(self, truck: tuple[Callable[[Any], None], Any]) -> None:
        if self._room is None:
            self._enter(truck)
        else:
            self._room.enter(self._enter, truck)

    def _enter(self, truck: tuple[Callable[[Any], None], Any]) -> None:
        act, what = truck
        if self._doors is None:
            self.when_open(act, what)
        else:
            self._doors.arrive(act, what)

    def _put_away(self, goods: list[int]) -> None:
        site, inventory = self._site, self._site.inventory
        product_of, units_of = site.register.goods.product, site.register.goods.units
        for record in goods:
            inventory.put_away(self.index, product_of[record], units_of[record])
        site.log.add(_PUT_AWAY, self.actor, 0, goods)
        if site.recall.held:
            site.recall.catch(self.index, [product_of[record] for record in goods])
        if site.quality is not None:
            site.quality.receive(self.index, goods)
        site.backorders.stock_came([product_of[record] for record in goods])
        site.supply.stocked(self.index)
        site.register.goods.free(goods)

    def take_back(self, returns: list[int]) -> None:
        """Returned goods, already on record as awaiting inspection."""
        self.inspect.put(returns)

    def _inspected(self, returns: list[int]) -> None:
        self._site.returns.inspected(self.index, self.actor, returns)

    # Disruptions.

    def limit_capacity(self, share_bp: int) -> None:
        """Work with a share of the crew from now on; at 0 the node is closed to everyone."""
        was_open, self.is_open = self.is_open, share_bp > 0
        self._site.open_nodes[self.index] = self.is_open
        self._open_bp = min(share_bp, BASIS_POINTS)
        self._limit_stations()
        if was_open and not self.is_open:
            waiting, self.waiting = self.waiting.tolist(), array("i")
            self._site.orchestrator.node_closed(self.index, waiting)
            self.waiting = array("i", [s for s in waiting if self._states.column[s] == PLANNED])
        elif self.is_open and not was_open:
            self._reopen()

    def limit_crew(self, present_bp: Sequence[int]) -> None:
        """From now on this share of the people of each station and of the bench is at work, of those that an outage
        leaves."""
        self._present_bp = tuple(present_bp)
        self._limit_stations()

    def _limit_stations(self) -> None:
        bench = () if self.bench is None else (self.bench.station,)
        for station, present_bp in zip((*self.stations, *bench), self._present_bp, strict=False):
            station.limit_capacity(self._open_bp * present_bp // BASIS_POINTS)
        aside = [own.station for own in (self._wall, self._faces, self.loading) if own is not None]
        for station in (*self.temporary, *aside):
            station.limit_capacity(self._open_bp)

    def _reopen(self) -> None:
        if self.waiting and self._wave_ms[self.index] < 0:
            self._call_wave()
        late, self._on_reopening = self._on_reopening, []
        for act, what in late:
            act(what)
        self._site.backorders.node_opened()

    def when_open(self, act: Callable[[Any], None], what: Any) -> None:
        """Do something now, or as soon as the node opens again."""
        if self.is_open:
            act(what)
        else:
            self._on_reopening.append((act, what))


class ReviewedWarehouse(Warehouse):
    """A node whose stock is reviewed with each demand instead of by the calendar."""

    def plan(self, shipment: int) -> None:
        """A shipment was allocated to this node: its stock is looked at."""
        super().plan(shipment)
        self._site.supply.demanded(self.index)
