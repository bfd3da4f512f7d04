"""The clairvoyant bound by Lagrange: stock is priced, every order takes its cheapest method at prices.

Each set of prices gives a lower bound on what the orders cost in all (Fisher 1981, equation 2); prices follow the
deflected subgradient (Camerini, Fratta and Maffioli 1975) with Polyak's step towards a cost that is known to be
feasible. The best bound is as good as that of the linear program over all methods, for given time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.hindsight.costs import SentCosts
from optimize.hindsight.sent import Sent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DEFLECTION = 0.7
_PATIENCE = 6
"""So many rounds without a better bound halve the step."""
_LEAST_STEP = 1e-3
_HOPE = 0.01
"""The step aims at a bound that is better by this share, and never above the cost that is known."""


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


class DualBound(NamedTuple):
    """A lower bound on what sending everything costs within the supply of each period.

    ``cents``, and the ``rounds`` it took; ``each`` (orders,): the cheapest method of every order at the prices that
    gave it; ``felt`` (periods, nodes, products): what an order of a period pays for a unit; ``stock`` the cents that
    all supply is worth at those prices. ``cents`` is the sum of ``each`` less ``stock``.
    """

    cents: float
    rounds: int
    each: Floats
    felt: Floats
    stock: float


def dual_bound(sent: Sent, costs: SentCosts, rounds: int, gap: float) -> DualBound:
    """Search for prices."""
    supply = sent.supply.astype(np.float64)
    periods = len(supply)
    never = sent.supply[-1] == 0
    price, direction = np.zeros_like(supply), np.zeros_like(supply)
    best, best_price, known = -np.inf, price, float(sent.cents.sum())
    each, found = np.zeros(len(sent)), DualBound(-np.inf, 0, np.zeros(len(sent)), price, 0.0)
    step, stale = 1.0, 0
    for turn in range(1, rounds + 1):
        used = np.zeros((periods, *never.shape), dtype=np.int64)
        # An order uses stock from its own period on: it pays the prices of all that follow.
        felt = np.ascontiguousarray(np.cumsum(price[::-1], axis=0)[::-1])
        total = at_prices(
            sent.first, sent.product, sent.units, sent.period, *costs[:5], costs.weight_kg, felt, never, used, each
        )
        stock = float((price * supply).sum())
        bound = total - stock
        if bound > best:
            best, best_price, stale = bound, price, 0
            found = DualBound(bound, turn, each.copy(), felt, stock)
        else:
            stale += 1
            if stale >= _PATIENCE:
                step, stale, price = step / 2, 0, best_price
                direction = np.zeros_like(supply)
                if step < _LEAST_STEP:
                    return found._replace(rounds=turn)
        if known - best <= gap * abs(known):
            return found._replace(rounds=turn)
        excess = np.cumsum(used, axis=0) - supply
        excess[(price <= 0) & (excess < 0)] = 0.0
        direction = excess + _DEFLECTION * direction
        direction[(price <= 0) & (direction < 0)] = 0.0
        norm = float((direction**2).sum())
        if norm == 0:
            return found._replace(rounds=turn)
        aim = min(known, best + _HOPE * abs(best))
        price = np.maximum(0.0, price + step * (aim - bound) / norm * direction)
    return found._replace(rounds=rounds)
