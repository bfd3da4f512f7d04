"""Every order of a run by its cheapest method at prices of stock, or a bound below it: compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _split(
    base: Floats, least: Floats, variable: Floats, flat: Floats, lines: int, nodes: int, best: float, chosen: Ints
) -> float:
    """A lower bound on serving an order with two parcels or more, if it is below ``best``; writes who serves what.

    Of two nodes the greater of two bounds counts: each parcel at least on its line, its weight where a kilogram is
    cheapest; and each at least as dear as its lightest, whatever its weight.
    """
    found = best
    for a in range(nodes):
        if least[a] >= found:
            continue
        for b in range(a + 1, nodes):
            if least[a] + least[b] >= found:
                continue
            by_line, by_least = base[a] + base[b], least[a] + least[b]
            for line in range(lines):
                by_line += min(variable[line, a], variable[line, b])
                by_least += min(flat[line, a], flat[line, b])
            cost = max(by_line, by_least)
            if cost < found:
                found = cost
                of = variable if by_line >= by_least else flat
                for line in range(lines):
                    chosen[line] = a if of[line, a] <= of[line, b] else b
    if lines < 3:
        return found
    # Three parcels or more cost at least the three lowest bases and each line where it is cheapest.
    by_line, by_least = np.sort(base)[:3].sum(), np.sort(least)[:3].sum()
    for line in range(lines):
        by_line += variable[line].min()
        by_least += flat[line].min()
    if max(by_line, by_least) < found:
        found = max(by_line, by_least)
        of = variable if by_line >= by_least else flat
        for line in range(lines):
            chosen[line] = of[line].argmin()
    return found


@njit(cache=True, nogil=True)
def at_prices(
    first: Ints,
    product: Ints,
    units: Ints,
    period: Ints,
    whole: Floats,
    base: Floats,
    per_kg: Floats,
    least: Floats,
    line_cents: Floats,
    weight_kg: Floats,
    price: Floats,
    never: NDArray[np.bool_],
    used: Ints,
    each: Floats,
) -> float:
    """Sum of every order's cheapest method at prices (periods, nodes, products); adds what they use to ``used``, and
    writes each order's own into ``each``."""
    nodes = whole.shape[1]
    most = 1
    for order in range(len(first) - 1):
        most = max(most, first[order + 1] - first[order])
    variable, flat = np.empty((most, nodes)), np.empty((most, nodes))
    chosen, own = np.empty(most, np.int64), np.empty(nodes)
    total = 0.0
    for order in range(len(first) - 1):
        begin, end, when = first[order], first[order + 1], period[order]
        best, at = np.inf, -1
        for node in range(nodes):
            own[node] = 0.0
            for line in range(begin, end):
                cost = price[when, node, product[line]] * units[line]
                if never[node, product[line]]:
                    cost = np.inf
                own[node] += cost
                flat[line - begin, node] = cost + line_cents[line, node]
                variable[line - begin, node] = flat[line - begin, node] + per_kg[order, node] * weight_kg[line]
            cost = whole[order, node] + own[node]
            if cost < best:
                best, at = cost, node
        chosen[: end - begin] = at
        if least[order].min() < np.inf:
            best = _split(base[order], least[order], variable, flat, end - begin, nodes, best, chosen)
        each[order] = 0.0
        if best == np.inf:
            continue  # nothing is known of what it cost: it is left out, which keeps the bound a bound
        each[order] = best
        total += best
        for line in range(begin, end):
            used[when, chosen[line - begin], product[line]] += units[line]
    return total
