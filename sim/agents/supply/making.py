"""Suppliers at work that make to stock, by the orders that they get or by a forecast that the company shares."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.clock import BOUNDARY, SWEEP
from sim.plans.making import MakingPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_STARTED = NUMBER["production_started"]
_RANK = 1 << 22

Floats = NDArray[np.float64]


class Maker:
    """One supplier's factory and stock, product by product."""

    def __init__(self, site: Site, supplier: int, plan: MakingPlan, actor: int) -> None:
        self._site, self._supplier, self._plan, self._actor = site, supplier, plan, actor
        network = site.world.network
        self._products = [p for p, spec in enumerate(network.products) if spec.supplier == supplier]
        self._buyers = [n for n, spec in enumerate(network.nodes) if spec.source is None]
        self._free = dict.fromkeys(self._products, plan.opening_units)
        """Units that nobody has ordered; below zero, units that are ordered and not made."""
        self._coming: dict[int, deque[tuple[int, int]]] = {p: deque() for p in self._products}
        """What is being made: when it is there, and how much."""
        self._asked = dict.fromkeys(self._products, 0)
        self._history: dict[int, deque[int]] = {p: deque(maxlen=plan.window) for p in self._products}

    def start(self) -> None:
        """Plan at once, and again after each interval until demand ends."""
        self._site.clock.at(0, SWEEP, self._review, rank=_RANK + self._supplier)

    def take(self, product: int, units: int) -> int:
        """Units were ordered; when they are made."""
        clock = self._site.clock
        if product not in self._free:  # it stands in for another supplier, and has to make them
            return clock.now_ms + self._plan.takes_ms
        self._asked[product] += units
        self._free[product] -= units
        missing = -self._free[product]
        for due_ms, made in self._coming[product]:
            if missing <= 0:
                break
            missing -= made
            if missing <= 0:
                return due_ms
        if missing > 0:
            self._begin(product, missing)
            return clock.now_ms + self._plan.takes_ms
        return clock.now_ms

    def _begin(self, product: int, units: int) -> None:
        site = self._site
        note = site.register.notes.add(product=product, units=units)
        site.log.one(_STARTED, self._actor, 0, note)
        due_ms = site.clock.now_ms + self._plan.takes_ms
        self._coming[product].append((due_ms, units))
        site.clock.at(due_ms, BOUNDARY, self._finish, product, rank=_RANK + self._supplier)

    def _finish(self, product: int) -> None:
        self._free[product] += self._coming[product].popleft()[1]

    def _review(self, _: None) -> None:
        """Make up to what is expected."""
        site, plan, now_ms = self._site, self._plan, self._site.clock.now_ms
        span = (plan.takes_ms + plan.every_ms) / plan.every_ms
        for product in self._products:
            self._history[product].append(self._asked[product])
            self._asked[product] = 0
        ahead = self._forecast() if plan.sees == "forecast" else None
        for product in self._products:
            past = self._history[product]
            expected = span * sum(past) / len(past) if ahead is None else float(ahead[product])
            position = self._free[product] + sum(units for _, units in self._coming[product])
            wanted = round(expected) + plan.safety_units - position
            if wanted > 0:
                self._begin(product, wanted)
        if now_ms + plan.every_ms < site.world.horizon.end_ms:
            site.clock.at(now_ms + plan.every_ms, SWEEP, self._review, rank=_RANK + self._supplier)

    def _forecast(self) -> Floats:
        """What all nodes that buy expect to sell until what is started next time is there."""
        forecaster = self._site.forecaster
        assert forecaster is not None
        products = len(self._site.world.network.products)
        span_ms = np.full(products, float(self._plan.takes_ms + self._plan.every_ms))
        found = np.zeros(products)
        for node in self._buyers:
            found += forecaster.outlook(node).demand(self._site.clock.now_ms, span_ms)
        return found


class Making:
    """All suppliers that make to stock."""

    def __init__(self, site: Site, actors: Sequence[int]) -> None:
        self._site = site
        self._makers = {
            n: Maker(site, n, spec.making, actors[n])
            for n, spec in enumerate(site.world.network.suppliers)
            if spec.making is not None
        }

    def start(self) -> None:
        """Begin to plan."""
        for maker in self._makers.values():
            maker.start()

    def ready_ms(self, supplier: int, records: Sequence[int], not_before_ms: int) -> int:
        """When the goods of an order are made that a supplier takes on now."""
        maker, goods = self._makers.get(supplier), self._site.register.goods
        if maker is None:
            return not_before_ms
        return max([not_before_ms, *(maker.take(goods.product[r], goods.units[r]) for r in records)])
