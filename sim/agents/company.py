"""The company's own knowledge, read from its systems when a policy asks: floors, purchase orders, sales."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.floor.workload import Hours, Workload
from sim.agents.supply.buckets import Buckets
from sim.agents.supply.sales_history import SalesHistory
from sim.books.columns import as_numpy
from sim.disruptions import Promotion
from sim.orders import LINE_OFFERED, LINE_REFUSED
from sim.policies.company import Coming, CompanyView
from sim.policies.outlook import Outlook
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

Floats = NDArray[np.float64]

_REMEMBERED_DAYS = 28


class Company:
    """Answers a `CompanyView` from one run's agents."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._looked_ms = -1
        self._counted = 0
        """Lines up to this number are in `_sold`."""
        self._sold = np.zeros(len(site.world.network.products))
        site.register.leaving.before(self._count)

    @property
    def view(self) -> CompanyView:
        """What a policy gets."""
        return CompanyView(
            load_hours=self._load_hours,
            adds_hours=self._adds_hours,
            done_ms=self._done_ms,
            hours_until=self._hours_until,
            on_order=self._on_order,
            position=self._position,
            free=self._free,
            outlook=self._outlook,
            late=self._late,
            demand=self._demand,
        )

    # Floors.

    @cached_property
    def _load(self) -> Workload:
        return Workload(self._site)

    def _fresh(self) -> Workload:
        """The floors with the people of this moment."""
        if self._looked_ms != self._site.clock.now_ms:
            self._looked_ms = self._site.clock.now_ms
            self._load.look()
        return self._load

    def _load_hours(self) -> Sequence[Hours]:
        load, found = self._fresh(), []
        for node in range(len(self._site.warehouses)):
            begun, waiting = load.begun(node), load.waiting(node)
            more = load.hours(node, load.lines_of(node, waiting), load.parcels_of(waiting))
            found.append((begun[0] + more[0], begun[1] + more[1]))
        return found

    def _adds_hours(self, node: int, lines: int) -> Hours:
        return self._fresh().hours(node, lines, 1)

    def _done_ms(self, node: int, pick_hours: float, pack_hours: float) -> int:
        return self._fresh().done_ms(node, pick_hours, pack_hours)

    def _hours_until(self, node: int, until_ms: int) -> Hours:
        return self._fresh().hours_until(node, until_ms)

    # Stock to come.

    def _on_order(self) -> Sequence[Coming]:
        """Purchase orders by the dates that suppliers named; transfers by what the road usually takes."""
        site, now_ms = self._site, self._site.clock.now_ms
        found = site.purchasing.expected()
        for node, spec in enumerate(site.world.network.nodes):
            due_ms = now_ms + round(spec.transfer_ms.mean)
            under_way = zip(site.inventory.in_transit[node], site.inventory.spoken_for[node], strict=True)
            found += [(node, p, units - bound, due_ms) for p, (units, bound) in enumerate(under_way) if units > bound]
        return found

    def _position(self, node: int) -> Sequence[int]:
        return self._site.supply.position(node)

    def _free(self, node: int) -> Sequence[int]:
        products = range(len(self._site.world.network.products))
        return [max(0, self._site.inventory.unpromised(node, p)) for p in products]

    def _late(self) -> frozenset[int]:
        late = self._site.late_suppliers
        return frozenset() if late is None else late.late

    # Demand to expect.

    def _outlook(self, node: int) -> Outlook | None:
        forecaster = self._site.forecaster
        return None if forecaster is None else forecaster.outlook(node)

    @cached_property
    def _history(self) -> SalesHistory:
        return SalesHistory(self._site, Buckets(self._site.calendar, DAY_MS))

    @cached_property
    def _remembered(self) -> tuple[Floats, float]:
        """Units of each product in the month before the run, and the orders that usual traffic has in that time."""
        history = self._history
        if self._site.world.trace is not None:
            return np.zeros_like(self._sold), 0.0
        past = history.before(_REMEMBERED_DAYS)
        channels = range(len(self._site.world.network.channels))
        first = Buckets(self._site.calendar, DAY_MS).first
        usual = sum(history.usual_orders(c, first - back - 1) for c in channels for back in range(_REMEMBERED_DAYS))
        units: Floats = np.sum([sales.sum(axis=(0, 1)) for sales in past], axis=0)
        return units, usual

    @cached_property
    def _region_shares(self) -> Floats:
        """Where customers live, by the orders that their channels usually have."""
        network = self._site.world.network
        shares = np.zeros(len(network.regions))
        for channel in network.channels:
            weights = network.segments[channel.segment].region_weights or tuple(r.population for r in network.regions)
            shares += channel.orders_per_day * np.array(weights) / max(sum(weights), 1e-300)
        return shares / max(float(shares.sum()), 1e-300)

    @cached_property
    def _planned(self) -> list[Promotion]:
        """Promotions that are in the plan; those that come by chance are not known before they come."""
        return [d.as_planned for d in self._site.world.disruptions if isinstance(d, Promotion)]

    def _traffic(self, from_ms: int, until_ms: int) -> float:
        """Orders to expect between two moments: each hour of the week as usual, promotions of the plan on top."""
        total, calendar = 0.0, self._site.calendar
        for number, channel in enumerate(self._site.world.network.channels):
            mine, own = [p for p in self._planned if p.channels is None or number in p.channels], calendar.of(channel)
            for begin in range(from_ms, until_ms, HOUR_MS):
                end = min(begin + HOUR_MS, until_ms)
                rate = channel.orders_per_day * channel.hour_of_week[own.hour_of_week(begin)]
                rate *= (1 + channel.weekly_growth) ** (max(0, calendar.day_at(begin)) / 7)
                for p in mine:
                    if p.at_ms <= begin < p.at_ms + p.duration_ms:
                        rate *= p.multiplier
                total += rate * (begin >= channel.opens_ms) * (end - begin) / DAY_MS
        return total

    def _accepted(self) -> Floats:
        """Units of each product that were accepted since the run began."""
        self._count()
        return self._sold

    def _count(self) -> None:
        """Count what has come since the last time."""
        register, now_ms = self._site.register, self._site.clock.now_ms
        lines, at_ms = register.lines, as_numpy(register.orders.at_ms)
        until = int(np.searchsorted(at_ms, now_ms))
        last = register.orders.first_line[until]
        if last > self._counted:
            rows = slice(self._counted, last)
            state = as_numpy(lines.state)[rows]
            taken = (state != LINE_OFFERED) & (state != LINE_REFUSED)
            units = as_numpy(lines.units)[rows]
            product = as_numpy(lines.product)[rows][taken]
            self._sold += np.bincount(product, weights=units[taken], minlength=len(self._sold))
            self._counted = last

    def _demand(self, from_ms: int, until_ms: int) -> Floats:
        units, usual = self._remembered
        seen = usual + self._traffic(0, self._site.clock.now_ms)
        if seen <= 0:
            return np.zeros((len(self._site.world.network.regions), len(units)))
        an_order = (units + self._accepted()) / seen
        return self._region_shares[:, None] * (an_order * self._traffic(from_ms, until_ms))[None, :]
