"""Two nodes that share their stock until it is gone: move units ahead of demand, or cover a shortage when it is there.

In a period: a rule moves units, at once, at a cost each; both nodes see independent Poisson demand; if the nodes
*cover*, what one lacks comes from what the other has left, at a higher cost each; what is lacking then is lost; each
unit left is held. There is no replenishment, so all states can be listed, and each rule's expected cost is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import poisson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Move = Callable[["TwoNodes", int, int, int], int]
"""Units that go from the first node to the second (if below zero, back), by problem, periods left and both stocks."""


@dataclass(frozen=True)
class TwoNodes:
    """The problem: mean demands in a period; costs of a unit moved, covered, lost, and held at a period's end."""

    periods: int
    demand: tuple[float, float]
    moved: float
    covered: float
    lost: float
    held: float

    def cost(self, rule: Move, start: tuple[int, int], *, covers: bool = False) -> float:
        """Expected cost of a rule from two stocks."""
        return float(self.by_periods_left(rule, sum(start), covers=covers)[-1][start])

    def best(self, start: tuple[int, int], *, covers: bool = False) -> float:
        """Expected cost of the best moves, by backward induction."""
        period = self._period(sum(start), covers)
        ahead = np.zeros_like(period.cost)
        for _ in range(self.periods):
            ahead = _best_moves(period.cost + period.of(ahead), self.moved)
        return float(ahead[start])

    def by_periods_left(self, rule: Move, most: int, *, covers: bool = False) -> list[Floats]:
        """Expected cost of a rule with no period left, with one, and so on to all, by both stocks.

        ``most`` is the stock of both nodes together; shape (most + 1, most + 1), of which what is beyond has no
        meaning.
        """
        period = self._period(most, covers)
        values = [np.zeros_like(period.cost)]
        for left in range(1, self.periods + 1):
            stay, now = period.cost + period.of(values[-1]), np.zeros_like(period.cost)
            for one in range(most + 1):
                for two in range(most + 1 - one):
                    move = rule(self, left, one, two)
                    now[one, two] = stay[one - move, two + move] + self.moved * abs(move)
            values.append(now)
        return values

    def _period(self, most: int, covers: bool) -> _Period:
        """From just before demand on."""
        first, second = (poisson(mean) for mean in self.demand)
        a, b, d, e = np.ogrid[: most + 1, : most + 1, : len(first), : len(second)]
        short, other = np.maximum(d - a, 0), np.maximum(e - b, 0)
        left, left_other = np.maximum(a - d, 0), np.maximum(b - e, 0)
        sent, sent_other = (
            (np.minimum(short, left_other), np.minimum(other, left)) if covers else (0 * short * left_other, 0 * other)
        )
        left, left_other = left - sent_other, left_other - sent
        lost = short + other - sent - sent_other
        cost = self.covered * (sent + sent_other) + self.lost * lost + self.held * (left + left_other)
        chance = first[:, None] * second
        leaves, leaves_other = np.broadcast_arrays(left, left_other)
        return _Period(np.einsum("abde,de->ab", cost, chance), chance, (leaves, leaves_other))


@dataclass(frozen=True, slots=True)
class _Period:
    """One period from each pair of stocks: expected cost, and the demands with their chances and what they leave."""

    cost: Floats
    chance: Floats
    left: tuple[Ints, Ints]

    def of(self, values: Floats) -> Floats:
        """Expected value of what is left, by both stocks."""
        return np.einsum("abde,de->ab", values[self.left], self.chance)


def _best_moves(stay: Floats, price: float) -> Floats:
    """The least cost over all moves that keep the total."""
    best = stay.copy()
    for total in range(len(stay)):
        first = np.arange(total + 1)
        costs = stay[first, total - first] + price * np.abs(first[:, None] - first)
        best[first, total - first] = costs.min(axis=1)
    return best


def still(problem: TwoNodes, left: int, one: int, two: int) -> int:
    """Never move."""
    return 0


def level(problem: TwoNodes, left: int, one: int, two: int) -> int:
    """As many days of cover at both, every period."""
    share = problem.demand[1] / sum(problem.demand)
    return round((one + two) * share) - two


def for_mean(problem: TwoNodes, left: int, one: int, two: int) -> int:
    """What one will lack and the other will not need, if demand comes as expected: the linear program's answer."""
    over = [have - left * mean for have, mean in zip((one, two), problem.demand)]
    if over[0] > 0 > over[1]:
        return int(min(over[0], -over[1]))
    return -int(min(over[1], -over[0])) if over[1] > 0 > over[0] else 0


def for_shortage(problem: TwoNodes, left: int, one: int, two: int) -> int:
    """The move that is best if none follows: expected shortage of both until the end, against the cost of moving."""
    after = _unmoved(problem, one + two)[left - 1]
    return min(
        range(-two, one + 1),
        key=lambda move: (round(after[one - move, two + move] + problem.moved * abs(move), 9), abs(move)),
    )


@cache
def _unmoved(problem: TwoNodes, total: int) -> list[Floats]:
    """Expected cost before demand without moves, by stocks, with one period left, with two, and so on."""
    values = problem.by_periods_left(still, total)
    return values[1:]
