"""The transportation problem of one product, by the network simplex method, in compiled code.

Places are numbered: nodes 0 to n - 1, then the node ``n`` that stands for a lost sale and never runs out, then zones,
then the last, where stock goes that is left over. The basis is a tree, rooted there: each place knows its parent and
the flow of the arc between them, which always runs from a node to a zone. Potentials are what a unit is worth: at a
node, what one more would save; in a zone, what one more would cost (Ahuja, Magnanti and Orlin 1993, chapter 11).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TOLERANCE = 1e-7


class Tree(NamedTuple):
    """A basis: arrays by place."""

    parent: NDArray[np.int16]
    flow: Floats
    worth: Floats
    depth: Ints


@njit(cache=True, nogil=True)
def first_tree(cost: Floats, demand: Floats, stock: Floats, tree: Tree) -> None:
    """Zone by zone the cheapest node that has some left: a basis that can be carried out.

    ``cost`` is by (zones, nodes + 1), the last column being the lost sale. Each step ends a node or a zone, so that the
    arcs used make a tree, of which the parents are found afterwards.
    """
    zones, sources = cost.shape
    last = sources + zones
    left = np.empty(sources)
    left[: sources - 1] = stock
    left[sources - 1] = demand.sum()
    is_open = np.ones(sources, np.bool_)
    tails, heads = np.empty(last, np.int64), np.empty(last, np.int64)
    amounts, count = np.empty(last), 0
    for zone in range(zones):
        wanted = demand[zone]
        while True:
            best = sources - 1
            for node in range(sources - 1):
                if is_open[node] and cost[zone, node] < cost[zone, best]:
                    best = node
            amount = min(wanted, left[best])
            tails[count], heads[count], amounts[count] = best, sources + zone, amount
            count += 1
            wanted -= amount
            left[best] -= amount
            if wanted <= 0.0 or best == sources - 1:
                break
            is_open[best] = False
    for node in range(sources):
        if is_open[node]:
            tails[count], heads[count], amounts[count] = node, last, left[node]
            count += 1
    _hang(tails[:count], heads[:count], amounts[:count], tree)


@njit(cache=True, nogil=True)
def _hang(tails: Ints, heads: Ints, amounts: Floats, tree: Tree) -> None:
    """Give each place its parent, from the last place down."""
    places, arcs = len(tree.parent), len(tails)
    begin = np.zeros(places + 1, np.int64)
    for arc in range(arcs):
        begin[tails[arc] + 1] += 1
        begin[heads[arc] + 1] += 1
    for place in range(places):
        begin[place + 1] += begin[place]
    fill = begin[:-1].copy()
    touching = np.empty(2 * arcs, np.int64)
    for arc in range(arcs):
        for place in (tails[arc], heads[arc]):
            touching[fill[place]] = arc
            fill[place] += 1
    queue = np.empty(places, np.int64)
    tree.parent[:] = -2
    root = places - 1
    tree.parent[root], tree.flow[root], queue[0] = -1, 0.0, root
    seen, done = 1, 0
    while done < seen:
        place = queue[done]
        done += 1
        for k in range(begin[place], begin[place + 1]):
            arc = touching[k]
            other = tails[arc] + heads[arc] - place
            if tree.parent[other] == -2:
                tree.parent[other], tree.flow[other] = place, amounts[arc]
                queue[seen] = other
                seen += 1


@njit(cache=True, nogil=True)
def set_worth(cost: Floats, tree: Tree, way: Ints) -> None:
    """Potentials and depths anew, each from the nearest place above whose own are known."""
    zones, sources = cost.shape
    places = sources + zones + 1
    tree.depth[:] = -1
    tree.depth[places - 1], tree.worth[places - 1] = 0, 0.0
    for start in range(places):
        place, steps = start, 0
        while tree.depth[place] < 0:
            way[steps] = place
            steps += 1
            place = tree.parent[place]
        while steps:
            steps -= 1
            child = way[steps]
            if child < sources:  # worth at a node = worth in the zone - cost of going there
                arc = 0.0 if place == places - 1 else cost[place - sources, child]
                tree.worth[child] = tree.worth[place] - arc
            else:
                tree.worth[child] = tree.worth[place] + cost[child - sources, place]
            tree.depth[child] = tree.depth[place] + 1
            place = child


@njit(cache=True, nogil=True)
def improve(cost: Floats, tree: Tree, way: Ints, most_pivots: int) -> int:
    """Pivot until no arc is worth its cost less than what it would bring; how many pivots it took."""
    zones, sources = cost.shape
    set_worth(cost, tree, way)
    pivots, idle, zone = 0, 0, 0
    while idle <= zones and pivots < most_pivots:
        best, gain = -1, _TOLERANCE
        if zone == zones:
            for node in range(sources):
                if -tree.worth[node] > gain:
                    best, gain = node, -tree.worth[node]
        else:
            there = tree.worth[sources + zone]
            for node in range(sources):
                saved = there - tree.worth[node] - cost[zone, node]
                if saved > gain:
                    best, gain = node, saved
        if best >= 0:
            _pivot(best, sources + zone, sources, tree)
            set_worth(cost, tree, way)
            pivots += 1
            idle = 0
        else:
            idle += 1
            zone = zone + 1 if zone < zones else 0
    return pivots


@njit(cache=True, nogil=True)
def _pivot(node: int, zone: int, sources: int, tree: Tree) -> None:
    """Send along the arc from node to zone as much as the cycle that it closes in the tree allows."""
    parent, flow, depth = tree.parent, tree.flow, tree.depth
    a, b = node, zone
    amount, leaving, by_zone = np.inf, -1, True
    while a != b:  # first the least of the flows that fall
        if depth[a] > depth[b] or (depth[a] == depth[b] and a == node):
            if a < sources and flow[a] < amount:
                amount, leaving, by_zone = flow[a], a, False
            a = parent[a]
        else:
            if b >= sources and flow[b] <= amount:
                amount, leaving, by_zone = flow[b], b, True
            b = parent[b]
    apex = a
    a, b = node, zone
    while a != apex:
        flow[a] += -amount if a < sources else amount
        a = parent[a]
    while b != apex:
        flow[b] += -amount if b >= sources else amount
        b = parent[b]
    if by_zone:
        _turn(zone, node, leaving, amount, tree)
    else:
        _turn(node, zone, leaving, amount, tree)


@njit(cache=True, nogil=True)
def _turn(place: int, onto: int, until: int, amount: float, tree: Tree) -> None:
    """Hang the part of the tree below ``until`` onto another place, by ``place``, and turn the arcs between."""
    parent, flow = tree.parent, tree.flow
    above, carried = onto, amount
    while True:
        next_place, next_flow = parent[place], flow[place]
        parent[place], flow[place] = above, carried
        if place == until:
            return
        above, carried, place = place, next_flow, next_place
