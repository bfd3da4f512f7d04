"""Notices of delay: asked to wait or to cancel before the promise breaks; a second promise beside the first."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.books.reconcile import reconcile
from sim.distributions import Fixed
from sim.model import Model
from sim.network import Promise, Segment, Supplier
from sim.orders import CANCELLED
from sim.plans.delay_notice import DelayNotice
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, clock, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world, stock

STEPS = ("backordered", "delay_noticed", "delay_accepted", "cancelled", "allocated", "delivered")


def short(wait: float, *, lead_days: int = 6, orders: int = 1, **changes: Any) -> Story:
    """Nothing of P1 in stock; ordered at the review of day 0, 6:00, to come six days later. To leave on day 0."""
    world = a_world(
        channels=(a_channel(accepts_backorders=True),),
        suppliers=(Supplier("maker", Fixed(lead_days * DAY_MS)),),
        stock=stock([[0, 9]], [[5, 0]], [[9, 0]]),
        rules=Rules(delay_notice=DelayNotice(before_ms=12 * HOUR_MS, wait_share=wait)),
        horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS),
        **changes,
    )
    return visit(world, [(at(0, 9 + n), [(0, 2, 1_000)]) for n in range(orders)])


def test_who_waits_has_a_second_promise_by_what_is_on_order():
    """It should leave by the end of day 0, so they hear of it at noon; goods come on day 6, are ready a day later."""
    story = short(1.0)

    told = [(t, k) for t, k in story.events(kind=STEPS)][:3]
    assert [("0 09:00", "backordered"), ("0 12:00", "delay_noticed"), ("0 18:00", "delay_accepted")] == told
    [first] = {r["due_ms"] for r in story.rows("events", kind="captured")}
    [second] = {r["due_ms"] for r in story.rows("events", kind="delay_noticed")}
    assert ("6 00:00", "13 00:00") == (clock(first), clock(second))
    assert story.rows("events", kind="delivered")[0]["time_ms"] <= second


def test_who_does_not_cancels_and_has_paid_nothing():
    story = short(0.0)

    assert [("0 18:00", "cancelled")] == story.events(kind="cancelled")
    assert ["would_not_wait"] == [r["reason"] for r in story.rows("events", kind="cancelled")]
    assert (CANCELLED, 0) == (story.state_of(0), story.balance("revenue"))


def test_what_comes_in_time_is_not_spoken_of():
    assert [] == short(1.0, lead_days=0).times("delay_noticed")


def test_a_second_promise_that_will_break_is_followed_by_a_third():
    """The supplier is a fortnight later than it said."""
    story = short(1.0)
    late = Supplier("maker", Fixed(20 * DAY_MS), quoted_lead_time_ms=6 * DAY_MS)
    world = replace(story.model.world, network=replace(story.model.world.network, suppliers=(late,)))
    story = visit(world, [(at(0, 9), [(0, 2, 1_000)])])

    noticed = story.rows("events", kind="delay_noticed")
    assert len(noticed) > 1
    assert sorted(r["due_ms"] for r in noticed) == [r["due_ms"] for r in noticed]


def test_goods_are_given_by_promise_not_by_number():
    """Both want all of it; the first to order was promised a later day."""
    slow = a_channel("slow", accepts_backorders=True, promise=Promise(14 * 60, 9, ALWAYS))
    fast = a_channel("fast", accepts_backorders=True, promise=Promise(14 * 60, 2, ALWAYS))
    world = a_world(
        channels=(slow, fast),
        suppliers=(Supplier("maker", Fixed(4 * DAY_MS)),),
        stock=stock([[0, 9]], [[1, 0]], [[4, 0]]),
    )
    story = visit(world, [(at(0, 9), [(0, 2, 1_000)]), (at(0, 10), [(0, 2, 1_000)])], channel=[0, 1])

    assert [1, 0] == [r["order"] for r in story.rows("events", kind="allocated")]


def shop(notice: DelayNotice | None) -> World:
    plain = a_busy_world(200.0, products=8, horizon=Horizon(4 * DAY_MS, 0, 60 * DAY_MS))
    network = replace(
        plain.network,
        channels=tuple(replace(c, accepts_backorders=True) for c in plain.network.channels),
        suppliers=(Supplier("maker", Fixed(8 * DAY_MS)),),
        segments=(Segment("everyone", late_contact_share=0.6, late_cancel_share=0.3, cancel_share=0.02),),
    )
    return replace(plain, network=network, rules=replace(plain.rules, delay_notice=notice))


def test_the_same_customers_ask_less_when_they_are_told_and_the_books_hold_together():
    silent, told = tell(shop(None), 3), tell(shop(DelayNotice()), 3)

    assert silent.model.customers.demand_hash == told.model.customers.demand_hash
    kinds = Counter(r["kind"] for r in told.rows("events"))
    assert kinds["delay_noticed"] >= kinds["delay_accepted"] > 20
    assert len(told.times("ticket_opened")) < len(silent.times("ticket_opened"))
    with tempfile.TemporaryDirectory() as name:
        Model(shop(DelayNotice()), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))
