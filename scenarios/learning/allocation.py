"""Allocation as a Gymnasium environment: a step is one order that wants nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from scenarios.learning.driver import Driver, world_of
from sim.books.register import Line
from sim.policies.allocation import (
    NAN,
    AllocationPolicy,
    Answer,
    Assignment,
    OrderView,
    StockView,
    parcels_of,
    serve_in_sequence,
)
from sim.units import MINUTE_MS
from sim.world import World

Floats32 = NDArray[np.float32]

FEATURES = ("may send", "share of units", "everything", "cost", "waiting")
"""What is told of each node."""
_FAR = 10.0
_COST_CENTS, _WAITING = 1_000.0, 100.0
"""Costs and queues are told in these units."""


@dataclass(slots=True)
class _Told:
    """A policy that follows the agent where it was asked, and a plain rule elsewhere."""

    rule: AllocationPolicy
    sequence: dict[int, list[int]] = field(default_factory=dict)
    runner_up: int | None = None
    gap_cents: float = NAN

    def bind(self, world: World) -> None:
        """The rule has learned already."""

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """The agent's node first, then outward."""
        nodes = self.sequence.pop(order.order, None)
        return self.rule.decide(order, stock) if nodes is None else serve_in_sequence(nodes, order.lines, stock)


class AllocationEnv(gymnasium.Env[Floats32, np.int64]):
    """Order after order, from the start to the end of demand.

    Orders are allocated in batches, every ``rules.allocate_every`` (15 minutes where the scenario has none), and each
    order of a batch is a step. What is allocated again later (backorders, shipments of a closed node) follows the
    scenario's own rule.

    **Action**: the node that sends what it can; the rest comes from the nearest others. A node that may not send (the
    ``action_mask`` in ``info`` is 0 there) is passed over.

    **Observation**, shape (5 nodes,), by node `FEATURES`: whether it is open and serves the channel; the share of the
    order's units that it has; whether it has everything; what the order would cost from there, in 10 units of currency;
    shipments that wait there, in hundreds. Cut at 10.

    **Reward**, in the currency's major units, never above 0: less freight, handling and packaging of the order's
    parcels by the scenario's rates, and ``short_cents`` for each unit that no node sends. Whether parcels are late is
    not in it.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(self, scenario: str | Path | World, short_cents: int = 1_000) -> None:
        world = world_of(scenario)
        if not world.rules.allocate_every_ms:
            world = replace(world, rules=replace(world.rules, allocate_every_ms=15 * MINUTE_MS))
        self.world = world
        self._short_cents = short_cents
        self._nodes = len(world.network.nodes)
        self._weight_kg = [p.weight_kg for p in world.network.products]
        self.action_space = Discrete(self._nodes)
        self.observation_space = Box(0.0, _FAR, (len(FEATURES) * self._nodes,), np.float32)
        self._driver: Driver | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats32, dict[str, Any]]:
        """Begin again; the same ``seed`` brings the same customers."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(1, 2**31))
        self._driver = driver = Driver(
            self.world, number, lambda model, handler, _: bool(model.site.batches.pending(handler))
        )
        self._told = _Told(driver.site.policies.allocation)
        driver.site.policies.allocation = self._told
        self._order, self._batch = OrderView(), list[int]()
        self._next_batch()
        return self._observe(), self._info()

    def step(self, action: np.int64) -> tuple[Floats32, float, bool, bool, dict[str, Any]]:
        """Place the order, and go to the next one."""
        driver, order = self.driver, self._order
        if driver.is_over:
            raise gymnasium.error.ResetNeeded("the episode is over: reset() begins another one")
        nodes = self._sequence(int(action))
        assignments = self._whole_if_asked(serve_in_sequence(nodes, order.lines, self._stock))
        self._told.sequence[order.order] = nodes
        product_of = {line: product for line, product, _ in order.lines}
        for line, node, units in assignments:
            self._stock.available[node][product_of[line]] -= units  # type: ignore[index]  # a copy of our own
        cost = self._cost_cents(assignments)
        self._next_order()
        return self._observe(), -cost / 100, driver.is_over, False, self._info()

    @property
    def driver(self) -> Driver:
        """The episode under way."""
        if self._driver is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        return self._driver

    def _next_batch(self) -> None:
        driver = self.driver
        driver.go_on()
        if driver.is_over:
            return
        site = driver.site
        self._batch = site.batches.pending(driver.pending()[0])
        self._stock = StockView([list(row) for row in site.inventory.available], bytes(site.open_nodes))
        self._take()

    def _next_order(self) -> None:
        if self._batch:
            self._take()
        else:
            self.driver.carry_out()
            self._next_batch()

    def _take(self) -> None:
        order = self._batch.pop(0)
        orders, register = self.driver.site.register.orders, self.driver.site.register
        lines: list[Line] = [
            (n, register.lines.product[n], register.lines.open_units[n])
            for n in orders.lines(order)
            if register.lines.open_units[n]
        ]
        self._order = OrderView(
            order,
            orders.channel[order],
            orders.region[order],
            lines,
            orders.deliver_by_ms[order],
            self.driver.now_ms,
        )

    def _sequence(self, first: int) -> list[int]:
        """The agent's node, then the others that may serve the channel, nearest first."""
        site, order = self.driver.site, self._order
        pool = site.pools[site.pool_of_channel[order.channel]]
        nearest = [n for n in site.geography.nearest_nodes[order.region] if n in pool]
        return [first, *(n for n in nearest if n != first)] if first in pool else nearest

    def _whole_if_asked(self, assignments: list[Assignment]) -> list[Assignment]:
        complete = self.world.network.channels[self._order.channel].ship_complete
        sent, wanted = (sum(units for *_, units in rows) for rows in (assignments, self._order.lines))
        return [] if complete and sent < wanted else assignments

    def _cost_cents(self, assignments: list[Assignment]) -> float:
        parcels = parcels_of(self._order, assignments, self._weight_kg)
        short = sum(u for *_, u in self._order.lines) - sum(u for *_, u in assignments)
        return sum(self._parcel_cents(node, *parcel) for node, parcel in parcels.items()) + short * self._short_cents

    def _parcel_cents(self, node: int, weight_kg: float, lines: int) -> float:
        """What a parcel costs; where no carrier goes, as much as can be told."""
        order, channel = self._order, self.world.network.channels[self._order.channel]
        cost = self.driver.site.tariff.serve_cents(
            node, order.region, weight_kg, lines, channel.promise.transit_days, to_home=channel.residential
        )
        return cost if math.isfinite(cost) else _FAR * _COST_CENTS

    def _observe(self) -> Floats32:
        told = np.zeros((self._nodes, len(FEATURES)))
        if not self.driver.is_over:
            wanted = sum(units for *_, units in self._order.lines)
            weight = sum(units * self._weight_kg[product] for _, product, units in self._order.lines)
            mask = self._mask()
            for node in np.flatnonzero(mask).tolist():
                has = serve_in_sequence([node], self._order.lines, self._stock)
                share = sum(units for *_, units in has) / wanted
                cost = self._parcel_cents(node, weight, len(self._order.lines)) / _COST_CENTS
                waiting = len(self.driver.site.warehouses[node].waiting) / _WAITING
                told[node] = (1.0, share, share == 1.0, cost, waiting)
        return np.clip(told.ravel(), 0.0, _FAR).astype(np.float32)

    def _mask(self) -> NDArray[np.int8]:
        """By node 1 where it may send."""
        site = self.driver.site
        pool = site.pools[site.pool_of_channel[self._order.channel]]
        return np.array([n in pool and bool(site.open_nodes[n]) for n in range(self._nodes)], dtype=np.int8)

    def _info(self) -> dict[str, Any]:
        over = self.driver.is_over
        mask = np.zeros(self._nodes, dtype=np.int8) if over else self._mask()
        return {"order": -1 if over else self._order.order, "now_ms": self.driver.now_ms, "action_mask": mask}
