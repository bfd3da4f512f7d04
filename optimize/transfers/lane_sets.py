"""What each set of lanes to a place earns there, at prices of units and of weight: compiled code.

A slot is filled from the lane that is worth most to it, so that a set of lanes earns, slot by slot, the most of any of
them. Sorted, a slot's lanes are worth w1 >= w2 >= ...; the part w1 - w2 is earned by every set that has the first of
them, w2 - w3 by every set that has one of the first two, and so on. Summed by such groups of lanes over all slots, what
2^n sets earn takes n 2^n additions (the zeta transform; Yates 1937), however many products there are.

Where too many lanes end for that, slots have prices, too, and each lane is looked at by itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_LANE, FREE = -1, -2


class Tables(NamedTuple):
    """A problem's tables, lead class of each lane, shape (nodes, nodes), and weight of each product."""

    gains: Cells
    losses: Cells
    lead: Ints
    weight: Floats


class UnitPrices(NamedTuple):
    """Of units (sending cells,), of slots (gain units,) and of weight by lane, shape (nodes, nodes)."""

    unit: Floats
    slot: Floats
    by_weight: Floats


class Earned(NamedTuple):
    """What lanes earn.

    Attributes
    ----------
    by_group
        Of places whose lanes are seen as sets: what is earned if any of a group of lanes runs, a bit for each, shape
        (nodes, 2^bits).
    free
        What lanes earn that run for nothing, by place, shape (nodes,).
    alone, unweighed
        Of the other places: by each lane above the price of the slots, and if its weight had no price, shape (nodes,
        nodes).
    """

    by_group: Floats
    free: Floats
    alone: Floats
    unweighed: Floats


class _Row(NamedTuple):
    """The lanes to one cell: their bit, what a unit costs by them and their lead class; and a slot's, sorted."""

    bit: Ints
    costs: Floats
    lead: Ints
    worth: Floats
    sorted_bit: Ints


@njit(cache=True, nogil=True)
def weigh_lanes(
    tables: Tables, prices: UnitPrices, bit: Ints, is_single: Bools, begin: int, end: int, earned: Earned
) -> None:
    """What lanes earn at prices by products from ``begin`` to ``end``.

    Parameters
    ----------
    bit
        Of each lane in its place's sets, or `FREE`, or `NO_LANE`, shape (nodes, nodes).
    is_single
        Places whose lanes are looked at one by one, shape (nodes,).
    earned
        Zero, added to.
    """
    nodes = len(bit)
    row = _Row(
        np.empty(nodes, np.int64),
        np.empty(nodes),
        np.empty(nodes, np.int64),
        np.empty(nodes),
        np.empty(nodes, np.int64),
    )
    for product in range(begin, end):
        for to in range(tables.gains.first[product], tables.gains.first[product + 1]):
            if is_single[tables.gains.node[to]]:
                _weigh_each(tables, prices, bit, product, to, earned)
            else:
                _weigh_sets(tables, prices, bit, product, to, row, earned)


@njit(cache=True, nogil=True)
def _weigh_each(tables: Tables, prices: UnitPrices, bit: Ints, product: int, to: int, earned: Earned) -> None:
    gains, losses = tables.gains, tables.losses
    j = gains.node[to]
    for source in range(losses.first[product], losses.first[product + 1]):
        i = losses.node[source]
        if bit[i, j] == NO_LANE:
            continue
        one, price = tables.lead[i, j], prices.by_weight[i, j] * tables.weight[product]
        for k in range(gains.at[to], gains.at[to + 1]):
            left = gains.value[one, k] - prices.unit[source]
            if left <= 0.0:
                break
            left -= prices.slot[k]
            if left > 0.0:
                earned.unweighed[i, j] += left
                earned.alone[i, j] += max(0.0, left - price)


@njit(cache=True, nogil=True)
def _weigh_sets(
    tables: Tables, prices: UnitPrices, bit: Ints, product: int, to: int, row: _Row, earned: Earned
) -> None:
    gains, losses = tables.gains, tables.losses
    j, lanes = gains.node[to], 0
    for source in range(losses.first[product], losses.first[product + 1]):
        i = losses.node[source]
        if bit[i, j] == NO_LANE:
            continue
        costs = prices.unit[source] + prices.by_weight[i, j] * tables.weight[product]
        if gains.value[tables.lead[i, j], gains.at[to]] > costs:
            row.bit[lanes], row.costs[lanes], row.lead[lanes] = bit[i, j], costs, tables.lead[i, j]
            lanes += 1
    for k in range(gains.at[to], gains.at[to + 1]):
        free, count = 0.0, 0
        for lane in range(lanes):
            left = gains.value[row.lead[lane], k] - row.costs[lane]
            if row.bit[lane] == FREE:
                free = max(free, left)
            elif left > 0.0:
                place = count
                while place > 0 and row.worth[place - 1] < left:
                    row.worth[place], row.sorted_bit[place] = row.worth[place - 1], row.sorted_bit[place - 1]
                    place -= 1
                row.worth[place], row.sorted_bit[place] = left, row.bit[lane]
                count += 1
        if count == 0 and free <= 0.0:
            break
        earned.free[j] += free
        group = 0
        for n in range(count):
            if row.worth[n] <= free:
                break
            group |= 1 << row.sorted_bit[n]
            earned.by_group[j, group] += row.worth[n] - max(free, row.worth[n + 1] if n + 1 < count else 0.0)


@njit(cache=True, nogil=True)
def best_sets(by_group: Floats, cost: Floats, bits: Ints, most: Floats) -> Ints:
    """The set of lanes of each place that earns most above its cost, a bit for each lane, shape (nodes,).

    Parameters
    ----------
    by_group
        As in `Earned`.
    cost, bits
        Of each bit's lane, shape (nodes, bits), and how many there are, shape (nodes,).
    most
        What these sets earn; written, shape (nodes,).
    """
    best = np.zeros(len(bits), np.int64)
    for j in range(len(bits)):
        count = 1 << bits[j]
        within, spent = by_group[j, :count].copy(), np.zeros(count)
        for b in range(bits[j]):
            for one in range(count):
                if one >> b & 1:
                    within[one] += within[one ^ (1 << b)]
                    spent[one] += cost[j, b]
        most[j] = 0.0
        for one in range(1, count):
            earns = within[count - 1] - within[count - 1 - one] - spent[one]
            if earns > most[j]:
                most[j], best[j] = earns, one
    return best


@njit(cache=True, nogil=True)
def take(
    tables: Tables, prices: UnitPrices, runs: Bools, is_single: Bools, begin: int, end: int, taken: UnitPrices
) -> float:
    """What units and slots of products from ``begin`` to ``end`` are worth at prices, and what lanes take of each.

    Parameters
    ----------
    runs, is_single
        Lanes that do, shape (nodes, nodes), and places whose lanes are looked at one by one, shape (nodes,).
    taken
        Of the shapes of ``prices``, zero, added to: units and slots that lanes take, less those that are given, and
        weight.
    """
    gains, losses = tables.gains, tables.losses
    total, lane, costs = 0.0, np.empty(len(runs), np.int64), np.empty(len(runs))
    for source in range(losses.first[begin], losses.first[end]):
        for m in range(losses.at[source], losses.at[source + 1]):
            if losses.value[0, m] >= prices.unit[source]:
                break
            taken.unit[source] -= 1.0
            total += prices.unit[source] - losses.value[0, m]
    for product in range(begin, end):
        for to in range(gains.first[product], gains.first[product + 1]):
            j, count = gains.node[to], 0
            for source in range(losses.first[product], losses.first[product + 1]):
                i = losses.node[source]
                if runs[i, j]:
                    cost = prices.unit[source] + prices.by_weight[i, j] * tables.weight[product]
                    if gains.value[tables.lead[i, j], gains.at[to]] > cost:
                        lane[count], costs[count] = source, cost
                        count += 1
            total += _take_slots(tables, prices, product, to, lane[:count], costs, is_single[j], taken)
    return total


@njit(cache=True, nogil=True)
def _take_slots(
    tables: Tables,
    prices: UnitPrices,
    product: int,
    to: int,
    lane: Ints,
    costs: Floats,
    is_single: bool,
    taken: UnitPrices,
) -> float:
    """Of one cell, from the sources of ``lane``, where a unit costs ``costs``; what its slots' prices sum up to."""
    gains, losses = tables.gains, tables.losses
    total, weight, j = 0.0, tables.weight[product], gains.node[to]
    for k in range(gains.at[to], gains.at[to + 1]):
        price = prices.slot[k] if is_single else 0.0
        total += price
        if is_single:
            taken.slot[k] -= 1.0
        best, who = price, -1
        for n, source in enumerate(lane):
            i = losses.node[source]
            left = gains.value[tables.lead[i, j], k] - costs[n]
            if is_single and left > price:
                taken.unit[source] += 1.0
                taken.slot[k] += 1.0
                taken.by_weight[i, j] += weight
            elif left > best:
                best, who = left, source
        if who >= 0:
            taken.unit[who] += 1.0
            taken.by_weight[losses.node[who], j] += weight
        elif not is_single:
            break
    return total
