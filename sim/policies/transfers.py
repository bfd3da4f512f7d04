"""Transfers: which stock goes from one node to another before customers ask for it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policies.registry import policy
from sim.world import World

Floats = NDArray[np.float64]
Transfer = tuple[int, int, int, int]
"""(node that sends, node that gets, product, units)."""


@dataclass(slots=True)
class CoverView:
    """What a transfer policy may know of all nodes.

    Attributes
    ----------
    position
        Inventory positions (DOMAIN rule 7) ``[node][product]``, goods on the road to the node included.
    free
        Units ``[node][product]`` that no accepted order counts on.
    is_open
        By node: whether it works.
    demand
        Days from now -> expected units of that time, shape (nodes, products): the forecaster's, where there is one,
        else the pace of accepted orders so far, each counted at the nearest node that may serve it.
    """

    now_ms: int
    position: Sequence[Sequence[int]]
    free: Sequence[Sequence[int]]
    is_open: Sequence[bool]
    demand: Callable[[float], Floats]


class TransferPolicy(Protocol):
    """Moves stock ahead of demand."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, view: CoverView) -> list[Transfer]:
        """What goes where, from and to open nodes; of a node's product, no more in all than is free there."""
        ...


@policy("transfers", "none")
@dataclass(slots=True)
class NoTransfers:
    """Stock stays where suppliers and replenishment put it."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: CoverView) -> list[Transfer]:
        """No transfers."""
        return []


@policy("transfers", "level_cover")
@dataclass(slots=True)
class LevelCover:
    """Levels days of cover: a node with less than ``short_share`` of the network's cover is filled up to it.

    It gets no more than it is expected to sell in ``ahead_days``: what lasts longer stays where it is.
    Cover is a product's position over what is expected to be sold in the next ``ahead_days``. Units come from the nodes
    that have the most above the network's cover. A pair of nodes for which fewer than ``fewest_units`` come together
    sends nothing. With a forecaster, ``ahead_days`` that reach into a planned promotion count what it will sell.
    """

    ahead_days: float = 7.0
    short_share: float = 0.75
    fewest_units: int = 1

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: CoverView) -> list[Transfer]:
        """Each product by itself, then what is worth a truck."""
        expected = view.demand(self.ahead_days)
        found = [t for product in range(expected.shape[1]) for t in self._level(view, expected[:, product], product)]
        together: dict[tuple[int, int], int] = {}
        for source, to, _, units in found:
            together[source, to] = together.get((source, to), 0) + units
        return [t for t in found if together[t[0], t[1]] >= self.fewest_units]

    def _level(self, view: CoverView, expected: Floats, product: int) -> list[Transfer]:
        nodes = [n for n, is_open in enumerate(view.is_open) if is_open]
        stock = {n: view.position[n][product] for n in nodes}
        total = sum(float(expected[n]) for n in nodes)
        if total <= 0 or sum(stock.values()) <= 0:
            return []
        cover = sum(stock.values()) / total
        fair = {n: cover * float(expected[n]) for n in nodes}
        goal = {n: min(fair[n], float(expected[n])) for n in nodes}
        needs = {n: int(goal[n] - stock[n]) for n in nodes if stock[n] < self.short_share * goal[n]}
        spare = {n: min(view.free[n][product], int(stock[n] - fair[n])) for n in nodes}
        moves = []
        for to in sorted(needs, key=lambda n: (-needs[n], n)):
            for source in sorted(nodes, key=lambda n: (-spare[n], n)):
                units = min(needs[to], spare[source])
                if units > 0:
                    moves.append((source, to, product, units))
                    needs[to] -= units
                    spare[source] -= units
        return moves
