"""The plan of the network's program, and its rounding: chances as planned, few parcels, the same draw every time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from optimize.allocation.network_lp import NetworkProblem, shares_of
from optimize.allocation.rounded_lp import RoundedLp, dilated
from optimize.programs import Program
from optimize.solver import solve
from sim.policies.allocation import OrderView, StockView
from sim.units import DAY_MS
from tests.optimize.allocation.test_shadow_prices import FAR, MIDDLE, NEAR, WORLD, made

DRAWS = 20_000


def a_network(seed: int, nodes: int = 3, zones: int = 4, products: int = 5) -> NetworkProblem:
    rng = np.random.default_rng(seed)
    return NetworkProblem(
        supply=rng.integers(0, 9, (nodes, products)).astype(float),
        demand=rng.uniform(0.2, 4.0, (zones, products)),
        unit_cost=rng.uniform(100.0, 900.0, (nodes, zones)),
        lost_cost=rng.uniform(400.0, 2_000.0, products),
        capacity=np.full(nodes, np.inf),
        weight=rng.uniform(0.1, 3.0, products),
        weight_cost=rng.uniform(0.0, 90.0, (nodes, zones)),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_the_programs(seed: int):
    """Feasible, and at the cost that a general solver finds, product by product."""
    problem = a_network(seed)
    shares = shares_of(problem)
    for product in range(problem.supply.shape[1]):
        units = shares[product].T * problem.demand[:, product]
        cost = problem.unit_cost + problem.weight[product] * problem.weight_cost
        nodes, zones = cost.shape
        served = sparse.kron(np.ones((1, nodes)), sparse.eye_array(zones))
        sent = sparse.kron(sparse.eye_array(nodes), np.ones((1, zones)))
        lost = problem.lost_cost[product]
        best = solve(
            Program.of(
                (cost - lost).ravel(),
                sparse.vstack([served, sent]),
                -np.inf,
                np.concatenate([problem.demand[:, product], problem.supply[:, product]]),
            )
        )

        assert (units.sum(axis=1) <= problem.supply[:, product] + 1e-9).all()
        assert (shares[product].sum(axis=1) <= 1 + 1e-9).all()
        assert best.record.objective == pytest.approx(((cost - lost) * units).sum())


def some_shares(seed: int, lines: int, nodes: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.0, 1.0, (lines, nodes)) * (rng.random((lines, nodes)) < 0.7) + 1e-3
    return raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("seed", "lines"), [(1, 1), (2, 2), (3, 3), (4, 5)])
def test_chances_are_kept_and_a_source_is_used_little_more_than_it_must(seed: int, lines: int):
    """Of 20,000 draws; four standard errors are allowed."""
    share = some_shares(seed, lines)
    rng = np.random.default_rng(seed)
    drawn = np.array([dilated(share, rng.random(len(share[0])).tolist()) for _ in range(DRAWS)])
    error = 4 * math.sqrt(0.25 / DRAWS)
    for source in range(share.shape[1]):
        assert np.abs((drawn == source).mean(axis=0) - share[:, source]).max() <= error
        used = (drawn == source).any(axis=1).mean()
        assert share[:, source].max() - error <= used <= (1 + math.log(lines)) * share[:, source].max() + error


def test_lines_of_like_chances_go_together():
    share = np.repeat(some_shares(5, 1), 4, axis=0)
    rng = np.random.default_rng(5)

    assert all(1 == len(set(dilated(share, rng.random(5).tolist()))) for _ in range(200))


def test_what_nobody_is_to_send_is_not_drawn():
    assert [-1, 1] == dilated(np.array([[0.0, 0.0], [0.0, 1.0]]), [0.5, 0.5])


def an_order(number: int, region: int, *lines: tuple[int, int, int]) -> OrderView:
    return OrderView(number, 0, region, list(lines), 9 * DAY_MS, 0)


def test_orders_follow_the_plan():
    """A has two units, which four customers beside it want as well as one between: who is between has B's."""
    stock = StockView([[9, 2], [9, 9]], [1, 1])
    asked = [[0.0, 4.0], [0.0, 0.0], [0.0, 1.0]]
    policy = made(RoundedLp(), asked)
    near = [policy.decide(an_order(n, NEAR, (n, 1, 1)), stock) for n in range(400)]

    assert {1} == {policy.decide(an_order(n, MIDDLE, (n, 1, 1)), stock) for n in range(50)}
    assert abs(near.count(0) / 400 - 0.5) < 4 * 0.5 / 20
    assert near == [made(RoundedLp(), asked).decide(an_order(n, NEAR, (n, 1, 1)), stock) for n in range(400)]
    assert 1 == len(policy.calls.rows)


@pytest.mark.parametrize("alike", [0, 1])
def test_only_what_is_there_is_sent(alike: int):
    """What the plan does not know, or finds no longer, goes to who has it."""
    policy = made(RoundedLp(alike=alike), [[0.0, 4.0], [0.0, 0.0], [0.0, 0.0]])
    policy.decide(an_order(0, NEAR, (0, 1, 1)), StockView([[9, 9], [9, 9]], [1, 1]))

    assert 1 == policy.decide(an_order(1, NEAR, (1, 1, 2)), StockView([[9, 1], [9, 9]], [1, 1]))
    assert 1 == policy.decide(an_order(2, FAR, (2, 0, 1)), StockView([[9, 9], [9, 9]], [1, 1]))
    assert [(3, 0, 1)] == policy.decide(an_order(3, NEAR, (3, 1, 2)), StockView([[9, 1], [9, 0]], [1, 1]))
    assert [(4, 0, 1), (5, 1, 1)] == sorted(
        policy.decide(an_order(4, NEAR, (4, 1, 1), (5, 0, 1)), StockView([[0, 1], [1, 0]], [1, 1]))
    )
    assert 2 == len(WORLD.network.nodes)
