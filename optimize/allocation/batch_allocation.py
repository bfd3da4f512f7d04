"""Allocation of all orders of a batch together: one program over their shared stock and the floors' hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.batch import BatchProblem, assign
from optimize.allocation.floors import Floors
from optimize.allocation.searching import Searching
from optimize.allocation.serving import ServingCosts
from optimize.calls import Calls, calls_by
from optimize.programs import Limits
from sim.books.register import Line
from sim.policies.allocation import Answer, Assignment, OrderView, StockView
from sim.policies.registry import policy
from sim.units import SECOND_MS
from sim.world import World

Floats = NDArray[np.float64]

ONE_BY_ONE = "exact"
"""Who acts where the program has no answer, and for what it leaves: the exact policy, order by order."""
_SAMPLE, _CALLS_AHEAD = 20, 30
_UNSERVED_CENTS = 1e6
"""Of a line that no node sends: more than any shipment."""


@policy("allocation", "batch")
@dataclass(slots=True)
class Batch(Searching):
    """All orders of a batch at once (``rules.allocate_every``): shared stock, splits, lateness and the floors' hours.

    A floor's work beyond what it does until each order's packing would make it late costs ``late_cents`` an order. The
    answer takes effect ``seconds_per_work`` (of simulated time) times the solver's work later; 0: at once. Orders that
    come alone, and what a program leaves, go by the exact policy's search.
    """

    room_share: float = 0.0
    seconds_per_work: float = 0.0
    gap: float = 0.002
    most_work: int = 2_000
    rounds: int = 60
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("allocation", "batch", ONE_BY_ONE), init=False, repr=False)
    busy_ms: int = field(default=0, init=False)

    def bind(self, world: World) -> None:
        """Learn prices and handling costs."""
        Searching.bind(self, world)
        self.calls.bind(world)

    def decide_batch(self, orders: Sequence[OrderView], stock: StockView) -> Sequence[Answer]:
        """All of them; what the program cannot place is placed one by one from what is left."""
        now_ms = orders[0].now_ms
        self.see_floors(now_ms)
        self.busy_ms = 0
        limits = Limits(gap=self.gap, work=self.most_work, guard_seconds=self.guard_seconds, apart=self.calls.apart)
        try:
            table = Table(
                self._costs, self._chooser.slots, self._floors, orders, stock, self.late_cents, self.room_share
            )
            answer = assign(table.problem, limits, self.rounds)
        except Exception as crash:  # a run outlives its solvers
            self.calls.keep_crash("batch", crash, now_ms, len(orders))
            return self._rest([[] for _ in orders], orders, stock)
        record = answer.records[-1]
        self.calls.keep(record, now_ms, len(orders))
        if not record.has_solution:
            return self._rest([[] for _ in orders], orders, stock)
        self.busy_ms = round(self.seconds_per_work * SECOND_MS * sum(r.work for r in answer.records))
        return self._rest(table.assignments(answer.choice), orders, stock)

    def _rest(self, placed: list[list[Assignment]], orders: Sequence[OrderView], stock: StockView) -> list[Answer]:
        """Complete what is not placed whole, in the sequence of the orders, from what the others leave."""
        left = [list(row) for row in stock.available]
        for answer, order in zip(placed, orders, strict=True):
            _take(left, answer, order)
        found: list[Answer] = []
        for answer, order in zip(placed, orders, strict=True):
            missing = _missing(order.lines, answer)
            if missing:
                rest = OrderView(order.order, order.channel, order.region, missing, order.deliver_by_ms, order.now_ms)
                more = self._chooser.choose(rest, StockView(left, stock.is_open))
                pieces = [(line, more, units) for line, _, units in missing] if isinstance(more, int) else more
                _take(left, pieces, order)
                answer = [*answer, *pieces]
            self.note_placed(answer, len(order.lines))
            found.append(answer)
        return found


class Table:
    """A batch as the program wants it: products of an order taken together, costs by order, line and node.

    Freight is a line through that of the lightest unit and that of the whole order, so what is sent whole costs what
    it costs.
    """

    def __init__(
        self,
        costs: ServingCosts,
        slots: Sequence[int],
        floors: Floors | None,
        orders: Sequence[OrderView],
        stock: StockView,
        late_cents: float,
        room_share: float,
    ) -> None:
        self._orders, nodes = orders, len(costs.fixed_cents)
        self._merged = [_together(order.lines) for order in orders]
        whose = [n for n, lines in enumerate(self._merged) for _ in lines]
        shape = (len(whose), nodes)
        order_cost, line_cost = np.full((len(orders), nodes), np.inf), np.zeros(shape)
        begin = 0
        for number, (order, lines) in enumerate(zip(orders, self._merged, strict=True)):
            own = slice(begin, begin + len(lines))
            kg = np.array([costs.weight_kg[p] * u for p, u in lines])
            for node in costs.serving[order.channel]:
                if stock.is_open[node]:
                    fixed, per_kg = self._freight(costs, order, node, kg, slots[node], late_cents)
                    order_cost[number, node] = fixed + costs.fixed_cents[node]
                    line_cost[own, node] = per_kg * kg + costs.line_cents[node]
            begin += len(lines)
        self.problem = BatchProblem(
            line_order=np.array(whose),
            line_product=np.array([p for lines in self._merged for p, _ in lines]),
            line_units=np.array([u for lines in self._merged for _, u in lines]),
            order_cost=order_cost,
            line_cost=line_cost,
            unserved_cost=np.full(len(whose), _UNSERVED_CENTS),
            stock=np.maximum(np.array(stock.available, dtype=np.int64), 0),
            capacity=np.full(nodes, np.inf) if floors is None else floors.room(self._last_calls(costs, slots)),
            capacity_penalty=late_cents * room_share,
        )

    def _last_calls(self, costs: ServingCosts, slots: Sequence[int]) -> list[int]:
        """By node: the last call of a carrier at which most of a sample of the batch would be in time."""
        sample = self._orders[:: max(1, len(self._orders) // _SAMPLE)]
        found = []
        for node, slot in enumerate(slots):
            last = slot
            while last < slot + _CALLS_AHEAD and self._share_late(costs, node, last + 1, sample) < 0.5:
                last += 1
            found.append(costs.slot_end_ms(last))
        return found

    def _share_late(self, costs: ServingCosts, node: int, slot: int, sample: Sequence[OrderView]) -> float:
        late = [
            costs.parcel(node, o.region, o.channel, costs.weight_of(o.lines), slot, o.deliver_by_ms)[1] for o in sample
        ]
        return sum(late) / len(late)

    def _freight(
        self, costs: ServingCosts, order: OrderView, node: int, kg: Floats, slot: int, late_cents: float
    ) -> tuple[float, float]:
        """(fixed cents with lateness, cents a kilogram)."""
        whole_kg, least_kg = float(kg.sum()), float(kg.min())
        whole, late = costs.parcel(node, order.region, order.channel, whole_kg, slot, order.deliver_by_ms)
        least, _ = costs.parcel(node, order.region, order.channel, least_kg, slot, order.deliver_by_ms)
        per_kg = max(0.0, whole - least) / (whole_kg - least_kg) if whole_kg > least_kg else 0.0
        return whole - per_kg * whole_kg + (late_cents if late else 0.0), per_kg

    def assignments(self, choice: NDArray[np.int64]) -> list[list[Assignment]]:
        """By order: its own lines at the nodes chosen for their products."""
        nodes, found = iter(choice.tolist()), []
        for order, lines in zip(self._orders, self._merged, strict=True):
            node_of = {product: next(nodes) for product, _ in lines}
            found.append([(line, node_of[p], units) for line, p, units in order.lines if node_of[p] >= 0])
        return found


def _together(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """(product, units), each product once."""
    wanted: dict[int, int] = {}
    for _, product, units in lines:
        wanted[product] = wanted.get(product, 0) + units
    return list(wanted.items())


def _missing(lines: Sequence[Line], answer: Sequence[Assignment]) -> list[Line]:
    """What an answer leaves."""
    given: dict[int, int] = {}
    for line, _, units in answer:
        given[line] = given.get(line, 0) + units
    return [(line, p, units - given.get(line, 0)) for line, p, units in lines if units > given.get(line, 0)]


def _take(left: list[list[int]], answer: Sequence[Assignment], order: OrderView) -> None:
    product_of = {line: product for line, product, _ in order.lines}
    for line, node, units in answer:
        left[node][product_of[line]] -= units
