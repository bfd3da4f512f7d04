"""The clairvoyant bound by Lagrange: stock is priced, every order takes its cheapest method at prices.

Each set of prices gives a lower bound on what the orders cost in all (Fisher 1981, equation 2); prices follow the
deflected subgradient (Camerini, Fratta and Maffioli 1975) with Polyak's step towards a cost that is known to be
feasible. The best bound is as good as that of the linear program over all methods, for given time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimize.hindsight.costs import SentCosts
from optimize.hindsight.prices_kernel import at_prices
from optimize.hindsight.sent import Sent

Floats = NDArray[np.float64]

_DEFLECTION = 0.7
_PATIENCE = 6
"""So many rounds without a better bound halve the step."""
_LEAST_STEP = 1e-3
_HOPE = 0.01
"""The step aims at a bound that is better by this share, and never above the cost that is known."""


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
