"""Transfers by a plan of several days: what is due counts when it comes, and only today's trucks leave."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import optimize.transfers.period_transfers
from optimize.programs import FAILED, SolveRecord
from optimize.solver import FlowAnswer
from optimize.transfers.multi_period import MultiPeriod
from sim.policies.company import CompanyView
from sim.policies.transfers import CoverView, LevelCover
from sim.units import DAY_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.sim.telling import tell
from tests.worlds import a_busy_world, a_node, a_world, stock

RULES = Rules(transfer_truck_cost_cents=2_000, transfer_mile_cost_cents=20)
PALLETS = Rules(transfer_truck_weight_kg=300.0, transfer_truck_cost_cents=1_000, transfer_mile_cost_cents=2)


def far_apart() -> World:
    """A and B are 69 miles from one another: a truck is there on the next day."""
    nodes = (a_node("A"), a_node("B", latitude=41.0))
    return a_world(nodes=nodes, stock=stock([[4, 0], [40, 0]]), rules=RULES)


def a_view(position: list[list[int]], week: list[list[float]]) -> CoverView:
    """Demand of a week, evenly."""
    units = np.array(week)

    def demand(days: float) -> Any:
        return units * days / 7

    return CoverView(now_ms=0, position=position, free=position, is_open=[True, True], demand=demand)


def decided(view: CoverView, *coming: tuple[int, int, int, int], early: int = 1, **parameters: Any) -> list[Any]:
    """What leaves today, where units are to be there a day before they are asked for."""
    policy = MultiPeriod(early=early, **parameters)
    policy.bind(far_apart())
    silent: dict[str, Any] = dict.fromkeys((f.name for f in fields(CompanyView)), lambda *_: [])
    policy.watch(CompanyView(**silent | {"on_order": lambda: coming}))
    return policy.decide(view)


def test_a_truck_goes_where_it_pays():
    """A will sell 14 a week and has 4, B sells nothing: ten more are worth 5 each, the truck costs 34."""
    view = a_view([[4, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]])
    ((source, to, product, units),) = decided(view)

    assert (1, 0, 0) == (source, to, product)
    assert 8 <= units <= 20
    assert [] == decided(view, short_cents=200.0)


def test_who_need_not_be_early_waits_for_a_later_truck():
    """A has enough for two days, and a truck takes one."""
    view = a_view([[4, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]])

    assert [] == decided(view, early=0)
    assert decided(a_view([[0, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]]), early=0)


def test_what_is_on_order_counts_when_it_comes():
    """Ten for A are in its position: they save the truck if they come in two days, not in six."""
    view = a_view([[14, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]])
    view.free = [[4, 0], [40, 0]]

    assert [] == decided(view, (0, 0, 10, 2 * DAY_MS), short_cents=900.0)
    assert 1 == len(decided(view, (0, 0, 10, 6 * DAY_MS), short_cents=900.0))


def test_a_rule_acts_without_an_answer(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> FlowAnswer:
        return FlowAnswer(SolveRecord("test", FAILED, 0, 0, np.inf, -np.inf, 0.0, 0.0, 0.0, reason="test"))

    monkeypatch.setattr(optimize.transfers.period_transfers, "solve_flow", broken)
    view = a_view([[4, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]])
    policy = MultiPeriod()
    policy.bind(far_apart())

    assert LevelCover().decide(view) == policy.decide(view)
    assert [("level_cover", FAILED, "test")] == [(c.actor, c.status, c.reason) for c in policy.calls.rows]


@pytest.mark.parametrize("parameters", [{"periods": 0}, {"period_days": 0.0}])
def test_a_plan_without_time_is_refused(parameters: Any):
    with pytest.raises(ValueError, match="one period or more"):
        MultiPeriod(**parameters)


def test_the_same_customers_are_served_from_nearer():
    """Most customers live in the east and stock is the same everywhere; nobody replenishes. All is checked."""

    def story(policy: str, check: bool, **parameters: Any) -> Any:
        world = a_busy_world(orders_per_day=40.0, products=15)
        network = world.network
        regions = tuple(replace(r, population=900.0 if r.name == "east" else 50.0) for r in network.regions)
        policies = {**world.policies, "transfers": PolicyChoice(policy, parameters)}
        plan = stock(np.full((3, 15), 40).tolist())
        world = replace(world, network=replace(network, regions=regions), stock=plan, policies=policies, rules=PALLETS)
        return tell(replace(world, horizon=Horizon(5 * DAY_MS, 0, 15 * DAY_MS)), check=check)

    none, planned = story("none", False), story("multi_period", True, short_cents=200.0)
    away = [sum(r["node"] != "EAST" for r in s.rows("events", kind="shipped")) for s in (none, planned)]

    assert none.manifest["demand_hash"] == planned.manifest["demand_hash"]
    assert away[1] < away[0]
    assert planned.manifest["reproducible"]
