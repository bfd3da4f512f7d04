"""Parcels to carriers under capacity: every assignment of a tiny dock tried, a dock by hand, the same customers."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimize.execution.carrier_assignment as module
from optimize.execution.carrier_assignment import Assignment, cheapest_flow, options
from optimize.programs import FAILED, SolveRecord
from optimize.solver import FlowAnswer
from sim.policies.carrier import DockView
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import POLICIES, a_busy_world, a_carrier, a_node, a_world, stock

P1 = [(0, 1, 1_000)]


@st.composite
def docks(draw: Any) -> DockView:
    """Up to five parcels; two services with two or no calls, rooms of one, two or any; days of arrival by call."""
    prices = [(draw(st.integers(400, 600)), 0), (draw(st.integers(400, 2_500)), 1)]
    due = [draw(st.integers(1, 5)) * DAY_MS for _ in range(draw(st.integers(1, 5)))]
    arrives = [[[draw(st.integers(1, 6)) * DAY_MS]] * 2 for _ in range(2)]
    return DockView(
        now_ms=0,
        parcels=range(len(due)),
        offers=lambda parcel: sorted(prices),
        deliver_by_ms=due.__getitem__,
        zone=lambda parcel: 0,
        calls_ms=[[0, DAY_MS], [HOUR_MS, DAY_MS + HOUR_MS]],
        room=[draw(st.sampled_from([1, 2])), draw(st.sampled_from([1, None]))],
        arrives_ms=arrives,
    )


@settings(max_examples=80, deadline=None)
@given(docks())
def test_no_assignment_of_a_tiny_dock_is_cheaper(view: DockView):
    kinds = [(tuple(view.offers(p)), 0, view.deliver_by_ms(p)) for p in view.parcels]
    ways = [options(view, kind, 700) for kind in kinds]
    best = min(
        sum(option.cents for option in chosen)
        for chosen in product(*ways)
        if all(
            room is None or sum(option.slot == (service, turn) for option in chosen) <= room
            for service, room in enumerate(view.room)
            for turn in (0, 1)
        )
    )
    flows, answer = cheapest_flow([1] * len(kinds), ways, view.room)
    cents = [sum(o.cents * n for o, n in zip(own, flow, strict=True)) for own, flow in zip(ways, flows, strict=True)]

    assert answer.record.status == "proven"
    assert best == sum(cents)
    assert [1] * len(kinds) == [sum(flow) for flow in flows]


@settings(max_examples=40, deadline=None)
@given(docks())
def test_each_parcel_has_one_of_its_offers_and_rooms_are_kept(drawn: DockView):
    policy = Assignment(late_cents=700, turns=2)
    placed = policy.assign(drawn)

    assert list(drawn.parcels) == sorted(parcel for parcel, _, _ in placed)
    assert all(offer in drawn.offers(parcel) for parcel, offer, _ in placed)
    for service, room in enumerate(drawn.room):
        for turn in (0, 1):
            assert room is None or sum((o[1], t) == (service, turn) for _, o, t in placed) <= room
    assert placed == policy.assign(drawn)


def a_dock(policy: str) -> World:
    """Ground takes one parcel a call at 17:00 and needs two days; air takes all at 18:00, costs 9 more, needs one."""
    evening = tuple((d, 18 * 60) for d in range(7))
    ground = a_carrier(capacity_parcels=1)
    air = a_carrier("air", residential_cents=900, collections=evening, quoted_days=(1,) * 7)
    return a_world(
        services=(ground, air),
        nodes=(a_node(wave_interval_ms=MINUTE_MS),),
        policies=POLICIES | {"carrier": PolicyChoice(policy)},
    )


def test_parcels_wait_for_the_cheaper_van_where_they_can():
    """Promised for day 6. Of five, ground takes one a day. It is asked three calls ahead, so that one parcel finds no
    van and goes by air on the first evening; the last one waits for a fourth call."""
    story = visit(a_dock("assignment"), [(at(0, 9, m), P1) for m in range(5)])

    assert [
        ("0 17:00", "manifested", 0, "carrier:ground"),
        ("0 18:00", "rerouted", 2, "warehouse:A"),
        ("0 18:00", "manifested", 2, "carrier:air"),
        ("1 17:00", "manifested", 1, "carrier:ground"),
        ("2 17:00", "manifested", 3, "carrier:ground"),
        ("3 17:00", "manifested", 4, "carrier:ground"),
    ] == story.events("order", "actor", kind=("manifested", "rerouted"))
    assert "5 12:00" == story.times("delivered")[-1]


def test_without_an_answer_each_parcel_goes_as_it_would_alone(monkeypatch: pytest.MonkeyPatch):
    record = SolveRecord("min_cost_flow", FAILED, 0, 0, float("inf"), -float("inf"), 0.0, 0.0, 0.0, reason="no")
    monkeypatch.setattr(module, "solve_flow", lambda *arcs: FlowAnswer(record))
    orders = [(at(0, 9, m), P1) for m in range(3)]
    failing, alone = visit(a_dock("assignment"), orders), visit(a_dock("cheapest"), orders)

    def told(story: Story) -> list[tuple[Any, ...]]:
        return story.events("order", "actor", "value_cents", kind=("manifested", "delivered"))

    assert told(alone) == told(failing)


def test_with_room_for_all_nothing_changes_hands():
    world = a_busy_world(60.0, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    story = tell(replace(world, policies=POLICIES | {"carrier": PolicyChoice("assignment")}))

    assert [] == story.times("rerouted")


def a_tight_world(policy: str, *, reroute: bool = False) -> World:
    """Ground takes 25 parcels a call of some 50 a day; express takes 25 and is dearer."""
    world = a_busy_world(35.0, nodes=1, products=20, horizon=Horizon(5 * DAY_MS, 0, 30 * DAY_MS))
    evening = tuple((d, 18 * 60) for d in range(7))
    express = a_carrier(
        "express", capacity_parcels=25, residential_cents=600, quoted_days=(1,) * 7, collections=evening
    )
    network = replace(world.network, services=(a_carrier(capacity_parcels=25), express))
    return replace(
        world,
        network=network,
        stock=stock([[500] * 20]),
        rules=Rules(reroute_refused=reroute),
        policies=POLICIES | {"carrier": PolicyChoice(policy)},
    )


def late_and_freight(story: Story) -> tuple[int, int]:
    """Orders delivered after their promise, and what carriers were paid."""
    due = {r["order"]: r["due_ms"] for r in story.rows("events", kind="captured")}
    late = {r["order"] for r in story.rows("events", kind="delivered") if r["time_ms"] > due[r["order"]]}
    return len(late), story.balance("freight")


def test_the_same_customers_are_served_in_time_for_less_freight():
    """Without a rule the full van leaves parcels late; sending what it refuses by the dearer one is in time and costs
    more than to choose who goes with which."""
    told = {
        "late": tell(a_tight_world("cheapest"), check=False),
        "dear": tell(a_tight_world("cheapest", reroute=True), check=False),
        "assigned": tell(a_tight_world("assignment"), check=False),
    }
    found = {name: late_and_freight(story) for name, story in told.items()}

    assert 1 == len({story.manifest["demand_hash"] for story in told.values()})
    assert found["late"][0] > 50
    assert (0, 0) == (found["dear"][0], found["assigned"][0])
    assert found["assigned"][1] < 0.9 * found["dear"][1]
