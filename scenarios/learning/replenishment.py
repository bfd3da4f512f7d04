"""Replenishment as a Gymnasium environment: a step is one review of one node."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from scenarios.learning.driver import Driver, world_of
from sim.books.columns import as_numpy
from sim.orders import LINE_REFUSED
from sim.policies.replenishment import PositionView
from sim.units import BASIS_POINTS, DAY_MS, WEEK_MS
from sim.world import World

Floats32 = NDArray[np.float32]

_FAR = 10.0
"""Positions are told up to so many times the plan's level."""


@dataclass(slots=True)
class _Told:
    """A policy that answers what the agent said."""

    wanted: list[tuple[int, int]] = field(default_factory=list)

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """As told."""
        return self.wanted


class ReplenishmentEnv(gymnasium.Env[Floats32, Floats32]):
    """One node's review after another, from the start to the end of demand.

    **Action**, shape (products,), -1 to 1: the level to order up to, as a change of the stock plan's: S (1 + a). At 0
    everywhere this is the policy ``base_stock``; at -1 nothing is ordered. What the node does not carry is left alone.

    **Observation**, shape (nodes + 2 + 2 products,): which node; sine and cosine of the time of the week; inventory
    position and available units of each product there, over S, cut at 10 either way.

    **Reward**, in the currency's major units, never above 0: less the cost of holding what is on hand (``holding_bp``
    of its value a year, at the value when the step began), the margin (price less cost) of units that channels refused,
    and ``owed_bp`` of the margin of units that customers wait for, a day. It is that of the time from this review to
    the next one, whichever node has it, and so falls on all nodes.

    Parameters
    ----------
    scenario
        A world, or a scenario by name or file; its own replenishment policy is not asked.
    holding_bp, owed_bp
        See above.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(self, scenario: str | Path | World, holding_bp: int = 2_500, owed_bp: int = 1_000) -> None:
        self.world = world_of(scenario)
        network = self.world.network
        self._nodes, self._products = len(network.nodes), len(network.products)
        self._level = self.world.stock.order_up_to.astype(np.float64)
        self._margin = np.array([max(0, p.price_cents - p.cost_cents) for p in network.products], dtype=np.float64)
        self._holding, self._owed = holding_bp / BASIS_POINTS / 365, owed_bp / BASIS_POINTS
        self.action_space = Box(-1.0, 1.0, (self._products,), np.float32)
        self.observation_space = Box(-_FAR, _FAR, (self._nodes + 2 + 2 * self._products,), np.float32)
        self._told = _Told()
        self._driver: Driver | None = None
        self._node = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats32, dict[str, Any]]:
        """Begin again; the same ``seed`` brings the same customers."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(1, 2**31))
        self._driver = Driver(
            self.world, number, lambda model, handler, what: model.site.supply.reviewed(handler, what) is not None
        )
        self._driver.site.policies.replenishment = self._told
        self._lines = 0
        self._driver.go_on()
        self._look()
        return self._observe(), self._info()

    def step(self, action: Floats32) -> tuple[Floats32, float, bool, bool, dict[str, Any]]:
        """Order at the pending review, and run to the next one."""
        driver = self.driver
        if driver.is_over:
            raise gymnasium.error.ResetNeeded("the episode is over: reset() begins another one")
        level = np.rint(self._level[self._node] * (1.0 + np.asarray(action, dtype=np.float64)))
        units = np.maximum(0, level.astype(np.int64) - np.asarray(driver.site.supply.position(self._node)))
        units[self._level[self._node] <= 0] = 0
        self._told.wanted = [(p, n) for p, n in enumerate(units.tolist()) if n]
        begun_ms, value, owed = driver.now_ms, self._value_cents(), self._owed_cents()
        driver.carry_out()
        driver.go_on()
        days = (driver.now_ms - begun_ms) / DAY_MS
        cost = value * self._holding * days + owed * self._owed * days + self._newly_refused_cents()
        self._look()
        return self._observe(), -cost / 100, driver.is_over, False, self._info()

    @property
    def driver(self) -> Driver:
        """The episode under way."""
        if self._driver is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        return self._driver

    def _look(self) -> None:
        """Which node is reviewed; the last one, when the episode is over."""
        if not self.driver.is_over:
            node = self.driver.site.supply.reviewed(*self.driver.pending())
            assert node is not None
            self._node = node

    def _observe(self) -> Floats32:
        site = self.driver.site
        level = np.maximum(self._level[self._node], 1.0)
        carried = self._level[self._node] > 0
        position = np.where(carried, np.asarray(site.supply.position(self._node)) / level, 0.0)
        available = np.where(carried, np.asarray(site.inventory.available[self._node]) / level, 0.0)
        node = np.zeros(self._nodes)
        node[self._node] = 1.0
        angle = 2 * math.pi * (self.driver.now_ms % WEEK_MS) / WEEK_MS
        told = np.concatenate([node, [math.sin(angle), math.cos(angle)], position, available])
        return np.clip(told, -_FAR, _FAR).astype(np.float32)

    def _info(self) -> dict[str, Any]:
        return {"node": self.world.network.nodes[self._node].name, "now_ms": self.driver.now_ms}

    def _value_cents(self) -> float:
        return float(sum(sum(row) for row in self.driver.site.inventory.value_cents))

    def _owed_cents(self) -> float:
        return float((np.asarray(self.driver.site.supply.owed) @ self._margin).sum())

    def _newly_refused_cents(self) -> float:
        """Margin of what was refused since the last look; arrivals up to now have been met."""
        register, driver = self.driver.site.register, self.driver
        until_order = int(np.searchsorted(as_numpy(register.orders.at_ms), driver.now_ms, side="right"))
        until = int(as_numpy(register.orders.first_line)[until_order])
        rows = slice(self._lines, until)
        refused = as_numpy(register.lines.state)[rows] == LINE_REFUSED
        units, product = as_numpy(register.lines.units)[rows][refused], as_numpy(register.lines.product)[rows][refused]
        self._lines = max(self._lines, until)
        return float((units * self._margin[product]).sum())
