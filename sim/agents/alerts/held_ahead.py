"""Held orders at risk: when a desk will have looked at them, and whether what follows still makes its van.

Nobody has given them a node yet. What is foreseen is the best that can be hoped for: the case is cleared in its turn,
its goods come from the nearest nodes that have them, and join the floor's queue by their ship-by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.desks.cases import case_of
from sim.agents.floor.crew import Crew
from sim.agents.orders.handling import Foreseen
from sim.books.columns import as_numpy
from sim.orders import CAPTURED, OFFERED
from sim.units import BASIS_POINTS, DAY_MS

if TYPE_CHECKING:
    from sim.agents.alerts.at_risk import AtRisk
    from sim.agents.desks.desk import Desk
    from sim.agents.site import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AHEAD_MS = 14 * DAY_MS
"""How far work is foreseen; what would take longer is late anyway."""
NEVER = 1 << 62


class HeldAhead:
    """Looks ahead for orders that are held, or not validated yet."""

    def __init__(self, site: Site, floor: AtRisk) -> None:
        self._site, self._floor = site, floor
        self._desk_crews: list[Crew] | None = None
        self._first = 0
        """All orders before this one have been validated, or never will be."""
        self._not_before: dict[int, int] = {}
        """By order that was in time: when it is worth another look, with half of the time left gone."""
        site.register.leaving.forget(site.register.orders, self._not_before)
        self._free: list[tuple[Ints, Floats]] = []
        """By node: ship-by dates of its queue, ascending, and when all that is due by then will be packed."""

    def late(self, queues: list[Ints], done_ms: list[Floats]) -> Ints:
        """Held orders, whose ship-by is near, that will leave after it; who was told stays among them."""
        orders = self._near()
        if not len(orders):
            return orders
        records, now = self._site.register.orders, self._site.clock.now_ms
        late = as_numpy(records.told_at_risk)[orders] == 1
        fresh = [
            place for place in np.flatnonzero(~late).tolist() if self._not_before.get(int(orders[place]), 0) <= now
        ]
        asked, due = orders[fresh].tolist(), as_numpy(records.ship_by_ms)[orders[fresh]].tolist()
        self._free = [self._free_at(queue, done) for queue, done in zip(queues, done_ms, strict=True)]
        cleared = self._cleared_ms(asked)
        for place, order, due_ms, cleared_ms in zip(fresh, asked, due, cleared.tolist(), strict=True):
            late[place] = cleared_ms > due_ms or self._leaves_ms(order, cleared_ms, due_ms) > due_ms
            self._not_before[order] = now + (due_ms - now) // 2
        found: Ints = orders[late]
        return found

    def _near(self) -> Ints:
        """Held orders are on record; those that wait to be validated are among the last that came."""
        register = self._site.register
        state = as_numpy(register.orders.state)[self._first :]
        captured = state == CAPTURED
        to_come = captured | (state == OFFERED)
        held = np.fromiter(register.holds, dtype=np.int64, count=len(register.holds))
        waiting = np.sort(np.concatenate((held, np.flatnonzero(captured) + self._first)))
        self._first += int(np.argmax(to_come)) if to_come.any() else len(state)
        return waiting[self._floor.is_near(waiting)]

    # Desks.

    def _cleared_ms(self, orders: list[int]) -> Floats:
        """When each is cleared at the earliest: after the cases before it, or at the next attempt to take its money."""
        site, now = self._site, self._site.clock.now_ms
        holds, by_desk = site.register.holds, dict[int, dict[int, float]]()
        cleared = np.empty(len(orders))
        for place, order in enumerate(orders):
            kind = holds.get(order, "rekeying")
            found = site.exceptions.waits_since(order, kind)
            if found is None:
                cleared[place] = now
            elif found[0] >= 0:
                if found[0] not in by_desk:
                    by_desk[found[0]] = self._worked_ms(found[0])
                cleared[place] = by_desk[found[0]].get(case_of(order, kind), NEVER)
            elif kind == "payment":
                every_ms = max(1, site.checks.payment_of(order).retry_ms)
                cleared[place] = found[1] + ((now - found[1]) // every_ms + 1) * every_ms
            else:
                cleared[place] = now
        return cleared

    def _worked_ms(self, number: int) -> dict[int, float]:
        """When each case of a desk will have been worked on: its people take them in turn, each for the mean time."""
        desk, now = self._site.exceptions.desks[number], self._site.clock.now_ms
        crew, queue = self._crew(number), list(desk.cases.queue)
        work_ms = self._mean_ms(desk, queue)
        done: dict[int, float] = {}
        busy: list[float] = []
        for cases, since_ms in desk.cases.begun():
            busy.append(max(float(now), since_ms + work_ms * len(cases)))
            done.update(dict.fromkeys(cases, busy[-1]))
        at, moment = 0, now
        while at < len(queue) and moment < now + AHEAD_MS:
            people = crew.size(moment) * desk.cases.capacity_bp // BASIS_POINTS
            if people:
                free = np.sort([*busy, *[float(moment)] * (people - len(busy))])[:people]
                turn = np.arange(len(queue) - at)
                ends = free[turn % people] + (turn // people + 1) * work_ms
                fits = int(np.searchsorted(ends, crew.until_ms, side="right"))
                done.update(zip(queue[at : at + fits], ends[:fits].tolist(), strict=True))
                at += fits
            busy, moment = [], crew.until_ms
        return done

    def _mean_ms(self, desk: Desk, queue: list[int]) -> float:
        mean = desk.plan.handling_ms.mean
        return mean * desk.effort(queue) / len(queue) if queue else mean

    def _crew(self, number: int) -> Crew:
        """A roster of their own, as whoever plans asks about other times than those who work."""
        if self._desk_crews is None:
            calendar = self._site.calendar
            self._desk_crews = [Crew(d.shifts, 0, calendar.of(d.plan)) for d in self._site.exceptions.desks]
        return self._desk_crews[number]

    # From there to the van.

    def _free_at(self, queue: Ints, done_ms: Floats) -> tuple[Ints, Floats]:
        register = self._site.register
        due = as_numpy(register.orders.ship_by_ms)[as_numpy(register.shipments.order)[queue]]
        by_due = np.argsort(due, kind="stable")
        return due[by_due], np.maximum.accumulate(done_ms[by_due])

    def _leaves_ms(self, order: int, cleared_ms: float, due_ms: int) -> float:
        """When the last part of an order leaves; never, where no node has its goods."""
        parts = self._parts(order)
        if not parts:
            return float(NEVER)
        handling, leaves = self._site.handling, list[float]()
        for node, goods in parts.items():
            own = [Foreseen(0, len(goods), 0, goods)] if handling is None else handling.foreseen(order, node, goods)
            leaves += [self._part_leaves_ms(order, node, part, cleared_ms, due_ms) for part in own]
        return max(leaves)

    def _parts(self, order: int) -> dict[int, list[tuple[int, int]]]:
        """Where its goods would come from: the nearest node that has them all, else the nearest for each line; empty,
        where a line has none."""
        site = self._site
        orders, available = site.register.orders, site.inventory.available
        wanted = [(product, units) for _, product, units in site.allocator.wanted(order)]
        bound = site.allocator.bound_to(order)
        pool = site.pools[site.pool_of_channel[orders.channel[order]]]
        near = site.geography.nearest_nodes[orders.region[order]] if bound is None else [bound]
        nodes = [n for n in near if n in pool and site.open_nodes[n]]
        for node in nodes:
            if all(available[node][product] >= units for product, units in wanted):
                return {node: wanted}
        parts: dict[int, list[tuple[int, int]]] = {}
        for product, units in wanted:
            having = next((n for n in nodes if available[n][product] >= units), None)
            if having is None:
                return {}
            parts.setdefault(having, []).append((product, units))
        return parts

    def _part_leaves_ms(self, order: int, node: int, part: Foreseen, cleared_ms: float, due_ms: int) -> float:
        site, floor = self._site, self._floor
        service = site.dock.service_for(node, order, part.goods, part.pallets)
        if service < 0:
            return float(NEVER)
        dues, done = self._free[node]
        before = int(dues.searchsorted(due_ms, side="right"))
        free_ms = float(done[before - 1]) if before else 0.0
        pick, pack = site.world.network.nodes[node].stations[:2]
        wave_ms = self._wave_ms(node, cleared_ms)
        work_ms = pick.setup_ms + part.lines * pick.work_ms.mean + part.extra_ms
        packed_ms = picked_ms = floor.one_ends(node, 0, wave_ms, work_ms)
        if not part.pallets:
            packed_ms = floor.one_ends(node, 1, max(picked_ms, free_ms), pack.setup_ms + pack.work_ms.mean)
        packed_ms += site.warehouses[node].close_ms
        calls = floor.collections(node, service)
        return float(calls[min(int(calls.searchsorted(packed_ms)), len(calls) - 1)])

    def _wave_ms(self, node: int, cleared_ms: float) -> float:
        """The first wave after an order was cleared, and allocated with the next batch."""
        site = self._site
        every_ms, wave_ms = site.world.rules.allocate_every_ms, site.world.network.nodes[node].wave_interval_ms
        at_ms = -(-cleared_ms // every_ms) * every_ms if every_ms else cleared_ms
        return self._floor.at_work(node, 0, -(-at_ms // wave_ms) * wave_ms)
