"""Allocation of many open orders at once: which node sends which line, of stock and capacity that they share.

Sources: orders are served by *methods* (a node for each line) as in Xu, Allgor and Graves (2009); stock and capacity
are dualised, so that every order takes its cheapest method at prices (Fisher 1981); prices rise by a subgradient that
is deflected (Camerini, Fratta and Maffioli 1975) with Polyak's step.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.batch_kernel import Orders, Shared
from optimize.allocation.batch_methods import Methods, every_choice, pick_methods
from optimize.allocation.batch_placement import Placement
from optimize.allocation.batch_prices import choices_around, find_prices
from optimize.programs import Limits, SolveRecord

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMITS = Limits(gap=0.002, guard_seconds=60.0)
"""Of a batch, unless told otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class BatchProblem:
    """Open orders, and what they share. Costs are in cents; whole lines go to one node or stay unserved.

    Attributes
    ----------
    line_order
        The order of each line, not falling, from 0 to orders - 1, shape (lines,).
    line_product, line_units
        What each wants, shape (lines,). No order wants a product on two lines.
    order_cost
        A shipment of that order from that node, whatever is in it (freight, a broken promise, handling); infinite where
        the node may not serve the order, shape (orders, nodes).
    line_cost
        That line from that node, shape (lines, nodes).
    unserved_cost
        A line that no node sends, shape (lines,).
    stock
        Units, shape (nodes, products).
    capacity
        Load that a node can take before its cut-off, infinite for no limit, shape (nodes,).
    capacity_penalty
        Each unit of load above the capacity; infinite if nothing may be above it.
    order_load, line_load
        Load of a shipment and of a line in it; by default, a shipment is one and its lines are none, shapes (orders,)
        and (lines,).
    """

    line_order: Ints
    line_product: Ints
    line_units: Ints
    order_cost: Floats
    line_cost: Floats
    unserved_cost: Floats
    stock: Ints
    capacity: Floats
    capacity_penalty: float = math.inf
    order_load: Floats = field(default_factory=lambda: np.empty(0))
    line_load: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        """Loads that are not told."""
        orders, lines = len(self.order_cost), len(self.line_order)
        if not self.order_load.size:
            object.__setattr__(self, "order_load", np.ones(orders))
        if not self.line_load.size:
            object.__setattr__(self, "line_load", np.zeros(lines))
        if not np.array_equal(np.unique(self.line_order), np.arange(orders)) or (np.diff(self.line_order) < 0).any():
            raise ValueError("lines must stand order by order, and every order must have one")
        if len(np.unique(self.line_order * self.stock.shape[1] + self.line_product)) < lines:
            raise ValueError("an order must want a product on one line only")


@dataclass(frozen=True, slots=True, eq=False)
class BatchAnswer:
    """Who sends what.

    Attributes
    ----------
    choice
        The node of each line, -1 for unserved, shape (lines,). Always within stock, and within capacity where that is
        hard.
    cost, bound
        What it costs, and what anything costs at least.
    stock_price, load_price
        Of a unit, shape (nodes, products), and of a unit of load, shape (nodes,), at which the bound was found.
    records
        What each part did; the last is the whole.
    """

    choice: Ints
    cost: float
    bound: float
    stock_price: Floats
    load_price: Floats
    records: list[SolveRecord]


def assign(problem: BatchProblem, limits: Limits = LIMITS, rounds: int = 200) -> BatchAnswer:
    """Serve the orders at the least cost in all, as nearly as the limits allow.

    Prices, and what orders choose at prices around them, are found first; a program then picks one of these methods for
    each order within stock and capacity. Without an answer of its solver, orders are placed one after the other at the
    prices: that is always possible.

    Parameters
    ----------
    problem
        The orders.
    limits
        Of the gap, at which search for prices and solver stop, and of the solver.
    rounds
        How often prices are changed at most.
    """
    began = time.perf_counter()
    orders, shared = _compiled(problem)
    prices = find_prices(orders, shared, limits.gap, rounds)
    best = Placement.empty(orders, shared)
    best.place(prices.stock, prices.load)
    best.settle(3)
    records: list[SolveRecord] = []
    bound = prices.bound
    if best.cost - bound > limits.gap * abs(bound):
        every = every_choice(orders)
        known = every or [*prices.choices, *choices_around(orders, prices, limits.seed)]
        picked, record = pick_methods(orders, shared, Methods.of(orders, [*known, best.choice]), limits)
        records.append(record)
        if every:
            bound = max(bound, record.bound)
        if picked is not None:
            other = Placement.of(orders, shared, picked)
            other.settle(2)
            best = min(best, other, key=lambda placement: placement.cost)
    whole = SolveRecord.of_search(
        "batch",
        (len(prices.load) + prices.rows, orders.order_cost.size),
        best.cost,
        bound,
        limits.gap,
        work=float(prices.rounds),
        began=began,
        guard_fired=any(r.guard_fired for r in records),
        reason="; ".join(f"{r.solver} {r.status}: {r.reason}" for r in records if not r.has_solution),
    )
    return BatchAnswer(
        best.choice, best.cost, bound, np.ascontiguousarray(prices.stock.T), prices.load, [*records, whole]
    )


def _compiled(problem: BatchProblem) -> tuple[Orders, Shared]:
    """As the compiled code wants it: stock by product, and no line at a node that has not enough for it alone."""
    stock = np.ascontiguousarray(problem.stock.T, dtype=np.int64)
    lacking = stock[problem.line_product] < problem.line_units[:, None]
    orders = Orders(
        first=np.searchsorted(problem.line_order, np.arange(len(problem.order_cost) + 1)),
        product=np.ascontiguousarray(problem.line_product, dtype=np.int64),
        units=np.ascontiguousarray(problem.line_units, dtype=np.int64),
        order_cost=np.ascontiguousarray(problem.order_cost, dtype=np.float64),
        line_cost=np.where(lacking, np.inf, problem.line_cost),
        unserved_cost=np.ascontiguousarray(problem.unserved_cost, dtype=np.float64),
        order_load=np.ascontiguousarray(problem.order_load, dtype=np.float64),
        line_load=np.ascontiguousarray(problem.line_load, dtype=np.float64),
    )
    return orders, Shared(stock, np.ascontiguousarray(problem.capacity, dtype=np.float64), problem.capacity_penalty)
