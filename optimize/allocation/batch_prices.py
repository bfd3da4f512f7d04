"""Prices of stock and capacity at which orders that choose for themselves want what there is.

The bound is the Lagrangian dual of stock and capacity. Its subgradient (what is wanted less what there is) is deflected
by its own past (Camerini, Fratta and Maffioli 1975), Polyak's step goes towards the cost of an allocation that can be
carried out (Held, Wolfe and Crowder 1974), and each row is scaled: a unit of stock is worth a line that goes unserved,
a unit of load a small part of a penalty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.batch_kernel import Orders, Shared, take_cheapest
from optimize.allocation.batch_placement import Placement

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MEMORY, _PATIENCE, _SHRINK = 0.6, 8, 0.6
_LOAD_SHARE = 0.2  # of a node's capacity: a change of load that is worth the whole penalty
_AROUND = ((0.2, 40),)  # spread of prices, and how many


@dataclass(slots=True)
class Prices:
    """Prices, the bound at them, and what orders chose on the way.

    ``stock`` is by (products, nodes), ``load`` by (nodes,); ``rows`` counts stock rows for which there was a price.
    """

    stock: Floats
    load: Floats
    bound: float
    choices: list[Ints]
    rounds: int
    rows: int


class _Dual:
    """The Lagrangian: its value at prices, and where it climbs."""

    def __init__(self, orders: Orders, shared: Shared) -> None:
        self.orders, self.shared = orders, shared
        self.choice = np.full(len(orders.product), -1)
        self.used, self.load = np.zeros_like(shared.stock), np.zeros(len(shared.capacity))
        self.limited = np.isfinite(shared.capacity)
        self.capacity = np.where(self.limited, shared.capacity, 0.0)

    def value(self, price: Floats, load_price: Floats) -> float:
        """At prices; leaves what is used and chosen there."""
        total = take_cheapest(self.orders, price, load_price, self.choice, self.used, self.load)
        return total - float(np.vdot(price, self.shared.stock)) - float(load_price @ self.capacity)

    def slopes(self, price: Floats, load_price: Floats) -> tuple[Floats, Floats]:
        """The subgradient, without what would lead out of the prices' bounds."""
        stock = (self.used - self.shared.stock).astype(np.float64)
        stock[(stock < 0) & (price <= 0)] = 0.0
        load = np.where(self.limited, self.load - self.capacity, 0.0)
        load[(load < 0) & (load_price <= 0) | (load > 0) & (load_price >= self.shared.penalty)] = 0.0
        return stock, load

    def scales(self) -> tuple[Floats, Floats]:
        """How far a price may go for one unit too much, after a look at prices of zero."""
        orders, products = self.orders, len(self.shared.stock)
        lines = np.maximum(1, np.bincount(orders.product, minlength=products))
        worth = np.bincount(orders.product, orders.unserved_cost / orders.units, products) / lines
        finite = orders.order_cost[np.isfinite(orders.order_cost)]
        shift = min(self.shared.penalty, float(finite.mean()) if finite.size else 1.0)
        return (
            worth[:, None] / np.maximum(1, self.used - self.shared.stock),
            shift / np.maximum(1.0, _LOAD_SHARE * self.capacity),
        )


def find_prices(orders: Orders, shared: Shared, gap: float, rounds: int) -> Prices:
    """Climb for so many rounds, or until the bound is within ``gap`` of a known cost or does not rise any more."""
    dual, known = _Dual(orders, shared), Placement.empty(orders, shared)
    price, load_price = np.zeros(shared.stock.shape), np.zeros(len(shared.capacity))
    found = Prices(price, load_price, dual.value(price, load_price), [], 1, 0)
    scale, load_scale = dual.scales()
    known.place(price, load_price)
    known.settle(1)
    target, bound = known.cost, found.bound
    ahead, load_ahead = np.zeros_like(price), np.zeros_like(load_price)
    pace, stalled, priced = 1.0, 0, np.zeros(price.shape, dtype=bool)
    while found.rounds < rounds and target - found.bound > 0.1 * gap * abs(target) and pace > 1e-3:
        slope, load_slope = dual.slopes(price, load_price)
        ahead, load_ahead = _MEMORY * ahead + slope, _MEMORY * load_ahead + load_slope
        length = float((scale * ahead**2).sum() + (load_scale * load_ahead**2).sum())
        if length <= 0 or not (slope.any() or load_slope.any()):
            break  # what is wanted is what there is: these prices are the best
        step = pace * max(target - bound, 1e-9 * abs(target)) / length
        price = np.maximum(0.0, price + step * scale * ahead)
        load_price = np.clip(load_price + step * load_scale * load_ahead, 0.0, shared.penalty)
        bound = dual.value(price, load_price)
        found.rounds += 1
        priced |= price > 0
        if found.rounds > rounds // 4:
            found.choices.append(dual.choice.copy())
        stalled += 1
        if bound > found.bound:
            found.stock, found.load, found.bound, stalled = price, load_price, bound, 0
        elif stalled >= _PATIENCE:
            pace, stalled = pace * _SHRINK, 0
    found.choices.append(dual.choice.copy())
    found.rows = int(priced.sum())
    return found


def choices_around(orders: Orders, prices: Prices, seed: int) -> Iterator[Ints]:
    """What orders choose at prices near the best: methods that may be needed where the best ones collide."""
    rng, dual_used = np.random.default_rng(seed), np.zeros(prices.stock.shape, dtype=np.int64)
    for spread, times in _AROUND:
        for _ in range(times):
            choice, load = np.full(len(orders.product), -1), np.zeros(len(prices.load))
            price = prices.stock * rng.uniform(1 - spread, 1 + spread, prices.stock.shape)
            load_price = prices.load * rng.uniform(1 - spread, 1 + spread, prices.load.shape)
            take_cheapest(orders, price, load_price, choice, dual_used, load)
            yield choice
