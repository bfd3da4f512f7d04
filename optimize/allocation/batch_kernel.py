"""The inner loops of batch allocation, in compiled code: every order at prices, and one order after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.allocation.methods_kernel import UNSERVED, cheapest, work_space

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Orders(NamedTuple):
    """What is to be decided; lines of order o are ``first[o]`` to ``first[o + 1]``. Stock rows are by product."""

    first: Ints
    product: Ints
    units: Ints
    order_cost: Floats
    line_cost: Floats
    unserved_cost: Floats
    order_load: Floats
    line_load: Floats


class Shared(NamedTuple):
    """What orders share: units (products, nodes), load (nodes,), and the cost of a load above the capacity."""

    stock: Ints
    capacity: Floats
    penalty: float


@njit(cache=True, nogil=True)
def most_lines(first: Ints) -> int:
    """Of one order."""
    most = 1
    for order in range(len(first) - 1):
        most = max(most, first[order + 1] - first[order])
    return most


@njit(cache=True, nogil=True)
def take_cheapest(orders: Orders, price: Floats, load_price: Floats, choice: Ints, used: Ints, load: Floats) -> float:
    """Every order by its cheapest method at prices; what they use of stock and capacity, and the sum of their costs.

    Writes ``choice`` (lines,), ``used`` (products, nodes) and ``load`` (nodes,).
    """
    nodes = orders.order_cost.shape[1]
    fixed = np.empty(nodes)
    variable = np.empty((most_lines(orders.first), nodes))
    space = work_space(nodes)
    used[:] = 0
    load[:] = 0.0
    total = 0.0
    for order in range(len(orders.first) - 1):
        begin, end = orders.first[order], orders.first[order + 1]
        for node in range(nodes):
            fixed[node] = orders.order_cost[order, node] + load_price[node] * orders.order_load[order]
        for line in range(begin, end):
            units, product = orders.units[line], orders.product[line]
            for node in range(nodes):
                variable[line - begin, node] = (
                    orders.line_cost[line, node]
                    + units * price[product, node]
                    + load_price[node] * orders.line_load[line]
                )
        total += cheapest(fixed, variable[: end - begin], orders.unserved_cost[begin:end], choice[begin:end], space)
        use(orders, order, choice, used, load, 1)
    return total


@njit(cache=True, nogil=True)
def use(orders: Orders, order: int, choice: Ints, used: Ints, load: Floats, sign: int) -> None:
    """Add (or, with -1, take back) what an order's method uses."""
    begin, end = orders.first[order], orders.first[order + 1]
    for line in range(begin, end):
        node = choice[line]
        if node == UNSERVED:
            continue
        used[orders.product[line], node] += sign * orders.units[line]
        load[node] += sign * orders.line_load[line]
        if _is_first(choice, begin, line):
            load[node] += sign * orders.order_load[order]


@njit(cache=True, nogil=True)
def _is_first(choice: Ints, begin: int, line: int) -> bool:
    """Whether no earlier line of the order goes to the node of this one."""
    is_first = True
    for earlier in range(begin, line):
        is_first = is_first and choice[earlier] != choice[line]
    return is_first


@njit(cache=True, nogil=True)
def method_cost(orders: Orders, order: int, choice: Ints) -> float:
    """What an order's method costs by itself."""
    begin, end = orders.first[order], orders.first[order + 1]
    total = 0.0
    for line in range(begin, end):
        node = choice[line]
        if node == UNSERVED:
            total += orders.unserved_cost[line]
            continue
        total += orders.line_cost[line, node]
        if _is_first(choice, begin, line):
            total += orders.order_cost[order, node]
    return total


@njit(cache=True, nogil=True)
def place_each(
    orders: Orders,
    shared: Shared,
    sequence: Ints,
    price: Floats,
    load_price: Floats,
    choice: Ints,
    used: Ints,
    load: Floats,
) -> None:
    """One order after the other, by its cheapest method at prices of what the others leave; ``choice`` is kept true."""
    nodes = orders.order_cost.shape[1]
    fixed = np.empty(nodes)
    variable = np.empty((most_lines(orders.first), nodes))
    space = work_space(nodes)
    for order in sequence:
        begin, end = orders.first[order], orders.first[order + 1]
        use(orders, order, choice, used, load, -1)
        for node in range(nodes):
            fixed[node] = orders.order_cost[order, node] + _load_cost(
                shared, load[node], orders.order_load[order], load_price[node], node
            )
        for line in range(begin, end):
            units, product = orders.units[line], orders.product[line]
            for node in range(nodes):
                if used[product, node] + units > shared.stock[product, node]:
                    variable[line - begin, node] = np.inf
                    continue
                variable[line - begin, node] = (
                    orders.line_cost[line, node]
                    + units * price[product, node]
                    + _load_cost(shared, load[node], orders.line_load[line], load_price[node], node)
                )
        cheapest(fixed, variable[: end - begin], orders.unserved_cost[begin:end], choice[begin:end], space)
        use(orders, order, choice, used, load, 1)


@njit(cache=True, nogil=True)
def _load_cost(shared: Shared, before: float, more: float, price: float, node: int) -> float:
    """More load at a node: at its price, or at the penalty where it goes above the capacity, whichever is dearer."""
    if more == 0.0:
        return 0.0
    above = max(0.0, before + more - shared.capacity[node]) - max(0.0, before - shared.capacity[node])
    return max(price * more, shared.penalty * above) if above > 0.0 else price * more


@njit(cache=True, nogil=True)
def take(orders: Orders, choice: Ints, used: Ints, load: Floats) -> None:
    """Add up what all orders' methods use."""
    for order in range(len(orders.first) - 1):
        use(orders, order, choice, used, load, 1)


@njit(cache=True, nogil=True)
def total_cost(orders: Orders, shared: Shared, choice: Ints, load: Floats) -> float:
    """Of all methods, and of the load above the capacity."""
    total = 0.0
    for order in range(len(orders.first) - 1):
        total += method_cost(orders, order, choice)
    for node in range(len(load)):
        above = load[node] - shared.capacity[node]
        if above > 1e-9:
            total += shared.penalty * above
    return total
