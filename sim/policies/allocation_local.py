"""Local autonomy: each region's own node serves its customers, and others help out when it is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.network import Geography
from sim.policies.allocation import NAN, Answer, OrderView, StockView
from sim.policies.allocation import _Sequential as Sequential
from sim.policies.registry import policy
from sim.world import World


@policy("allocation", "local_first")
@dataclass(slots=True)
class LocalFirst(Sequential):
    """The nearest node sends all that it has of an order; for what it lacks it asks the others.

    They are asked from the nearest outward, first for what they have beyond ``reserve_units`` of the SKU, which they
    keep for their own customers, then for the rest. Nobody looks at the order as a whole: what a farther node could
    send in one parcel is split.
    """

    reserve_units: int = 2

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return geography.nearest_nodes[region]

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """The home node, then others' surplus, then all that there is."""
        self.runner_up, self.gap_cents = None, NAN
        ranked = [n for n in self._ranked[order.channel][order.region] if stock.is_open[n]]
        request = _Request(order, stock)
        request.ask(ranked[:1], 0)
        request.ask(ranked[1:], self.reserve_units)
        request.ask(ranked[1:], 0)
        return [(line, node, units) for (line, node), units in request.given.items()]


class _Request:
    """An order that goes from node to node until it is served."""

    def __init__(self, order: OrderView, stock: StockView) -> None:
        self._available = stock.available
        self._wanted = {line: [product, units] for line, product, units in order.lines}
        self._taken: dict[tuple[int, int], int] = {}
        self.given: dict[tuple[int, int], int] = {}
        """(line, node) -> units."""

    def ask(self, nodes: Sequence[int], keep: int) -> None:
        """Each node gives of each line what it has beyond what it keeps."""
        for node in nodes:
            for line, wish in self._wanted.items():
                product, units = wish
                taken = self._taken.get((node, product), 0)
                found = min(units, self._available[node][product] - taken - keep)
                if found > 0:
                    self._taken[node, product] = taken + found
                    self.given[line, node] = self.given.get((line, node), 0) + found
                    wish[1] -= found
