"""What further units of a product are worth, by the average over equally likely demands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.newsvendor import critical_levels
from optimize.replenishment.purchase_program import Curve

Floats = NDArray[np.float64]

_PIECES = 10
"""Straight pieces of a curve, at most."""


def sampled(mean: Floats, variance: Floats, samples: int) -> Floats:
    """Equally likely demands of each product, shape (products, samples): the quantiles amid as many strata."""
    chances = (np.arange(samples) + 0.5) / samples
    return critical_levels(mean[:, None], variance[:, None], chances).astype(np.float64)


def piece_ends(most: float, lot: int) -> Floats:
    """Where the pieces of a curve end: whole lots, evenly spread up to ``most`` or just beyond."""
    even = np.arange(1, _PIECES + 1) * most / _PIECES
    return np.asarray(np.unique(np.ceil(even / lot - 1e-9) * lot), dtype=np.float64)


def curve_of(ends: Floats, costs: Floats) -> Curve:
    """A curve through what each end costs; the first of ``costs`` is that of no units at all."""
    return Curve(tuple(ends.tolist()), tuple((costs[1:] - costs[0]).tolist()))


def worth_of_units(
    demand: Floats, pace: float, position: int, served: int, level: int, holding: float, shortage: float, ends: Floats
) -> Curve:
    """Cost of further units of a product above its position, in what it costs to hold and to be short.

    Stock y costs h (E(y - D)+ + E((y - D)+)² / 2d) to hold, in the first review and then until it is sold at the pace
    d, and p E(D - y)+ in shortages. How long the newsvendor's level waits anyway is nobody's choice. A unit that is
    bought along puts off the next order line, which is worth as much as makes the last one up to S cost nothing.

    Parameters
    ----------
    demand
        Equally likely demands in lead time and review, shape (samples,).
    pace
        Units a review.
    position, served, level
        The inventory position, the newsvendor's level, and the S that is best with what an order line costs.
    holding, shortage
        Of a unit, for a review.
    """
    anyway = np.maximum(served - demand, 0).mean()
    is_left, waits = (demand < level).mean(), np.maximum(level - demand, 0).mean() - anyway
    puts_off = max(0.0, holding * (is_left + waits / pace) - shortage * (1 - is_left))
    stock = position + np.concatenate([[0.0], ends])
    left = np.maximum(stock[:, None] - demand, 0)
    short = np.maximum(demand - stock[:, None], 0).mean(axis=1)
    held = left.mean(axis=1) + ((left**2).mean(axis=1) / 2 - stock * anyway) / pace
    return curve_of(ends, holding * held + shortage * short - puts_off * stock)


def worth_of_early_units(demand: Floats, at_hand: int, shortage: float, ends: Floats) -> Curve:
    """The shortage that units in a hurry prevent, until the next ones in a hurry could come.

    ``demand`` are equally likely demands until then, ``at_hand`` what is there or comes by then.
    """
    stock = at_hand + np.concatenate([[0.0], ends])
    return curve_of(ends, shortage * np.maximum(demand - stock[:, None], 0).mean(axis=1))


def shortage_prevented(demand: Floats, position: int, level: int, shortage: float) -> float:
    """The shortage that a unit prevents on average, of those that raise the position to ``level`` in time."""
    without, with_all = (np.maximum(demand - stock, 0).mean() for stock in (position, level))
    return float(shortage * (without - with_all) / max(1, level - position))
