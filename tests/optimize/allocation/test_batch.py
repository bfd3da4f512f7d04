"""Batch allocation: exact on what can be enumerated, always possible, never below its bound."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from optimize.allocation import batch_methods
from optimize.allocation.batch import BatchProblem, _compiled, assign
from optimize.allocation.batch_methods import Methods, every_choice, method_program
from optimize.allocation.methods_kernel import cheapest, work_space
from optimize.programs import FAILED, PROVEN, Limits, Solution
from optimize.solver import _failure
from tests.optimize.programs import as_text

GOLDEN = Path(__file__).parents[2] / "golden"


def a_batch(seed: int, orders: int = 4, nodes: int = 3, products: int = 3, penalty: float = 50.0) -> BatchProblem:
    """Little stock, little capacity, one or two lines an order, whole cents."""
    rng = np.random.default_rng(seed)
    wanted = [sorted(rng.choice(products, rng.integers(1, 3), replace=False)) for _ in range(orders)]
    line_order = np.repeat(np.arange(orders), [len(w) for w in wanted])
    lines = len(line_order)
    order_cost = rng.integers(100, 300, (orders, nodes)).astype(float)
    order_cost[rng.random((orders, nodes)) < 0.1] = math.inf
    return BatchProblem(
        line_order,
        np.concatenate(wanted),
        rng.integers(1, 3, lines),
        order_cost,
        rng.integers(10, 90, (lines, nodes)).astype(float),
        rng.integers(200, 900, lines).astype(float),
        rng.integers(0, 4, (nodes, products)),
        rng.integers(1, 3, nodes).astype(float),
        penalty,
    )


def cost_of(problem: BatchProblem, choice: tuple[int, ...]) -> float:
    """In cents; infinite where stock or hard capacity are exceeded."""
    total, used, load = 0.0, np.zeros_like(problem.stock), np.zeros(len(problem.capacity))
    for order, node in {(o, n) for o, n in zip(problem.line_order.tolist(), choice, strict=True) if n >= 0}:
        total += problem.order_cost[order, node]
        load[node] += problem.order_load[order]
    for line, node in enumerate(choice):
        if node < 0:
            total += problem.unserved_cost[line]
            continue
        total += problem.line_cost[line, node]
        load[node] += problem.line_load[line]
        used[node, problem.line_product[line]] += problem.line_units[line]
    above = np.maximum(0.0, load - problem.capacity)
    if (used > problem.stock).any() or (math.isinf(problem.capacity_penalty) and above.any()):
        return math.inf
    return total + (problem.capacity_penalty * float(above.sum()) if above.any() else 0.0)


def least_cost(problem: BatchProblem) -> float:
    nodes, lines = len(problem.capacity), len(problem.line_order)
    return min(cost_of(problem, choice) for choice in product(range(-1, nodes), repeat=lines))


@pytest.mark.parametrize("penalty", [50.0, math.inf])
@pytest.mark.parametrize("seed", range(6))
def test_a_small_batch_is_exact(seed: int, penalty: float):
    problem = a_batch(seed, penalty=penalty)
    answer = assign(problem, Limits(gap=1e-6))
    best = least_cost(problem)

    assert best == pytest.approx(answer.cost)
    assert answer.cost == pytest.approx(cost_of(problem, tuple(answer.choice.tolist())))
    assert answer.bound <= best + 1e-6
    assert PROVEN == answer.records[-1].status


@pytest.mark.parametrize("seed", range(4))
def test_lines_that_are_a_load_of_their_own(seed: int):
    problem = a_batch(seed)
    rng = np.random.default_rng(seed)
    problem = replace(problem, order_load=np.zeros(4), line_load=rng.integers(1, 3, len(problem.line_order)) / 2)

    assert least_cost(problem) == pytest.approx(assign(problem, Limits(gap=1e-6)).cost)


@pytest.mark.parametrize("penalty", [50.0, math.inf])
def test_a_larger_batch_is_possible_and_near_its_bound(penalty: float):
    """400 orders at 12 nodes are too many to look at every method."""
    problem = a_batch(5, orders=400, nodes=12, products=40, penalty=penalty)
    problem = replace(problem, stock=problem.stock * 3, capacity=problem.capacity * 20)
    answer = assign(problem)

    assert [] == every_choice(_compiled(problem)[0])
    assert answer.cost == pytest.approx(cost_of(problem, tuple(answer.choice.tolist())))
    assert answer.bound <= answer.cost <= 1.005 * answer.bound


def test_the_same_batch_has_the_same_answer():
    problem = a_batch(7, orders=60, nodes=6, products=12)
    one, two = assign(problem), assign(problem)

    assert one.choice.tolist() == two.choice.tolist()
    assert (one.cost, one.bound) == (two.cost, two.bound)


def test_without_an_answer_of_the_solver_orders_are_placed_all_the_same(monkeypatch: pytest.MonkeyPatch):
    def crashes(program: object, limits: Limits) -> Solution:
        return Solution(_failure("highs", (1, 1), 0.0, "crashed"))

    problem = a_batch(7, orders=60, nodes=6, products=12)
    full = assign(problem)
    monkeypatch.setattr(batch_methods, "solve", crashes)
    answer = assign(problem)

    assert FAILED == answer.records[0].status
    assert answer.cost == pytest.approx(cost_of(problem, tuple(answer.choice.tolist())))
    assert full.cost <= answer.cost < 1.2 * full.cost


def test_where_nothing_is_short_prices_are_zero():
    problem = a_batch(3)
    problem = replace(problem, stock=problem.stock + 50, capacity=np.full(3, math.inf))
    answer = assign(problem)

    assert answer.cost == pytest.approx(answer.bound) == pytest.approx(least_cost(problem))
    assert not answer.stock_price.any()
    assert ["batch"] == [r.solver for r in answer.records]


def test_a_batch_must_be_in_sequence():
    problem = a_batch(1)

    with pytest.raises(ValueError, match="order by order"):
        replace(problem, line_order=problem.line_order[::-1])
    with pytest.raises(ValueError, match="on one line only"):
        replace(problem, line_product=np.zeros_like(problem.line_product))


@pytest.mark.parametrize("seed", range(5))
def test_the_cheapest_method_is_the_cheapest_of_all(seed: int):
    rng = np.random.default_rng(seed)
    nodes, lines = 4, 3
    fixed = rng.uniform(0, 10, nodes)
    fixed[rng.random(nodes) < 0.2] = math.inf
    variable, unserved = rng.uniform(0, 10, (lines, nodes)), rng.uniform(5, 20, lines)
    choice = np.zeros(lines, dtype=np.int64)

    def cost(method: tuple[int, ...]) -> float:
        served = sum(fixed[n] for n in set(method) if n >= 0)
        return served + sum(unserved[i] if n < 0 else variable[i, n] for i, n in enumerate(method))

    found = cheapest(fixed, variable, unserved, choice, work_space(nodes))

    assert found == pytest.approx(min(cost(m) for m in product(range(-1, nodes), repeat=lines)))
    assert found == pytest.approx(cost(tuple(choice.tolist())))


def test_the_formulation():
    """Two orders, two nodes: every method, the stock that can run short, capacity with its penalty."""
    problem = BatchProblem(
        np.array([0, 0, 1]),
        np.array([0, 1, 0]),
        np.array([1, 1, 1]),
        np.array([[100.0, 120.0], [130.0, 110.0]]),
        np.array([[10.0, 11.0], [20.0, 21.0], [12.0, 13.0]]),
        np.array([500.0, 400.0, 600.0]),
        np.array([[1, 1], [1, 0]]),
        np.array([1.0, 2.0]),
        50.0,
    )
    orders, shared = _compiled(problem)
    program = method_program(orders, shared, Methods.of(orders, every_choice(orders)))

    assert (GOLDEN / "batch_methods.txt").read_text(encoding="utf-8") == as_text(program)
