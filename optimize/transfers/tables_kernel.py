"""What one more unit at a node saves, and one less costs: expected shortage until the horizon, in compiled code.

Demand is Poisson or, where its variance is above its mean, negative binomial. Of a node with x units that gets q more
after a lead time, the expected shortage is E(D1 - x)+ + E(D2 - (x - D1)+ - q)+, D1 being the demand until they arrive
and D2 that from then on. It is convex in q: the k-th unit saves the chance that it is asked for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Cells(NamedTuple):
    """Nodes at which a product may be wanted or spared, product by product, with a value for each unit.

    Cells of product p are ``first[p]`` to ``first[p + 1]``; ``node`` is where each is; its units are ``at[cell]`` to
    ``at[cell + 1]`` of ``value``, the first saves most or costs least. Cents; shape (lead classes, units) for gains, of
    which the first class is the fastest, and (1, units) for losses.
    """

    first: Ints
    node: Ints
    at: Ints
    value: Floats


@njit(cache=True, nogil=True)
def chances(mean: float, dispersion: float, upto: int, out: Floats) -> None:
    """P(demand >= y) for y from 0 to ``upto``; ``dispersion`` is variance over mean, 1 for Poisson."""
    if mean <= 0.0:
        out[: upto + 1] = 0.0
        out[0] = 1.0
        return
    begin = max(0, int(mean - 8.0 * math.sqrt(mean * dispersion) - 8.0))
    chance, left = _point(mean, dispersion, begin), 1.0
    for y in range(min(begin, upto) + 1):
        out[y] = 1.0
    for y in range(begin, upto):
        left -= chance
        out[y + 1] = max(0.0, left)
        if dispersion > 1.0:
            size = mean / (dispersion - 1.0)
            chance *= (size + y) / (y + 1) * (1.0 - 1.0 / dispersion)
        else:
            chance *= mean / (y + 1)


@njit(cache=True, nogil=True)
def _point(mean: float, dispersion: float, y: int) -> float:
    """P(demand = y)."""
    if dispersion > 1.0:
        size = mean / (dispersion - 1.0)
        log = math.lgamma(size + y) - math.lgamma(size) - math.lgamma(y + 1.0)
        return math.exp(log - size * math.log(dispersion) + y * math.log(1.0 - 1.0 / dispersion))
    return math.exp(y * math.log(mean) - mean - math.lgamma(y + 1.0))


@njit(cache=True, nogil=True)
def shortage(mean: float, stock: int, chance: Floats) -> float:
    """E(demand - stock)+, from ``chance`` of at least y."""
    covered = 0.0
    for y in range(1, stock + 1):
        covered += chance[y]
    return max(0.0, mean - covered)


@njit(cache=True, nogil=True)
def unit_gains(stock: int, before: Floats, after: Floats, least: float, most: int, out: Floats) -> int:
    """The chance that the k-th unit is asked for, for as long as it is above ``least``; how many.

    ``before`` are the `chances` of demand until it arrives, ``after`` from then on; ``most`` + ``stock`` of the latter.
    """
    for k in range(most):
        chance = before[stock] * after[k + 1]
        for sold in range(stock):
            chance += (before[sold] - before[sold + 1]) * after[stock - sold + k + 1]
        out[k] = chance
        if chance <= least:
            return k
    return most


@njit(cache=True, nogil=True)
def _grown(values: Floats, needed: int) -> Floats:
    if needed <= values.shape[1]:
        return values
    wider = np.empty((values.shape[0], max(needed, 2 * values.shape[1])))
    wider[:, : values.shape[1]] = values
    return wider


@njit(cache=True, nogil=True)
def _gains(
    have: int,
    mean: float,
    begun: Floats,
    dispersion: float,
    least: float,
    upto: int,
    early: Floats,
    late: Floats,
    out: Floats,
) -> int:
    """`unit_gains` of each lead class, into its row of ``out``; as many as the fastest has, which is told.

    ``begun`` is the demand until goods of each class arrive; ``early`` and ``late`` are room for chances.
    """
    count = 0
    for lead in range(len(begun)):
        chances(begun[lead], dispersion, have + 1, early)
        chances(max(0.0, mean - begun[lead]), dispersion, upto, late)
        if lead == 0:
            count = unit_gains(have, early, late, least, upto - have - 1, out[lead])
        else:
            unit_gains(have, early, late, -1.0, count, out[lead])
    return count


@njit(cache=True, nogil=True)
def _losses(have: int, most: int, price: float, handling: float, chance: Floats, out: Floats) -> int:
    """What each unit less costs, for as long as it may be worth its handling to another node; how many."""
    count = 0
    while count < most and price * chance[have - count] < price - handling:
        out[count] = price * chance[have - count]
        count += 1
    return count


@njit(cache=True, nogil=True)
def tabulate(
    stock: Ints,
    free: Ints,
    demand: Floats,
    before: Floats,
    dispersion: float,
    cost: Floats,
    handling: float,
    is_open: NDArray[np.bool_],
) -> tuple[Cells, Cells, Floats]:
    """Gains (less handling) and losses of all products, and the expected shortage of each if nothing moves.

    Arrays are by product, then node; ``before`` by lead class first: demand until goods of that class arrive. ``cost``
    is that of a unit short, by product.
    """
    most = 2 * int(stock.max()) + int(3.0 * demand.max()) + 64
    gains, wanted, base = _gaining(stock, demand, before, dispersion, cost, handling, is_open, most)
    spare = np.minimum(np.minimum(np.maximum(stock, 0), free), wanted.reshape(-1, 1))
    return gains, _losing(stock, spare, demand, dispersion, cost, handling, is_open, most), base


@njit(cache=True, nogil=True)
def _gaining(
    stock: Ints,
    demand: Floats,
    before: Floats,
    dispersion: float,
    cost: Floats,
    handling: float,
    is_open: NDArray[np.bool_],
    most: int,
) -> tuple[Cells, Ints, Floats]:
    """Gains, how many units of each product are worth their handling somewhere, and the expected shortages."""
    products, nodes = stock.shape
    classes = len(before)
    chance, early, late, gained = np.empty(most), np.empty(most), np.empty(most), np.empty((classes, most))
    first, node_of = np.zeros(products + 1, np.int64), np.empty(products * nodes, np.int64)
    at, value = np.zeros(products * nodes + 1, np.int64), np.empty((classes, 1 << 16))
    wanted, base = np.zeros(products, np.int64), np.zeros(products)
    cells, units = 0, 0
    for product in range(products):
        price = cost[product]
        least = handling / max(price, 1e-9)
        for node in range(nodes):
            have, mean = max(0, stock[product, node]), demand[product, node]
            upto = min(have + int(mean + 8.0 * math.sqrt(mean * dispersion)) + 16, most - 1)
            chances(mean, dispersion, upto, chance)
            base[product] += price * shortage(mean, have, chance)
            if not is_open[node] or chance[have + 1] <= least:
                continue
            count = _gains(have, mean, before[:, product, node], dispersion, least, upto, early, late, gained)
            if count > 0:
                value = _grown(value, units + count)
                for lead in range(classes):
                    for k in range(count):
                        value[lead, units + k] = price * gained[lead, k] - handling
                node_of[cells] = node
                units += count
                cells += 1
                at[cells] = units
                wanted[product] += count
        first[product + 1] = cells
    return _cells(first, node_of, at, value, cells, units), wanted, base


@njit(cache=True, nogil=True)
def _losing(
    stock: Ints,
    spare: Ints,
    demand: Floats,
    dispersion: float,
    cost: Floats,
    handling: float,
    is_open: NDArray[np.bool_],
    most: int,
) -> Cells:
    """Losses of at most ``spare`` units."""
    products, nodes = stock.shape
    chance, lost = np.empty(most), np.empty(most)
    first, node_of = np.zeros(products + 1, np.int64), np.empty(products * nodes, np.int64)
    at, value = np.zeros(products * nodes + 1, np.int64), np.empty((1, 1 << 16))
    cells, units = 0, 0
    for product in range(products):
        for node in range(nodes):
            if not is_open[node] or spare[product, node] <= 0:
                continue
            have = stock[product, node]
            chances(demand[product, node], dispersion, have, chance)
            count = _losses(have, spare[product, node], cost[product], handling, chance, lost)
            if count > 0:
                value = _grown(value, units + count)
                value[0, units : units + count] = lost[:count]
                node_of[cells] = node
                units += count
                cells += 1
                at[cells] = units
        first[product + 1] = cells
    return _cells(first, node_of, at, value, cells, units)


@njit(cache=True, nogil=True)
def _cells(first: Ints, node: Ints, at: Ints, value: Floats, cells: int, units: int) -> Cells:
    """Those that were found, without the room for more."""
    return Cells(first, node[:cells].copy(), at[: cells + 1].copy(), value[:, :units].copy())
