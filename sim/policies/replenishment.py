"""Replenishment: what a node orders at a review, from suppliers or from the node that feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sim.policies.outlook import Outlook
from sim.policies.registry import policy
from sim.world import World


@dataclass(slots=True)
class PositionView:
    """What a replenishment policy may know of one node.

    ``position`` is the inventory position of each product: usable on hand, on order and inbound, less accepted demand
    that has not left (DOMAIN rule 7); ``outlook`` is what the node may expect to sell, where the company forecasts;
    ``shut`` are suppliers that take no orders at present.
    """

    node: int
    now_ms: int
    position: Sequence[int]
    outlook: Outlook | None = None
    shut: frozenset[int] = frozenset()


class Purchase(NamedTuple):
    """Units of a product from a supplier of the policy's choice, in a hurry or not.

    That may be the product's own supplier or its second source; while the own one is shut, an alternate, where the
    house rules ask them. In a hurry only where the supplier has an expedited lead time, and then whatever its minimum.
    """

    product: int
    units: int
    supplier: int
    urgent: bool = False


Wanted = tuple[int, int] | Purchase
"""(product, units), of which the terms of purchase say from whom, or a `Purchase`."""


def who_delivers(world: World, product: int, shut: frozenset[int]) -> list[int]:
    """Whom a policy may ask for a product: its own supplier and that one's second source; while the own one is shut,
    its alternates too, where the house rules ask them."""
    first = world.network.products[product].supplier
    spec = world.network.suppliers[first]
    others = spec.alternates if first in shut and world.rules.alternate_suppliers else ()
    second = () if spec.second_source is None else (spec.second_source,)
    return list(dict.fromkeys((first, *second, *others)))


class ReplenishmentPolicy(Protocol):
    """Decides what to order."""

    def bind(self, world: World) -> None:
        """Learn levels and lots, once."""
        ...

    def decide(self, view: PositionView) -> Sequence[Wanted]:
        """What to order now: each product once, or once by supplier and urgency; units above zero.

        A node that another one feeds orders (product, units) alone.
        """
        ...


Levels = list[list[tuple[int, int, int]]]
"""By node: (product, s, S) of what it carries."""


def carried_levels(world: World, reorder_point: int | None = None, order_up_to: int | None = None) -> Levels:
    """The levels of each node's products that it carries; a level given here holds for all of them."""
    stock = world.stock
    return [
        [
            (p, low if reorder_point is None else reorder_point, high if order_up_to is None else order_up_to)
            for p, (low, high) in enumerate(zip(lows, highs, strict=True))
            if high > 0
        ]
        for lows, highs in zip(stock.reorder_point.tolist(), stock.order_up_to.tolist(), strict=True)
    ]


@policy("replenishment", "s_S")
@dataclass(slots=True)
class MinMax:
    """(s, S): at or below the reorder point s, order up to S. Levels by parameter, or those of the stock plan."""

    reorder_point: int | None = None
    order_up_to: int | None = None
    _carried: Levels = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Keep (product, s, S) of what each node carries."""
        self._carried = carried_levels(world, self.reorder_point, self.order_up_to)

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position = view.position
        return [(p, high - position[p]) for p, low, high in self._carried[view.node] if position[p] <= low < high]


@policy("replenishment", "base_stock")
@dataclass(slots=True)
class BaseStock:
    """Base stock: at every review, order up to S, but no more than ``order_at_most`` (capped base stock).

    Under continuous review this is one for one, (S - 1, S). Levels by parameter, or those of the stock plan.
    """

    order_up_to: int | None = None
    order_at_most: int | None = None
    _carried: Levels = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Keep (product, s, S) of what each node carries."""
        self._carried = carried_levels(world, order_up_to=self.order_up_to)

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position, most = view.position, self.order_at_most
        wanted = [(p, high - position[p]) for p, _, high in self._carried[view.node] if position[p] < high]
        return wanted if most is None else [(p, min(units, most)) for p, units in wanted if most]


@policy("replenishment", "r_Q")
@dataclass(slots=True)
class ReorderQuantity:
    """(r, Q): at or below r, order as many lots of Q as bring the position above r.

    Both by parameter; else r is the stock plan's reorder point, and Q its order-up-to level less r.
    """

    reorder_point: int | None = None
    order_quantity: int | None = None
    _carried: Levels = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Keep (product, r, S) of what each node carries."""
        self._carried = carried_levels(world, self.reorder_point)

    def decide(self, view: PositionView) -> list[tuple[int, int]]:
        """Review every carried product."""
        position, orders = view.position, []
        for p, low, high in self._carried[view.node]:
            lot = max(1, self.order_quantity or high - low)
            if position[p] <= low:
                orders.append((p, lot * ((low - position[p]) // lot + 1)))
        return orders
