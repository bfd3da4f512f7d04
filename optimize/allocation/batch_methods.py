"""One method for each order, out of those that were met, within stock and capacity: a program for HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.allocation.batch_kernel import Orders, Shared
from optimize.programs import Limits, Program, SolveRecord
from optimize.solver import solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


_FEW_ENTRIES = 50_000


def every_choice(orders: Orders) -> list[Ints]:
    """Choices in which each order takes each of its methods once; none if they are too many to look at."""
    nodes, lines = orders.order_cost.shape[1], np.diff(orders.first)
    count = (nodes + 1) ** int(lines.max(initial=0))
    if count * len(orders.product) > _FEW_ENTRIES:
        return []
    digit = np.arange(len(orders.product)) - np.repeat(orders.first[:-1], lines)
    return [number // (nodes + 1) ** digit % (nodes + 1) - 1 for number in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class Methods:
    """Distinct methods, order by order.

    ``order`` (methods,) is whose each is. Its lines and their nodes (-1 for unserved) stand in ``line`` and ``node``,
    and ``method`` says whose entry each is, all of shape (entries,).
    """

    order: Ints
    method: Ints
    line: Ints
    node: Ints

    @classmethod
    def of(cls, orders: Orders, choices: list[Ints]) -> Methods:
        """From choices of all orders, each of shape (lines,)."""
        met = np.array(choices)
        met = np.where(_can_be(orders, met), met, -1)
        # Two methods of an order are the same if a random number of theirs is: two that differ share one in 2**64.
        salt = np.random.default_rng(7).integers(1, 1 << 62, met.shape[1])
        key = np.add.reduceat((met + 2) * salt, orders.first[:-1], axis=1)
        count = key.shape[1]
        whose = np.broadcast_to(np.arange(count), key.shape).ravel()
        key = key.ravel()
        sequence = np.lexsort((key, whose))
        is_new = np.ones(len(key), dtype=bool)
        is_new[1:] = (np.diff(whose[sequence]) != 0) | (np.diff(key[sequence]) != 0)
        chosen = sequence[is_new]
        order = chosen % count
        lines = np.diff(orders.first)[order]
        starts = np.cumsum(lines) - lines
        method = np.repeat(np.arange(len(order)), lines)
        line = np.arange(lines.sum()) + np.repeat(orders.first[order] - starts, lines)
        return cls(order, method, line, met[chosen[method] // count, line])

    def shipments(self, nodes: int) -> tuple[Ints, Ints]:
        """Method and node of each shipment."""
        pair = np.unique((self.method * nodes + self.node)[self.node >= 0])
        return pair // nodes, pair % nodes

    def cost(self, orders: Orders) -> Floats:
        """Of each method, shape (methods,)."""
        method, node = self.shipments(orders.order_cost.shape[1])
        is_served = self.node >= 0
        by_line = np.where(
            is_served, orders.line_cost[self.line, np.maximum(self.node, 0)], orders.unserved_cost[self.line]
        )
        count = len(self.order)
        fixed = orders.order_cost[self.order[method], node]
        total = np.bincount(self.method, by_line, count) + np.bincount(method, fixed, count)
        return total.astype(np.float64)


def _can_be(orders: Orders, met: Ints) -> NDArray[np.bool_]:
    """Whether the node of each entry can send the line."""
    node = np.maximum(met, 0)
    line = np.arange(met.shape[1])
    whose = np.repeat(np.arange(len(orders.first) - 1), np.diff(orders.first))
    return np.isfinite(orders.line_cost[line, node]) & np.isfinite(orders.order_cost[whose, node])


def method_program(orders: Orders, shared: Shared, methods: Methods) -> Program:
    """Columns: methods, then load above the capacity by node. Rows: orders, stock that can run short, capacity."""
    count, nodes = len(methods.order), len(shared.capacity)
    stock, left = _stock_rows(orders, shared, methods)
    load = _load_rows(orders, methods, nodes)
    one_each = sparse.coo_array((np.ones(count), (methods.order, np.arange(count))))
    above = -sparse.eye_array(nodes)
    matrix = sparse.block_array([[one_each, None], [stock, None], [load, above]])
    singles = np.ones(one_each.shape[0])
    is_soft = np.isfinite(shared.penalty)
    return Program.of(
        np.concatenate([methods.cost(orders), np.full(nodes, shared.penalty if is_soft else 0.0)]),
        matrix,
        np.concatenate([singles, np.full(len(left) + nodes, -np.inf)]),
        np.concatenate([singles, left, shared.capacity]),
        upper=np.concatenate([np.ones(count), np.full(nodes, np.inf if is_soft else 0.0)]),
        integer=np.arange(count + nodes) < count,
    )


def _stock_rows(orders: Orders, shared: Shared, methods: Methods) -> tuple[sparse.csr_array, Floats]:
    """A row for each product at a node where the orders' greatest wants together are more than there is."""
    nodes, is_served = len(shared.capacity), methods.node >= 0
    line, node, method = methods.line[is_served], methods.node[is_served], methods.method[is_served]
    keys, row = np.unique(orders.product[line] * nodes + node, return_inverse=True)
    by_line = np.unique(row * len(orders.product) + line)
    wanted = np.bincount(by_line // len(orders.product), orders.units[by_line % len(orders.product)], len(keys))
    left = shared.stock.ravel()[keys].astype(np.float64)
    entries = orders.units[line].astype(np.float64)
    matrix = sparse.csr_array((entries, (row, method)), shape=(len(keys), len(methods.order)))
    can_run_short = wanted > left
    return matrix[can_run_short], left[can_run_short]


def _load_rows(orders: Orders, methods: Methods, nodes: int) -> sparse.csr_array:
    method, node = methods.shipments(nodes)
    is_served = methods.node >= 0
    entries = np.concatenate([orders.order_load[methods.order[method]], orders.line_load[methods.line[is_served]]])
    at = (
        np.concatenate([node, methods.node[is_served]]),
        np.concatenate([method, methods.method[is_served]]),
    )
    return sparse.csr_array((entries, at), shape=(nodes, len(methods.order)))


def pick_methods(orders: Orders, shared: Shared, methods: Methods, limits: Limits) -> tuple[Ints | None, SolveRecord]:
    """The node of each line, shape (lines,), if the solver has an answer, and its record."""
    solution = solve(method_program(orders, shared, methods), limits)
    if not solution.record.has_solution:
        return None, solution.record
    is_picked = solution.values[: len(methods.order)] > 0.5
    entries = is_picked[methods.method]
    choice = np.full(len(orders.product), -1)
    choice[methods.line[entries]] = methods.node[entries]
    return choice, solution.record
