"""Allocation: which node sends which units of an order. The Protocol, its views, and the plain rules.

The rules are the defaults of well-known commerce platforms, by name: closest node (Amazon's simulator), cheapest,
fewest splits (Salesforce), site priority (Magento's source priority), most stock (Saleor), first location (Medusa).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Protocol, runtime_checkable

from sim.books.register import Line
from sim.network import Geography
from sim.policies.registry import policy
from sim.tariff import Tariff
from sim.world import World

Assignment = tuple[int, int, int]
"""(line number, node, units)."""
Answer = int | list[Assignment]
"""What a policy answers: the one node that sends everything, or assignments."""


@dataclass(slots=True)
class OrderView:
    """What a policy may know of an order that wants nodes; valid during the decision only."""

    order: int = -1
    channel: int = -1
    region: int = -1
    lines: Sequence[Line] = ()
    deliver_by_ms: int = -1
    now_ms: int = 0


@dataclass(slots=True)
class StockView:
    """What a policy may know of stock: units available, ``[node][product]``, as the company's records have them, and
    which nodes are open (1). Look, do not touch."""

    available: Sequence[Sequence[int]]
    is_open: Sequence[int]


class AllocationPolicy(Protocol):
    """Chooses nodes.

    After a decision, ``runner_up`` names the node that came second for the whole order and ``gap_cents`` what it would
    have cost more; None and NaN where the rule does not rank.
    """

    runner_up: int | None
    gap_cents: float

    def bind(self, world: World) -> None:
        """Learn the network, once, before the clock starts."""
        ...

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Assign what can be assigned; what is left out waits as a backorder."""
        ...


@runtime_checkable
class BatchPolicy(Protocol):
    """An allocation policy that can be shown all orders of a batch at once, where ``rules.allocate_every`` makes
    batches. What it answers is carried out ``busy_ms`` later, and until then no other batch is taken."""

    busy_ms: int

    def decide_batch(self, orders: Sequence[OrderView], stock: StockView) -> Sequence[Answer]:
        """An answer for each order, in their sequence; together they can be carried out."""
        ...


NAN = float("nan")


def can_send_all(row: Sequence[int], lines: Sequence[Line]) -> bool:
    """Whether a node with ``row`` available could send every line, no product being on two."""
    return all(row[product] >= units for _, product, units in lines)


def by_product(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines, with those of one product taken together."""
    if len(lines) == 1 or len({p for _, p, _ in lines}) == len(lines):
        return lines
    wanted: dict[int, int] = {}
    for _, product, units in lines:
        wanted[product] = wanted.get(product, 0) + units
    return [(-1, product, units) for product, units in wanted.items()]


def parcels_of(
    order: OrderView, assignments: Iterable[Assignment], weight_kg: Sequence[float]
) -> dict[int, tuple[float, int]]:
    """By node, (weight, lines) of what it sends of an order; ``weight_kg`` by product."""
    product_of = {line: product for line, product, _ in order.lines}
    found: dict[int, tuple[float, int]] = {}
    for line, node, units in assignments:
        weight, lines = found.get(node, (0.0, 0))
        found[node] = weight + units * weight_kg[product_of[line]], lines + 1
    return found


def serve_in_sequence(nodes: Sequence[int], lines: Sequence[Line], stock: StockView) -> list[Assignment]:
    """Each node in turn gives all it can of what is still wanted."""
    chosen: list[Assignment] = []
    wanted = list(lines)
    for node in nodes:
        if not stock.is_open[node]:
            continue
        row = stock.available[node]
        rest: list[Line] = []
        taken: dict[int, int] = {}
        for line, product, units in wanted:
            used = taken.get(product, 0)
            given = min(units, row[product] - used)
            if given > 0:
                taken[product] = used + given
                chosen.append((line, node, given))
            else:
                given = 0
            if given < units:
                rest.append((line, product, units - given))
        wanted = rest
        if not wanted:
            break
    return chosen


@dataclass(slots=True)
class _Sequential(ABC):
    """Common part of the rules that rank nodes: the first that can send everything, else each in turn."""

    runner_up: int | None = field(default=None, init=False)
    gap_cents: float = field(default=NAN, init=False)
    _ranked: list[list[list[int]]] = field(default_factory=list, init=False, repr=False)
    _tariff: Tariff = field(init=False, repr=False)

    def bind(self, world: World) -> None:
        """Rank the nodes for each channel and region."""
        network = world.network
        geography = Geography(network)
        self._tariff = Tariff(network, geography)
        self._ranked = [
            [
                [n for n in self._rank(world, geography, region) if network.nodes[n].can_serve(channel)]
                for region in range(len(network.regions))
            ]
            for channel in range(len(network.channels))
        ]

    @property
    def fixed_ranking(self) -> list[list[list[int]]] | None:
        """Nodes by channel and region, if the answer is always the first of them that is open and can send everything
        (the runner-up the second); None for a rule that looks at more than that."""
        return self._ranked if type(self).decide is _Sequential.decide else None

    @abstractmethod
    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        """All nodes, best first, for customers in ``region``."""

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """One node if one can send everything; otherwise as much as possible from each in turn."""
        lines, available, is_open = by_product(order.lines), stock.available, stock.is_open
        ranked = self._ranked[order.channel][order.region]
        first = -1
        for node in ranked:
            row = available[node]
            for _, product, units in lines:
                if row[product] < units:
                    break
            else:
                if not is_open[node]:
                    continue
                if first >= 0:
                    self.runner_up = node
                    typical = self._tariff.typical_cents[order.region]
                    self.gap_cents = typical[node] - typical[first]
                    break
                first = node
        else:
            self.runner_up, self.gap_cents = None, NAN
        if first >= 0:
            return first
        self.runner_up, self.gap_cents = None, NAN
        return serve_in_sequence(ranked, order.lines, stock)


@policy("allocation", "closest")
@dataclass(slots=True)
class Closest(_Sequential):
    """The nearest node that can send the whole order; else split from the nearest outward."""

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return geography.nearest_nodes[region]


@policy("allocation", "site_priority")
@dataclass(slots=True)
class SitePriority(_Sequential):
    """The node with the best site priority (lowest number) that can send everything; else in that sequence."""

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        nodes = world.network.nodes
        return sorted(range(len(nodes)), key=lambda n: (nodes[n].priority, n))


@policy("allocation", "first_location")
@dataclass(slots=True)
class FirstLocation(_Sequential):
    """Each line from the first node in file order that has it, whole lines first; no thought of splits."""

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return list(range(len(world.network.nodes)))

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Line by line."""
        ranked = self._ranked[order.channel][order.region]
        return serve_lines_apart(ranked, order.lines, stock)


@policy("allocation", "most_stock")
@dataclass(slots=True)
class MostStock(_Sequential):
    """Each line from the node that has most of it (ties: file order); no thought of splits or distance."""

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return list(range(len(world.network.nodes)))

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Line by line, the fullest shelf first."""
        ranked = self._ranked[order.channel][order.region]
        chosen: list[Assignment] = []
        taken: dict[tuple[int, int], int] = {}
        for line in order.lines:
            product = line[1]
            left = [stock.available[n][product] - taken.get((n, product), 0) for n in ranked]
            fullest = [n for _, n in sorted(zip(left, ranked, strict=True), key=lambda pair: -pair[0])]
            chosen += _serve_line(fullest, line, stock, taken)
        return chosen


@policy("allocation", "fewest_splits")
@dataclass(slots=True)
class FewestSplits(_Sequential):
    """The smallest set of nodes that can send everything, the nearest such set; gives up ranking after
    ``most_combinations`` sets and then splits from the nearest outward."""

    most_combinations: int = 10_000

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return geography.nearest_nodes[region]

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """One node, else two, else three, ..."""
        ranked = [n for n in self._ranked[order.channel][order.region] if stock.is_open[n]]
        self.runner_up, self.gap_cents = None, NAN
        tried = 0
        wanted = sum(units for _, _, units in order.lines)
        for size in range(1, len(ranked) + 1):
            for nodes in combinations(ranked, size):
                tried += 1
                if tried > self.most_combinations:
                    return serve_in_sequence(ranked, order.lines, stock)
                chosen = serve_in_sequence(nodes, order.lines, stock)
                if sum(units for _, _, units in chosen) == wanted:
                    return chosen
            if size == 1 and not self._can_serve_all(ranked, order, stock):
                return serve_in_sequence(ranked, order.lines, stock)
        return serve_in_sequence(ranked, order.lines, stock)

    def _can_serve_all(self, ranked: Sequence[int], order: OrderView, stock: StockView) -> bool:
        need: dict[int, int] = {}
        for _, product, units in order.lines:
            need[product] = need.get(product, 0) + units
        return all(sum(stock.available[n][p] for n in ranked) >= u for p, u in need.items())


@policy("allocation", "cheapest")
@dataclass(slots=True)
class Cheapest(_Sequential):
    """The node from which the whole parcel costs least (freight for its weight, handling, packaging); if none has
    everything, nodes in that sequence."""

    _weight_kg: list[float] = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Weights and prices besides the ranking."""
        _Sequential.bind(self, world)
        self._weight_kg = [p.weight_kg for p in world.network.products]

    def _rank(self, world: World, geography: Geography, region: int) -> list[int]:
        return geography.nearest_nodes[region]

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Price the parcel from each node, then the first in ascending cost that has everything."""
        weight = 0.0
        for _, product, units in order.lines:
            weight += units * self._weight_kg[product]
        ranked = self._tariff.cheapest_nodes(order.channel, order.region, weight, len(order.lines))
        lines = by_product(order.lines)
        able: list[tuple[float, int]] = []
        for cost, node in ranked:
            if stock.is_open[node] and can_send_all(stock.available[node], lines):
                able.append((cost, node))
                if len(able) == 2:
                    break
        self.runner_up, self.gap_cents = None, NAN
        if not able:
            return serve_in_sequence([n for _, n in ranked], order.lines, stock)
        if len(able) == 2:
            self.runner_up, self.gap_cents = able[1][1], able[1][0] - able[0][0]
        return able[0][1]


def serve_lines_apart(nodes: Sequence[int], lines: Sequence[Line], stock: StockView) -> list[Assignment]:
    """Each line by itself: the first node that has all of it, else pieces from each in turn."""
    chosen: list[Assignment] = []
    taken: dict[tuple[int, int], int] = {}
    for line in lines:
        _, product, units = line
        whole = [
            n for n in nodes if stock.is_open[n] and stock.available[n][product] - taken.get((n, product), 0) >= units
        ]
        chosen += _serve_line(whole or nodes, line, stock, taken)
    return chosen


def _serve_line(
    nodes: Sequence[int], line: Line, stock: StockView, taken: dict[tuple[int, int], int]
) -> list[Assignment]:
    number, product, wanted = line
    chosen: list[Assignment] = []
    for node in nodes:
        if not stock.is_open[node]:
            continue
        used = taken.get((node, product), 0)
        given = min(wanted, stock.available[node][product] - used)
        if given > 0:
            taken[node, product] = used + given
            chosen.append((number, node, given))
            wanted -= given
            if not wanted:
                break
    return chosen
