"""The cheapest way to serve one order at given prices, in compiled code.

Which sources an order uses decides the rest: each item then comes from the cheapest of them. So all sets of sources are
tried; the cheapest item of a set is that of the set without its last source, or that source. Out of stock is a price
without end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints

TIE = 1e-9
"""Costs that differ by less are the same; the choice that is first in the order of items and sources is then made."""


@njit(cache=True)
def cheapest(reach: Any, fixed: Any, size: int, low: Any, picks: Any, chosen: Any) -> float:
    """The cheapest sources of an order, into ``chosen`` (size,); the cost, prices included.

    Parameters
    ----------
    reach
        (sources, size or more) cost of each item from each source, price included; infinite where it cannot be had.
    fixed
        (sources,) cost of using a source.
    low, picks
        Scratch of shape (2 ** sources, size or more), float and int.
    """
    sources = len(fixed)
    best = np.inf
    for item in range(size):
        low[0, item] = np.inf
        picks[0, item] = -1
    low[0, size] = 0.0  # the column after the items holds the fixed cost of the set
    for mask in range(1, 1 << sources):
        last = 0
        while mask >> (last + 1):
            last += 1
        rest = mask ^ (1 << last)
        total = low[rest, size] + fixed[last]
        low[mask, size] = total
        for item in range(size):
            before, now = low[rest, item], reach[last, item]
            if now < before - TIE:
                low[mask, item] = now
                picks[mask, item] = last
                total += now
            else:
                low[mask, item] = before
                picks[mask, item] = picks[rest, item]
                total += before
        if total > best + TIE or total == np.inf:
            continue
        better = total < best - TIE
        if not better:
            for item in range(size):
                if picks[mask, item] != chosen[item]:
                    better = picks[mask, item] < chosen[item]
                    break
        if better:
            best = total
            for item in range(size):
                chosen[item] = picks[mask, item]
    return best


@njit(cache=True)
def fill_reach(items: Any, size: int, unit: Any, city: int, prices: Any, stock: Any, reach: Any) -> None:
    """Cost of each item from each source at ``prices`` (centres, items), infinite where ``stock`` has none."""
    centres = len(stock)
    for item in range(size):
        for centre in range(centres):
            number = items[item]
            if stock[centre, number] > 0:
                reach[centre, item] = unit[centre, city] + prices[centre, number]
            else:
                reach[centre, item] = np.inf
        reach[centres, item] = unit[centres, city]


@njit(cache=True)
def serve(arrivals: Any, items: Any, sizes: Any, unit: Any, fixed: Any, prices: Any, stock: Any, taken: Any) -> float:
    """Serve arrivals in turn at fixed prices; lowers ``stock``, writes sources into ``taken``, returns the cost."""
    sources, cities = unit.shape
    longest = items.shape[1]
    reach = np.empty((sources, longest))
    low = np.empty((1 << sources, longest + 1))
    picks = np.empty((1 << sources, longest), np.int64)
    chosen = np.empty(longest, np.int64)
    cost = 0.0
    for slot in range(len(arrivals)):
        arrival = arrivals[slot]
        if arrival < 0:
            continue
        kind, city = arrival // cities, arrival % cities
        size = sizes[kind]
        fill_reach(items[kind], size, unit, city, prices, stock, reach)
        cheapest(reach, fixed, size, low, picks, chosen)
        used = 0
        for item in range(size):
            source = chosen[item]
            taken[slot, item] = source
            cost += unit[source, city]
            if not used >> source & 1:
                used |= 1 << source
                cost += fixed[source]
            if source < sources - 1:
                stock[source, items[kind, item]] -= 1
    return cost


@njit(cache=True)
def best_methods(
    classes: Any, items: Any, sizes: Any, unit: Any, fixed: Any, prices: Any, stock: Any, chosen: Any, values: Any
) -> None:
    """The cheapest method of each of ``classes`` into ``chosen`` (classes, longest), its cost into ``values``."""
    sources, cities = unit.shape
    longest = items.shape[1]
    reach = np.empty((sources, longest))
    low = np.empty((1 << sources, longest + 1))
    picks = np.empty((1 << sources, longest), np.int64)
    for place in range(len(classes)):
        kind, city = classes[place] // cities, classes[place] % cities
        size = sizes[kind]
        fill_reach(items[kind], size, unit, city, prices, stock, reach)
        values[place] = cheapest(reach, fixed, size, low, picks, chosen[place])


def choose(instance: Instance, order_class: int, prices: Floats, stock: Ints) -> Ints:
    """Sources (size,) of the items of one order, the cheapest at ``prices`` (centres, items) of what is in stock."""
    size = instance.sizes[order_class // instance.cities]
    chosen = np.full((1, instance.items.shape[1]), NOBODY, dtype=np.int64)
    best_methods(
        np.array([order_class]), instance.items, instance.sizes, instance.unit, instance.fixed, prices, stock, chosen,
        np.empty(1),
    )  # fmt: skip
    return chosen[0, :size]
