"""A node whose shelf may differ from its record: pickers find what is there, and people count."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.floor.crew import Crew
from sim.agents.floor.station import Station
from sim.agents.floor.warehouse import ReviewedWarehouse, Warehouse
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import BOUNDARY
from sim.distributions import Fixed
from sim.network import Network
from sim.network import Station as StationSpec
from sim.orders import RELEASED
from sim.units import DAY_MS, HOUR_MS

_COUNTED = NUMBER["counted"]
_BY_PLAN, _AFTER_SHORT_PICK = REASON_NUMBER["counted"], REASON_NUMBER["short_pick"]

CLASS_ENDS = (0.8, 0.95)
"""Share of sales at cost with which classes A and B end."""


class ShelfWarehouse(Warehouse):
    """A floor on which the shelf is told apart from the record."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._to_count: dict[int, int] = {}
        """Products that wait to be counted, and why."""
        counts = self.spec.cycle_counts
        self.counting: Station | None = None
        if counts is not None and counts.staff:
            shifts = self.shifts_of(counts.staff)
            self.counting = Station(
                StationSpec(Fixed(counts.work_ms)),
                Crew(shifts, 0, self.calendar),
                self._clock,
                len,
                self._count,
                self._site.streams.counter("work count", self.spec.name),
                self.index,
            )
            self._plans = _plans(
                self._site.world.network, self._site.world.stock.order_up_to[self.index], counts.every_ms
            )
            if self._plans:
                self._call_count(self.calendar.first_day)

    # Picking and putting away.

    def _picked(self, jobs: list[int]) -> None:
        column, shelf = self._states.column, self._site.shelf
        assert shelf is not None
        missing = shelf.look_for(self.index, [s for s in jobs if column[s] == RELEASED])
        if not missing:
            super()._picked(jobs)
            return
        short = {shipment for shipment, _, _ in missing}
        if self._faces is not None:
            self._faces.done(sorted(short))
        super()._picked([s for s in jobs if s not in short])
        shelf.report_short(self.index, missing)
        self._recount([self._site.register.lines.product[line] for _, line, _ in missing])

    def _put_away(self, goods: list[int]) -> None:
        super()._put_away(goods)
        assert self._site.shelf is not None
        self._site.shelf.put_away(self.index, goods)

    def _inspected(self, returns: list[int]) -> None:
        super()._inspected(returns)
        assert self._site.shelf is not None
        is_restocked = self._site.returns.is_restocked
        self._site.shelf.restocked(self.index, [n for n in returns if is_restocked(n)])

    # Counting.

    def _recount(self, products: list[int]) -> None:
        counts = self.spec.cycle_counts
        if counts is not None and counts.after_short_pick:
            self._ask_for(products, _AFTER_SHORT_PICK, first=True)

    def _call_count(self, day: int) -> None:
        at_ms = self.calendar.at(day, 0)
        if at_ms < self._site.world.horizon.end_ms:
            self._clock.at(max(at_ms, self._clock.now_ms), BOUNDARY, self._plan_counts, day, rank=self.index)

    def _plan_counts(self, day: int) -> None:
        """Each class in turn: every SKU once in its interval, as many each day."""
        for products, days in self._plans:
            self._ask_for(products[day % days :: days], _BY_PLAN, first=False)
        self._call_count(day + 1)

    def _ask_for(self, products: list[int], reason: int, *, first: bool) -> None:
        if self.counting is None:
            return
        fresh = [p for p in dict.fromkeys(products) if p not in self._to_count]
        self._to_count.update(dict.fromkeys(fresh, reason))
        if first:
            self.counting.queue.extendleft(reversed(fresh))
            self.counting.start()
        else:
            self.counting.put(fresh)

    def _count(self, products: list[int]) -> None:
        site, counts = self._site, self.spec.cycle_counts
        assert site.shelf is not None
        assert counts is not None
        labour_cents = round(self.spec.piece_cents_per_hour * counts.work_ms / HOUR_MS)
        for product in products:
            reason = self._to_count.pop(product)
            units = site.shelf.count(self.index, product)
            record = site.register.goods.add(self.index, product, units, labour_cents)
            site.log.one(_COUNTED, self.actor, reason, record)

    def _limit_stations(self) -> None:
        super()._limit_stations()
        if self.counting is not None:
            self.counting.limit_capacity(self._open_bp)


class ReviewedShelfWarehouse(ShelfWarehouse, ReviewedWarehouse):
    """The same, where stock is reviewed with each demand."""


def _plans(network: Network, order_up_to: Any, every_ms: tuple[int | None, ...]) -> list[tuple[list[int], int]]:
    """(products, days between two counts) of each class that is counted by plan, of the SKUs that a node carries."""
    sold = np.array([p.demand_weight * p.cost_cents for p in network.products])
    ranked = np.argsort(-sold, kind="stable")
    before = (np.cumsum(sold[ranked]) - sold[ranked]) / max(float(sold.sum()), 1e-12)
    carried = np.asarray(order_up_to) > 0
    if not carried.any():
        carried[:] = True  # where nothing is replenished, what lay there at the opening is counted
    plans = []
    for number, interval in enumerate(every_ms):
        low, high = (0.0, *CLASS_ENDS)[number], (*CLASS_ENDS, np.inf)[number]
        mine = [int(p) for p in ranked[(before >= low) & (before < high)] if carried[p]]
        if interval is not None and mine:
            plans.append((mine, max(1, round(interval / DAY_MS))))
    return plans
