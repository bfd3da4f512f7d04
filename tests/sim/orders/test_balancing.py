"""Node balancing: what has not been released leaves a congested node; nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.measures.books import Books
from sim.measures.registry import compute
from sim.network import Shift
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, Rules, World
from tests.properties.test_random_worlds import assert_sound
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
FEW = (Shift(ALWAYS, 0, 1440, (1, 1, 1, 1)),)
"""One picker, a minute a line; one packer, two minutes a parcel: 30 parcels an hour."""


def two_nodes(policy: PolicyChoice, units: int = 100, **changes) -> World:
    """A is next to the customers; B is far away and has as many people."""
    nodes = (a_node("A", shifts=FEW), a_node("B", longitude=-80.0, shifts=FEW))
    rules = Rules(balance_every_ms=30 * MINUTE_MS)
    policies = POLICIES | {"balancing": policy}
    return a_world(
        **{"nodes": nodes, "stock": stock([[100, 0], [units, 0]]), "rules": rules, "policies": policies} | changes
    )


def at_nine(world: World, orders: int = 40) -> Story:
    """So many one-line orders at 9:10, an hour and twenty minutes of packing; the wave is at 10:00."""
    return visit(world, [(at(0, 9, 10), P1)] * orders)


def by_node(story: Story, kind: str = "packed") -> dict[str, int]:
    return dict(Counter(row["node"] for row in story.rows("events", kind=kind)))


def test_a_congested_node_gives_away_what_it_would_release_last():
    """80 minutes at A; down to half an hour, 15 parcels stay and 25 would go, of which B takes 20 (40 minutes)."""
    story = at_nine(two_nodes(PolicyChoice("threshold", {"hours": 0.5, "receiver_hours": 2 / 3})))

    assert {"A": 20, "B": 20} == by_node(story)
    assert ["0 09:30"] * 20 == story.times("voided", reason="congested")
    assert list(range(20, 40)) == sorted(row["order"] for row in story.rows("events", kind="voided"))
    assert ["0 10:00"] * 40 == story.times("released")
    assert "0 10:44" == story.times("packed")[-1]


def test_its_orders_tell_who_moved_them_and_the_stock_is_where_it_was_taken():
    story = at_nine(two_nodes(PolicyChoice("threshold", {"hours": 0.5, "receiver_hours": 2 / 3})))

    moved = story.events("node", "reason", order=39)
    assert [
        ("0 09:10", "captured", None, ""),
        ("0 09:10", "validated", None, ""),
        ("0 09:10", "allocated", "A", ""),
        ("0 09:30", "deallocated", "A", "congested"),
        ("0 09:30", "voided", "A", "congested"),
        ("0 09:30", "allocated", "B", ""),
        ("0 10:00", "released", "B", ""),
    ] == moved[:7]
    assert ["closest", "balancing=threshold"] == [row["policy"] for row in story.rows("decisions", order=39)]
    assert [80, 80] == [story.model.site.inventory.available[node][0] for node in (0, 1)]


@pytest.mark.parametrize(
    ("changes", "packed"),
    [
        ({}, {"A": 40}),  # the policy is "none"
        ({"policies": POLICIES}, {"A": 40}),  # no policy at all
        ({"policies": POLICIES | {"balancing": PolicyChoice("threshold", {"hours": 2.0})}}, {"A": 40}),
        (
            {"policies": POLICIES | {"balancing": PolicyChoice("threshold", {"hours": 0.5, "farther_zones": 0})}},
            {"A": 40},
        ),
        (
            {
                "policies": POLICIES | {"balancing": PolicyChoice("threshold", {"hours": 0.5})},
                "stock": stock([[100, 0], [7, 0]]),
            },
            {"A": 33, "B": 7},
        ),
    ],
)
def test_nothing_moves_without_need_or_beyond_the_stock_of_others(changes: dict, packed: dict[str, int]):
    assert packed == by_node(at_nine(two_nodes(PolicyChoice("none"), **changes)))


def test_what_would_miss_its_ship_by_is_finished_elsewhere_in_time():
    """Ship-by is the end of the day. From 14:00 to 23:00, less an hour to spare, A packs 30 an hour: 80 too few."""
    orders = [(at(0, 13, 50), P1)] * 350
    world = two_nodes(PolicyChoice("cutoff"), stock=stock([[500, 0], [500, 0]]))
    alone = visit(replace(world, policies=POLICIES | {"balancing": PolicyChoice("none")}), orders)
    balanced = visit(world, orders)

    assert {"A": 350} == by_node(alone)
    assert set(by_node(balanced)) == {"A", "B"}
    late = [
        sum(row["time_ms"] > at(1, 0) for row in story.rows("events", kind="packed")) for story in (alone, balanced)
    ]
    assert late[0] > 40
    assert 0 == late[1]


def test_a_closed_node_gives_its_work_away_where_no_other_rule_does():
    from sim.disruptions import NodeOutage

    rules = Rules(balance_every_ms=30 * MINUTE_MS, reallocate_on_outage=False)
    outage = NodeOutage(node=0, at_ms=at(0, 9, 20), duration_ms=12 * HOUR_MS)
    world = two_nodes(
        PolicyChoice("threshold", {"hours": 1.0, "receiver_hours": 9.0}), rules=rules, disruptions=(outage,)
    )

    assert {"B": 40} == by_node(at_nine(world))


def test_a_scenario_may_begin_to_balance_in_mid_run():
    change = PolicyChange(at(1, 0), "balancing", PolicyChoice("threshold", {"hours": 0.5, "receiver_hours": 1.0}))
    world = two_nodes(PolicyChoice("none"), policy_changes=(change,))
    story = visit(world, [(at(0, 9, 10), P1)] * 40 + [(at(1, 9, 10), P1)] * 40)

    assert {"A": 40 + 15, "B": 25} == by_node(story)


def congested(policy: str, **parameters: float) -> World:
    """EAST has a third of the people of the others, and most of the customers."""
    world = a_busy_world(orders_per_day=1_500.0)
    few, many = (Shift(ALWAYS, 0, 1440, (n, n, 1, 1)) for n in (1, 4))
    network = world.network
    nodes = tuple(replace(n, shifts=(few if n.name == "EAST" else many,)) for n in network.nodes)
    regions = tuple(replace(r, population=800.0 if r.name == "east" else 100.0) for r in network.regions)
    plan = replace(world.stock, opening_units=np.full((3, 40), 400))
    policies = {**world.policies, "balancing": PolicyChoice(policy, parameters)}
    return replace(
        world,
        network=replace(network, nodes=nodes, regions=regions),
        stock=plan,
        policies=policies,
        horizon=Horizon(end_ms=2 * DAY_MS, warm_up_ms=0, drain_until_ms=30 * DAY_MS),
    )


def test_balancing_serves_the_same_customers_better(tmp_path):
    """With and without it, on the same customers: fewer late shipments, and not one unit more or less."""
    from sim.model import Model

    kpis = {}
    for policy, parameters in (
        ("none", {}),
        ("threshold", {"hours": 4.0, "farther_zones": 6}),
        ("cutoff", {"farther_zones": 6}),
    ):
        folder = tmp_path / policy
        folder.mkdir()
        manifest = Model(congested(policy, **parameters), seed=3).run(folder)
        kpis[policy] = compute(Books(folder), ["on_time_ship", "units_captured", "backlog_peak_orders"])
        kpis[policy]["demand"] = manifest["demand_hash"]

    assert 1 == len({k["demand"] for k in kpis.values()})
    for policy in ("threshold", "cutoff"):
        assert kpis[policy]["on_time_ship"] > kpis["none"]["on_time_ship"] + 0.05
        assert kpis[policy]["backlog_peak_orders"] < kpis["none"]["backlog_peak_orders"]


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(1, 1_000),
    policy=st.sampled_from(["threshold", "cutoff"]),
    minutes=st.sampled_from([5, 15, 60]),
    split=st.booleans(),
)
def test_units_and_money_are_conserved_whatever_is_moved(seed: int, policy: str, minutes: int, split: bool):
    world = a_busy_world(orders_per_day=500.0)
    few = (Shift(ALWAYS, 6 * 60, 22 * 60, (1, 1, 1, 1)),)
    nodes = tuple(replace(n, shifts=few if n.name != "WEST" else n.shifts) for n in world.network.nodes)
    channels = tuple(replace(c, ship_complete=not split) for c in world.network.channels)
    parameters = (
        {"hours": 0.5, "receiver_hours": 2.0} if policy == "threshold" else {"spare_minutes": 600.0, "farther_zones": 6}
    )
    assert_sound(
        replace(
            world,
            network=replace(world.network, nodes=nodes, channels=channels),
            policies={**world.policies, "balancing": PolicyChoice(policy, parameters)},
            rules=Rules(balance_every_ms=minutes * MINUTE_MS, data_fault_share=0.01),
            horizon=Horizon(end_ms=DAY_MS, warm_up_ms=0, drain_until_ms=20 * DAY_MS),
        ),
        seed,
    )


def test_the_same_bits_without_balancing_whether_or_not_it_is_named():
    world = replace(a_busy_world(orders_per_day=150.0), horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
    named = replace(world, policies={**world.policies, "balancing": PolicyChoice("none")})

    assert tell(world).manifest["files"] == tell(named).manifest["files"]
