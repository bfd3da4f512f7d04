"""Rules for one order at a time that look at its cost alone."""

from __future__ import annotations

import numpy as np

from optimize.fulfilment.choice import serve
from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints


def at_prices(instance: Instance, arrivals: Ints, prices: Floats | None = None) -> float:
    """Cost of serving arrivals at prices (centres, items) that never change; without prices, greedily.

    Each order is served at the least cost plus price of what is in stock, or left unfilled where that is cheaper.
    """
    prices = np.zeros(instance.stock.shape) if prices is None else prices
    taken = np.full((len(arrivals), instance.items.shape[1]), NOBODY, dtype=np.int64)
    stock = instance.stock.copy()
    return float(serve(arrivals, instance.items, instance.sizes, instance.unit, instance.fixed, prices, stock, taken))


def nearest(instance: Instance, arrivals: Ints) -> float:
    """Cost of serving each item from the centre whose stock was meant for the city, or not at all: no spill."""
    stock, cost = instance.stock.copy(), 0.0
    for order_class in arrivals[arrivals != NOBODY].tolist():
        kind, city = divmod(order_class, instance.cities)
        items = instance.items[kind, : instance.sizes[kind]]
        sources = instance.nearest[items, city].copy()
        real = sources < instance.centres
        sources[real] = np.where(stock[sources[real], items[real]] > 0, sources[real], instance.centres)
        real = sources < instance.centres
        stock[sources[real], items[real]] -= 1
        cost += instance.cost(order_class, sources)
    return cost
