"""Transfers by expected shortage: what it sends pays, and the same customers are served from nearer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimize.transfers.expected_shortage import ExpectedShortage
from sim.policies.transfers import CoverView
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.sim.telling import Story, tell
from tests.worlds import a_busy_world, a_node, a_world, stock

RULES = Rules(transfer_truck_cost_cents=2_000, transfer_mile_cost_cents=20)

PALLETS = Rules(transfer_truck_weight_kg=300.0, transfer_truck_cost_cents=1_000, transfer_mile_cost_cents=2)


def far_apart(**changes) -> World:
    """A and B are 69 miles from one another."""
    nodes = (a_node("A"), a_node("B", latitude=41.0))
    return a_world(**{"nodes": nodes, "stock": stock([[4, 0], [40, 0]]), "rules": RULES} | changes)


def a_view(position: list[list[int]], demand: list[list[float]], **changes) -> CoverView:
    week = np.array(demand)
    parts: dict[str, Any] = {"free": position, "is_open": [True] * len(position)} | changes
    return CoverView(now_ms=0, position=position, demand=lambda days: week * days / 7, **parts)


def bound_policy(world: World, **parameters) -> ExpectedShortage:
    policy = ExpectedShortage(**parameters)
    policy.bind(world)
    return policy


def test_a_truck_goes_where_it_pays():
    """A will sell 14 a week and has 4, B sells nothing: ten more are worth 5 each, the truck costs 34."""
    view = a_view([[4, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]])
    ((source, to, product, units),) = bound_policy(far_apart()).decide(view)

    assert (1, 0, 0) == (source, to, product)
    assert 10 <= units <= 20
    assert [] == bound_policy(far_apart(), short_cents=200.0).decide(view)
    assert [] == bound_policy(far_apart(rules=Rules())).decide(view)


def test_what_a_node_will_sell_itself_stays():
    """Both sell 14 a week; B's 15 are as likely to be wanted there."""
    view = a_view([[12, 0], [15, 0]], [[14.0, 0.0], [14.0, 0.0]])

    assert [] == bound_policy(far_apart()).decide(view)


@pytest.mark.parametrize("closed", [0, 1])
def test_nothing_goes_to_or_from_a_closed_node(closed: int):
    is_open = [n != closed for n in range(2)]

    assert [] == bound_policy(far_apart()).decide(a_view([[4, 0], [40, 0]], [[14.0, 0.0], [0.0, 0.0]], is_open=is_open))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-5, 40), st.integers(0, 40), st.floats(0, 30), st.booleans()), min_size=2, max_size=2
    )
)
def test_what_is_sent_is_free_and_goes_between_open_nodes(cells: list[tuple[int, int, float, bool]]):
    position, demand = [[p, 0] for p, *_ in cells], [[sold, 0.0] for _, _, sold, _ in cells]
    view = a_view(position, demand, free=[[f, 0] for _, f, *_ in cells], is_open=[o for *_, o in cells])
    policy = bound_policy(far_apart())
    moves = policy.decide(view)

    assert all(view.is_open[i] and view.is_open[j] and i != j and units > 0 for i, j, _, units in moves)
    assert all(units <= min(view.free[i][p], max(0, position[i][p])) for i, _, p, units in moves)
    assert moves == policy.decide(view) == bound_policy(far_apart()).decide(view)


def mostly_east(policy: str, **parameters) -> Story:
    """Most customers live in the east and stock is the same everywhere; nobody replenishes. Goods go by the pallet."""
    world = a_busy_world(orders_per_day=60.0)
    network = world.network
    regions = tuple(replace(r, population=900.0 if r.name == "east" else 50.0) for r in network.regions)
    policies = {**world.policies, "transfers": PolicyChoice(policy, parameters)}
    plan = stock(np.full((3, 40), 40).tolist())
    world = replace(world, network=replace(network, regions=regions), stock=plan, policies=policies, rules=PALLETS)
    return tell(replace(world, horizon=Horizon(6 * 86_400_000, 0, 20 * 86_400_000)), check=False)


def test_the_same_customers_are_served_from_nearer_for_less():
    """Than without transfers, and than with levelled cover, whose trucks cost more than the longer parcels."""
    stories = {
        "none": mostly_east("none"),
        "level_cover": mostly_east("level_cover"),
        "expected_shortage": mostly_east("expected_shortage", short_cents=200.0),
    }
    spent = {name: s.balance("freight") + s.balance("handling_labour") for name, s in stories.items()}
    away = {name: sum(r["node"] != "EAST" for r in s.rows("events", kind="shipped")) for name, s in stories.items()}

    assert 1 == len({s.manifest["demand_hash"] for s in stories.values()})
    assert away["expected_shortage"] < 0.5 * away["none"]
    assert spent["expected_shortage"] < spent["none"] < spent["level_cover"]
