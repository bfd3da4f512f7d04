"""What each set of lanes to a place earns there, at prices of units and of weight: compiled code.

A slot is filled from the lane that is worth most to it, so that a set of lanes earns, slot by slot, the most of any of
them. Sorted, a slot's lanes are worth w1 >= w2 >= ...; the part w1 - w2 is earned by every set that has the first of
them, w2 - w3 by every set that has one of the first two, and so on. Summed by such groups of lanes over all slots, what
2^n sets earn takes n 2^n additions (the zeta transform; Yates 1937), however many products there are.

Where too many lanes end for that, slots have prices, too, and each lane is looked at by itself.

Of a mixture of sets, each with its share, a slot asks for units likewise: of its first lane by the share of the sets
that have it, of its second by that of the sets that have the second and not the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables_kernel import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_LANE = -1
_LEAST_SHARE = 1e-6  # of all sets together: so that none is lost for good


class Tables(NamedTuple):
    """A problem's tables: lead class of each lane, shape (nodes, nodes), and of each product the weight and what its
    best unit gains."""

    gains: Cells
    losses: Cells
    lead: Ints
    weight: Floats
    worth: Floats


class Mixture(NamedTuple):
    """Lanes as their mixture runs them.

    Attributes
    ----------
    bit
        Of each lane in its place's sets, or `NO_LANE`, shape (nodes, nodes).
    is_single
        Places whose lanes are looked at one by one, shape (nodes,).
    hit
        Share of the sets of a place that have any of a group of lanes, a bit for each, shape (nodes, 2^bits).
    alone
        Share of each lane that is looked at by itself, shape (nodes, nodes).
    """

    bit: Ints
    is_single: Bools
    hit: Floats
    alone: Floats


class UnitPrices(NamedTuple):
    """Of units (sending cells,), of slots (gain units,) and of weight by lane, shape (nodes, nodes)."""

    unit: Floats
    slot: Floats
    by_weight: Floats


class Earned(NamedTuple):
    """What lanes earn, and carry in the mixture.

    Attributes
    ----------
    by_group
        What is earned if any of a group of lanes runs, shape (nodes, 2^bits).
    alone
        By each lane that is looked at by itself above the price of the slots, shape (nodes, nodes).
    load
        Weight that the mixture carries, shape (nodes, nodes).
    """

    by_group: Floats
    alone: Floats
    load: Floats


class _Row(NamedTuple):
    """The lanes to one cell: source and what a unit costs by them; and a slot's, sorted by worth."""

    source: Ints
    costs: Floats
    sorted_source: Ints
    worth: Floats


@njit(cache=True, nogil=True)
def weigh_and_price(
    tables: Tables, prices: UnitPrices, lanes: Mixture, step: float, begin: int, end: int, earned: Earned
) -> float:
    """What lanes earn at prices, for products from ``begin`` to ``end``; what units and slots are worth at them.

    Then the price of each unit and slot is moved towards where the mixture asks for as many as there are, by a step of
    what the product is worth: a subgradient of what the mixture earns, by product.

    Parameters
    ----------
    prices
        Of units and of slots are moved.
    earned
        Zero, added to.
    """
    nodes = len(lanes.bit)
    row = _Row(np.empty(nodes, np.int64), np.empty(nodes), np.empty(nodes, np.int64), np.empty(nodes))
    asked = np.empty(nodes)
    gains, losses, lead, bit = tables.gains, tables.losses, tables.lead, lanes.bit
    unit, by_weight, total = prices.unit, prices.by_weight, 0.0
    for product in range(begin, end):
        first, last, moved = losses.first[product], losses.first[product + 1], step * tables.worth[product]
        weight = tables.weight[product]
        for source in range(first, last):
            price, given = unit[source], 0
            for m in range(losses.at[source], losses.at[source + 1]):
                if losses.value[0, m] >= price:
                    break
                given += 1
                total += price - losses.value[0, m]
            asked[source - first] = -given
        for to in range(gains.first[product], gains.first[product + 1]):
            j, lanes_to, at = gains.node[to], 0, gains.at[to]
            for source in range(first, last):  # by which the first slot is worth anything
                i = losses.node[source]
                if bit[i, j] != NO_LANE:
                    costs = unit[source] + by_weight[i, j] * weight
                    if gains.value[lead[i, j], at] > costs:
                        row.source[lanes_to], row.costs[lanes_to] = source, costs
                        lanes_to += 1
            if lanes_to == 0:
                continue
            if lanes.is_single[j]:
                total += _ask_each(tables, prices, lanes, product, to, lanes_to, row, moved, asked, earned)
            else:
                _ask_sets(tables, lanes, product, to, lanes_to, row, asked, earned)
        for source in range(first, last):
            units = losses.at[source + 1] - losses.at[source]
            unit[source] = max(0.0, unit[source] + moved * asked[source - first] / units)
    return total


@njit(cache=True, nogil=True)
def _ask_each(
    tables: Tables,
    prices: UnitPrices,
    lanes: Mixture,
    product: int,
    to: int,
    count: int,
    row: _Row,
    moved: float,
    asked: Floats,
    earned: Earned,
) -> float:
    """What each lane earns at one cell, and how many units it asks of its source; what the slots' prices sum up to.

    Of a slot that is worth nothing by any lane, the price is none.
    """
    gains, losses = tables.gains, tables.losses
    first, weight, j, total = losses.first[product], tables.weight[product], gains.node[to], 0.0
    for k in range(gains.at[to], gains.at[to + 1]):
        price, taken, is_wanted = prices.slot[k], -1.0, False
        for n in range(count):
            source = row.source[n]
            i = losses.node[source]
            left = gains.value[tables.lead[i, j], k] - row.costs[n]
            is_wanted = is_wanted or left > 0.0
            if left > price:
                share = lanes.alone[i, j]
                taken += share
                asked[source - first] += share
                earned.load[i, j] += share * weight
                earned.alone[i, j] += left - price
        if not is_wanted:
            break
        total += price
        prices.slot[k] = max(0.0, price + moved * taken)
    return total


@njit(cache=True, nogil=True)
def _ask_sets(
    tables: Tables, lanes: Mixture, product: int, to: int, count: int, row: _Row, asked: Floats, earned: Earned
) -> None:
    """What groups of lanes earn at one cell, and how many units the mixture asks of their sources."""
    gains, node, lead, bit = tables.gains, tables.losses.node, tables.lead, lanes.bit
    first, weight, j = tables.losses.first[product], tables.weight[product], gains.node[to]
    hit_there, by_group = lanes.hit[j], earned.by_group[j]
    source, costs, best, worth = row.source, row.costs, row.sorted_source, row.worth
    for k in range(gains.at[to], gains.at[to + 1]):
        found = 0
        for n in range(count):  # the lanes that are worth anything, the best first
            left = gains.value[lead[node[source[n]], j], k] - costs[n]
            if left > 0.0:
                place = found
                while place > 0 and worth[place - 1] < left:
                    worth[place], best[place] = worth[place - 1], best[place - 1]
                    place -= 1
                worth[place], best[place] = left, source[n]
                found += 1
        if found == 0:
            break
        group, before = 0, 0.0
        for n in range(found):
            i = node[best[n]]
            group |= 1 << bit[i, j]
            by_group[group] += worth[n] - (worth[n + 1] if n + 1 < found else 0.0)
            hit = hit_there[group]
            asked[best[n] - first] += hit - before
            earned.load[i, j] += (hit - before) * weight
            before = hit


@njit(cache=True, nogil=True)
def net_of_sets(by_group: Floats, cost: Floats, bits: Ints) -> Floats:
    """What each set of lanes earns above its cost, shape (nodes, 2^bits), minus infinity where there is no such set.

    Parameters
    ----------
    by_group
        As in `Earned`.
    cost, bits
        Of each bit's lane, shape (nodes, bits), and how many there are, shape (nodes,).
    """
    net = np.full(by_group.shape, -np.inf)
    for j in range(len(bits)):
        count = 1 << bits[j]
        within, spent = by_group[j, :count].copy(), np.zeros(count)
        for b in range(bits[j]):
            for one in range(count):
                if one >> b & 1:
                    within[one] += within[one ^ (1 << b)]
                    spent[one] += cost[j, b]
        for one in range(count):
            net[j, one] = within[count - 1] - within[count - 1 - one] - spent[one]
    return net


@njit(cache=True, nogil=True)
def shift_shares(share: Floats, net: Floats, pace: Floats, bits: Ints, must: Ints, may: Ints) -> None:
    """Give the sets that earn more the larger shares, by multiplicative weights (Arora, Hazan and Kale 2012).

    Parameters
    ----------
    share
        Of each set; shifted, shape (nodes, 2^bits).
    net, pace
        As of `net_of_sets`, and by how much a cent more multiplies a share (its logarithm), shape (nodes,).
    must, may
        Bits that a place's sets have to have, and those that they can have, shape (nodes,).
    """
    for j in range(len(bits)):
        count, best = 1 << bits[j], -np.inf
        for one in range(count):
            if one & must[j] == must[j] and one & ~may[j] == 0:
                best = max(best, net[j, one])
        total = 0.0
        for one in range(count):
            if one & must[j] == must[j] and one & ~may[j] == 0:
                share[j, one] = max(share[j, one], _LEAST_SHARE / count) * np.exp(pace[j] * (net[j, one] - best))
                total += share[j, one]
            else:
                share[j, one] = 0.0
        share[j, :count] /= total


@njit(cache=True, nogil=True)
def hit_shares(share: Floats, bits: Ints) -> Floats:
    """Share of the sets that have any of a group of lanes, shape (nodes, 2^bits)."""
    hit = np.zeros(share.shape)
    for j in range(len(bits)):
        count = 1 << bits[j]
        within = share[j, :count].copy()
        for b in range(bits[j]):
            for one in range(count):
                if one >> b & 1:
                    within[one] += within[one ^ (1 << b)]
        for one in range(count):
            hit[j, one] = 1.0 - within[count - 1 - one]
    return hit
