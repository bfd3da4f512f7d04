"""Two nodes without replenishment: how much to move between them ahead of demand, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import poisson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TwoNodePrices:
    """Holding of a unit for a period, a lost unit, a unit moved ahead of demand, and one sent when it is short."""

    holding: float
    lost: float
    ahead: float
    when_short: float


def two_node_costs(
    periods: int, most: int, means: tuple[float, float], prices: TwoNodePrices, *, ahead: bool, when_short: bool
) -> Floats:
    """Expected cost from each stock on, shape (most + 1, most + 1), by backward induction.

    A period: units are moved from one node to the other at once, as is best (if ``ahead``); independent Poisson demand;
    what one lacks the other sends as far as it can (if ``when_short``); what is left is charged for. ``most`` is the
    stock of both nodes together; stocks beyond it have no number.
    """
    after = _expected_period(most, means, prices, when_short)
    stock = np.arange(most + 1)
    beyond = stock[:, None] + stock > most
    following = np.zeros((most + 1, most + 1))
    for _ in range(periods):
        stay = after.cost + after.of(following)
        following = _best_move(stay, most, prices.ahead) if ahead else stay
    return np.where(beyond, np.nan, following)


def _best_move(stay: Floats, most: int, price: float) -> Floats:
    """The least cost over all moves that keep the total."""
    best = stay.copy()
    for total in range(most + 1):
        first = np.arange(total + 1)
        costs = stay[first, total - first] + price * np.abs(first[:, None] - first)
        best[first, total - first] = costs.min(axis=1)
    return best


@dataclass(frozen=True, slots=True)
class _Period:
    """One period from each stock: expected cost, and the demands with their chances and what they leave."""

    cost: Floats
    chance: Floats
    left: tuple[Ints, Ints]

    def of(self, values: Floats) -> Floats:
        """Expected value of what is left, shape (most + 1, most + 1)."""
        return np.einsum("abde,de->ab", values[self.left], self.chance)


def _expected_period(most: int, means: tuple[float, float], prices: TwoNodePrices, when_short: bool) -> _Period:
    first, second = (poisson(mean) for mean in means)
    a, b, d, e = np.ogrid[: most + 1, : most + 1, : len(first), : len(second)]
    short, other = np.maximum(d - a, 0), np.maximum(e - b, 0)
    left, left_other = np.maximum(a - d, 0), np.maximum(b - e, 0)
    sent, sent_other = (
        (np.minimum(short, left_other), np.minimum(other, left)) if when_short else (0 * short * left_other, 0 * other)
    )
    left, left_other = left - sent_other, left_other - sent
    lost = short + other - sent - sent_other
    cost = prices.when_short * (sent + sent_other) + prices.lost * lost + prices.holding * (left + left_other)
    chance = first[:, None] * second
    leaves, leaves_other = np.broadcast_arrays(left, left_other)
    return _Period(np.einsum("abde,de->ab", cost, chance), chance, (leaves, leaves_other))
