"""Lost sales with a lead time: the best policy by dynamic programming, and base stock, capped or not, exactly.

A period: what was ordered L periods ago is on hand, an order is placed, demand comes, what is short is lost, what is
left is charged for (Zipkin 2008).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import cost_by_level, critical_level, left_and_short, mean_of, of_periods
from optimize.inventory.markov_chain import long_run_shares

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LostSales:
    """Long-run averages of one policy by period: cost, units left, share of demand that is lost."""

    cost: float
    on_hand: float
    lost_share: float


@dataclass(frozen=True, slots=True)
class BaseStockLevels:
    """Order up to ``level``, but no more than ``at_most`` at once (None: no cap); ``cost`` a period."""

    level: int
    at_most: int | None
    cost: float


def best_lost_sales_cost(
    demand: Floats, lead_periods: int, holding: float, penalty: float, precision: float = 1e-7
) -> float:
    """Cost a period of the best policy, by relative value iteration until it is known to ``precision``.

    Orders are no more than the newsvendor's level of one period, and stock with all that is on order no more than that
    of L + 1 periods: no best policy goes beyond (Zipkin 2008, section 4).
    """
    space = _space(demand, lead_periods, holding, penalty)
    cost = cost_by_level(np.arange(space.most + 1), demand, holding, penalty)[:, None]
    chances = _after_demand(demand, space.most)
    arriving = np.minimum(np.arange(space.most + 1)[:, None] + np.arange(space.orders), space.most)
    values = np.zeros(space.total.shape)
    while True:
        following = values[arriving] if lead_periods > 1 else values[arriving, 0][:, :, None]
        by_order = cost + chances @ following.reshape(space.most + 1, -1)
        by_order = np.where(space.allowed, by_order.reshape(space.allowed.shape), np.inf)
        changes = by_order.min(axis=2) - values
        least, largest = changes[space.possible].min(), changes[space.possible].max()
        if largest - least < precision:
            return float(least + largest) / 2
        values = values + changes - least


@dataclass(frozen=True, slots=True)
class _Space:
    """States (on hand, pipeline code) of a problem, and which orders each allows.

    The pipeline is coded in base ``orders``, the next delivery first; ``allowed`` has shape (on hand, codes, orders).
    """

    most: int
    orders: int
    total: Ints
    allowed: Bools

    @property
    def possible(self) -> Bools:
        """States that a policy within the bounds can come to."""
        return self.total <= self.most


def _space(demand: Floats, lead_periods: int, holding: float, penalty: float) -> _Space:
    orders = critical_level(demand, holding, penalty) + 1
    most = critical_level(of_periods(demand, lead_periods + 1), holding, penalty)
    codes = np.arange(orders ** (lead_periods - 1))
    in_pipeline = sum((codes // orders**place % orders for place in range(lead_periods - 1)), np.zeros_like(codes))
    total = np.arange(most + 1)[:, None] + in_pipeline
    allowed = total[:, :, None] + np.arange(orders) <= most
    allowed[:, :, 0] = True
    return _Space(most, orders, total, allowed)


def _after_demand(demand: Floats, most: int) -> Floats:
    """Chances of what is left, shape (on hand before, on hand after)."""
    chances = np.zeros((most + 1, most + 1))
    for units, chance in enumerate(demand[: most + 1].tolist()):
        chances[np.arange(units, most + 1), np.arange(most + 1 - units)] = chance
    chances[:, 0] += 1 - chances.sum(axis=1)
    return chances


def lost_sales_base_stock(
    demand: Floats, lead_periods: int, level: int, holding: float, penalty: float, at_most: int | None = None
) -> LostSales:
    """What base stock costs with lost sales, by the chain of stock and pipeline; capped where ``at_most`` is given."""
    cap = level if at_most is None else min(at_most, level)
    on_hand, pipeline = _states(level, lead_periods, cap)
    ordered = np.minimum(cap, level - on_hand - pipeline.sum(axis=0))
    arrives, *later = (*pipeline, ordered)
    base = level + 1
    place = np.full(base**lead_periods, -1)
    place[_code(on_hand, pipeline, base)] = np.arange(len(on_hand))
    origins, targets, chances = [], [], []
    for units in range(level + 1):
        serves = np.flatnonzero(on_hand >= units)
        origins.append(serves)
        targets.append(place[_code(on_hand - units + arrives, later, base)[serves]])
        exactly = demand[units] if units < len(demand) else 0.0
        chances.append(np.where(on_hand[serves] == units, demand[units:].sum(), exactly))
    shares = long_run_shares(np.concatenate(origins), np.concatenate(targets), np.concatenate(chances), len(on_hand))
    left, short = (float(shares @ units) for units in left_and_short(on_hand, demand))
    return LostSales(holding * left + penalty * short, left, short / mean_of(demand))


def _states(level: int, lead_periods: int, cap: int) -> tuple[Ints, Ints]:
    """All (on hand, pipeline) of no more than ``level`` together, orders capped: shapes (n,) and (lead - 1, n)."""
    axes = [np.arange(level + 1), *[np.arange(cap + 1)] * (lead_periods - 1)]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
    grid = grid[:, grid.sum(axis=0) <= level]
    return grid[0], grid[1:]


def _code(on_hand: Ints, pipeline: Iterable[Ints], base: int) -> Ints:
    code = on_hand
    for units in pipeline:
        code = code * base + units
    return code


def best_base_stock(demand: Floats, lead_periods: int, holding: float, penalty: float) -> BaseStockLevels:
    """The best base stock: its cost is convex in the level (Janakiraman and Roundy 2004)."""
    return _descend(demand, lead_periods, holding, penalty, None, _start(demand, lead_periods, holding, penalty))


def best_capped_base_stock(demand: Floats, lead_periods: int, holding: float, penalty: float) -> BaseStockLevels:
    """The best level and cap, over all caps up to the newsvendor's order of one period; for each, down to the level
    beside which both neighbours cost more."""
    start = _start(demand, lead_periods, holding, penalty)
    found: list[BaseStockLevels] = []
    for cap in range(max(1, critical_level(demand, holding, penalty)), 0, -1):
        found.append(_descend(demand, lead_periods, holding, penalty, cap, start))
        start = found[-1].level
    return min(found, key=lambda levels: levels.cost)


def _start(demand: Floats, lead_periods: int, holding: float, penalty: float) -> int:
    """With backorders the best level is at least as high."""
    return critical_level(of_periods(demand, lead_periods + 1), holding, penalty)


def _descend(
    demand: Floats, lead_periods: int, holding: float, penalty: float, cap: int | None, start: int
) -> BaseStockLevels:
    def cost(level: int) -> float:
        return lost_sales_base_stock(demand, lead_periods, level, holding, penalty, cap).cost

    level, best = start, cost(start)
    for step in (-1, 1):
        while level + step >= 0 and (other := cost(level + step)) < best:
            level, best = level + step, other
    return BaseStockLevels(level, cap, best)
