"""Methods: ways to serve an order, a node for each line, and the cheapest of them, exactly, in compiled code.

A method costs a fixed amount for each node that it uses and a variable amount for each line at its node; a line may
also stay unserved. Which method is cheapest is an uncapacitated facility location problem of one order. Orders have
few lines, so it is solved by dynamic programming over the sets of lines that are served already, node by node:
``nodes * lines * 2**lines`` steps, however many methods there are.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LINES = 10
"""Orders with more lines are priced in parts of so many lines, each with its share of the fixed amounts: the sum is a
lower bound on the cheapest method's cost, and what it chooses is a method, if not always the cheapest."""

UNSERVED = -1


@njit(cache=True, nogil=True)
def work_space(nodes: int) -> tuple[Floats, Floats, Ints, Ints]:
    """What `cheapest` writes on, for reuse."""
    sets = 1 << MOST_LINES
    return np.empty(sets), np.empty(sets), np.empty(sets, np.int64), np.zeros((nodes, sets), np.int64)


@njit(cache=True, nogil=True)
def cheapest(
    fixed: Floats, variable: Floats, unserved: Floats, choice: Ints, space: tuple[Floats, Floats, Ints, Ints]
) -> float:
    """The cheapest method of one order; writes its nodes to ``choice`` (lines,), -1 for unserved, and returns its cost.

    Parameters
    ----------
    fixed
        Cost of using a node, infinite where it may not be used, shape (nodes,).
    variable
        Cost of a line at a node, infinite where it cannot be had, shape (lines, nodes).
    unserved
        Cost of not serving a line, shape (lines,).
    """
    lines = len(unserved)
    if lines == 1:
        return _one_line(fixed, variable[0], unserved[0], choice)
    if lines <= MOST_LINES:
        return _few_lines(fixed, variable, unserved, choice, space)
    total = 0.0
    for begin in range(0, lines, MOST_LINES):
        end = min(begin + MOST_LINES, lines)
        share = fixed * ((end - begin) / lines)
        total += _few_lines(share, variable[begin:end], unserved[begin:end], choice[begin:end], space)
    return total


@njit(cache=True, nogil=True)
def _one_line(fixed: Floats, variable: Floats, unserved: float, choice: Ints) -> float:
    best, chosen = unserved, UNSERVED
    for node in range(len(fixed)):
        cost = fixed[node] + variable[node]
        if cost < best:
            best, chosen = cost, node
    choice[0] = chosen
    return best


@njit(cache=True, nogil=True)
def _few_lines(
    fixed: Floats, variable: Floats, unserved: Floats, choice: Ints, space: tuple[Floats, Floats, Ints, Ints]
) -> float:
    """``best[s]``: lines of the set s served by the nodes seen so far, or given up; ``at[s]``: some of s from here."""
    best, at, here, picked = space
    lines, nodes = len(unserved), len(fixed)
    sets = 1 << lines
    best[0] = 0.0
    for line in range(lines):
        bit = 1 << line
        for s in range(bit):
            best[s | bit] = best[s] + unserved[line]
    for node in range(nodes):
        if fixed[node] == np.inf:
            picked[node, :sets] = 0
            continue
        for s in range(sets):
            at[s] = best[s] + fixed[node]
            here[s] = 0
        for line in range(lines):
            bit, cost = 1 << line, variable[line, node]
            if cost == np.inf:
                continue
            for s in range(sets):
                if s & bit and at[s ^ bit] + cost < at[s]:
                    at[s] = at[s ^ bit] + cost
                    here[s] = here[s ^ bit] | bit
        for s in range(sets):
            picked[node, s] = 0
            if here[s] and at[s] < best[s]:
                best[s] = at[s]
                picked[node, s] = here[s]
    _read(picked, sets - 1, choice)
    return best[sets - 1]


@njit(cache=True, nogil=True)
def _read(picked: Ints, left: int, choice: Ints) -> None:
    """From the last node back: which lines each took."""
    choice[:] = UNSERVED
    for node in range(len(picked) - 1, -1, -1):
        taken = picked[node, left]
        if taken:
            for line in range(len(choice)):
                if taken >> line & 1:
                    choice[line] = node
            left ^= taken


@njit(cache=True, nogil=True)
def choose(
    fixed: Floats,
    variable: Floats,
    unserved: Floats,
    product: Ints,
    units: Ints,
    stock: Ints,
    price: Floats,
    load_price: Floats,
    choice: Ints,
    space: tuple[Floats, Floats, Ints, Ints],
) -> float:
    """The cheapest method of one order at prices of stock and of a shipment, of what is in stock.

    As `cheapest`, with ``product`` and ``units`` of each line, shape (lines,), ``stock`` and ``price`` by (products,
    nodes) and ``load_price`` by (nodes,). No two lines are of one product. The cost has the prices in it.
    """
    lines, nodes = variable.shape
    priced = np.empty((lines, nodes))
    for line in range(lines):
        row, wanted = product[line], units[line]
        for node in range(nodes):
            if stock[row, node] < wanted:
                priced[line, node] = np.inf
            else:
                priced[line, node] = variable[line, node] + wanted * price[row, node]
    return cheapest(fixed + load_price, priced, unserved, choice, space)
