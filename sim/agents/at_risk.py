"""Orders at risk, found before they breach: from their place in the queue, the pace of the floor, the next collection.

Each look predicts, node by node and in the sequence of release, when each shipment will be packed and collected. An
order that will leave after its ship-by is told once, with the node that would still make it, if there is one. Orders
that wait for stock are at risk as soon as their ship-by is near.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.balancer import Balancer
from sim.agents.crew import Crew
from sim.alerts import AtRiskPlan
from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.books.register import as_numpy
from sim.clock import SWEEP
from sim.orders import PACKED, PLANNED, RELEASED, VALIDATED
from sim.policies.release import in_sequence
from sim.units import BASIS_POINTS, DAY_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_AT_RISK, _SHORT_AT_RISK = NUMBER["shipment_at_risk"], NUMBER["order_at_risk"]
_CAPACITY, _NO_STOCK = REASON_NUMBER["capacity_short"], REASON_NUMBER["no_stock"]
_RANK = 1 << 22
_AHEAD_MS = 14 * DAY_MS
"""How far the floor's work is foreseen; what would take longer is late anyway."""
_NEVER = 1 << 62

Floats = NDArray[np.float64]


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
        self._crews = [[Crew(n.shifts, station, site.calendar) for station in (0, 1)] for n in nodes]
        self._each_ms = [[s.work_ms.mean + s.setup_ms / s.batch_size for s in n.stations[:2]] for n in nodes]
        self._calls: list[tuple[int, list[int]]] = [(-1, [])] * len(site.world.network.services)
        self._services: dict[tuple[int, int, float, int, int], int] = {}
        self._balancer = Balancer(site)
        self._told: set[int] = set()
        self.now = 0

    def start(self) -> None:
        """Put the first look on the clock."""
        self._site.clock.at(self._plan.every_ms, SWEEP, self._look, rank=_RANK)

    def _look(self, _: None) -> None:
        site = self._site
        self._services.clear()
        found: dict[int, tuple[int, int]] = {}
        free_ms = [self._done(node, self._work(node, self._queue(node)))[-1:] for node in range(len(site.warehouses))]
        for node in range(len(site.warehouses)):
            for order, shipment in self._late_at(node):
                found.setdefault(order, (shipment, node))
        short = self._short_of_stock()
        self.now = len(found) + len(short - found.keys())
        # Those that are due first are told first: that is their priority.
        ship_by = site.register.orders.ship_by_ms
        for order in sorted((found.keys() | short) - self._told, key=lambda o: (ship_by[o], o)):
            self._told.add(order)
            if order in found:
                shipment, _node = found[order]
                site.log.one(_AT_RISK, self._advice(shipment, free_ms), _CAPACITY, shipment)
            else:
                site.log.one(_SHORT_AT_RISK, self._wait, _NO_STOCK, order)
        if site.clock.now_ms + self._plan.every_ms <= site.world.horizon.drain_until_ms:
            site.clock.at(site.clock.now_ms + self._plan.every_ms, SWEEP, self._look, rank=_RANK)

    # The floor.

    def _queue(self, node: int) -> list[int]:
        """Shipments of a node that are not packed, those on the floor first, then in the sequence of release."""
        site = self._site
        floor, states = site.warehouses[node], site.register.shipments.state
        begun = [*floor.pack.queue, *floor.pick.queue]
        waiting = [s for s in floor.waiting if states[s] == PLANNED]
        if waiting:
            waiting = in_sequence(site.policies.release, waiting, site.dock.floor_view(node))
        return [*begun, *waiting]

    def _work(self, node: int, queue: list[int]) -> tuple[Floats, Floats]:
        """(pick, pack) milliseconds of work up to and with each shipment of the queue."""
        shipments = self._site.register.shipments
        numbers = np.array(queue, dtype=np.int64)
        first, states = as_numpy(shipments.first_piece), as_numpy(shipments.state)
        to_pick = states[numbers] <= RELEASED
        pick_ms, pack_ms = self._each_ms[node]
        pick = np.cumsum((first[numbers + 1] - first[numbers]) * to_pick * pick_ms)
        return pick, np.cumsum(np.full(len(numbers), pack_ms))

    def _done(self, node: int, work: tuple[Floats, Floats]) -> Floats:
        """When each shipment of a queue will be packed."""
        ends = [self._ends(node, station, done) for station, done in enumerate(work)]
        later: Floats = np.maximum(*ends)
        return later

    def _ends(self, node: int, station: int, work_ms: Floats) -> Floats:
        """When a station has done so much work: its crews' hours, laid end to end."""
        crew, moment = self._crews[node][station], self._site.clock.now_ms
        share = self._site.warehouses[node].stations[station].capacity_bp / BASIS_POINTS
        until = moment + _AHEAD_MS
        times, done = [float(moment)], [0.0]
        while moment < until:
            people = crew.size(moment) * share
            if people:
                times += [float(moment), float(crew.until_ms)]
                done += [done[-1], done[-1] + people * (crew.until_ms - moment)]
            moment = crew.until_ms
        # What is done at the very end of a shift is done then, not at the start of the next.
        ends: Floats = np.interp(work_ms - 1e-3, done, times, right=float(_NEVER))
        return ends

    def _late_at(self, node: int) -> list[tuple[int, int]]:
        """(order, shipment) of a node that will leave after their ship-by, of those whose ship-by is near."""
        site, register = self._site, self._site.register
        queue = self._queue(node)
        if not queue or not site.open_nodes[node]:
            return self._near(queue)
        numbers = np.array(queue, dtype=np.int64)
        done = self._done(node, self._work(node, queue))
        orders = as_numpy(register.shipments.order)[numbers]
        due = as_numpy(register.orders.ship_by_ms)[orders]
        near = self._is_near(orders)
        late = near & (done > due)
        for place in np.flatnonzero(near & ~late).tolist():
            service = self._service(node, int(numbers[place]))
            late[place] = self._leaves(service, float(done[place])) > due[place]
        return list(zip(orders[late].tolist(), numbers[late].tolist(), strict=True))

    def _near(self, queue: list[int]) -> list[tuple[int, int]]:
        """All of a closed node whose ship-by is near."""
        numbers = np.array(queue, dtype=np.int64)
        orders = as_numpy(self._site.register.shipments.order)[numbers]
        near = self._is_near(orders)
        return list(zip(orders[near].tolist(), numbers[near].tolist(), strict=True))

    def _is_near(self, orders: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
        """Whose ship-by has not passed, and will within the time looked ahead."""
        now = self._site.clock.now_ms
        due = as_numpy(self._site.register.orders.ship_by_ms)[orders]
        near: NDArray[np.bool_] = (due >= now) & (due <= now + self._plan.ahead_ms)
        return near

    def _service(self, node: int, shipment: int) -> int:
        """Who would fetch a shipment, asked once a look for parcels of one weight, region and promise."""
        register = self._site.register
        order, orders = register.shipments.order[shipment], register.orders
        weight_kg, promise = register.shipments.weight_kg[shipment], orders.deliver_by_ms[order]
        parcel = (node, orders.region[order], weight_kg, promise, orders.channel[order])
        found = self._services.get(parcel)
        if found is None:
            found = self._services[parcel] = self._site.dock.service_now(node, shipment)
        return found

    def _leaves(self, service: int, done_ms: float) -> int:
        """When a carrier calls next, at or after a moment; never, where none takes the parcel."""
        if service < 0:
            return _NEVER
        calls = self._collections(service)
        place = bisect_left(calls, done_ms)
        return calls[place] if place < len(calls) else _NEVER

    def _collections(self, service: int) -> list[int]:
        """Moments of a service's calls in the time looked ahead; computed anew once a day."""
        calendar = self._site.calendar
        today = calendar.day_at(self._site.clock.now_ms)
        if self._calls[service][0] != today:
            moments = [
                calendar.at(day, minute)
                for weekday, minute in self._site.world.network.services[service].collections
                for day in range(today, today + _AHEAD_MS // DAY_MS)
                if calendar.weekday(day) == weekday
            ]
            self._calls[service] = (today, sorted(moments))
        return self._calls[service][1]

    # Advice.

    def _advice(self, shipment: int, free_ms: list[Floats]) -> int:
        """The nearest node that has all goods and will be through its own work in time for a collection before the
        ship-by; else, to wait."""
        site, register = self._site, self._site.register
        if register.shipments.state[shipment] >= PACKED or not self._balancer.may_move(shipment):
            return self._wait
        due = register.orders.ship_by_ms[register.shipments.order[shipment]]
        for node in self._balancer.candidates(shipment):
            done_ms = float(free_ms[node][0]) if len(free_ms[node]) else float(site.clock.now_ms)
            if self._leaves(self._service(node, shipment), done_ms) <= due:
                return self._move[node]
        return self._wait

    # Stock.

    def _short_of_stock(self) -> set[int]:
        """Orders with units that no node has, whose ship-by is near."""
        register = self._site.register
        lines = register.lines
        short = np.flatnonzero(as_numpy(lines.open_units) > 0)
        orders = as_numpy(lines.order)[short]
        mine = (as_numpy(register.orders.state)[orders] == VALIDATED) & self._is_near(orders)
        return set(orders[mine].tolist())
