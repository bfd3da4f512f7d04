"""The exact inventory algorithms against stockpyl, against brute force, and against one another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog

from optimize.inventory.base_stock import best_periodic_base_stock
from optimize.inventory.demand_chances import (
    cost_by_level,
    critical_level,
    left_and_short,
    mean_of,
    negative_binomial,
    of_periods,
    poisson,
)
from optimize.inventory.dual_sourcing import Sources, best_dual_sourcing_cost, dual_index, dual_sourcing_cost
from optimize.inventory.guaranteed_service import Stage, best_service_times
from optimize.inventory.lost_sales import best_base_stock, best_capped_base_stock, best_lost_sales_cost
from optimize.inventory.lot_size import best_lot_sizes
from optimize.inventory.min_max import best_min_max, min_max
from optimize.inventory.newsvendor import critical_levels, newsvendor_discrete, newsvendor_normal
from optimize.inventory.reorder_quantity import best_reorder_quantity, reorder_quantity
from optimize.inventory.serial_system import best_serial_system, serial_base_stock
from optimize.inventory.two_nodes import TwoNodes

FEW = settings(max_examples=25, deadline=None)
prices = st.integers(1, 40)
chances = st.lists(st.integers(1, 5), min_size=2, max_size=5).map(lambda w: np.array(w, dtype=np.float64) / sum(w))


# Against stockpyl.


@pytest.mark.parametrize(("mean", "holding", "penalty"), [(20, 1, 4), (3.5, 2, 9), (120, 1, 99)])
def test_newsvendor_as_in_stockpyl(mean: float, holding: float, penalty: float):
    oracle = pytest.importorskip("stockpyl.newsvendor")
    discrete = newsvendor_discrete(poisson(mean), holding, penalty)
    normal = newsvendor_normal(mean, mean / 4, holding, penalty)

    assert pytest.approx(oracle.newsvendor_poisson(holding, penalty, mean), rel=1e-9) == (discrete.level, discrete.cost)
    assert pytest.approx(oracle.newsvendor_normal(holding, penalty, mean, mean / 4), rel=1e-9) == (
        normal.level,
        normal.cost,
    )


@pytest.mark.parametrize(
    ("rate", "lead", "holding", "penalty", "fixed"),
    [(1.5, 2, 20, 150, 100), (10, 1, 1, 9, 64), (0.3, 3, 2, 30, 5), (20, 0.5, 1, 25, 100)],
)
def test_reorder_quantity_as_in_stockpyl(rate: float, lead: float, holding: float, penalty: float, fixed: float):
    oracle = pytest.importorskip("stockpyl.rq").r_q_poisson_exact(holding, penalty, fixed, rate, lead)

    assert pytest.approx(oracle, rel=1e-8) == best_reorder_quantity(poisson(rate * lead), rate, holding, penalty, fixed)


@pytest.mark.parametrize(("mean", "penalty", "fixed"), [(6, 4, 5), (10, 9, 64), (21, 9, 64), (2.5, 20, 30)])
def test_min_max_as_in_stockpyl(mean: float, penalty: float, fixed: float):
    oracle = pytest.importorskip("stockpyl.ss").s_s_discrete_exact(1, penalty, fixed, True, mean)

    assert pytest.approx(oracle, rel=1e-8) == best_min_max(poisson(mean), 1, penalty, fixed)


def test_lot_sizes_as_in_stockpyl():
    oracle = pytest.importorskip("stockpyl.wagner_whitin").wagner_whitin
    demand = [20, 50, 10, 0, 50, 40, 5, 70]
    orders, cost, *_ = oracle(len(demand), 1, 100, demand)
    found = best_lot_sizes(demand, 100, 1)

    assert list(orders[1:]) == list(found.orders)
    assert pytest.approx(cost) == found.cost


def test_service_times_as_in_stockpyl():
    tree = pytest.importorskip("stockpyl.gsm_tree")
    network = tree.preprocess_tree(pytest.importorskip("stockpyl.instances").load_instance("figure_6_14"))
    promises, cost = tree.optimize_committed_service_times(network)
    stages = {
        str(node.index): Stage(
            time=int(node.processing_time),
            holding=node.local_holding_cost,
            supplies=tuple(str(other) for other in node.successor_indices()),
            demand_sd=float(node.demand_source.standard_deviation or 0) if not node.successor_indices() else 0.0,
            promise_at_most=int(node.external_outbound_cst) if not node.successor_indices() else None,
            supplied_after=int(node.external_inbound_cst or 0),
        )
        for node in network.nodes
    }
    found = best_service_times(stages, z=network.nodes[0].demand_bound_constant)

    assert pytest.approx(cost) == found.cost
    assert {str(name): promise for name, promise in promises.items()} == found.promises


# Against brute force.


@FEW
@given(chances, st.integers(-5, 40))
def test_left_and_short_are_expectations(demand: np.ndarray, level: int):
    units = np.arange(len(demand))
    left, short = left_and_short(np.array([level]), demand)

    assert pytest.approx(demand @ np.maximum(level - units, 0)) == left[0]
    assert pytest.approx(demand @ np.maximum(units - level, 0)) == short[0]


@FEW
@given(chances, st.integers(0, 3), prices, prices)
def test_the_newsvendors_level_is_the_cheapest(demand: np.ndarray, more_periods: int, holding: int, penalty: int):
    protected = of_periods(demand, more_periods + 1)
    costs = cost_by_level(np.arange(len(protected) + 5), protected, holding, penalty)
    level, cost = best_periodic_base_stock(demand, more_periods, holding, penalty)

    assert costs.min() == pytest.approx(cost)
    assert cost == costs[level]


@FEW
@given(st.floats(0.05, 5), st.integers(0, 3), prices, prices, st.integers(0, 60))
def test_no_reorder_quantity_near_is_cheaper(rate: float, lead: int, holding: int, penalty: int, fixed: int):
    r, quantity, cost = best_reorder_quantity(poisson(rate * lead), rate, holding, penalty, fixed)
    near = itertools.product(range(r - 6, r + 7), range(max(1, quantity - 6), quantity + 7))
    costs = [reorder_quantity(rate, lead, a, b, holding, penalty, fixed).cost for a, b in near]

    assert pytest.approx(min(costs)) == cost


@FEW
@given(chances, st.integers(0, 2), st.integers(1, 5), prices, st.integers(0, 60))
def test_no_min_max_is_cheaper(demand: np.ndarray, lead: int, holding: int, penalty: int, fixed: int):
    point, level, cost = best_min_max(demand, holding, penalty, fixed, lead)
    every = itertools.combinations(range(point - 8, level + 12), 2)
    costs = [min_max(demand, s, S, holding, penalty, fixed, lead).cost for s, S in every]

    assert pytest.approx(min(costs)) == cost


@FEW
@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(1, 80), st.integers(0, 4))
def test_no_lot_sizes_are_cheaper(demand: list[int], fixed: int, holding: int):
    """Over all choices of periods in which to order."""

    def cost(ordered: tuple[bool, ...]) -> float:
        total, carried_since = 0.0, 0
        for period, units in enumerate(demand):
            carried_since = period if ordered[period] else carried_since
            total += fixed * ordered[period] + holding * units * (period - carried_since)
        return total

    plans = [(True, *rest) for rest in itertools.product((False, True), repeat=len(demand) - 1)]

    found = best_lot_sizes(demand, fixed, holding)
    assert min(map(cost, plans)) == found.cost
    assert sum(demand) == sum(found.orders)


@FEW
@given(st.lists(st.integers(1, 3), min_size=4, max_size=4), st.integers(0, 2), st.booleans())
def test_no_service_times_are_cheaper(times: list[int], promise: int, serial: bool):
    """Over all promises of four stages, in series or as a star."""
    supplies = [("b",), ("c",), ("d",), ()] if serial else [("b",), ("c", "d"), (), ()]
    names, holding = "abcd", (1.0, 2.0, 3.5, 4.0)
    stages = {
        name: Stage(times[i], holding[i], supplies[i], *((1.0, promise) if not supplies[i] else (0.0, None)))
        for i, name in enumerate(names)
    }
    sd = {name: 1.0 if serial or name in "cd" else 2**0.5 for name in names}

    def cost(promises: dict[str, int]) -> float:
        total = 0.0
        for name, stage in stages.items():
            supplied = max((promises[u] for u in names if name in stages[u].supplies), default=0)
            net = supplied + stage.time - promises[name]
            if net < 0 or (not stage.supplies and promises[name] > promise):
                return float("inf")
            total += stage.holding * sd[name] * net**0.5
        return total

    every = itertools.product(*(range(sum(times[: i + 1]) + 1) for i in range(4)))

    found = best_service_times(stages)
    assert pytest.approx(min(cost(dict(zip(names, p, strict=True))) for p in every)) == found.cost
    assert pytest.approx(cost(dict(found.promises))) == found.cost


def average_cost_by_lp(states: list, choices, step) -> float:
    """The least average cost of a decision process, by its linear program over long-run shares (Manne 1960).

    ``step(state, choice)`` gives the cost and {state: chance}.
    """
    number = {state: i for i, state in enumerate(states)}
    pairs = [(s, a) for s in states for a in choices(s)]
    flow, costs = np.zeros((len(states) + 1, len(pairs))), []
    for column, (state, choice) in enumerate(pairs):
        cost, after = step(state, choice)
        costs.append(cost)
        flow[number[state], column] += 1
        flow[-1, column] = 1
        for other, chance in after.items():
            flow[number[other], column] -= chance
    right = np.zeros(len(states) + 1)
    right[-1] = 1
    return float(linprog(costs, A_eq=flow, b_eq=right, method="highs").fun)


@pytest.mark.parametrize("penalty", [2, 9])
@pytest.mark.parametrize("lead", [1, 2])
def test_the_best_lost_sales_policy_by_linear_programming(lead: int, penalty: int):
    """With more room than the bounds of the algorithm leave: they cut nothing off."""
    demand, most, order_most = np.array([0.3, 0.3, 0.25, 0.15]), 9, 4
    states = [s for s in itertools.product(range(most + 1), *[range(order_most + 1)] * (lead - 1)) if sum(s) <= most]

    def step(state: tuple[int, ...], order: int):
        arrives, *later = (*state[1:], order)
        after: dict = {}
        for units, chance in enumerate(demand):
            key = (max(0, state[0] - units) + arrives, *later)
            after[key] = after.get(key, 0.0) + chance
        return cost_by_level(np.array([state[0]]), demand, 1, penalty)[0], after

    def choices(state):
        return range(min(order_most, most - sum(state)) + 1)

    assert pytest.approx(average_cost_by_lp(states, choices, step), abs=1e-6) == best_lost_sales_cost(
        demand, lead, 1, penalty
    )


@pytest.mark.parametrize("expedited", [3, 12])
def test_the_best_of_two_sources_by_linear_programming(expedited: int):
    demand, low, high = np.array([0.3, 0.4, 0.3]), -4, 8
    sources = Sources(demand, 2, expedited, 1, 1, 9)
    states = [(net, q) for net in range(low, high + 1) for q in range(5) if net + q <= high]

    def choices(state):
        net, q = state
        return [(e, r) for e in range(9) for r in range(5) if low + 2 <= net + e and net + e + q + r <= high]

    def step(state, orders):
        (net, q), (urgent, regular) = state, orders
        cost = expedited * urgent + regular + cost_by_level(np.array([net + urgent]), demand, 1, 9)[0]
        return cost, {(net + urgent - d + q, regular): chance for d, chance in enumerate(demand.tolist())}

    assert pytest.approx(average_cost_by_lp(states, choices, step), abs=1e-6) == best_dual_sourcing_cost(sources)


@pytest.mark.parametrize("holding", [(1.0,), (0.5, 0.5), (0.2, 0.7)])
def test_no_levels_of_two_stages_are_cheaper(holding: tuple[float, ...]):
    """One stage is the newsvendor; two are tried at every pair of levels near, charged for what is on its way too."""
    rate, lead, penalty = 4.0, [0.5] * len(holding), 9.0
    found = best_serial_system(rate, lead, holding, penalty)
    if len(holding) == 1:
        newsvendor = newsvendor_discrete(poisson(2), 1, penalty)
        assert pytest.approx([newsvendor.level, newsvendor.cost]) == [found.local_levels[0], found.cost]
        return
    upper, lower = holding[1], sum(holding)

    def cost(levels: tuple[int, ...]) -> float:
        near, far = serial_base_stock(rate, lead, levels)
        on_the_way = rate * lead[0]
        return lower * near.on_hand + upper * (far.on_hand + on_the_way) + penalty * near.owed

    assert pytest.approx(min(cost(pair) for pair in itertools.product(range(14), repeat=2))) == found.cost
    assert pytest.approx(cost(found.local_levels)) == found.cost


def test_two_nodes_by_enumeration():
    """One period, Poisson demand cut at what matters, two units in all."""
    nodes = TwoNodes(1, (1, 1), moved=1, covered=2, lost=10, held=0.1)
    chance = stats.poisson.pmf(np.arange(40), 1)

    def period(a: int, b: int) -> float:
        total = 0.0
        for d, e in itertools.product(range(40), repeat=2):
            short, other, left, spare = max(d - a, 0), max(e - b, 0), max(a - d, 0), max(b - e, 0)
            sent = min(short, spare) + min(other, left)
            bill = 2 * sent + 10 * (short + other - sent) + 0.1 * (left + spare - sent)
            total += chance[d] * chance[e] * bill
        return total

    best = min(abs(a - 2) + period(a, 2 - a) for a in range(3))
    assert pytest.approx(best) == nodes.best((2, 0), covers=True)


# Against one another.


@settings(max_examples=8, deadline=None)
@given(chances, st.integers(1, 2), st.integers(1, 12))
def test_a_cap_helps_and_the_best_policy_is_better_still(demand: np.ndarray, lead: int, penalty: int):
    best, base = best_lost_sales_cost(demand, lead, 1, penalty), best_base_stock(demand, lead, 1, penalty)
    capped = best_capped_base_stock(demand, lead, 1, penalty)

    assert best <= capped.cost + 1e-6
    assert capped.cost <= base.cost + 1e-9


def test_dual_index_is_the_best_with_a_lead_time_of_one_period():
    """Whittemore and Saunders (1977): then, and only then, two levels are all there is to know."""
    sources = Sources(np.full(5, 0.2), 1, 20, 0, 5, 95)
    tried = min(dual_sourcing_cost(sources, dual_index(e, r)) for e in range(7) for r in range(e, 12))

    assert pytest.approx(best_dual_sourcing_cost(sources), abs=1e-6) == tried


@FEW
@given(
    st.lists(st.tuples(st.floats(1e-6, 60), st.floats(0.3, 4), st.floats(0.01, 0.99)), min_size=1, max_size=8),
)
def test_levels_of_many_items_are_those_of_each(items: list[tuple[float, float, float]]):
    mean, spread, ratio = (np.array(column) for column in zip(*items, strict=True))
    found = critical_levels(mean, mean * spread, ratio)
    each = [
        critical_level(poisson(m) if k <= 1 else negative_binomial(m, m * k), 1 - q, q)
        for m, k, q in zip(mean, spread, ratio, strict=True)
    ]

    assert each == found.tolist()


def test_where_nothing_is_expected_nothing_is_stocked():
    assert [0, 0, 0] == critical_levels(np.zeros(3), np.array([0.0, 1.0, 1e4]), np.array([0.01, 0.5, 0.99])).tolist()


def test_chances_have_the_mean_and_variance_that_they_are_of():
    demand = negative_binomial(7, 21)
    units = np.arange(len(demand))

    assert pytest.approx(1) == demand.sum()
    assert pytest.approx(7) == mean_of(demand)
    assert pytest.approx(21) == demand @ units**2 - 49
