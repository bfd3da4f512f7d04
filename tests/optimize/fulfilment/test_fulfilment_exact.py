"""Small cases by exact dynamic programming: the published figures, and that no policy beats the optimum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.fulfilment_cases import one_sku, published, two_nodes, two_skus
from optimize.fulfilment.bounds import MethodProgram
from optimize.fulfilment.exact import expected_cost, optimum
from optimize.fulfilment.policies import run
from optimize.fulfilment.prices import FixedPrices, FuturePrices, MeanPrices
from optimize.fulfilment.rules import Greedy, Nearest
from optimize.fulfilment.unit_values import UnitValues
from optimize.inventory.two_nodes import for_mean, for_shortage, level, still

from .frozen import BENCH, needs_bench, tiny


def answers(name: str) -> dict[str, Any]:
    """What is published of a case."""
    return published(BENCH, name)[1]


@needs_bench
def test_one_sku():
    instance, known = one_sku(BENCH), answers("FUL_1SKU")

    assert known["optimal"] == pytest.approx(optimum(instance), abs=1e-6)
    assert known["myopic_cheapest_in_stock"] == pytest.approx(expected_cost(Greedy(), instance), abs=1e-6)
    assert known["local_only"] == pytest.approx(expected_cost(Nearest(), instance), abs=1e-6)
    assert known["DLP_bound"] == pytest.approx(
        MethodProgram(instance).solve(instance.expected(), instance.stock).value, abs=1e-6
    )


@needs_bench
def test_a_tie_is_accepted():
    instance, known = one_sku(BENCH), answers("FUL_1SKU")
    duals = np.array(known["LP_duals"])[:, None]

    accepted = expected_cost(FixedPrices(duals), instance)
    rejected = expected_cost(FixedPrices(duals + 1e-6), instance)

    assert known["static_LP_bid_price_ties_accept"] == pytest.approx(accepted, abs=1e-6)
    assert known["static_LP_bid_price_ties_reject"] == pytest.approx(rejected, abs=1e-6)


@needs_bench
def test_two_skus():
    instance, known = two_skus(BENCH), answers("FUL_2SKU")
    a, b, c, d = known["LP_duals_A1A2B1B2"]

    assert known["optimal"] == pytest.approx(optimum(instance), abs=1e-6)
    assert known["greedy_min_cost"] == pytest.approx(expected_cost(Greedy(), instance), abs=1e-6)
    assert known["DLP_method_bound"] == pytest.approx(
        MethodProgram(instance).solve(instance.expected(), instance.stock).value, abs=1e-5
    )
    static = expected_cost(FixedPrices(np.array([[a, c], [b, d]])), instance)
    assert known["static_LP_bid_price"] == pytest.approx(static, abs=1e-3)  # the duals are given to 4 digits


@pytest.mark.parametrize("seed", range(3))
def test_no_policy_beats_the_optimum(seed: int):
    instance = tiny(seed)
    least = optimum(instance)
    for policy in (Greedy(), Nearest(), MeanPrices(), FuturePrices(futures=3), UnitValues(futures=0)):
        assert least <= expected_cost(policy, instance) + 1e-9


def test_expected_cost_is_the_mean_of_runs():
    instance, rng = tiny(4), np.random.default_rng(9)
    costs = [run(Greedy(), instance, instance.draw(rng)).cost for _ in range(4000)]
    half = 3.3 * np.std(costs) / np.sqrt(len(costs))

    assert expected_cost(Greedy(), instance) == pytest.approx(np.mean(costs), abs=half)


@needs_bench
def test_two_nodes():
    (problem, start), known = two_nodes(BENCH), answers("BAL_2NODE")

    assert known["none"] == pytest.approx(problem.cost(still, start), abs=1e-6)
    assert known["reactive"] == pytest.approx(problem.cost(still, start, covers=True), abs=1e-6)
    assert known["proactive"] == pytest.approx(problem.best(start), abs=1e-6)
    assert known["both"] == pytest.approx(problem.best(start, covers=True), abs=1e-6)
    for rule in (level, for_mean, for_shortage):
        assert known["proactive"] <= problem.cost(rule, start) <= known["none"]
