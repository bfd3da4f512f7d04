"""Orders that people type in, with minutes and errors; decisions that depend on who takes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed, Uniform
from sim.messages.plan import MessageRoute
from sim.network import Rekeying, Segment
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, PolicyChoice, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world

P1 = [(0, 1, 1_000)]
ROUND_THE_CLOCK = (DeskShift(ALWAYS, 0, 1_440, 1),)
TYPIST = DeskPlan("typist", handles=("rekeying",), shifts=ROUND_THE_CLOCK, handling_ms=Fixed(4 * MINUTE_MS))
TOLD = ("captured", "rekeyed", "held", "hold_cleared", "validated", "return_requested", "refunded", "message_received")


def typed(orders: int = 1, messages: tuple[MessageRoute, ...] = (), **errors: Any) -> Story:
    world = a_world(
        channels=(a_channel(rekeying=Rekeying(**errors)),),
        segments=(Segment("everyone", return_transit_ms=Fixed(2 * DAY_MS)),),
        desks=(DeskPlan(shifts=ROUND_THE_CLOCK), TYPIST),
        messages=messages,
    )
    return visit(world, [(at(0, 9), P1)] * orders)


def test_one_person_types_one_order_after_the_other():
    assert [
        ("0 09:00", "captured", "channel:web"),
        ("0 09:00", "captured", "channel:web"),
        ("0 09:04", "rekeyed", "desk:typist"),
        ("0 09:04", "validated", "orchestrator"),
        ("0 09:08", "rekeyed", "desk:typist"),
        ("0 09:08", "validated", "orchestrator"),
    ] == typed(2).events("actor", kind=TOLD)


def test_a_wrong_address_is_a_data_fault():
    assert [
        ("0 09:00", "captured", ""),
        ("0 09:04", "rekeyed", "data_fault"),
        ("0 09:04", "held", "data_fault"),
        ("0 09:10", "hold_cleared", "reviewed"),
        ("0 09:10", "validated", ""),
    ] == typed(wrong_address_share=1.0).events("reason", kind=TOLD)


def test_a_wrong_item_comes_back():
    """Delivered at noon of day 2, noticed a day later, two days on the road."""
    story = typed(wrong_item_share=1.0)

    assert [
        ("0 09:04", "rekeyed", "wrong_item"),
        ("3 12:00", "return_requested", "wrong_item"),
        ("6 08:05", "refunded", ""),
    ] == story.events("reason", kind=("rekeyed", "return_requested", "refunded"))
    assert {"closed": 1} == story.manifest["census"]


def test_a_file_of_orders_is_typed_when_it_comes():
    story = typed(messages=(MessageRoute("mail", ("order_in",), latency_ms=Fixed(HOUR_MS)),))

    assert [("0 10:00", "message_received"), ("0 10:04", "rekeyed")] == story.events(
        kind=("message_received", "rekeyed")
    )


def busy(rekeying: Rekeying | None, desks: tuple[DeskPlan, ...]) -> World:
    world = a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 50 * DAY_MS), desks=desks)
    channels = tuple(replace(c, rekeying=rekeying) for c in world.network.channels)
    return replace(world, network=replace(world.network, channels=channels))


@pytest.fixture(scope="module")
def stories() -> dict[str, Story]:
    """The same customers: orders that come by themselves, typed in without a mistake, typed in with some."""
    desks = (DeskPlan(), replace(TYPIST, shifts=(DeskShift(ALWAYS, 480, 1_200, 2),)))
    wrong = Rekeying(wrong_address_share=0.05, wrong_item_share=0.03)
    found = {name: tell(busy(r, desks), 3) for name, r in {"none": None, "clean": Rekeying(), "wrong": wrong}.items()}
    assert 1 == len({s.manifest["demand_hash"] for s in found.values()})
    return found


def test_typing_delays_orders(stories: dict[str, Story]):
    def waits(story: Story) -> float:
        placed = {row["order"]: row["time_ms"] for row in story.rows("events", kind="captured")}
        return sum(row["time_ms"] - placed[row["order"]] for row in story.rows("events", kind="validated"))

    assert [] == stories["none"].times("rekeyed")
    assert waits(stories["clean"]) > waits(stories["none"]) + 200 * 4 * MINUTE_MS


def test_mistakes_are_data_faults_and_returns(stories: dict[str, Story]):
    clean, wrong = stories["clean"], stories["wrong"]
    reasons = Counter(row["reason"] for row in wrong.rows("events", kind="rekeyed"))

    assert reasons["data_fault"] > 0 < reasons["wrong_item"]
    assert len(wrong.rows("events", kind="held", reason="data_fault")) > len(
        clean.rows("events", kind="held", reason="data_fault")
    )
    assert [] == clean.rows("events", kind="return_requested", reason="wrong_item")
    assert len(wrong.rows("events", kind="return_requested", reason="wrong_item")) > 0


# Who decides.


def approvals(**changes: Any) -> Story:
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 3),), **changes)
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 50 * DAY_MS), desks=(desk,))
    channels = tuple(replace(c, approval_over_cents=3_000) for c in world.network.channels)
    return tell(replace(world, network=replace(world.network, channels=channels)), 3)


def test_people_decide_as_they_are():
    """Three people, each with a share of their own: the same person rejects the same, and they differ."""
    story, rule = approvals(rejects=Uniform(0.0, 0.8)), approvals()
    rejected = Counter(row["actor"] for row in story.rows("events", kind="cancelled", reason="rejected"))
    decided = rejected + Counter(row["actor"] for row in story.rows("events", kind="hold_cleared", reason="approved"))
    shares = sorted(rejected[person] / decided[person] for person in decided)

    assert ["desk:order desk/1", "desk:order desk/2", "desk:order desk/3"] == sorted(decided)
    assert shares[-1] - shares[0] > 0.2
    assert [] == rule.rows("events", kind="cancelled", reason="rejected")
    assert {"desk:order desk"} == {row["actor"] for row in rule.rows("events", kind="hold_cleared", reason="approved")}


def test_the_same_customers_meet_the_same_people():
    """Another allocation policy, the same decisions by the same people."""

    def verdicts(story: Story) -> list[tuple[Any, ...]]:
        return sorted(
            (row["order"], row["actor"], row["kind"])
            for row in story.rows("events", reason=("approved", "rejected"), kind=("cancelled", "hold_cleared"))
        )

    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 3),), rejects=Uniform(0.0, 0.8))
    world = a_busy_world(60.0, horizon=Horizon(DAY_MS, 0, 50 * DAY_MS), desks=(desk,))
    world = replace(
        world,
        network=replace(
            world.network, channels=tuple(replace(c, approval_over_cents=3_000) for c in world.network.channels)
        ),
    )
    other = replace(world, policies={**world.policies, "allocation": PolicyChoice("fewest_splits")})

    assert verdicts(tell(world, 3)) == verdicts(tell(other, 3))
