"""Replenishment by exact theory and by program: levels by hand, suppliers chosen, solvers that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimize  # noqa: F401  (its policies can be named)
from optimize.inventory.demand_chances import critical_level, negative_binomial, poisson
from optimize.inventory.min_max import best_min_max
from optimize.inventory.reorder_quantity import best_reorder_quantity
from optimize.programs import FAILED, INFEASIBLE
from sim.distributions import Fixed, Uniform
from sim.errors import InvariantError
from sim.model import Model
from sim.network import Storage, Supplier
from sim.policies.company import CompanyView
from sim.policies.outlook import Outlook
from sim.policies.registry import make
from sim.policies.replenishment import PositionView, Purchase
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import ForecastPlan, Horizon, PolicyChoice, StockPlan, World
from tests.optimize.stuck_solver import without_answer
from tests.worlds import POLICIES, a_busy_world, a_node, a_world

HOLDING_BP, SHORTAGE_BP = 36_500, 5_000
"""A day costs a hundredth of a unit's cost to hold: 4 and 11 cents; a shortage 300 and 700."""


def stock(nodes: int, products: int) -> StockPlan:
    shape = (nodes, products)
    return StockPlan(np.full(shape, 9), np.full(shape, 1), np.full(shape, 2))


def shop(*suppliers: Supplier, **changes: Any) -> World:
    """One node and two products of the first supplier."""
    chosen = suppliers or (Supplier("maker", Fixed(2 * DAY_MS)),)
    return a_world(stock=stock(1, 2), suppliers=chosen, **changes)


def outlook(daily: float = 3.0, error: float = 3.0**0.5, covers: Sequence[bool] = (True, True)) -> Outlook:
    return Outlook(0, DAY_MS, np.outer(np.arange(40), [daily, daily]), np.full(2, error), np.array(covers))


def decided(name: str, world: World, view: PositionView, coming: Sequence[Any] = (), **parameters: Any) -> list[Any]:
    policy = bound(name, world, coming, **parameters)
    return list(policy.decide(view))


def bound(name: str, world: World, coming: Sequence[Any] = (), **parameters: Any) -> Any:
    prices = {"holding_share_bp": HOLDING_BP, "shortage_share_bp": SHORTAGE_BP}
    policy = make("replenishment", name, prices | parameters)
    policy.bind(world)
    if hasattr(policy, "watch"):
        known: dict[str, Any] = dict.fromkeys((f.name for f in fields(CompanyView)), lambda *_: [])
        policy.watch(CompanyView(**known | {"on_order": lambda: coming}))
    return policy


# Levels by theory.


def test_the_newsvendor_of_lead_time_and_review():
    """Three days of Poisson demand, three a day: the level that serves 300 / 304 of all cases, and 700 / 711."""
    levels = [critical_level(poisson(9), h, p) for h, p in ((4, 300), (11, 700))]

    view = PositionView(0, 0, [5, -1], outlook())
    assert [(0, levels[0] - 5), (1, levels[1] + 1)] == decided("newsvendor", shop(), view)


def test_demand_that_varies_more_is_negative_binomial():
    """Twice the variance, and a lead time of one to three days: 3 x 6 + 9 / 3."""
    level = critical_level(negative_binomial(9, 3 * 6 + 9 / 3), 4, 300)
    world = shop(Supplier("maker", Uniform(DAY_MS, 3 * DAY_MS)))
    units = dict(decided("newsvendor", world, PositionView(0, 0, [0, 0], outlook(error=6.0**0.5))))[0]

    assert units == pytest.approx(level, abs=1)


def test_the_best_min_max_is_that_of_the_exact_algorithm():
    """Two days of lead time, reviewed every day: an order protects three days."""
    s, S, _ = best_min_max(poisson(3), 4, 300, 200, lead_periods=2)

    assert s < S - 1
    for position, wanted in ((s + 1, []), (s, [(0, S - s)]), (-4, [(0, S + 4)])):
        view = PositionView(0, 0, [position, 1_000], outlook())
        assert wanted == decided("best_s_S", shop(), view, order_cents=200)


def test_the_best_reorder_quantity_is_that_of_the_exact_algorithm():
    r, quantity, _ = best_reorder_quantity(poisson(9), 3, 4, 300, 200)

    for position, lots in ((r + 1, 0), (r, 1), (r - quantity, 2)):
        view = PositionView(0, 0, [position, 1_000], outlook())
        assert [(0, lots * quantity)][: min(lots, 1)] == decided("best_r_Q", shop(), view, order_cents=200)


@pytest.mark.parametrize("name", ["newsvendor", "best_s_S", "best_r_Q", "dual_index", "sample_average"])
def test_the_plan_stands_in_where_there_is_no_forecast(name: str):
    world, covered = shop(), outlook(covers=(False, True))

    assert [(0, 2), (1, 2)] == decided(name, world, PositionView(0, 0, [0, 0]))
    assert (0, 2) in decided(name, world, PositionView(0, 0, [0, 0], covered))


def test_while_a_supplier_is_shut_levels_follow_its_alternates_lead_time():
    world = shop(Supplier("maker", Fixed(2 * DAY_MS), alternates=(1,)), Supplier("far", Fixed(9 * DAY_MS)))
    levels = [critical_level(poisson(3 * days), 4, 300) for days in (3, 10)]
    views = [PositionView(0, 0, [0, 999], outlook(), shut) for shut in (frozenset[int](), frozenset({0}))]

    assert levels == [decided("newsvendor", world, view)[0][1] for view in views]


@pytest.mark.parametrize("parameters", [{"holding_share_bp": 0}, {"shortage_share_bp": 0}, {"order_cents": -1}])
def test_prices_that_mean_nothing_are_refused(parameters: Any):
    with pytest.raises(ValueError):
        bound("best_s_S", shop(), **parameters)


# Two lead times.

FAST = Supplier("maker", Fixed(9 * DAY_MS), lot_units=2, expedited_lead_ms=Fixed(DAY_MS), expedite_surcharge_bp=5_000)
"""A unit in a hurry costs 200 cents more, and saves a margin of 600."""


def test_expedited_up_to_where_a_unit_is_worth_its_surcharge():
    """Two days of demand: 400 of the 604 that decide; what comes too late for it does not count."""
    level = critical_level(poisson(6), 204, 400)
    even = level + level % 2
    view = PositionView(0, 0, [50, 999], outlook())
    late, soon = [(0, 0, 50, 5 * DAY_MS)], [(0, 0, 50, 2 * DAY_MS)]

    assert [Purchase(0, even, 0, urgent=True)] == decided("dual_index", shop(FAST), view, late)
    assert [] == decided("dual_index", shop(FAST), view, soon)
    dear = replace(FAST, expedite_surcharge_bp=20_000)
    assert [] == decided("dual_index", shop(dear), view, late)


def test_what_is_owed_is_no_reason_to_ask_for_a_hurry_that_nobody_offers():
    view = PositionView(0, 0, [-5, 999], outlook())
    for supplier in (replace(FAST, expedited_lead_ms=None), replace(FAST, expedite_surcharge_bp=20_000)):
        assert not [w for w in decided("dual_index", shop(supplier), view) if isinstance(w, Purchase) and w.urgent]


def test_the_regular_order_counts_what_is_expedited():
    view = PositionView(0, 0, [0, 999], outlook())
    urgent, regular = decided("dual_index", shop(FAST), view)
    (plain,) = decided("best_s_S", shop(FAST), view)

    assert (True, False) == (urgent.urgent, regular.urgent)
    assert plain[1] == pytest.approx(urgent.units + regular.units, abs=2)


# The program.


def test_without_terms_the_program_orders_nearly_as_the_best_min_max():
    for daily, position in ((0.3, 0), (3.0, 4), (3.0, -3), (25.0, 60)):
        view = PositionView(0, 0, [position, 9_999], outlook(daily, daily**0.5))
        (line,) = decided("sample_average", shop(), view)
        ((_, units),) = decided("best_s_S", shop(), view)
        assert line.units == pytest.approx(units, rel=0.2, abs=2)


def test_the_program_fills_up_to_a_minimum_or_waits():
    """Eleven units short of the minimum: other products near their point fill it; alone it must be worth the stock."""
    near = PositionView(0, 0, [0, 15], outlook())
    far = PositionView(0, 0, [8, 9_999], outlook())

    def bought(view: PositionView, least: int) -> dict[int, int]:
        lines = decided("sample_average", shop(Supplier("maker", Fixed(2 * DAY_MS), min_order_units=least)), view)
        return {line.product: line.units for line in lines}

    alone = sum(bought(near, 1).values())
    assert alone + 6 <= sum(bought(near, alone + 6).values())
    assert bought(far, 1)
    assert {} == bought(far, 2_000)


def test_the_program_takes_a_break_that_pays_and_leaves_one_that_does_not():
    def units(discount_bp: int) -> int:
        maker = Supplier("maker", Fixed(2 * DAY_MS), price_breaks=((60, discount_bp),))
        (line,) = decided("sample_average", shop(maker), PositionView(0, 0, [2, 9_999], outlook()), order_cents=500)
        return int(line.units)

    assert units(1) < 60 <= units(3_000)


def test_the_cheaper_of_two_sources_is_asked():
    view = PositionView(0, 0, [0, 9_999], outlook())
    own = Supplier("maker", Fixed(2 * DAY_MS), second_source=1)

    def asked(price_bp: int) -> set[int]:
        lines = decided("sample_average", shop(own, Supplier("other", Fixed(2 * DAY_MS), price_bp=price_bp)), view)
        return {line.supplier for line in lines}

    assert ({1}, {0}) == (asked(9_000), asked(11_000))


def test_budget_and_storage_bind():
    view = PositionView(0, 0, [0, 0], outlook())
    free = decided("sample_average", shop(), view)
    poor = decided("sample_average", shop(), view, budget_cents=4_000)
    narrow = decided("sample_average", shop(nodes=(a_node(storage=Storage(7.0)),)), view)
    rented = decided("sample_average", shop(nodes=(a_node(storage=Storage(7.0, 100)),)), view)
    cost = [400, 1_100]

    spent = [sum(cost[line.product] * line.units for line in lines) for lines in (poor, free)]
    assert spent[0] <= 4_000 < spent[1]
    assert sum(line.units for line in narrow) <= 7 < sum(line.units for line in free)
    assert free == rented


@pytest.mark.parametrize("status", [FAILED, INFEASIBLE])
def test_where_the_solver_has_no_answer_the_rule_orders(status: str):
    view = PositionView(0, 0, [0, 0], outlook())
    policy = bound("sample_average", shop())
    policy.solver = without_answer(status)

    assert decided("best_s_S", shop(), view) == policy.decide(view)
    assert [("best_s_S", status)] == [(call.actor, call.status) for call in policy.calls.rows]


# In a run.


def a_run(policy: str, folder: Path, **parameters: Any) -> dict[str, Any]:
    """A week with the second supplier faster and dearer, every movement checked."""
    world = a_busy_world(200.0, products=12)
    maker = Supplier(
        "maker",
        Uniform(2 * DAY_MS, 4 * DAY_MS),
        min_order_units=20,
        lot_units=4,
        second_source=1,
        price_breaks=((24, 300),),
        expedited_lead_ms=Fixed(DAY_MS),
        expedite_surcharge_bp=1_000,
        expedite_below_bp=0,
    )
    other = Supplier("other", Fixed(DAY_MS), lot_units=2, price_bp=10_800)
    world = replace(
        world,
        network=replace(world.network, suppliers=(maker, other)),
        horizon=Horizon(7 * DAY_MS, 0, 30 * DAY_MS),
        stock=StockPlan(*(np.full((3, 12), n) for n in (30, 20, 60))),
        policies={
            **POLICIES,
            "forecast": PolicyChoice("moving_average"),
            "replenishment": PolicyChoice(policy, parameters),
        },
        forecast=ForecastPlan(history_buckets=14, backtest_buckets=7),
    )
    manifest: dict[str, Any] = Model(world, 3, check=True).run(folder)
    return manifest


@pytest.mark.parametrize("name", ["best_s_S", "dual_index", "sample_average"])
def test_a_run_with_all_terms_keeps_its_books(name: str, tmp_path: Path):
    manifest = a_run(name, tmp_path)

    assert manifest["counters"]["orders_offered"] > 1_000
    assert manifest["reproducible"]
    if name == "sample_average":
        assert manifest["solver_calls"]


@pytest.mark.parametrize(
    ("purchase", "said"),
    [(Purchase(0, 3, 1), "other does not deliver P1 now"), (Purchase(0, 3, 0, urgent=True), "maker does not expedite")],
)
def test_the_engine_refuses_what_a_supplier_does_not_offer(purchase: Purchase, said: str):
    world = shop(Supplier("maker", Fixed(2 * DAY_MS)), Supplier("other", Fixed(DAY_MS)))
    model = Model(world, 1)

    with pytest.raises(InvariantError, match=said):
        model.site.purchasing.order(0, 1, [purchase])


def test_a_shortage_that_costs_all_of_the_margin_is_the_default_of_a_hurry():
    assert BASIS_POINTS == make("replenishment", "dual_index").lost_share_bp
