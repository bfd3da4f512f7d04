"""Small instances by dynamic programming over all stocks: the least expected cost, and that of any policy."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np

from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints
from optimize.fulfilment.policies import Policy

Stock = tuple[int, ...]


def optimum(instance: Instance) -> float:
    """The least expected cost that any policy can have."""
    rates = _rates(instance)
    ways = [_ways(instance, order_class) for order_class in range(instance.classes)]

    @cache
    def ahead(slot: int, stock: Stock) -> float:
        if slot == instance.slots:
            return 0.0
        nobody = ahead(slot + 1, stock)
        total = (1 - rates[slot].sum()) * nobody
        for order_class in np.flatnonzero(rates[slot]).tolist():
            least = math.inf
            for cost, used in ways[order_class]:
                left = tuple(have - take for have, take in zip(stock, used))
                if min(left) >= 0:
                    least = min(least, cost + ahead(slot + 1, left))
            total += rates[slot, order_class] * least
        return float(total)

    return ahead(0, tuple(instance.stock.reshape(-1).tolist()))


def _ways(instance: Instance, order_class: int) -> list[tuple[float, Stock]]:
    """Cost of each way to serve a class, and the units (centres * items,) that it uses."""
    items, ways = instance.orders[order_class // instance.cities], []
    for sources in itertools.product(range(instance.centres + 1), repeat=len(items)):
        used = np.zeros(instance.stock.shape, dtype=np.int64)
        for source, item in zip(sources, items):
            if source < instance.centres:
                used[source, item] += 1
        ways.append((instance.cost(order_class, np.array(sources)), tuple(used.reshape(-1).tolist())))
    return ways


def _rates(instance: Instance) -> Floats:
    """(slots, classes) probability of each class in each slot."""
    phase = np.searchsorted(instance.edges[1:], np.arange(instance.slots), side="right")
    return np.asarray(instance.phases.reshape(len(instance.phases), -1)[phase])


def expected_cost(policy: Policy, instance: Instance) -> float:
    """The expected cost of a policy that thinks anew at each order, in every state that it can come to."""
    policy.begin(instance)
    rates = _rates(instance)

    @cache
    def ahead(slot: int, stock: Stock) -> float:
        if slot == instance.slots:
            return 0.0
        have = np.array(stock, dtype=np.int64).reshape(instance.stock.shape)
        serving = policy.renew(slot, slot + 1, have.copy())
        total = (1 - rates[slot].sum()) * ahead(slot + 1, stock)
        for order_class in np.flatnonzero(rates[slot]).tolist():
            left, taken = have.copy(), np.full((1, instance.items.shape[1]), NOBODY, dtype=np.int64)
            cost = serving(np.array([order_class]), left, taken)
            total += rates[slot, order_class] * (cost + ahead(slot + 1, tuple(left.reshape(-1).tolist())))
        return float(total)

    return ahead(0, tuple(instance.stock.reshape(-1).tolist()))


def nearest_of(unit: Floats, items: int) -> Ints:
    """(items, cities) the centre of least cost by ``unit`` (sources, cities), as if all carried everything."""
    return np.tile(unit[:-1].argmin(axis=0), (items, 1))
