"""Two nodes that share their stock until it is gone: move units ahead of demand, or cover a shortage when it is there.

In a period: a rule moves units, at once, at a cost each; both nodes see Poisson demand; if the nodes *cover*, what one
lacks comes from what the other has left, at a higher cost each; what is lacking then is lost; each unit left is held.
There is no replenishment, so all states can be listed, and each rule's expected cost is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import poisson

from optimize.fulfilment.instance import Floats

Move = Callable[["TwoNodes", int, int, int], int]
"""Units that go from the first node to the second (if below zero, back), by problem, periods left and both stocks."""

TAIL = 1e-15


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
        return float(self._values(rule, sum(start), covers)[0][start])

    def best(self, start: tuple[int, int], *, covers: bool = False) -> float:
        """Expected cost of the best moves."""
        ahead = np.zeros((sum(start) + 1, sum(start) + 1))
        for _ in range(self.periods):
            after = self._period(ahead, covers)
            ahead = np.array([[self._least(after, one, two) for two in range(len(ahead))] for one in range(len(ahead))])
        return float(ahead[start])

    def _least(self, after: Floats, one: int, two: int) -> float:
        if one + two >= len(after):
            return 0.0  # more than there is
        return float(min(after[to, one + two - to] + self.moved * abs(one - to) for to in range(one + two + 1)))

    def _values(self, rule: Move, total: int, covers: bool) -> list[Floats]:
        """Expected cost by both stocks, with all periods left, one less, and so on to none."""
        values = [np.zeros((total + 1, total + 1))]
        for left in range(1, self.periods + 1):
            after, now = self._period(values[0], covers), np.zeros((total + 1, total + 1))
            for one in range(total + 1):
                for two in range(total + 1 - one):
                    move = rule(self, left, one, two)
                    now[one, two] = after[one - move, two + move] + self.moved * abs(move)
            values.insert(0, now)
        return values

    def _period(self, ahead: Floats, covers: bool) -> Floats:
        """Expected cost of both stocks from just before demand on."""
        size = len(ahead)
        most = int(max(poisson.isf(TAIL, mean) for mean in self.demand)) + 1
        chance = np.outer(*(poisson.pmf(np.arange(most), mean) for mean in self.demand))
        wanted = np.indices((most, most))
        after = np.zeros((size, size))
        for one in range(size):
            for two in range(size - one):
                left = np.array([one, two])[:, None, None] - wanted
                over, short = left.clip(0), (-left).clip(0)
                help_each = np.minimum(over[::-1], short) if covers else np.zeros_like(over)
                over, short = over - help_each[::-1], short - help_each
                cost = self.covered * help_each.sum(axis=0) + self.lost * short.sum(axis=0)
                cost = cost + self.held * over.sum(axis=0) + ahead[over[0], over[1]]
                after[one, two] = (chance * cost).sum()
        return after


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
    values = problem._values(still, total, covers=False)
    return values[:-1][::-1]
