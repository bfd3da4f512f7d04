"""The cheapest way to serve one order at given prices, in compiled code.

Which sources an order uses decides the rest: each item then comes from the cheapest of them. So all sets of sources are
tried; the cheapest item of a set is that of the set without its last source, or that source. Out of stock is a price
without end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

TIE = 1e-9
"""Costs that differ by less are the same; the choice that is first in the order of items and sources is then made."""


class Space(NamedTuple):
    """What orders are served on, for reuse.

    ``reach`` (sources, longest order) is the cost of each item from each source, price included, infinite where it
    cannot be had; ``low`` and ``picks`` (2 ** sources, longest order or more) are scratch.
    """

    reach: Any
    low: Any
    picks: Any


@njit(cache=True)
def work_space(sources: int, longest: int) -> Space:
    """For orders of at most ``longest`` items."""
    sets = 1 << sources
    return Space(np.empty((sources, longest)), np.empty((sets, longest + 1)), np.empty((sets, longest), np.int64))


@njit(cache=True)
def cheapest(space: Space, fixed: Any, size: int, chosen: Any) -> float:
    """The cheapest sources of an order by its ``reach``, into ``chosen`` (size,); the cost, prices included.

    Using a source costs ``fixed`` (sources,).
    """
    reach, low, picks = space.reach, space.low, space.picks
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
def take(
    items: Any, size: int, unit: Any, city: int, fixed: Any, chosen: Any, stock: Any, taken: Any, spent: float
) -> float:
    """Take an order's items from their sources and write these into ``taken``; what is ``spent`` by then."""
    used = 0
    for item in range(size):
        source = chosen[item]
        taken[item] = source
        spent += unit[source, city]
        if not used >> source & 1:
            used |= 1 << source
            spent += fixed[source]
        if source < len(stock):
            stock[source, items[item]] -= 1
    return spent


@njit(cache=True)
def serve(arrivals: Any, items: Any, sizes: Any, unit: Any, fixed: Any, prices: Any, stock: Any, taken: Any) -> float:
    """Serve arrivals in turn at fixed prices; lowers ``stock``, writes sources into ``taken``, returns the cost."""
    sources, cities = unit.shape
    longest = items.shape[1]
    space, chosen = work_space(sources, longest), np.empty(longest, np.int64)
    cost = 0.0
    for slot in range(len(arrivals)):
        arrival = arrivals[slot]
        if arrival < 0:
            continue
        kind, city = arrival // cities, arrival % cities
        size = sizes[kind]
        fill_reach(items[kind], size, unit, city, prices, stock, space.reach)
        cheapest(space, fixed, size, chosen)
        cost = take(items[kind], size, unit, city, fixed, chosen, stock, taken[slot], cost)
    return cost


@njit(cache=True)
def best_methods(
    classes: Any, items: Any, sizes: Any, unit: Any, fixed: Any, prices: Any, stock: Any, chosen: Any, values: Any
) -> None:
    """The cheapest method of each of ``classes`` into ``chosen`` (classes, longest), its cost into ``values``."""
    sources, cities = unit.shape
    longest = items.shape[1]
    space = work_space(sources, longest)
    for place in range(len(classes)):
        kind, city = classes[place] // cities, classes[place] % cities
        size = sizes[kind]
        fill_reach(items[kind], size, unit, city, prices, stock, space.reach)
        values[place] = cheapest(space, fixed, size, chosen[place])
