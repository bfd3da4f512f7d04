"""A payment gateway with a pace: who waits, who is refused, and what a short outage leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.disruptions import Disruption
from sim.disruptions.payment_outage import PaymentOutage
from sim.network import Payment
from sim.plans.gateway import GatewayPlan
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world

P1 = [(0, 1, 1_000)]
CARD = Payment("card", retry_ms=10 * MINUTE_MS)
SLOW = GatewayPlan(per_minute=1, queue=2, timeout_ms=5 * MINUTE_MS)
STEPS = ("captured", "authorisation_failed", "held", "hold_cleared", "validated", "cancelled")


def asked(plan: GatewayPlan, moments: list[int], *outages: Disruption, payment: Payment = CARD, **drawn: Any) -> Story:
    world = a_world(channels=(a_channel(payments=(payment,)),), payment_gateway=plan, disruptions=outages)
    return visit(world, [(t, P1) for t in moments], **drawn)


def test_requests_are_answered_one_after_the_other_and_a_full_gateway_refuses():
    """One a minute, two in hand: the third of one moment is refused, and tried again ten minutes later."""
    assert [
        ("0 09:00", "captured", 0, ""),
        ("0 09:00", "captured", 1, ""),
        ("0 09:00", "captured", 2, ""),
        ("0 09:00", "authorisation_failed", 2, "gateway_busy"),
        ("0 09:00", "held", 2, "gateway_busy"),
        ("0 09:01", "validated", 0, ""),
        ("0 09:02", "validated", 1, ""),
        ("0 09:11", "hold_cleared", 2, "retry_succeeded"),
        ("0 09:11", "validated", 2, ""),
    ] == asked(SLOW, [at(0, 9)] * 3).events("order", "reason", kind=STEPS)


def test_it_works_on_what_nobody_waits_for_any_more():
    """The shop waits 90 seconds: the second request is given up at 9:01:30 and answered at 9:02 for nobody, so that a
    third one of 9:01 is in vain too."""
    plan = replace(SLOW, queue=9, timeout_ms=90 * SECOND_MS)
    told = asked(plan, [at(0, 9), at(0, 9), at(0, 9, 1)]).events("order", "reason", kind="authorisation_failed")

    assert [
        ("0 09:01 +30000ms", "authorisation_failed", 1, "gateway_timeout"),
        ("0 09:02 +30000ms", "authorisation_failed", 2, "gateway_timeout"),
    ] == told


def test_an_outage_loses_what_it_has_in_hand_and_refuses_the_rest():
    """Down from 9:01:30 to 9:20: the second request is never answered, the third not taken; both come back."""
    outage = PaymentOutage(at(0, 9, 1) + 30 * SECOND_MS, 18 * MINUTE_MS + 30 * SECOND_MS)
    story = asked(replace(SLOW, queue=9), [at(0, 9), at(0, 9), at(0, 9, 5)], outage)

    assert [
        ("0 09:02", "authorisation_failed", 1, "gateway_timeout"),
        ("0 09:05", "authorisation_failed", 2, "gateway_down"),
        ("0 09:12", "authorisation_failed", 1, "gateway_down"),
        ("0 09:15", "authorisation_failed", 2, "gateway_down"),
    ] == story.events("order", "reason", kind="authorisation_failed")
    assert ["0 09:23", "0 09:26"] == story.times("hold_cleared")


def test_after_so_many_attempts_the_customer_leaves():
    story = asked(replace(SLOW, attempts=2), [at(0, 9)], PaymentOutage(at(0, 8), 5 * HOUR_MS))

    assert [("0 09:10", "cancelled", "gateway_down", "gateway")] == story.events("reason", "actor", kind="cancelled")


def test_an_order_that_no_attempt_gets_through_breaches_the_limit_of_a_held_one():
    """Down for six hours, tried every ten minutes; four hours from the first attempt on are too long."""
    world = a_world(
        channels=(a_channel(payments=(CARD,)),),
        payment_gateway=SLOW,
        disruptions=(PaymentOutage(at(0, 8), 6 * HOUR_MS),),
        rules=Rules(limits_ms={"held": 4 * HOUR_MS}),
    )
    story = visit(world, [(at(0, 9), P1)])

    assert ["0 13:00"] == story.times("limit_breached")
    assert ["0 14:01"] == story.times("hold_cleared")


def test_each_attempt_comes_later_than_the_one_before():
    story = asked(replace(SLOW, backoff=2.0), [at(0, 9)], PaymentOutage(at(0, 8), 3 * HOUR_MS))

    assert ["0 09:00", "0 09:10", "0 09:30", "0 10:10"] == story.times("authorisation_failed")
    assert ["0 11:31"] == story.times("hold_cleared")


def test_a_card_that_is_declined_is_asked_for_twice():
    card = replace(CARD, declined_share=0.5, recovered_share=0.9)
    story = asked(SLOW, [at(0, 9)], payment=card, payment_luck=[0.2])

    assert [
        ("0 09:01", "held", "payment_declined"),
        ("0 09:12", "hold_cleared", "retry_succeeded"),
    ] == story.events("reason", kind=("held", "hold_cleared"))


def test_invoices_do_not_ask_it():
    story = asked(SLOW, [at(0, 9)] * 5, payment=Payment("invoice"))

    assert [] == story.times("held")
    assert ["0 09:00"] * 5 == story.times("validated")


OUTAGE = PaymentOutage(at(0, 10), HOUR_MS)


def failures(story: Story) -> list[int]:
    return [row["time_ms"] for row in story.rows("events", kind="authorisation_failed")]


def validated(story: Story) -> list[int]:
    """Of orders by card."""
    channel = story.model.site.register.orders.channel
    return [row["time_ms"] for row in story.rows("events", kind="validated") if channel[row["order"]] == 0]


def storm(plan: GatewayPlan | None, *outages: Disruption) -> Story:
    world = a_busy_world(2_000.0, horizon=Horizon(1 * DAY_MS, 0, 3 * DAY_MS), disruptions=outages, payment_gateway=plan)
    web, market = world.network.channels
    web = replace(web, payments=(CARD,))
    return tell(replace(world, network=replace(world.network, channels=(web, market))), 4, check=False)


def test_retries_storm_a_gateway_that_has_little_to_spare():
    """Some 1.4 orders a minute, a pace of 2, and an hour without an answer. Who comes back after ten minutes, again and
    again, is in the way of others long after; who waits longer each time, and not all alike, is less so."""
    tight = GatewayPlan(per_minute=2, queue=2, timeout_ms=MINUTE_MS)
    stories = [storm(plan, OUTAGE) for plan in (None, tight, replace(tight, backoff=2.0, spread_share=0.5))]
    failed = [len([t for t in failures(story) if t >= at(0, 11)]) for story in stories]

    assert 1 == len({story.model.customers.demand_hash for story in stories})
    assert 0 == failed[0] < 2 * failed[2] < failed[1]


def test_a_queue_longer_than_shops_wait_answers_nobody():
    """With ten in hand the last waits five minutes, and the shop one: after the outage the gateway works for nobody."""
    plan = GatewayPlan(per_minute=2, queue=2, timeout_ms=MINUTE_MS, attempts=8)
    short, long = storm(plan, OUTAGE), storm(replace(plan, queue=10), OUTAGE)
    at_noon = [len([t for t in validated(story) if at(0, 12) <= t < at(0, 18)]) for story in (short, long)]
    left = [len(story.rows("events", kind="cancelled", actor="gateway")) for story in (short, long)]

    assert at_noon[0] > 3 * at_noon[1]
    assert left[1] > 10 * left[0]


def test_a_gateway_that_is_never_full_changes_nothing_but_the_second_it_takes():
    """60,000 a minute: a millisecond each."""
    with_it, without = storm(GatewayPlan(per_minute=60_000)), storm(None)

    assert [(r["kind"], r["order"]) for r in without.rows("events", kind="captured")] == [
        (r["kind"], r["order"]) for r in with_it.rows("events", kind="captured")
    ]
    assert without.manifest["census"] == with_it.manifest["census"]
