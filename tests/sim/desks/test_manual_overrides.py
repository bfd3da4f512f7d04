"""Manual overrides: who does what to which orders, when and under which rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.network import Payment
from sim.rules import ManualOverride
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
FIVE = [(0, 5, 1_000)]
DESK = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 1),))
SLOW = a_node(wave_interval_ms=4 * HOUR_MS)
TWO = (SLOW, replace(SLOW, name="B", latitude=41.0, longitude=-80.0))
AUDIT = ("override_asked", "overridden", "override_moot")


def override(action: str, orders: str = "units > 4", **changes: Any) -> ManualOverride:
    plan = ManualOverride("recall 7", at(0, 10), orders, action, until_ms=at(0, 23))
    return replace(plan, **changes)


def day(*overrides: ManualOverride, **changes: Any) -> Story:
    """Two orders of 9:00, of one unit and of five; the next wave is at noon."""
    world = a_world(manual_overrides=overrides, **{"desks": (DESK,), "nodes": (SLOW,), **changes})
    return visit(world, [(at(0, 9), P1), (at(0, 9), FIVE)])


def test_people_hold_what_has_not_begun_and_release_it_later():
    """Held at 10:06 with its stock back on the shelf, released at 18:06, gone a day later than the other."""
    story = day(override("hold"), ManualOverride("all clear", at(0, 18), "held and age_hours > 8", "release"))

    assert [
        ("0 10:00", "override_asked", "hold", "override:recall 7"),
        ("0 10:06", "overridden", "hold", "desk:order desk"),
        ("0 10:06", "voided", "manual_override", "orchestrator"),
        ("0 10:06", "held", "manual_override", "desk:order desk"),
        ("0 18:00", "override_asked", "release", "override:all clear"),
        ("0 18:06", "overridden", "release", "desk:order desk"),
        ("0 18:06", "hold_cleared", "manual_override", "desk:order desk"),
        ("0 20:00", "released", "", "warehouse:A"),
    ] == story.events("reason", "actor", order=1, kind=(*AUDIT, "voided", "held", "hold_cleared", "released"))
    assert [("0 17:00", "manifested", 0), ("1 17:00", "manifested", 1)] == story.events("order", kind="manifested")


def test_a_hold_that_nobody_releases_is_a_stall_of_its_own():
    assert {"closed": 1, "open: manual hold": 1} == day(override("hold")).manifest["census"]


def test_people_cancel():
    story = day(override("cancel"))

    assert [("0 10:06", "cancelled", "manual_override", "desk:order desk")] == story.events(
        "reason", "actor", kind="cancelled"
    )
    assert [0] == [row["order"] for row in story.rows("events", kind="manifested")]


def test_people_send_from_another_node():
    story = day(override("force_node", node=1), nodes=TWO, stock=stock([[100, 0], [100, 0]]))

    assert [("0 09:00", "allocated", "A"), ("0 10:06", "allocated", "B")] == story.events(
        "node", order=1, kind="allocated"
    )


def test_people_expedite():
    """One shipment a wave: the second order leaves first, and by air."""
    services = (a_carrier(), a_carrier("air", rates_cents=((900, 1_900),) * 7, quoted_days=(1,) * 7))
    plain = {"nodes": (replace(SLOW, wave_capacity=1),), "services": services}
    story = day(override("expedite"), **plain)

    assert [0, 1] == [row["order"] for row in day(**plain).rows("events", kind="released")]
    assert [1, 0] == [row["order"] for row in story.rows("events", kind="released")]
    assert {0: "carrier:ground", 1: "carrier:air"} == {
        row["order"]: row["actor"] for row in story.rows("events", kind="manifested")
    }


def test_the_desk_takes_its_time_and_may_come_too_late():
    """Both orders are asked for; the second is on the floor when its turn comes at 12:10."""
    slow = replace(DESK, handling_ms=Fixed(65 * 60_000))
    story = day(override("cancel", "units > 0"), desks=(slow,))

    assert [
        ("0 10:00", "override_asked", 0),
        ("0 10:00", "override_asked", 1),
        ("0 11:05", "overridden", 0),
        ("0 12:10", "override_moot", 1),
    ] == story.events("order", kind=AUDIT)


def test_an_override_repeats_until_it_ends_and_asks_for_an_order_once():
    world = a_world(
        manual_overrides=(override("expedite", "True", every_ms=HOUR_MS, until_ms=at(0, 11)),),
        desks=(DESK,),
        nodes=(SLOW,),
    )
    story = visit(world, [(at(0, 9), P1), (at(0, 10, 30), P1), (at(0, 11, 30), P1)])

    assert [("0 10:00", "override_asked", 0), ("0 11:00", "override_asked", 1)] == story.events(
        "order", kind="override_asked"
    )


def test_a_prepaid_order_that_is_held_pays_once():
    channel = a_channel(payments=(Payment("prepaid"),))
    story = day(override("hold"), ManualOverride("all clear", at(0, 18), "held", "release"), channels=(channel,))

    assert 2 == len(story.times("deposit_received"))
    assert 0 == story.balance("customer_deposits")
    assert {"closed": 2} == story.manifest["census"]


def test_a_declined_payment_is_not_released_by_hand():
    card = a_channel(payments=(Payment("card", declined_share=0.5, recovered_share=0.0, retry_ms=5 * HOUR_MS),))
    world = a_world(
        channels=(card,), desks=(DESK,), manual_overrides=(ManualOverride("go", at(0, 10), "held", "release"),)
    )
    story = visit(world, [(at(0, 9), P1)], payment_luck=[0.1])

    assert [] == story.times("override_asked")
    assert [("0 14:00", "cancelled", "payment_declined")] == story.events("reason", kind="cancelled")


# On many orders.


def busy(*overrides: ManualOverride) -> World:
    """Waves every six hours, and people who are quick."""
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 8),), handling_ms=Fixed(30_000))
    world = a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS), manual_overrides=overrides, desks=(desk,))
    nodes = tuple(replace(n, wave_interval_ms=6 * HOUR_MS) for n in world.network.nodes)
    return replace(world, network=replace(world.network, nodes=nodes))


def test_overrides_that_find_nothing_change_nothing():
    def facts(story: Story) -> list[str]:
        return sorted(map(repr, story.events("order", "line", "quantity", "reason", "actor")))

    idle = ManualOverride("never", at(0, 10), "units > 1000", "cancel", None, HOUR_MS, at(1, 23))
    assert facts(tell(busy(), 3)) == facts(tell(busy(idle), 3))


@pytest.mark.parametrize("seed", [3, 4])
def test_everything_at_once_holds_the_books_together(seed: int):
    """Audited: holds, releases, moves, hurries and cancellations every two hours; nothing that was held stays so."""
    every: dict[str, Any] = {"every_ms": 2 * HOUR_MS, "until_ms": at(1, 23)}
    plans = (
        ManualOverride("hold", at(0, 1), "value_cents > 3000 and age_hours < 3", "hold", **every),
        ManualOverride("move", at(0, 2), "lines > 1 and one_node", "force_node", 1, **every),
        ManualOverride("hurry", at(0, 3), "channel == 'web'", "expedite", **every),
        ManualOverride("cancel", at(0, 4), "region == 'west' and units > 1", "cancel", **every),
        ManualOverride("release", at(0, 5), "held", "release", every_ms=2 * HOUR_MS, until_ms=at(20, 0)),
    )
    story = tell(busy(*plans), seed)
    asked, done, moot = (len(story.rows("events", kind=kind)) for kind in AUDIT)

    assert {"hold", "force_node", "expedite", "cancel", "release"} == {
        row["reason"] for row in story.rows("events", kind="overridden")
    }
    assert asked == done + moot
    assert "open: manual hold" not in story.manifest["census"]
