"""What no policy can beat: linear programs of the expected orders (DLP) and of the realised ones (hindsight).

In *method* form there is a variable for each way to serve a class of orders. They are far too many to list, so those
that matter are generated: at the stock's prices the cheapest method of each class is found by trying all sets of
sources (`choice_kernel`), and joins the program if it is cheaper than what the class pays now. In *item* form (Jasin
and Sinha 2015) an item of a class comes from a source, and sources are opened; it is looser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimize.fulfilment.choice_kernel import best_methods
from optimize.fulfilment.instance import NOBODY, Floats, Instance, Ints
from optimize.programs import USUAL, Limits, Program, Solution, SolveRecord
from optimize.solver import GrowingProgram, solve

REDUCED = 1e-7
"""A method joins if it saves more than this for each order."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound, the prices (centres, items) of a unit of stock, zero or more, and the record of the last solve."""

    value: float
    prices: Floats
    record: SolveRecord


class MethodProgram:
    """The program in method form of one instance, for any counts of orders and any stock; solved warm, again and again.

    Methods that were generated once stay.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        stocked = np.flatnonzero(instance.stock.reshape(-1) > 0)
        self._row_of = np.full(instance.stock.size, NOBODY, dtype=np.int64)
        self._row_of[stocked] = instance.classes + np.arange(len(stocked))
        self._stocked = stocked
        self._counts = np.zeros(instance.classes)
        self._left = np.zeros(len(stocked))
        rows = instance.classes + len(stocked)
        self._program = GrowingProgram(
            np.concatenate([np.zeros(instance.classes), np.full(len(stocked), -math.inf)]), np.zeros(rows)
        )
        self.methods: list[tuple[int, Ints]] = []
        """Class and sources of each column."""
        self._known: set[tuple[int, bytes]] = set()
        self._everything = (instance.stock > 0).astype(np.int64)
        unfilled = np.full(instance.items.shape[1], instance.centres, dtype=np.int64)
        for order_class in range(instance.classes):
            self._add(order_class, unfilled)
        self._generate(np.arange(instance.classes), np.zeros(instance.stock.shape), np.full(instance.classes, math.inf))

    def _add(self, order_class: int, sources: Ints) -> bool:
        kind = order_class // self.instance.cities
        sources = sources[: self.instance.sizes[kind]].copy()
        key = (order_class, sources.tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        self.methods.append((order_class, sources))
        items = self.instance.items[kind, : len(sources)]
        real = sources < self.instance.centres
        places = sources[real] * self.instance.stock.shape[1] + items[real]
        rows = [order_class, *self._row_of[places].tolist()]
        self._program.add_column(self.instance.cost(order_class, sources), rows, [1.0] * len(rows))
        return True

    def _generate(self, classes: Ints, prices: Floats, paid: Floats) -> int:
        """Add the cheapest method of each class, where it is cheaper than what the class pays; how many joined."""
        chosen = np.full((len(classes), self.instance.items.shape[1]), NOBODY, dtype=np.int64)
        values = np.empty(len(classes))
        best_methods(
            classes, self.instance.items, self.instance.sizes, self.instance.unit, self.instance.fixed, prices,
            self._everything, chosen, values,
        )  # fmt: skip
        better = np.flatnonzero(values < paid - REDUCED)
        return sum([self._add(int(classes[place]), chosen[place]) for place in better])

    def _set(self, counts: Floats, stock: Floats | Ints) -> None:
        for order_class in np.flatnonzero(counts != self._counts).tolist():
            self._program.set_row(order_class, float(counts[order_class]), float(counts[order_class]))
        self._counts = counts.copy()
        left = stock.reshape(-1)[self._stocked].astype(np.float64)
        for place in np.flatnonzero(left != self._left).tolist():
            self._program.set_row(self.instance.classes + place, -math.inf, float(left[place]))
        self._left = left

    def solve(self, counts: Floats, stock: Floats | Ints, limits: Limits = USUAL) -> Bound:
        """The least cost of serving ``counts`` (classes,) orders from ``stock`` (centres, items).

        Raises
        ------
        RuntimeError
            If the solver ends without an answer: all orders unfilled is always one, so this is a defect.
        """
        self._set(counts, stock)
        wanted = np.flatnonzero(counts > 0)
        while True:
            solution = self._program.solve(limits)
            if not len(solution.duals):
                raise RuntimeError(f"no prices: {solution.record.reason}")
            prices = self._prices(solution)
            if not self._generate(wanted, prices, solution.duals[wanted]):
                return Bound(solution.record.objective, prices, solution.record)

    def _prices(self, solution: Solution) -> Floats:
        prices = np.zeros(self.instance.stock.size)
        prices[self._stocked] = np.maximum(0.0, -solution.duals[self.instance.classes :])
        return prices.reshape(self.instance.stock.shape)

    def whole(self, counts: Floats, stock: Floats | Ints, limits: Limits = USUAL) -> Solution:
        """Serve whole orders by the methods known so far: a plan, and no bound, for others may be better."""
        rows, columns, costs = [], [], []
        for column, (order_class, sources) in enumerate(self.methods):
            items = self.instance.items[order_class // self.instance.cities, : len(sources)]
            real = sources < self.instance.centres
            own = [order_class, *self._row_of[sources[real] * self.instance.stock.shape[1] + items[real]].tolist()]
            rows += own
            columns += [column] * len(own)
            costs.append(self.instance.cost(order_class, sources))
        height = self.instance.classes + len(self._stocked)
        matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(height, len(costs)))
        left = np.asarray(stock, dtype=np.float64).reshape(-1)[self._stocked]
        lower = np.concatenate([counts, np.full(len(left), -math.inf)])
        upper = np.concatenate([counts, left])
        return solve(Program.of(np.array(costs), matrix, lower, upper, integer=True), limits)


def item_program(instance: Instance, counts: Floats) -> tuple[Program, Ints]:
    """The program in item form: ``u`` an item of a class comes from a source, ``y`` a class uses a source.

    A class without orders is left out. Columns of ``u`` come first, by class, item and source, then those of ``y`` by
    class and source. The second answer is the row (centres, items) of each stock, or `NOBODY`.
    """
    wanted = np.flatnonzero(counts > 0)
    sources = instance.centres + 1
    lines = [(int(c), int(item)) for c in wanted for item in instance.orders[c // instance.cities]]
    place = {int(c): number for number, c in enumerate(wanted)}
    first_open, served = len(lines) * sources, len(lines)
    stock_row = np.full(instance.stock.shape, NOBODY, dtype=np.int64)
    filled = np.argwhere(instance.stock > 0)
    stock_row[filled[:, 0], filled[:, 1]] = served + len(lines) * sources + np.arange(len(filled))
    entries: list[tuple[int, int, float]] = []
    upper = np.full(first_open + len(wanted) * sources, math.inf)
    cost = np.zeros(len(upper))
    for line, (order_class, item) in enumerate(lines):
        for source in range(sources):
            column = line * sources + source
            cost[column] = instance.unit[source, order_class % instance.cities]
            entries.append((line, column, 1.0))
            opens = served + column
            entries += [(opens, first_open + place[order_class] * sources + source, 1.0), (opens, column, -1.0)]
            if source < instance.centres and stock_row[source, item] != NOBODY:
                entries.append((int(stock_row[source, item]), column, 1.0))
            elif source < instance.centres:
                upper[column] = 0.0
    cost[first_open:] = np.tile(instance.fixed, len(wanted))
    rows, columns, values = zip(*entries)
    height = served + first_open + len(filled)
    demanded = np.array([counts[order_class] for order_class, _ in lines])
    lower = np.concatenate([demanded, np.zeros(first_open), np.full(len(filled), -math.inf)])
    high = np.concatenate([demanded, np.full(first_open, math.inf), instance.stock[instance.stock > 0].astype(float)])
    matrix = sparse.csr_array((values, (rows, columns)), shape=(height, len(cost)))
    return Program.of(cost, matrix, lower, high, upper=upper), stock_row


def item_bound(instance: Instance, counts: Floats, limits: Limits = USUAL) -> Bound:
    """The bound in item form of ``counts`` (classes,) orders from all of the stock."""
    program, stock_row = item_program(instance, counts)
    solution = solve(program, limits)
    prices = np.where(stock_row >= 0, np.maximum(0.0, -solution.duals[stock_row]), 0.0)
    return Bound(solution.record.objective, prices, solution.record)


def item_plan(instance: Instance, counts: Floats, stock: Ints, limits: Limits = USUAL) -> dict[int, Floats]:
    """The plan in item form: for each class with orders, the share (items, sources) of each item from each source."""
    held = replace(instance, stock=stock)
    values = solve(item_program(held, counts)[0], limits).values
    sources, first, plan = instance.centres + 1, 0, {}
    for order_class in np.flatnonzero(counts > 0).tolist():
        size = int(instance.sizes[order_class // instance.cities])
        amounts = values[first : first + size * sources].reshape(size, sources).clip(0)
        plan[order_class] = amounts / amounts.sum(axis=1, keepdims=True)
        first += size * sources
    return plan
