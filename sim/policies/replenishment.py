"""Replenishment: what a node orders at a review, from suppliers or from the node that feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sim.policies.registry import policy
from sim.world import World


@dataclass(slots=True)
class PositionView:
    """What a replenishment policy may know of one node.

    ``position`` is the inventory position of each product: usable on hand, on order and inbound, less accepted demand
    that has not left (DOMAIN rule 7).
    """

    node: int
    now_ms: int
    position: Sequence[int]


class ReplenishmentPolicy(Protocol):
    """Decides what to order."""

    def bind(self, world: World) -> None:
        """Learn levels and lots, once."""
        ...

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """(product, units) to order now, each product once, units above zero."""
        ...


@dataclass(slots=True)
class _Levels:
    """Common part: the levels (s, S) of each node's products that it carries."""

    _carried: list[list[tuple[int, int, int]]] = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Keep (product, s, S) where S is above zero."""
        self._carried = [
            [(p, int(low), int(high)) for p, (low, high) in enumerate(zip(lows, highs, strict=True)) if high > 0]
            for lows, highs in zip(world.stock.reorder_point.tolist(), world.stock.order_up_to.tolist(), strict=True)
        ]


@policy("replenishment", "s_S")
@dataclass(slots=True)
class MinMax(_Levels):
    """(s, S): at or below the reorder point, order up to S."""

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position = view.position
        return [(p, high - position[p]) for p, low, high in self._carried[view.node] if position[p] <= low < high]


@policy("replenishment", "base_stock")
@dataclass(slots=True)
class BaseStock(_Levels):
    """Base stock: at every review, order up to S."""

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position = view.position
        return [(p, high - position[p]) for p, _, high in self._carried[view.node] if position[p] < high]


@policy("replenishment", "r_Q")
@dataclass(slots=True)
class ReorderQuantity(_Levels):
    """(r, Q): at or below r, order as many lots of Q = S - s as bring the position above r."""

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position, orders = view.position, []
        for p, low, high in self._carried[view.node]:
            lot = max(1, high - low)
            if position[p] <= low:
                orders.append((p, lot * ((low - position[p]) // lot + 1)))
        return orders
