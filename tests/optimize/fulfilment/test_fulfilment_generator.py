"""The generator of random instances keeps to what is published of it."""

from __future__ import annotations

import numpy as np
import pytest

from optimize.fulfilment.generator import Places, Plan, arrivals, instance, miles, shifting

from .frozen import BENCH, frozen, needs_bench

ROUND = Places(
    np.array([0.5, 0.3, 0.2]), miles(np.array([[40.0, -75.0], [34.0, -118.0]]), np.array([[41.0, -74.0]] * 3))
)


@needs_bench
def test_miles_are_those_of_the_frozen_instances():
    known, _, _ = frozen(0)

    assert known.unit[:-1] == pytest.approx(0.423 + 0.000541 * Places.small(BENCH).miles, abs=1e-9)


def test_a_quarter_of_the_earth():
    assert [[6371 / 1.61 * np.pi / 2]] == pytest.approx(miles(np.array([[0.0, 0.0]]), np.array([[0.0, 90.0]])))


def test_the_shape_of_an_instance():
    made = instance(ROUND, Plan(slots=1000, longest=4), seed=3)

    assert [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5 == [len(order) for order in made.orders]
    assert 20 == len({frozenset(order) for order in made.orders})
    assert 0 < made.phases.sum() < 1
    assert [0.5, 0.3, 0.2] == pytest.approx(made.phases.sum(axis=(0, 1)) / made.phases.sum())
    assert made.expected().sum() == pytest.approx(1000 * made.phases.sum())


def test_a_seed_is_an_instance_and_its_arrivals():
    one, same, other = (instance(ROUND, Plan(500, 2), seed) for seed in (4, 4, 5))

    assert one.orders == same.orders != other.orders
    assert np.array_equal(one.stock, same.stock)
    assert np.array_equal(arrivals(one, 4), arrivals(same, 4))
    assert not np.array_equal(arrivals(one, 4), arrivals(one, 5))


def test_stock_covers_the_demand_of_the_nearest_cities():
    made = instance(ROUND, Plan(10_000, 2, carried=1.0), seed=6)
    units = sum(made.expected()[c] * len(made.orders[c // 3]) for c in range(made.classes))

    assert units < made.stock.sum() < 1.1 * units


def test_demand_shifts_at_half_time():
    made = shifting(ROUND, Plan(1000, 2), 0.0, seed=7)
    single = made.phases.sum(axis=2)[:, :5].sum(axis=1)
    larger = made.phases.sum(axis=2)[:, 5:].sum(axis=1)

    assert [0.0, 0.0] == [single[0], larger[1]]
    assert made.expected(0, 500) + made.expected(500) == pytest.approx(made.expected())
    assert {tuple(half.round(12)) for half in shifting(ROUND, Plan(1000, 2), 0.5, seed=7).phases.reshape(2, -1)} == {
        tuple(shifting(ROUND, Plan(1000, 2), 0.5, seed=7).phases[0].reshape(-1).round(12))
    }


def test_arrivals_follow_their_phase():
    made = shifting(ROUND, Plan(40_000, 2), 0.2, seed=8)
    drawn = arrivals(made, 8)
    for half in (0, 1):
        counted = made.count(drawn[half * 20_000 : (half + 1) * 20_000])
        expected = made.expected(half * 20_000, (half + 1) * 20_000)

        assert (np.abs(counted - expected) <= 5 * np.sqrt(expected + 1)).all()


def test_arrivals_from_a_slot_on():
    made = shifting(ROUND, Plan(100, 2), 0.2, seed=8)

    assert [100, 60, 10, 0] == [len(made.draw(np.random.default_rng(1), first)) for first in (0, 40, 90, 100)]
