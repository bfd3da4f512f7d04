"""Captures and renewals while the payment gateway is down: what waits, until when, and that nothing is forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.disruptions.payment_outage import PaymentOutage
from sim.network import Payment
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]
MONEY = ("invoiced", "capture_waits", "payment_captured", "settled")
RENEWALS = ("held", "authorisation_renewed", "hold_cleared", "released")


def in_the_evening(captures: bool, payment: str = "card", more: tuple[PaymentOutage, ...] = ()) -> Story:
    """Two orders that leave at 17:00; the gateway is down from 16:00 to 20:00."""
    channel = a_channel(payments=(Payment(payment),), settlement_ms=2 * DAY_MS, settlement_interval_ms=MINUTE_MS)
    outages = (PaymentOutage(at(0, 16), 4 * HOUR_MS, captures), *more)
    return visit(a_world(channels=(channel,), disruptions=outages), [(at(0, 9), P1), (at(0, 10), P1)])


def test_what_leaves_meanwhile_is_captured_and_settled_later():
    story = in_the_evening(captures=True)

    assert [
        ("0 17:00", "invoiced", 0, ""),
        ("0 17:00", "invoiced", 1, ""),
        ("0 17:00", "capture_waits", 0, "gateway_down"),
        ("0 17:00", "capture_waits", 1, "gateway_down"),
        ("0 20:00", "payment_captured", 0, ""),
        ("0 20:00", "payment_captured", 1, ""),
        ("2 20:00", "settled", 0, ""),
        ("2 20:00", "settled", 1, ""),
    ] == story.events("order", "reason", kind=MONEY)
    assert (0, 0) == (story.balance("receivables"), story.balance("card_clearing"))


def test_captures_may_go_on():
    story = in_the_evening(captures=False)

    assert ([], ["2 17:00"] * 2) == (story.times("capture_waits"), story.times("settled"))


def test_what_was_paid_in_advance_needs_no_capture():
    story = in_the_evening(captures=True, payment="prepaid")

    assert ([], ["0 17:00"] * 2) == (story.times("capture_waits"), story.times("payment_captured"))


def test_the_last_outage_that_stops_them_counts():
    """Another one until midnight, in which captures go on; and one until 22:00, in which they do not."""
    mild = PaymentOutage(at(0, 15), 9 * HOUR_MS, captures=False)
    hard = PaymentOutage(at(0, 18), 4 * HOUR_MS)

    assert ["0 20:00"] * 2 == in_the_evening(captures=True, more=(mild,)).times("payment_captured")
    assert ["0 22:00"] * 2 == in_the_evening(captures=True, more=(mild, hard)).times("payment_captured")


def in_the_morning(outage: PaymentOutage, **card: Any) -> Story:
    """Waves each two hours; an authorisation of 9:10 that holds until 10:00."""
    payment = Payment("card", authorisation_ms=50 * MINUTE_MS, retry_ms=65 * MINUTE_MS, **card)
    world = a_world(
        channels=(a_channel(payments=(payment,)),),
        nodes=(a_node(wave_interval_ms=2 * HOUR_MS),),
        disruptions=(outage,),
    )
    return visit(world, [(at(0, 9, 10), P1)])


def test_a_shipment_waits_for_a_wave_at_which_its_renewal_is_answered():
    down, mild = (PaymentOutage(at(0, 9, 30), 90 * MINUTE_MS, captures) for captures in (True, False))

    assert [("0 12:00", "authorisation_renewed"), ("0 12:00", "released")] == in_the_morning(down).events(kind=RENEWALS)
    assert ["0 10:00"] == in_the_morning(mild).times("released")


def test_another_card_is_asked_for_again_until_it_can_be_looked_at():
    """Declined at 10:00; the gateway is down from 10:30 to 12:30, so that neither 11:05 nor 12:10 helps."""
    outage = PaymentOutage(at(0, 10, 30), 2 * HOUR_MS)
    story = in_the_morning(outage, renewal_declined_share=1.0, recovered_share=1.0)

    assert [
        ("0 10:00", "held"),
        ("0 13:15", "authorisation_renewed"),
        ("0 13:15", "hold_cleared"),
        ("0 14:00", "released"),
    ] == story.events(kind=RENEWALS)


def test_in_the_end_all_that_left_is_captured():
    """The same customers and sums as where captures go on, over three outages that cover carriers' calls."""
    world = a_busy_world(60.0, horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS))
    outages = [tuple(PaymentOutage(at(day, 15), 12 * HOUR_MS, stop) for day in range(3)) for stop in (False, True)]
    usual, late = (tell(replace(world, disruptions=chosen)) for chosen in outages)
    waits, captured = (
        {row["shipment"]: row["time_ms"] for row in late.rows("events", kind=kind)}
        for kind in ("capture_waits", "payment_captured")
    )

    assert usual.manifest["demand_hash"] == late.manifest["demand_hash"]
    assert len(waits) > 20
    assert [at(ms // DAY_MS + 1, 3) for ms in waits.values()] == [captured[shipment] for shipment in waits]
    accounts = {row["account"] for row in usual.rows("journal")}
    assert {a: usual.balance(a) for a in accounts} == {a: late.balance(a) for a in accounts}
    assert 0 == late.balance("receivables")
