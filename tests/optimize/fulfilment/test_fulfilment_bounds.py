"""Bounds of the fulfilment problem: those published for the frozen instances, and brute force on tiny ones."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimize.fulfilment.bounds import MethodProgram, item_bound
from optimize.fulfilment.choice_kernel import best_methods
from optimize.fulfilment.instance import NOBODY, Instance, Ints
from optimize.fulfilment.policies import run
from optimize.fulfilment.prices import FixedPrices
from optimize.fulfilment.rules import Greedy, Nearest

from .frozen import frozen, needs_bench, tiny


def brute_force(instance: Instance, arrivals: Ints) -> float:
    """The least cost of all ways to serve all arrivals."""

    def best(place: int, stock: tuple[int, ...]) -> float:
        if place == len(arrivals):
            return 0.0
        order_class, least = int(arrivals[place]), math.inf
        if order_class == NOBODY:
            return best(place + 1, stock)
        items = instance.orders[order_class // instance.cities]
        for sources in itertools.product(range(instance.centres + 1), repeat=len(items)):
            left = list(stock)
            for source, item in zip(sources, items):
                if source < instance.centres:
                    left[source * instance.stock.shape[1] + item] -= 1
            if min(left) >= 0:
                least = min(least, instance.cost(order_class, np.array(sources)) + best(place + 1, tuple(left)))
        return least

    return best(0, tuple(instance.stock.reshape(-1).tolist()))


@needs_bench
@pytest.mark.parametrize("number", [0, 1])
def test_the_published_bounds(number: int):
    instance, arrivals, known = frozen(number)
    program, counts = MethodProgram(instance), instance.count(arrivals)

    assert known["DLP"] == pytest.approx(item_bound(instance, instance.expected()).value, abs=1e-6)
    assert known["hindsight_item_FC_LP"] == pytest.approx(item_bound(instance, counts).value, abs=1e-6)
    assert known["hindsight_method_LP"] == pytest.approx(program.solve(counts, instance.stock).value, abs=1e-6)
    assert known["hindsight_MIP"] == pytest.approx(program.whole(counts, instance.stock).record.objective, abs=1e-6)


@needs_bench
@pytest.mark.parametrize("number", [0, 1])
def test_the_published_rules(number: int):
    instance, arrivals, known = frozen(number)
    prices = item_bound(instance, instance.expected()).prices

    assert known["greedy"]["cost"] == pytest.approx(run(Greedy(), instance, arrivals).cost, abs=1e-6)
    assert known["static_dual"]["cost"] == pytest.approx(run(FixedPrices(prices), instance, arrivals).cost, abs=1e-6)
    assert known["myopic_closest"]["cost"] == pytest.approx(run(Nearest(), instance, arrivals).cost, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_in_order_and_below_the_best_of_all_plans(seed: int):
    instance = tiny(seed)
    arrivals = instance.draw(np.random.default_rng(seed))
    counts, program = instance.count(arrivals), MethodProgram(instance)
    exact = brute_force(instance, arrivals)
    item, method = item_bound(instance, counts).value, program.solve(counts, instance.stock).value

    assert item <= method + 1e-9
    assert method <= exact + 1e-9
    assert exact <= program.whole(counts, instance.stock).record.objective + 1e-9
    assert exact <= min(run(Greedy(), instance, arrivals).cost, run(Nearest(), instance, arrivals).cost) + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_a_warm_program_answers_as_a_fresh_one(seed: int):
    instance, rng = tiny(seed), np.random.default_rng(seed)
    warm = MethodProgram(instance)
    for _ in range(5):
        counts = rng.integers(0, 4, instance.classes).astype(float)
        stock = rng.integers(0, instance.stock + 1)
        fresh = MethodProgram(instance)

        assert fresh.solve(counts, stock).value == pytest.approx(warm.solve(counts, stock).value, abs=1e-9)


def test_prices_are_what_a_unit_saves():
    instance = tiny(2)
    counts, program = np.full(instance.classes, 3.0), MethodProgram(instance)
    found = program.solve(counts, instance.stock)
    for centre, item in np.argwhere(instance.stock > 0).tolist():
        less = instance.stock.copy()
        less[centre, item] -= 1

        assert program.solve(counts, less).value >= found.value + found.prices[centre, item] - 1e-9


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), centres=st.integers(1, 4), kind=st.integers(0, 3))
def test_the_cheapest_of_all_sources_is_chosen(seed: int, centres: int, kind: int):
    instance, rng = tiny(seed, centres=centres), np.random.default_rng(seed)
    prices = rng.choice([0.0, 1.0, 2.5], instance.stock.shape)
    order_class, items = kind * 2 + seed % 2, instance.orders[kind]

    def priced(sources: tuple[int, ...]) -> float:
        cost = instance.cost(order_class, np.array(sources))
        for source, item in zip(sources, items):
            if source < centres:
                cost += prices[source, item] if instance.stock[source, item] > 0 else math.inf
        return round(cost, 7)

    every = itertools.product(range(centres + 1), repeat=len(items))
    first_of_the_best = min(every, key=lambda sources: (priced(sources), sources))
    found, problem = np.full((1, instance.items.shape[1]), -1), (instance.items, instance.sizes, instance.unit)
    best_methods(np.array([order_class]), *problem, instance.fixed, prices, instance.stock, found, np.empty(1))
    chosen = tuple(found[0, : len(items)].tolist())

    assert priced(first_of_the_best) == pytest.approx(priced(chosen), abs=1e-6)
