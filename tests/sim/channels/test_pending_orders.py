"""Marketplace orders that are pending first, and that must be confirmed in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.distributions import Fixed
from sim.messages.plan import MessageRoute
from sim.network import Channel, Payment, Sync
from sim.plans.pending import Pending
from sim.plans.rating_limits import RatingLimits
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]
STEPS = ("captured", "importable", "held", "validated", "not_confirmed", "cancelled", "penalty_charged")
HALF_AN_HOUR = Pending(Fixed(30 * MINUTE_MS))
QUICK = RatingLimits(confirm_by_ms=2 * HOUR_MS, confirm_penalty_cents=500, cancelled_penalty_cents=200)


def market(**changes: Any) -> Channel:
    usual = {"kind": "marketplace", "payments": (Payment("marketplace"),), "sync": Sync("events")}
    usual |= {"pending": HALF_AN_HOUR}
    return a_channel("market", **(usual | changes))


def story(moments: list[int], channels: tuple[Channel, ...], of: tuple[int, ...] = (), **changes: Any) -> Story:
    return visit(a_world(channels=channels, **changes), [(t, P1) for t in moments], channel=of or (0,) * len(moments))


def test_an_order_can_be_imported_half_an_hour_later():
    told = story([at(0, 9)], (market(),))

    assert [
        ("0 09:00", "captured", "channel:market"),
        ("0 09:30", "importable", "channel:market"),
        ("0 09:30", "validated", "orchestrator"),
    ] == told.events("actor", kind=STEPS)


def test_meanwhile_another_channel_sells_the_same_unit():
    """One unit: the marketplace shows it as sold, the house does not know; the storefront sells it, too."""
    one = stock([[1, 0]], [[0, 0]], [[0, 0]])
    two = (market(), a_channel("web"))
    told = story([at(0, 9), at(0, 9, 10)], two, of=(0, 1), stock=one)
    at_once = story([at(0, 9), at(0, 9, 10)], (replace(two[0], pending=None), two[1]), of=(0, 1), stock=one)

    assert [("0 09:30", "oversold", "channel:market", 0)] == told.events("actor", "order", kind="oversold")
    assert [] == at_once.times("oversold")


def test_what_was_not_paid_is_over_and_its_unit_is_for_sale_again():
    one = stock([[1, 0]], [[0, 0]], [[0, 0]])
    never = market(pending=Pending(Fixed(30 * MINUTE_MS), cancelled_share=1.0))
    told = story([at(0, 9), at(0, 9, 10), at(0, 10)], (never,), stock=one)

    assert [
        ("0 09:00", "captured", 0, ""),
        ("0 09:10", "refused", 1, "not_on_view"),
        ("0 09:30", "cancelled", 0, "payment_declined"),
        ("0 10:00", "captured", 2, ""),
        ("0 10:30", "cancelled", 2, "payment_declined"),
    ] == told.events("order", "reason", kind=(*STEPS, "refused"))
    assert [] == told.times("seller_cancelled")


def test_an_order_that_a_desk_does_not_get_to_is_cancelled_by_the_marketplace():
    """Nobody is at the desk before noon; the order of 9:00 can be imported at 9:30 and confirmed until 11:30."""
    desk = DeskPlan(shifts=(DeskShift(start_minute=12 * 60),))
    reviewed = market(limits=QUICK, payments=(Payment("marketplace", review_share=1.0),))
    told = visit(a_world(channels=(reviewed,), desks=(desk,)), [(at(0, 9), P1), (at(0, 11), P1)], desk_luck=[0.0, 0.0])

    assert [("0 11:30", "not_confirmed", 0), ("0 11:30", "cancelled", 0)] == told.events(
        "order", kind=("not_confirmed", "cancelled")
    )
    assert [("not_confirmed", 500), ("rejected", 200)] == [
        (row["reason"], row["value_cents"]) for row in told.rows("events", kind="penalty_charged")
    ]
    assert 700 == told.balance("penalties")
    assert ["0 12:06"] == told.times("validated")


def test_an_order_whose_message_is_late_is_cancelled_before_the_house_hears_of_it():
    slow = MessageRoute("feed", ("order_in",), latency_ms=Fixed(5 * HOUR_MS))
    told = story([at(0, 9)], (market(limits=QUICK),), messages=(slow,))

    assert [
        ("0 09:00", "captured"),
        ("0 09:30", "importable"),
        ("0 11:30", "not_confirmed"),
        ("0 11:30", "penalty_charged"),
        ("0 11:30", "cancelled"),
        ("0 11:30", "penalty_charged"),
    ] == told.events(kind=STEPS)
    assert ["0 14:30"] == told.times("message_received")
    assert [] == told.times("validated")


def test_the_same_customers_come_and_the_books_agree():
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))
    web, sold = world.network.channels
    late = replace(sold, pending=Pending(Fixed(6 * HOUR_MS), 0.05), limits=replace(QUICK, confirm_by_ms=HOUR_MS))
    usual = tell(world)
    pending = tell(replace(world, network=replace(world.network, channels=(web, late))))

    assert usual.manifest["demand_hash"] == pending.manifest["demand_hash"]
    assert 0 < len(pending.times("importable"))
    assert {"payment_declined"} <= {row["reason"] for row in pending.rows("events", kind="cancelled", channel="market")}
