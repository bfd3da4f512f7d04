"""Orders at risk, found before they breach: from their place in the queue, the pace of the floor, the next collection.

Each look predicts, node by node and in the sequence of release, when each shipment will be packed and collected. An
order that will leave after its ship-by is told once, with the node that would still make it, if there is one. Orders
that wait for stock are at risk as soon as their ship-by is near; those that are held, when no desk will be through with
them in time (`sim.agents.alerts.held_ahead`).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.alerts.dock_ahead import DockAhead
from sim.agents.alerts.held_ahead import AHEAD_MS, NEVER, HeldAhead
from sim.agents.alerts.van_rooms import VanRooms
from sim.agents.floor.crew import Crew
from sim.agents.floor.shifts_ahead import ShiftsAhead
from sim.agents.orders.able_nodes import able_nodes
from sim.agents.orders.balancer import Balancer
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.calendar import Calendar
from sim.clock import SWEEP
from sim.orders import RELEASED, VALIDATED
from sim.plans.alerts import AtRiskPlan
from sim.policies.release import in_sequence
from sim.units import BASIS_POINTS, DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_AT_RISK, _SHORT_AT_RISK = NUMBER["shipment_at_risk"], NUMBER["order_at_risk"]
_CAPACITY, _NO_STOCK, _HELD = (REASON_NUMBER[r] for r in ("capacity_short", "no_stock", "held"))
_RANK = 1 << 22

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_NOBODY: Ints = np.zeros(0, dtype=np.int64)


class AtRisk:
    """Looks ahead for one run.

    Parameters
    ----------
    wait, move
        Actors of the log: the advice to wait, and, by node, to move the work there.

    Attributes
    ----------
    now : int
        How many orders the last look found.
    """

    def __init__(self, site: Site, plan: AtRiskPlan, wait: int, move: Sequence[int]) -> None:
        self._site, self._plan, self._wait, self._move = site, plan, wait, move
        nodes = site.world.network.nodes
        self._crews = [[Crew(n.shifts, station, site.calendar.of(n)) for station in (0, 1)] for n in nodes]
        self._shifts = [[ShiftsAhead(crew) for crew in crews] for crews in self._crews]
        self._each_ms = [[s.work_ms.mean + s.setup_ms / s.batch_size for s in n.stations[:2]] for n in nodes]
        self._calls: dict[tuple[Calendar, int], tuple[int, Ints]] = {}
        """By clock and service: a day, and the calls from then on."""
        self._balancer = Balancer(site)
        self._held = HeldAhead(site, self)
        self._rooms = VanRooms(site, self)
        self._dock = DockAhead(site, self, self._rooms)
        self.now = 0

    def start(self) -> None:
        """Put the first look on the clock."""
        self._site.clock.at(self._plan.every_ms, SWEEP, self._look, rank=_RANK)

    def _look(self, _: None) -> None:
        site = self._site
        nodes = range(len(site.warehouses))
        self._rooms.begin()
        queues = [self._queue(node) for node in nodes]
        done_ms = [self._done(node, queue) for node, queue in zip(nodes, queues, strict=True)]
        late = [self._late_at(node, queues[node], done_ms[node]) for node in nodes]
        orders, shipments = _each_once(late)
        short = _without(self._short_of_stock(), orders)
        held = _without(self._held.late(queues, done_ms), orders)
        self.now = len(orders) + len(short) + len(held)
        if self.now:
            lacks = np.concatenate((np.full(len(short), -_NO_STOCK), np.full(len(held), -_HELD)))
            self._tell(np.concatenate((orders, short, held)), np.concatenate((shipments, lacks)), done_ms)
        if site.clock.now_ms + self._plan.every_ms <= site.world.horizon.drain_until_ms:
            site.clock.at(site.clock.now_ms + self._plan.every_ms, SWEEP, self._look, rank=_RANK)

    def _tell(self, orders: Ints, shipments: Ints, done_ms: list[Floats]) -> None:
        """Each once, with the shipment that will be late, or less than 0: the reason why there is none. Those that are
        due first are told first: that is their priority."""
        site = self._site
        fresh = self._untold(orders)
        orders, shipments = orders[fresh], shipments[fresh]
        sequence = np.lexsort((orders, as_numpy(site.register.orders.ship_by_ms)[orders]))
        movable = self._movable(shipments[shipments >= 0])
        free_ms = [float(done[-1]) if len(done) else float(site.clock.now_ms) for done in done_ms]
        for order, shipment in zip(orders[sequence].tolist(), shipments[sequence].tolist(), strict=True):
            if shipment >= 0:
                advice = self._advice(shipment, free_ms) if shipment in movable else self._wait
                site.log.one(_AT_RISK, advice, _CAPACITY, shipment)
            else:
                site.log.one(_SHORT_AT_RISK, self._wait, -shipment, order)

    def _untold(self, orders: Ints) -> NDArray[np.bool_]:
        """Which of these have not been told before; now they are."""
        told = as_numpy(self._site.register.orders.told_at_risk)
        fresh: NDArray[np.bool_] = told[orders] == 0
        told[orders] = 1
        return fresh

    # The floor.

    def _queue(self, node: int) -> Ints:
        """Shipments of a node that are not packed, those on the floor first, then in the sequence of release."""
        site = self._site
        floor = site.warehouses[node]
        moved_out = () if floor.outbound is None else floor.outbound.waiting
        begun = (moved_out, floor.pack.queue, floor.pick.queue)
        parts = [np.fromiter(q, dtype=np.int64, count=len(q)) for q in begun if q]
        waiting = site.workload.waiting(node)
        if len(waiting):
            parts.append(in_sequence(site.policies.release, waiting, partial(site.dock.floor_view, node)))
        return np.concatenate(parts) if parts else _NOBODY

    def _done(self, node: int, queue: Ints) -> Floats:
        """When each shipment of a queue will be packed; or be at the dock, where it is whole pallets."""
        if not len(queue):
            return np.zeros(0)
        picked, packing_ms, is_packed = self.stages(node, queue)
        packed: Floats = np.maximum(picked, self.ends(node, 1, packing_ms))
        return packed if is_packed.all() else np.where(is_packed, packed, picked)

    def stages(self, node: int, queue: Ints) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Of each shipment of a queue: when it will be picked, how much packers will have packed with it, and whether
        it is packed at all."""
        to_pick = as_numpy(self._site.register.shipments.state)[queue] <= RELEASED
        pick_ms, pack_ms = self._each_ms[node]
        lines, is_packed = self._work(node, queue)
        return (
            self.ends(node, 0, np.cumsum(lines * to_pick * pick_ms)),
            np.cumsum(is_packed * pack_ms, dtype=np.float64),
            is_packed,
        )

    def _work(self, node: int, queue: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """What shipments are to a node's pickers, in lines, and which of them somebody packs."""
        first, handling = as_numpy(self._site.register.shipments.first_piece), self._site.handling
        lines, is_packed = (first[queue + 1] - first[queue]).astype(np.float64), np.ones(len(queue), dtype=np.bool_)
        if handling is not None:
            for place in handling.among(queue):
                shipment = int(queue[place])
                lines[place], is_packed[place] = (
                    handling.work.lines_in(node, [shipment]),
                    not handling.on_pallets(shipment),
                )
        return lines, is_packed

    def ends(self, node: int, station: int, work_ms: Floats) -> Floats:
        """When a station has done so much work: its crews' hours, laid end to end."""
        times, done = self._hours(node, station)
        # What is done at the very end of a shift is done then, not at the start of the next.
        ends: Floats = np.interp(work_ms - 1e-3, done, times, right=float(NEVER))
        return ends

    def work_by(self, node: int, station: int, moment: float) -> float:
        """How much work a station can do until a moment."""
        return float(np.interp(moment, *self._hours(node, station)))

    def _hours(self, node: int, station: int) -> tuple[Floats, Floats]:
        """Moments from now on, and what a station can have done by then; evenly between them."""
        now, shifts = self._site.clock.now_ms, self._shifts[node][station]
        until_ms, sizes = shifts.since(now)
        while until_ms[-1] < now + AHEAD_MS:
            shifts.look_farther()
            until_ms, sizes = shifts.since(now)
        from_ms = np.concatenate(([now], until_ms[:-1]))
        people = sizes * (self._site.warehouses[node].stations[station].capacity_bp / BASIS_POINTS)
        after = np.cumsum(people * (until_ms - from_ms))
        works = (people > 0) & (from_ms < now + AHEAD_MS)
        times, done = np.full(1 + 2 * works.sum(), float(now)), np.zeros(1 + 2 * works.sum())
        times[1::2], times[2::2] = from_ms[works], until_ms[works]
        done[1::2], done[2::2] = np.concatenate(([0.0], after[:-1]))[works], after[works]
        return times, done

    def at_work(self, node: int, station: int, moment: float) -> float:
        """When there are people from a moment on: then, or at the start of their next shift."""
        crew = self._crews[node][station]
        return moment if crew.size(int(moment)) or not crew.ever_works else float(crew.until_ms)

    def one_ends(self, node: int, station: int, from_ms: float, work_ms: float) -> float:
        """When one person has done some work at a stretch, from a moment on."""
        crew, moment = self._crews[node][station], from_ms
        until = self._site.clock.now_ms + AHEAD_MS
        while moment < until:
            if crew.size(int(moment)) and moment + work_ms <= crew.until_ms:
                return moment + work_ms
            moment = float(crew.until_ms)
        return float(NEVER)

    def _late_at(self, node: int, queue: Ints, done_ms: Floats) -> tuple[Ints, Ints]:
        """Orders and shipments of a node that will leave after their ship-by, of those whose ship-by is near; all of
        these, where the node is closed."""
        if self._site.open_nodes[node] and self._dock.is_needed(node):
            return self._late_of(*self._dock.leaves(node, queue, float(self._site.clock.now_ms + self._plan.ahead_ms)))
        if self._rooms.are_limited and self._site.open_nodes[node]:
            return self._left_behind(node, queue, done_ms)
        if not len(queue):
            return _NOBODY, _NOBODY
        register = self._site.register
        orders = as_numpy(register.shipments.order)[queue]
        late = self.is_near(orders)
        if self._site.open_nodes[node]:
            due = as_numpy(register.orders.ship_by_ms)[orders]
            near, late = late, late & (done_ms > due)
            asked = np.flatnonzero(near & ~late)
            late[asked] = self._leaves(node, queue[asked], done_ms[asked]) > due[asked]
        return orders[late].astype(np.int64), queue[late]

    def _left_behind(self, node: int, queue: Ints, done_ms: Floats) -> tuple[Ints, Ints]:
        """The same where vans may be full: what stands at the dock goes before the queue, and may stay behind too."""
        close_ms = self._site.warehouses[node].close_ms
        staged, theirs = self._rooms.staged(node)
        parcels = np.concatenate((staged, queue))
        ready_ms = np.concatenate((np.full(len(staged), float(self._site.clock.now_ms)), done_ms + close_ms))
        to_come = self._site.dock.services_now(node, array("i", queue.tolist())) if len(queue) else _NOBODY
        services = np.concatenate((theirs, to_come))
        leaves = np.full(len(parcels), float(NEVER))
        for service in np.unique(services[services >= 0]).tolist():
            mine = services == service
            leaves[mine] = self._rooms.leaves(node, service, ready_ms[mine], parcels[mine])
        return self._late_of(parcels, leaves)

    def _late_of(self, shipments: Ints, leaves_ms: Floats) -> tuple[Ints, Ints]:
        """Orders and shipments that leave after their ship-by, of those whose ship-by is near."""
        register = self._site.register
        orders = as_numpy(register.shipments.order)[shipments].astype(np.int64)
        late = self.is_near(orders) & (leaves_ms > as_numpy(register.orders.ship_by_ms)[orders])
        return orders[late], shipments[late]

    def is_near(self, orders: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
        """Whose ship-by has not passed, and will within the time looked ahead."""
        now = self._site.clock.now_ms
        due = as_numpy(self._site.register.orders.ship_by_ms)[orders]
        near: NDArray[np.bool_] = (due >= now) & (due <= now + self._plan.ahead_ms)
        return near

    def _leaves(self, node: int, shipments: Ints, done_ms: Floats) -> Ints:
        """When a carrier calls next for shipments that are packed then; never, where none takes the parcel."""
        leaves, done_ms = np.full(len(shipments), NEVER), done_ms + self._site.warehouses[node].close_ms
        services = self._site.dock.services_now(node, array("i", shipments.tolist()))
        for service in np.unique(services[services >= 0]).tolist():
            mine, calls = services == service, self.collections(node, service)
            leaves[mine] = calls[np.minimum(np.searchsorted(calls, done_ms[mine]), len(calls) - 1)]
        return leaves

    def collections(self, node: int, service: int) -> Ints:
        """Moments of a service's calls at a node in the time looked ahead, and then never; computed anew once a day."""
        calendar = self._site.warehouses[node].calendar
        today = calendar.day_at(self._site.clock.now_ms)
        known, calls = self._calls.get((calendar, service), (None, _NOBODY))
        if known != today:
            spec = self._site.world.network.services[service]
            moments = [
                calendar.at(day, minute)
                for weekday, minute in spec.collections
                for day in range(today, today + AHEAD_MS // DAY_MS)
                if calendar.weekday(day) == weekday and day not in spec.closed_days
            ]
            calls = np.array([*sorted(moments), NEVER])
            self._calls[calendar, service] = (today, calls)
        return calls

    # Advice.

    def _movable(self, shipments: Ints) -> set[int]:
        """Which of these may go to another node."""
        return set(shipments[self._balancer.may_move(shipments)].tolist()) if len(shipments) else set()

    def _advice(self, shipment: int, free_ms: list[float]) -> int:
        """The nearest node that has all goods and will be through its own work in time for a collection before the
        ship-by; else, to wait."""
        register, one = self._site.register, np.array([shipment])
        due = register.orders.ship_by_ms[register.shipments.order[shipment]]
        handling = self._site.handling
        for node in able_nodes(self._site, shipment):
            if handling is not None and not handling.has_whole(node, shipment):
                continue
            if self._leaves(node, one, np.array([free_ms[node]]))[0] <= due:
                return self._move[node]
        return self._wait

    # Stock.

    def _short_of_stock(self) -> Ints:
        """Orders with units that no node has, whose ship-by is near."""
        now = self._site.clock.now_ms
        return self._site.register.waiting_orders(VALIDATED, now, now + self._plan.ahead_ms)


def _each_once(late: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Orders, in ascending order, with the first of the shipments of each."""
    orders = np.concatenate([found for found, _ in late])
    if not len(orders):  # as in most looks
        return _NOBODY, _NOBODY
    orders, first = np.unique(orders, return_index=True)
    return orders, np.concatenate([found for _, found in late])[first]


def _without(orders: Ints, others: Ints) -> Ints:
    """Those that are not among the others."""
    return np.setdiff1d(orders, others, assume_unique=True) if len(orders) and len(others) else orders
