"""Transfers: exact on what can be enumerated, never below the bound, and the chances behind them are the exact ones."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from optimize.programs import PROVEN, Limits
from optimize.transfers.plan import plan_transfers
from optimize.transfers.problem import TransferProblem
from optimize.transfers.tables_kernel import chances, shortage, tabulate, unit_gains
from optimize.transfers.trucks import Trucks
from tests.optimize.transfers.told import with_trucks
from tests.optimize.transfers.two_nodes import cost_over_the_horizon, needs_cases, two_nodes

GOLDEN = Path(__file__).parents[2] / "golden"
EXACT = Limits(gap=1e-9)


def a_network(seed: int, nodes: int = 3, products: int = 1, **changes) -> TransferProblem:
    """Two lead classes, lanes that cost by truck."""
    rng = np.random.default_rng(seed)
    stock = rng.integers(0, 5, (nodes, products))
    demand = rng.uniform(0.5, 4.0, (nodes, products))
    truck_cost = rng.uniform(50.0, 400.0, (nodes, nodes))
    defaults: dict[str, Any] = {
        "stock": stock,
        "free": stock,
        "demand": demand,
        "lead": rng.integers(0, 2, (nodes, nodes)),
        "demand_before": np.array([0.1 * demand, 0.3 * demand]),
        "shortage_cost": rng.uniform(300.0, 900.0, products),
        "cost": truck_cost,
        "unit_weight": rng.uniform(0.5, 2.0, products),
        "capacity": 4.0,
        "handling_cost": 10.0,
    }
    return TransferProblem(**with_trucks(defaults | changes))


def expected_shortage(problem: TransferProblem, node: int, item: int, out: int, arrivals: list[int]) -> float:
    """As the plan counts it: what leaves is missed until the horizon; arrivals are worth the chance to be asked for."""
    mean, stock = float(problem.demand[node, item]), int(problem.stock[node, item])
    reach = np.arange(80)

    def short(have: int) -> float:
        return float((stats.poisson.sf(reach[have:], mean)).sum())

    total, k = short(stock - out), 0
    for lead, units in enumerate(arrivals):
        begun = float(problem.demand_before[lead, node, item])
        before = stats.poisson.pmf(reach, begun)
        left = np.maximum(0, stock - reach)
        for _ in range(units):
            total -= float((before * stats.poisson.sf(left + k, mean - begun)).sum())
            k += 1
    return total


def cost_of(problem: TransferProblem, moves: dict[tuple[int, int, int], int]) -> float:
    nodes, products = problem.stock.shape
    total = 0.0
    for node, item in product(range(nodes), range(products)):
        out = sum(u for (i, _, p), u in moves.items() if (i, p) == (node, item))
        arrivals = [0] * len(problem.demand_before)
        for (i, j, p), units in moves.items():
            if (j, p) == (node, item):
                arrivals[int(problem.lead[i, j])] += units
        total += problem.shortage_cost[item] * expected_shortage(problem, node, item, out, arrivals)
    total += problem.trucks.handling_cost * sum(moves.values())
    for i, j in {(i, j) for (i, j, _), units in moves.items() if units}:
        kg = sum(units * problem.trucks.unit_weight[p] for (a, b, p), units in moves.items() if (a, b) == (i, j))
        total += problem.trucks.cost[i, j] * max(1, math.ceil(kg / problem.trucks.capacity - 1e-9))
    return total


def least_cost(problem: TransferProblem) -> float:
    """One product at three nodes, every set of moves in which no node both sends and gets."""
    lanes = [(i, j) for i in range(3) for j in range(3) if i != j]
    best = math.inf
    for senders in range(1, 7):
        mine = [(i, j) for i, j in lanes if senders >> i & 1 and not senders >> j & 1]
        for units in product(range(4), repeat=len(mine)):
            moves = {(i, j, 0): u for (i, j), u in zip(mine, units, strict=True) if u}
            sent = [sum(u for (i, _, _), u in moves.items() if i == n) for n in range(3)]
            if all(sent[n] <= problem.free[n, 0] for n in range(3)):
                best = min(best, cost_of(problem, moves))
    return best


def as_moves(answer) -> dict[tuple[int, int, int], int]:
    return {(i, j, p): u for i, j, p, u in answer.transfers.tolist()}


@pytest.mark.parametrize("dispersion", [1.0, 1.8])
@pytest.mark.parametrize("mean", [0.0, 0.3, 6.0, 300.0])
def test_chances_are_those_of_scipy(mean: float, dispersion: float):
    upto = int(mean + 40)
    found = np.empty(upto + 1)
    chances(mean, dispersion, upto, found)
    asked = np.arange(upto + 1) - 1
    size = mean / (dispersion - 1) if dispersion > 1 else 0.0
    exact = stats.nbinom.sf(asked, size, 1 / dispersion) if size else stats.poisson.sf(asked, mean)

    assert exact == pytest.approx(found, abs=1e-9)
    assert mean - sum(exact[1:6]) == pytest.approx(shortage(mean, 5, found), abs=1e-6)


def test_a_unit_is_worth_the_chance_that_it_is_asked_for():
    """Simulated: two are there; how often the k-th more, which comes after 1.5 were asked for on average, is sold."""
    rng, stock = np.random.default_rng(1), 2
    first, then = rng.poisson(1.5, 200_000), rng.poisson(2.0, 200_000)
    left = np.maximum(0, stock - first)
    before, after, found = np.empty(20), np.empty(20), np.empty(20)
    chances(1.5, 1.0, 19, before)
    chances(2.0, 1.0, 19, after)

    assert 4 == unit_gains(stock, before, after, -1.0, 4, found)
    for k in range(4):
        share = float((then - left > k).mean())
        assert abs(share - found[k]) <= 4 * math.sqrt(share * (1 - share) / 200_000)


def test_gains_fall_and_losses_rise():
    problem = a_network(3, nodes=6, products=20)
    stock = np.ascontiguousarray(problem.stock.T)
    gains, losses, _ = tabulate(
        stock,
        stock,
        np.ascontiguousarray(problem.demand.T),
        np.ascontiguousarray(problem.demand_before.transpose(0, 2, 1)),
        1.3,
        problem.shortage_cost,
        10.0,
        np.ones(6, dtype=bool),
    )
    for cells, sign in ((gains, -1), (losses, 1)):
        for cell in range(len(cells.node)):
            assert (sign * np.diff(cells.value[:, cells.at[cell] : cells.at[cell + 1]]) >= -1e-9).all()
    assert (gains.value[0] >= gains.value[1] - 1e-9).all()


@pytest.mark.parametrize("seed", range(8))
def test_lanes_without_trucks_are_exact(seed: int):
    """By unit alone and with one lead time, what is found is the best there is, and the bound says so."""
    problem = a_network(seed, cost=np.zeros((3, 3)), lead=np.zeros((3, 3), dtype=np.int64))
    answer = plan_transfers(problem, EXACT)

    assert least_cost(problem) == pytest.approx(answer.cost)
    assert answer.bound == pytest.approx(answer.cost)
    assert cost_of(problem, as_moves(answer)) == pytest.approx(answer.cost)
    assert PROVEN == answer.record.status


@pytest.mark.parametrize("seed", range(8))
def test_with_trucks_it_is_between_its_bound_and_one_part_in_twenty_of_the_best(seed: int):
    problem = a_network(seed)
    answer, best = plan_transfers(problem, EXACT), least_cost(problem)

    assert answer.bound <= best + 1e-6
    assert best - 1e-6 <= answer.cost <= min(answer.cost_without, 1.05 * best)
    assert cost_of(problem, as_moves(answer)) == pytest.approx(answer.cost)


@pytest.mark.parametrize("capacity", [5.0, 50.0, math.inf])
def test_a_larger_plan_can_be_carried_out(capacity: float):
    problem = a_network(9, nodes=6, products=40, capacity=capacity)
    problem = replace(problem, is_open=np.arange(6) != 2, free=np.maximum(0, problem.stock - 1))
    answer = plan_transfers(problem)
    source, to, item, units = answer.transfers.T
    sent = np.zeros_like(problem.stock)
    np.add.at(sent, (source, item), units)

    assert (units > 0).all()
    assert len(answer.transfers) > 0
    assert (sent <= problem.free).all()
    assert 2 not in {*source.tolist(), *to.tolist()}
    assert cost_of(problem, as_moves(answer)) == pytest.approx(answer.cost)
    assert answer.bound <= answer.cost <= answer.cost_without
    again = plan_transfers(problem)
    assert np.array_equal(answer.transfers, again.transfers)


def test_what_cannot_be_loaded_is_refused():
    with pytest.raises(ValueError, match="trucks carry some weight"):
        a_network(1, capacity=0.0)


def test_the_formulation():
    """Two nodes, two products, two lead classes: what each unit gains there and is missed here, in cents."""
    gains, losses, base = tabulate(
        np.array([[1, 4], [0, 3]]),
        np.array([[1, 4], [0, 2]]),
        np.array([[3.0, 1.0], [2.0, 2.0]]),
        np.array([[[0.5, 0.2], [0.0, 0.0]], [[1.5, 0.6], [1.0, 1.0]]]),
        1.0,
        np.array([500.0, 300.0]),
        15.0,
        np.ones(2, dtype=np.bool_),
    )
    told = [f"shortage {cents:.4f}" for cents in base]
    for name, cells in (("gain", gains), ("loss", losses)):
        for item, cell in ((p, c) for p in range(2) for c in range(cells.first[p], cells.first[p + 1])):
            for lead, row in enumerate(cells.value[:, cells.at[cell] : cells.at[cell + 1]].tolist()):
                values = " ".join(f"{cents:.4f}" for cents in row)
                told.append(f"{name} product {item} node {cells.node[cell]} class {lead}: {values}")

    assert (GOLDEN / "transfer_units.txt").read_text(encoding="utf-8").splitlines() == told


def at_once(stock: np.ndarray, mean: float, periods: int) -> list[list[int]]:
    """What one look at all these periods together moves, trucks and roads being free."""
    demand, none = np.full((2, 1), mean * periods), np.zeros((2, 2))
    trucks = Trucks(none, math.inf, np.ones(1), handling_cost=1.0)
    problem = TransferProblem(stock, stock, demand, none.astype(int), 0 * demand[None], np.array([10.0]), trucks)
    moves: list[list[int]] = plan_transfers(problem).transfers.tolist()
    return moves


@needs_cases
def test_two_nodes_against_their_dynamic_programme():
    """Looking a few periods ahead costs little more than the optimum; looking at all of them moves too soon."""
    case = two_nodes()
    best = case["outputs"]["proactive"]
    over = {ahead: cost_over_the_horizon(at_once, ahead, case) / best for ahead in (1, 2, 3, 10)}

    assert case["outputs"]["none"] > 1.2 * best
    assert min(over.values()) < 1.01
    assert all(1 - 1e-9 <= ratio < 1.1 for ratio in over.values()), over
