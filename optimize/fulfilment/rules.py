"""Rules that look at an order's own cost, and never think again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.fulfilment.instance import NOBODY, Instance, Ints
from optimize.fulfilment.policies import Serving, at_fixed


@dataclass
class Greedy:
    """The cheapest way that the stock allows, to leave items unfilled being one."""

    renewals: int = 1
    _instance: Instance = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """All prices are zero."""
        return at_fixed(self._instance, np.zeros(stock.shape))


@dataclass
class Nearest:
    """Each item from the centre whose stock was meant for the city, or not at all: no spill."""

    renewals: int = 1
    _instance: Instance = field(init=False, repr=False)

    def begin(self, instance: Instance) -> None:
        """Look at a new instance."""
        self._instance = instance

    def renew(self, slot: int, until: int, stock: Ints) -> Serving:
        """The same rule always."""
        return self._serve

    def _serve(self, arrivals: Ints, stock: Ints, taken: Ints) -> float:
        instance, cost = self._instance, 0.0
        for place in np.flatnonzero(arrivals != NOBODY).tolist():
            kind, city = divmod(int(arrivals[place]), instance.cities)
            items = instance.items[kind, : instance.sizes[kind]]
            sources = instance.nearest[items, city].copy()
            cost += take(instance, int(arrivals[place]), sources, stock)
            taken[place, : len(items)] = sources
        return cost


def take(instance: Instance, order_class: int, sources: Ints, stock: Ints) -> float:
    """Serve an order from ``sources`` (size,), which become *unfilled* where the stock has none; the cost."""
    items = instance.items[order_class // instance.cities, : len(sources)]
    real = np.flatnonzero(sources < instance.centres)
    sources[real] = np.where(stock[sources[real], items[real]] > 0, sources[real], instance.centres)
    real = np.flatnonzero(sources < instance.centres)
    stock[sources[real], items[real]] -= 1
    return instance.cost(order_class, sources)
