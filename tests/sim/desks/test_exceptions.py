"""Exceptions: typed queues at desks of their own, limits, escalation, and one stall reason for each open order."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books.columns import as_numpy
from sim.clock import SWEEP
from sim.distributions import Exponential, Fixed
from sim.measures.series import orders_by_stall
from sim.model import Model
from sim.network import Payment
from sim.orders import HELD, PACKED, PICKED, SHIPPED, VALIDATED
from sim.run import Run
from sim.stall import STALLS, stall_reason
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, Rules, World
from tests.sim.telling import at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world

P1 = [(0, 1, 1_000)]
NOBODY = (DeskShift(staff=0),)
ALL_DAY = (DeskShift(ALWAYS, 0, 1_440, 1),)
REVIEWED = a_channel(payments=(Payment("card", review_share=0.5),))
CASES = ("held", "limit_breached", "escalated", "hold_cleared")


def a_desk(name: str, *handles: str, **changes: Any) -> DeskPlan:
    return replace(DeskPlan(name, handles=handles, shifts=ALL_DAY), **changes)


def test_each_kind_goes_to_the_desk_that_handles_it():
    """Reviews take the analysts an hour, wrong addresses take the stewards ten minutes."""
    world = a_world(
        channels=(REVIEWED,),
        rules=Rules(data_fault_share=0.5),
        desks=(
            a_desk("fraud team", "fraud", handling_ms=Fixed(HOUR_MS)),
            a_desk("data team", "data_fault", handling_ms=Fixed(10 * MINUTE_MS)),
        ),
    )
    story = visit(world, [(at(0, 9), P1)] * 3, desk_luck=[0.1, 0.2, 0.6])

    assert [
        ("0 09:10", "hold_cleared", 2, "desk:data team"),
        ("0 10:00", "hold_cleared", 0, "desk:fraud team"),
        ("0 11:00", "hold_cleared", 1, "desk:fraud team"),
    ] == story.events("order", "actor", kind="hold_cleared")


def test_specialists_relieve_a_desk_for_everything():
    """Whoever handles fewest kinds gets a case, wherever it stands in the file."""
    reviewed = a_channel(payments=(Payment("card", review_share=1.0),))
    world = a_world(channels=(reviewed,), desks=(DeskPlan(shifts=ALL_DAY), a_desk("analysts", "fraud")))
    story = visit(world, [(at(0, 9), P1)], desk_luck=[0.5])

    assert ["desk:analysts"] == [row["actor"] for row in story.rows("events", kind="hold_cleared")]


def test_what_stays_too_long_escalates():
    """Nobody reviews; after two hours the case is the managers', who take twenty minutes."""
    managers = a_desk("managers", role="operations_manager", handling_ms=Fixed(20 * MINUTE_MS))
    world = a_world(
        channels=(REVIEWED,),
        desks=(a_desk("fraud team", "fraud", shifts=NOBODY, limit_ms=2 * HOUR_MS, escalates_to=1), managers),
    )
    story = visit(world, [(at(0, 9), P1)], desk_luck=[0.1])

    assert [
        ("0 09:00", "held", "fraud_review", "orchestrator"),
        ("0 11:00", "limit_breached", "operations_manager", "desk:fraud team"),
        ("0 11:00", "escalated", "operations_manager", "desk:managers"),
        ("0 11:20", "hold_cleared", "reviewed", "desk:managers"),
    ] == story.events("reason", "actor", kind=CASES)


def test_a_case_in_work_is_not_taken_away():
    """It is over its limit while somebody looks at it: a breach, but no escalation."""
    desk = a_desk("fraud team", "fraud", handling_ms=Fixed(3 * HOUR_MS), limit_ms=2 * HOUR_MS, escalates_to=1)
    story = visit(a_world(channels=(REVIEWED,), desks=(desk, a_desk("managers"))), [(at(0, 9), P1)], desk_luck=[0.1])

    assert [("0 09:00", "held"), ("0 11:00", "limit_breached"), ("0 12:00", "hold_cleared")] == story.events(kind=CASES)


def test_a_held_order_is_over_its_limit_after_a_day():
    """As the lifecycle table says; a payment that is tried again after two days is no desk's business."""
    slow = a_channel(payments=(Payment("card", declined_share=0.5, recovered_share=1.0, retry_ms=2 * DAY_MS),))
    story = visit(a_world(channels=(slow,)), [(at(0, 9, 30), P1)], payment_luck=[0.1])

    assert [
        ("0 09:30", "held", "payment_declined", "orchestrator"),
        ("1 10:00", "limit_breached", "operations_manager", "planner"),
        ("2 09:30", "hold_cleared", "retry_succeeded", "orchestrator"),
    ] == story.events("reason", "actor", kind=CASES)


@pytest.mark.parametrize(("limit_ms", "breaches"), [(HOUR_MS, 1), (6 * HOUR_MS, 0)])
def test_a_scenario_sets_the_limit_of_held_orders(limit_ms: int, breaches: int):
    world = a_world(channels=(REVIEWED,), rules=Rules(limits_ms={"held": limit_ms}))
    story = visit(world, [(at(0, 5), P1)], desk_luck=[0.1])

    assert breaches == len(story.times("limit_breached"))


def test_more_people_clear_sooner_for_the_same_customers():
    """The same customers wait at the same desk: with one person a day longer than with four."""

    def hours_held(staff: int) -> tuple[int, float]:
        desk = DeskPlan(shifts=(DeskShift(staff=staff),), handling_ms=Exponential(20.0 * MINUTE_MS))
        story = tell(replace(busy(), desks=(desk,)))
        held = {r["order"]: r["time_ms"] for r in story.rows("events", kind="held", reason="fraud_review")}
        cleared = {r["order"]: r["time_ms"] for r in story.rows("events", kind=("hold_cleared", "cancelled"))}
        return len(held), float(np.mean([cleared[o] - t for o, t in held.items()])) / HOUR_MS

    few, many = hours_held(1), hours_held(4)

    assert few[0] == many[0]
    assert few[1] > 1.5 * many[1]


def busy() -> World:
    world = a_busy_world(600.0, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    channels = tuple(
        replace(c, payments=tuple(replace(p, review_share=0.2) for p in c.payments)) for c in world.network.channels
    )
    return replace(world, network=replace(world.network, channels=channels), rules=Rules(data_fault_share=0.05))


def test_each_open_order_has_one_stall_reason_at_every_moment():
    """Asked every hour of the run: open orders have one, others have none, and the books tell the same."""
    model = Model(busy(), 3)
    told: list[dict[str, int]] = []
    register = model.site.register

    def look(_: None) -> None:
        states = as_numpy(register.orders.state).copy()
        waits = {o for o in range(len(states)) if stall_reason(register, o)}
        assert set(np.flatnonzero((states == HELD) | (states == VALIDATED)).tolist()) == waits
        assert set(np.flatnonzero(states == HELD).tolist()) == set(register.holds)
        reasons = [stall_reason(register, o) for o in sorted(waits)]
        told.append({s: reasons.count(s) for s in STALLS if s in reasons})

    for hour in range(1, 480):
        model.clock.at(hour * HOUR_MS, SWEEP, look, rank=1 << 30)
    with tempfile.TemporaryDirectory() as name:
        model.run(Path(name))
        frame = orders_by_stall(Run.open(Path(name)).books)
    rows = [{k: v for k, v in row.items() if v} for row in frame.to_dict("records")[1:480]]

    assert told == rows
    assert {"fraud review", "data fault", "payment hold", "stock shortage", "capacity", "carrier"} <= set(frame.columns)


def test_what_is_packed_waits_for_its_carrier():
    """Packed at 10:02, collected at 17:00: from then on it is not the floor that it waits for."""
    register = visit(a_world(), [(at(0, 9, 10), P1)]).model.site.register
    register.orders.state[0] = VALIDATED
    for state, reason in [(PICKED, "capacity"), (PACKED, "carrier"), (SHIPPED, "carrier")]:
        register.shipments.state[0] = state
        assert reason == stall_reason(register, 0)
