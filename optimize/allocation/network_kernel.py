"""All products' transportation problems at prices of the nodes' capacity, in compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.allocation.transport_kernel import Floats, Ints, Tree, first_tree, improve

_MOST_PIVOTS = 20_000
_FRESH = -9


class Flows(NamedTuple):
    """What products want and have. Rows are by product; costs are by (zones, nodes), to be read along nodes."""

    demand: Floats
    supply: Floats
    unit_cost: Floats
    weight_cost: Floats
    weight: Floats
    lost_cost: Floats
    load: Floats


class Bases(NamedTuple):
    """The basis of each product, kept from one call to the next, shape (products, places)."""

    parent: NDArray[np.int16]
    flow: Floats


class Outcome(NamedTuple):
    """By product: the dual value, what is spent without capacity prices, units sent (products, nodes), and what a unit
    at each node is worth (products, nodes)."""

    bound: Floats
    spent: Floats
    sent: Floats
    price: Floats


def fresh_bases(products: int, nodes: int, zones: int) -> Bases:
    """None is known yet."""
    places = nodes + zones + 2
    return Bases(np.full((products, places), _FRESH, np.int16), np.zeros((products, places)))


def fresh_outcome(products: int, nodes: int) -> Outcome:
    """To be written."""
    by_node = (products, nodes)
    return Outcome(np.zeros(products), np.zeros(products), np.zeros(by_node), np.zeros(by_node))


@njit(cache=True, nogil=True)
def serve_products(flows: Flows, load_price: Floats, bases: Bases, outcome: Outcome) -> int:
    """Solve each product from its last basis; how many pivots that took."""
    products, zones = flows.demand.shape
    nodes = flows.supply.shape[1]
    places = nodes + zones + 2
    tree = Tree(np.empty(places, np.int16), np.empty(places), np.empty(places), np.empty(places, np.int64))
    way, cost = np.empty(places, np.int64), np.empty((zones, nodes + 1))
    at, to = np.empty(nodes, np.int64), np.empty(zones, np.int64)
    pivots = 0
    for product in range(products):
        sources = _active(flows.supply[product], at)
        wanting = _active(flows.demand[product], to)
        costs = cost.ravel()[: wanting * (sources + 1)].reshape((wanting, sources + 1))
        _costs(flows, product, load_price, at, to, costs)
        demand, supply = flows.demand[product][to[:wanting]], flows.supply[product][at[:sources]]
        count = sources + wanting + 2
        own = Tree(tree.parent[:count], tree.flow[:count], tree.worth[:count], tree.depth[:count])
        if bases.parent[product, 0] == _FRESH:
            first_tree(costs, demand, supply, own)
        else:
            own.parent[:] = bases.parent[product, :count]
            own.flow[:] = bases.flow[product, :count]
        pivots += improve(costs, own, way, _MOST_PIVOTS)
        bases.parent[product, :count] = own.parent
        bases.flow[product, :count] = own.flow
        _tell(flows, product, load_price, at, to, costs, own, outcome)
    return pivots


@njit(cache=True, nogil=True)
def _active(amounts: Floats, into: Ints) -> int:
    count = 0
    for place in range(len(amounts)):
        if amounts[place] > 0.0:
            into[count] = place
            count += 1
    return count


@njit(cache=True, nogil=True)
def _costs(flows: Flows, product: int, load_price: Floats, at: Ints, to: Ints, costs: Floats) -> None:
    """Of a unit from each node that has some to each zone that wants some, capacity included."""
    wanting, sources = costs.shape
    weight, load = flows.weight[product], flows.load[product]
    for z in range(wanting):
        zone = to[z]
        for n in range(sources - 1):
            node = at[n]
            costs[z, n] = flows.unit_cost[zone, node] + weight * flows.weight_cost[zone, node] + load * load_price[node]
        costs[z, sources - 1] = flows.lost_cost[product]


@njit(cache=True, nogil=True)
def _tell(
    flows: Flows,
    product: int,
    load_price: Floats,
    at: Ints,
    to: Ints,
    costs: Floats,
    tree: Tree,
    outcome: Outcome,
) -> None:
    """The bound holds whatever the tree: zones are valued anew by what is cheapest at the nodes' prices."""
    wanting, sources = costs.shape
    root = sources + wanting
    load = flows.load[product]
    bound = 0.0
    for n in range(sources - 1):
        tree.worth[n] = max(0.0, tree.worth[n])
        bound -= flows.supply[product, at[n]] * tree.worth[n]
    for z in range(wanting):
        best = costs[z, sources - 1]
        for n in range(sources - 1):
            best = min(best, costs[z, n] + tree.worth[n])
        tree.worth[sources + z] = best
        bound += flows.demand[product, to[z]] * best
    spent = 0.0
    outcome.sent[product] = 0.0
    for place in range(root):
        parent = tree.parent[place]
        if parent == root:
            continue
        n, z = (place, parent - sources) if place < sources else (parent, place - sources)
        amount = max(0.0, tree.flow[place])
        spent += amount * costs[z, n]
        if n < sources - 1:
            outcome.sent[product, at[n]] += amount
            spent -= amount * load * load_price[at[n]]
    outcome.bound[product], outcome.spent[product] = bound, spent
    _price(flows, product, load_price, to[:wanting], tree.worth[sources:root], outcome.price[product])
    for n in range(sources - 1):
        outcome.price[product, at[n]] = tree.worth[n]


@njit(cache=True, nogil=True)
def _price(flows: Flows, product: int, load_price: Floats, to: Ints, worth: Floats, price: Floats) -> None:
    """What a first unit would be worth where there is none: the most that it would save in any zone."""
    weight, load = flows.weight[product], flows.load[product]
    for node in range(len(price)):
        price[node] = 0.0
        if flows.supply[product, node] > 0.0:
            continue
        for z in range(len(to)):
            cost = flows.unit_cost[to[z], node] + weight * flows.weight_cost[to[z], node] + load * load_price[node]
            price[node] = max(price[node], worth[z] - cost)


@njit(cache=True, nogil=True)
def flows_of(flows: Flows, bases: Bases, shares: Floats) -> None:
    """What part of each zone's demand comes from each node, into ``shares``, shape (products, zones, nodes); what is
    missing to one is lost."""
    products, zones = flows.demand.shape
    nodes = flows.supply.shape[1]
    at, to = np.empty(nodes, np.int64), np.empty(zones, np.int64)
    shares[:] = 0.0
    for product in range(products):
        sources = _active(flows.supply[product], at) + 1
        wanting = _active(flows.demand[product], to)
        root = sources + wanting
        for place in range(root):
            parent = bases.parent[product, place]
            if parent == root:
                continue
            n, z = (place, parent - sources) if place < sources else (parent, place - sources)
            if n < sources - 1:
                amount = max(0.0, bases.flow[product, place])
                shares[product, to[z], at[n]] += amount / flows.demand[product, to[z]]
