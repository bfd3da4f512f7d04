"""The network's program: the same as one whole linear program, and its duals are what a unit is worth."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from optimize.allocation import network_lp
from optimize.allocation.methods_kernel import choose, work_space
from optimize.allocation.network_kernel import Outcome, fresh_bases, serve_products
from optimize.allocation.network_lp import NetworkProblem, _compiled, _Looks, price_network
from optimize.programs import FAILED, PROVEN, Limits, Solution
from optimize.solver import _failure
from tests.optimize.programs import as_text

GOLDEN = Path(__file__).parents[2] / "golden"
EXACT = Limits(gap=1e-9)


def a_network(
    seed: int, nodes: int = 3, zones: int = 4, products: int = 6, penalty: float = math.inf
) -> NetworkProblem:
    """Whole amounts, so that ties and empty nodes are many."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(0, 6, (zones, products)).astype(float)
    return NetworkProblem(
        supply=rng.integers(0, 9, (nodes, products)).astype(float),
        demand=demand,
        unit_cost=rng.integers(1, 20, (nodes, zones)).astype(float),
        lost_cost=rng.integers(15, 60, products).astype(float),
        capacity=np.full(nodes, demand.sum() / nodes * 0.8),
        capacity_penalty=penalty,
        weight=rng.integers(1, 4, products).astype(float),
        weight_cost=rng.integers(0, 3, (nodes, zones)).astype(float),
        load=rng.integers(1, 3, products).astype(float),
    )


def least_cost(problem: NetworkProblem) -> float:
    """By one whole program: units by node, zone and product, then lost ones, then load above the capacity."""
    nodes, zones = problem.unit_cost.shape
    products = problem.supply.shape[1]
    sent = nodes * zones * products
    lost = zones * products
    cost = problem.unit_cost[:, :, None] + problem.weight_cost[:, :, None] * problem.weight
    c = np.concatenate([cost.ravel(), np.tile(problem.lost_cost, zones), np.full(nodes, problem.capacity_penalty)])
    upper = [(0, None)] * (sent + lost) + [(0, 0 if math.isinf(problem.capacity_penalty) else None)] * nodes
    c[np.isinf(c)] = 0.0
    index = np.arange(sent).reshape(nodes, zones, products)
    meets = np.zeros((lost, len(c)))
    for zone in range(zones):
        for product in range(products):
            meets[zone * products + product, index[:, zone, product]] = 1
            meets[zone * products + product, sent + zone * products + product] = 1
    has, carries = np.zeros((nodes * products, len(c))), np.zeros((nodes, len(c)))
    for node in range(nodes):
        for product in range(products):
            has[node * products + product, index[node, :, product]] = 1
        carries[node, index[node].ravel()] = np.tile(problem.load, zones)
        carries[node, sent + lost + node] = -1
    limits = np.concatenate([problem.supply.ravel(), problem.capacity])
    return float(linprog(c, np.vstack([has, carries]), limits, meets, problem.demand.ravel(), bounds=upper).fun)


@pytest.mark.parametrize("penalty", [math.inf, 4.0])
@pytest.mark.parametrize("seed", range(6))
def test_it_costs_what_the_whole_program_costs(seed: int, penalty: float):
    problem = a_network(seed, penalty=penalty)
    answer = price_network(problem, EXACT)

    assert PROVEN == answer.record.status
    assert least_cost(problem) == pytest.approx(answer.cost)
    assert answer.bound == pytest.approx(answer.cost)
    assert (answer.load_price <= penalty).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_price_bounds_what_one_more_unit_saves(seed: int):
    """The dual is a slope: one more unit saves at most its price, half a unit less costs at least half of it."""
    problem = a_network(seed, products=3)
    answer = price_network(problem, EXACT)
    base = least_cost(problem)
    for node in range(3):
        for product in range(3):
            one = np.zeros_like(problem.supply)
            one[node, product] = 1.0
            saved = base - least_cost(replace(problem, supply=problem.supply + one))
            assert saved <= answer.stock_price[node, product] + 1e-6
            if problem.supply[node, product] > 0:
                lost = least_cost(replace(problem, supply=problem.supply - one / 2)) - base
                assert answer.stock_price[node, product] / 2 <= lost + 1e-6


def test_without_a_limit_on_capacity_one_look_is_enough():
    problem = replace(a_network(2), capacity=np.full(3, math.inf))
    answer = price_network(problem, EXACT, rounds=1)

    assert PROVEN == answer.record.status
    assert [0.0, 0.0, 0.0] == answer.load_price.tolist()


def test_the_last_prices_are_a_good_place_to_begin():
    problem = a_network(4, nodes=6, zones=10, products=200)
    cold = price_network(problem, Limits(gap=1e-4))
    warm = price_network(problem, Limits(gap=1e-4), load_price=cold.load_price)

    assert cold.cost == pytest.approx(warm.cost, rel=2e-4)
    assert warm.record.work < cold.record.work


def test_the_same_network_has_the_same_prices():
    one, two = (price_network(a_network(3, products=40)) for _ in range(2))

    assert np.array_equal(one.stock_price, two.stock_price)
    assert np.array_equal(one.load_price, two.load_price)


def test_without_the_master_program_there_are_prices_all_the_same(monkeypatch: pytest.MonkeyPatch):
    def crashes(program: object, limits: Limits) -> Solution:
        return Solution(_failure("glop", (1, 1), 0.0, "crashed"))

    problem = a_network(1)
    monkeypatch.setattr(network_lp, "solve", crashes)
    answer = price_network(problem)

    assert FAILED in answer.record.reason
    assert answer.bound <= least_cost(problem)
    assert math.inf == answer.cost
    assert answer.stock_price.any()


def test_amounts_must_not_be_negative():
    with pytest.raises(ValueError, match="must not be negative"):
        replace(a_network(1), supply=np.full((3, 6), -1.0))


def test_an_order_goes_where_cost_and_price_are_least():
    """The near node's unit is dear; the far one's is cheap; a third has none. One shipment saves its fixed cost."""
    fixed, load_price = np.array([5.0, 6.0, 1.0]), np.array([0.0, 0.5, 0.0])
    variable, unserved = np.array([[1.0, 2.0, 0.0], [1.0, 1.5, 0.0]]), np.array([90.0, 90.0])
    product, units = np.array([0, 1]), np.array([2, 1])
    stock = np.array([[2, 2, 1], [1, 1, 0]])
    price = np.array([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    choice = np.zeros(2, dtype=np.int64)
    cost = choose(fixed, variable, unserved, product, units, stock, price, load_price, choice, work_space(3))

    assert [1, 1] == choice.tolist()
    assert 6.5 + 3.5 == pytest.approx(cost)


def test_the_formulation_of_the_master_program():
    """Two products at one node, no look but the one at nothing sent, and one at prices of zero."""
    problem = NetworkProblem(
        supply=np.array([[3.0, 5.0]]),
        demand=np.array([[2.0, 1.0], [2.0, 1.0]]),
        unit_cost=np.array([[1.0, 2.0]]),
        lost_cost=np.array([10.0, 20.0]),
        capacity=np.array([4.0]),
        capacity_penalty=6.0,
    )
    flows = _compiled(problem)
    looks = _Looks(flows, problem.capacity, problem.capacity_penalty)
    outcome = Outcome(np.zeros(2), np.zeros(2), np.zeros((2, 1)), np.zeros((2, 1)))
    serve_products(flows, np.zeros(1), fresh_bases(2, 1, 2), outcome)
    looks.add(outcome)

    assert (GOLDEN / "network_master.txt").read_text(encoding="utf-8") == as_text(looks.program())
