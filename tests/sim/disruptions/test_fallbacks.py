"""Rules that act while something is out of order, and are undone when it is back: what happens, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.disruptions import Disruption
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.payment_outage import PaymentOutage
from sim.disruptions.supplier_delay import SupplierDelay
from sim.disruptions.sync_outage import SyncOutage
from sim.distributions import Fixed
from sim.network import Payment, Shift, Supplier, Sync
from sim.plans.fallbacks import CutOffChannels, Fallbacks, LateSuppliers, ShortCrews, UnsecuredOrders
from sim.plans.gateway import GatewayPlan
from sim.plans.labour import Overtime
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
CARD = Payment("card", declined_share=0.2, recovered_share=0.5, retry_ms=30 * MINUTE_MS)
QUICK = a_node(wave_interval_ms=MINUTE_MS)
RULE = ("fallback_began", "fallback_ended")

# Payments.

AT_RISK = (
    *("accepted_at_risk", "authorised_late", "authorisation_failed"),
    *("held", "bad_debt", "cancelled", "payment_captured"),
)


def at_the_door(luck: list[float], plan: UnsecuredOrders, moments: list[int], until: int, **changes: Any) -> Story:
    """Card orders of one unit; the gateway is down from 9:00, the carrier comes at 17:00."""
    world = a_world(
        channels=(a_channel(payments=(CARD,)),),
        nodes=(QUICK,),
        disruptions=(PaymentOutage(at(0, 9), until - at(0, 9)),),
        fallbacks=Fallbacks(payment_gateway=plan),
        **changes,
    )
    return visit(world, [(t, P1) for t in moments], payment_luck=luck)


def test_small_orders_are_accepted_at_risk_after_a_while_and_authorised_when_the_gateway_is_up():
    """From 9:30 on; the order of 9:10 is let in when it is tried again at 9:40."""
    plan = UnsecuredOrders(up_to_cents=1_000, after_ms=30 * MINUTE_MS)
    story = at_the_door([0.9, 0.9], plan, [at(0, 9, 10), at(0, 9, 50)], at(0, 12))

    assert [
        ("0 09:10", "held", 0),
        ("0 09:40", "accepted_at_risk", 0),
        ("0 09:50", "accepted_at_risk", 1),
        ("0 12:00", "authorised_late", 0),
        ("0 12:00", "authorised_late", 1),
        ("0 17:00", "payment_captured", 0),
        ("0 17:00", "payment_captured", 1),
    ] == story.events("order", kind=AT_RISK)


def test_dear_orders_and_prepayments_wait_as_ever():
    story = at_the_door([0.9], UnsecuredOrders(up_to_cents=999), [at(0, 9, 10)], at(0, 12))

    assert [] == story.times("accepted_at_risk")
    assert ["0 12:10"] == story.times("hold_cleared")


def test_what_left_before_the_gateway_was_up_is_captured_then():
    story = at_the_door([0.9], UnsecuredOrders(1_000), [at(0, 9, 10)], at(0, 20))

    assert ["0 17:00"] == story.times("invoiced")
    assert [("0 20:00", "authorised_late", 0), ("0 20:00", "payment_captured", 0)] == story.events(
        "order", kind=("authorised_late", "payment_captured")
    )
    assert 0 == story.balance("receivables") == story.balance("card_clearing")


def test_who_never_paid_is_credited_for_what_comes_back_and_gets_no_money():
    """Declined at 20:00, when it has left: 10.00 and 0.70 of tax are a bad debt, and less of one when it is back."""
    world = a_world(
        channels=(a_channel(payments=(CARD,)),),
        nodes=(QUICK,),
        disruptions=(PaymentOutage(at(0, 9), 11 * HOUR_MS),),
        fallbacks=Fallbacks(payment_gateway=UnsecuredOrders(1_000)),
    )
    drawn = {"return_units": [1], "return_delay_ms": [3 * DAY_MS], "return_transit_ms": [2 * DAY_MS]}
    story = visit(world, [(at(0, 9, 10), P1)], payment_luck=[0.15], **drawn)

    assert [("bad_debt", 1_070), ("return_credited", 1_070)] == [
        (kind, cents)
        for _, kind, cents in story.events("value_cents", kind=("bad_debt", "return_credited", "refunded"))
    ]
    assert (1_000, 0, 0) == tuple(story.balance(a) for a in ("sales_returns", "write_offs", "cash"))


def test_a_declined_order_is_kept_in_the_house_or_is_a_bad_debt_where_it_has_left():
    """Luck 0.05: declined, but another card is taken half an hour later; 0.15: declined for good."""
    kept = at_the_door([0.05, 0.15], UnsecuredOrders(1_000), [at(0, 9, 10)] * 2, at(0, 12))
    gone = at_the_door([0.05, 0.15], UnsecuredOrders(1_000), [at(0, 9, 10)] * 2, at(0, 20))

    assert [
        ("0 12:00", "authorisation_failed", 0, "payment_declined"),
        ("0 12:00", "authorisation_failed", 1, "payment_declined"),
        ("0 12:30", "authorised_late", 0, ""),
        ("0 12:30", "cancelled", 1, "payment_declined"),
        ("0 17:00", "payment_captured", 0, ""),
    ] == kept.events("order", "reason", kind=AT_RISK)[2:]
    assert 0 == kept.balance("write_offs")
    assert [("0 20:30", "bad_debt", 1, 1_070)] == gone.events("order", "value_cents", kind="bad_debt")
    assert (1_070, 0) == (gone.balance("write_offs"), gone.balance("receivables"))
    assert {0, 1} == {row["order"] for row in gone.rows("events", kind="closed")}


def test_who_never_paid_is_credited_what_is_lost():
    lost = at_the_door([0.15], UnsecuredOrders(1_000), [at(0, 9, 10)], at(0, 20), services=(a_carrier(lost_share=1.0),))

    assert [] == lost.times("lost_refunded")
    assert 1 == len(lost.times("loss_credited"))
    assert (0, 1_000) == (lost.balance("write_offs") - 400, lost.balance("sales_returns"))  # 4.00: the goods


def test_a_gateway_with_a_pace_authorises_them_one_after_the_other():
    story = at_the_door(
        [0.9] * 3, UnsecuredOrders(1_000), [at(0, 9, 10)] * 3, at(0, 12), payment_gateway=GatewayPlan(per_minute=1)
    )

    assert ["0 12:01", "0 12:02", "0 12:03"] == story.times("authorised_late")


# News of stock.


def cut_off(plan: CutOffChannels, opening: int = 5, **changes: Any) -> Story:
    """Two channels sell from one stock by news; both hear nothing from 9:00 to 12:00. An order each half an hour."""
    sync = Sync("events", latency_ms=1)
    world = a_world(
        channels=(a_channel("web", sync=sync), a_channel("app", sync=sync)),
        nodes=(QUICK,),
        stock=stock([[opening, 0]], [[0, 0]], [[0, 0]]),
        disruptions=(SyncOutage(at(0, 9), 3 * HOUR_MS),),
        fallbacks=Fallbacks(stock_sync=plan),
        **changes,
    )
    moments = [at(0, 9, 30), at(0, 10, 30), at(0, 11, 30), at(0, 12, 30)]
    return visit(world, [(t, P1) for t in moments], channel=[0, 1, 0, 1])


def test_a_channel_that_hears_nothing_for_an_hour_pauses_until_it_hears_again():
    story = cut_off(CutOffChannels("pause", after_ms=HOUR_MS))

    assert [
        ("0 09:30", "captured", "channel:web", ""),
        ("0 10:00", "fallback_began", "fallback:web", "sync_outage"),
        ("0 10:00", "fallback_began", "fallback:app", "sync_outage"),
        ("0 10:30", "refused", "channel:app", "paused"),
        ("0 11:30", "refused", "channel:web", "paused"),
        ("0 12:00", "fallback_ended", "fallback:web", "sync_outage"),
        ("0 12:00", "fallback_ended", "fallback:app", "sync_outage"),
        ("0 12:30", "captured", "channel:app", ""),
    ] == story.events("actor", "reason", kind=("captured", "refused", *RULE))


def test_a_higher_buffer_keeps_the_last_units_back():
    """Four of five are kept back: each channel sells one from what it saw last, and no more."""
    story = cut_off(CutOffChannels("buffer", buffer_units=4))

    assert [("0 11:30", "refused", "cut_off_buffer")] == story.events("reason", kind="refused")
    assert ["0 09:30", "0 10:30", "0 12:30"] == story.times("captured")


def test_only_the_channels_that_are_meant_and_nothing_after_a_short_outage():
    one = cut_off(CutOffChannels("pause", channels=frozenset({1})))
    late = cut_off(CutOffChannels("pause", after_ms=4 * HOUR_MS))

    assert ["channel:app"] == [row["actor"] for row in one.rows("events", kind="refused")]
    assert [] == late.times("refused") == late.times("fallback_began")


# People.


def short_crew(plan: ShortCrews | None, orders: int, **changes: Any) -> Story:
    """Two packers from 8 to 16, of whom one is missing from 9:00 until midnight; a parcel takes half an hour to pack.
    Orders come at 8:01, the carrier at 17:00."""
    node = a_node(
        shifts=(Shift(ALWAYS, 8 * 60, 16 * 60, (2, 2, 1, 1)),),
        stations=(QUICK.stations[0], replace(QUICK.stations[1], work_ms=Fixed(30 * MINUTE_MS)), *QUICK.stations[2:]),
        wave_interval_ms=MINUTE_MS,
        wage_cents_per_hour=2_000,
    )
    away = LabourShortage(0, at(0, 9), 15 * HOUR_MS, pick_bp=10_000, pack_bp=5_000)
    world = a_world(**{"nodes": (node,), "disruptions": (away,), "fallbacks": Fallbacks(labour=plan)} | changes)
    return visit(world, [(at(0, 8, 1), P1)] * orders)


def test_those_who_are_there_stay_on():
    """Their shift ends at 16:00; more is packed on the day where they stay, half an hour at a time."""
    plan = ShortCrews(after_ms=HOUR_MS, overtime=Overtime(1, at_most_ms=2 * HOUR_MS, step_ms=30 * MINUTE_MS))
    without, with_it = short_crew(None, 20), short_crew(plan, 20)

    def packed(story: Story) -> int:
        return sum(t < "0 23:59" for t in story.times("packed"))

    assert [("0 10:00", "fallback_began"), ("1 00:00", "fallback_ended")] == [e[:2] for e in with_it.events(kind=RULE)]
    assert packed(without) < packed(with_it)
    assert ["0 16:00", "0 16:30"] == with_it.times("overtime_worked")[:2]


def test_carriers_wait_at_the_door_for_a_fee():
    """The truck of 15:59 leaves at 17:00; the house knows of a shortage that begins at 15:30 in time."""
    early = a_carrier(collections=tuple((d, 15 * 60 + 59) for d in range(7)))
    plan = ShortCrews(collections_wait_ms=61 * MINUTE_MS, waiting_cents=5_000)
    without, with_it = (short_crew(p, 6, services=(early,)) for p in (None, plan))
    late = LabourShortage(0, at(0, 15, 30), HOUR_MS, pack_bp=5_000)
    told = short_crew(plan, 2, services=(early,), disruptions=(late,))

    assert {"0 15:59"} == set(without.times("manifested"))
    assert {"0 17:00"} == set(with_it.times("manifested"))
    assert [("0 15:59", "carrier_waited", 5_000)] == told.events("value_cents", kind="carrier_waited")
    assert 5_000 == told.balance("freight") - without.balance("freight") // 3


def test_another_policy_decides_while_people_are_missing():
    """Both nodes can serve; while the first lacks packers, the balancing policy gives its work to the second."""
    nodes = (a_node("A", wave_interval_ms=6 * HOUR_MS), a_node("B", 41.0, wave_interval_ms=HOUR_MS))
    plan = ShortCrews(policies={"balancing": PolicyChoice("threshold", {"hours": 0.1})})
    away = LabourShortage(0, at(0, 9), 15 * HOUR_MS, pick_bp=1_000, pack_bp=1_000)
    world = a_world(
        nodes=nodes,
        disruptions=(away,),
        fallbacks=Fallbacks(labour=plan),
        stock=stock([[100, 0]] * 2, [[0, 0]] * 2, [[0, 0]] * 2),
        policies=POLICIES | {"balancing": PolicyChoice("none")},
    )
    moved = [
        {row["node"] for row in visit(w, [(at(0, 9, 30), P1)] * 12).rows("events", kind="shipped")}
        for w in (replace(world, fallbacks=Fallbacks()), world)
    ]

    assert [{"A"}, {"B"}] == moved


# Suppliers.


def late(plan: LateSuppliers | None, **changes: Any) -> Story:
    """Ordered at 6:00 for two days on; it comes ten days late. The other maker takes a day."""
    makers = (Supplier("maker", Fixed(2 * DAY_MS), alternates=(1,)), Supplier("other", Fixed(DAY_MS)))
    world = a_world(
        stock=stock([[10, 0]], [[10, 0]], [[40, 0]]),
        horizon=Horizon(20 * DAY_MS, 0, 60 * DAY_MS),
        suppliers=makers,
        disruptions=(SupplierDelay(0, at(0, 1), 2 * DAY_MS, 10 * DAY_MS),),
        fallbacks=Fallbacks(late_supplier=plan),
    )
    return visit(replace(world, **changes), [])


def test_an_alternate_is_asked_for_what_is_two_days_late():
    story = late(LateSuppliers(2 * DAY_MS))

    assert [
        ("0 06:00", "purchase_ordered", "supplier:maker", 30),
        ("4 06:00", "fallback_began", "fallback:maker", 0),
        ("4 06:00", "purchase_ordered", "supplier:other", 30),
        ("5 06:00", "received", "supplier:other", 30),
        ("12 06:00", "fallback_ended", "fallback:maker", 0),
        ("12 06:00", "received", "supplier:maker", 30),
    ] == story.events("actor", "quantity", kind=("purchase_ordered", "received", *RULE))


def test_without_the_rule_and_before_it_the_house_waits():
    for plan in (None, LateSuppliers(11 * DAY_MS)):
        assert [("0 06:00", "purchase_ordered"), ("12 06:00", "received")] == late(plan).events(
            kind=("purchase_ordered", "received", *RULE)
        )


# All of them at once.


def test_all_rules_at_once_keep_the_books_and_end_with_what_called_them():
    chaos: tuple[Disruption, ...] = (
        PaymentOutage(at(0, 8), 6 * HOUR_MS),
        SyncOutage(at(0, 9), 5 * HOUR_MS),
        LabourShortage(0, at(0, 10), 20 * HOUR_MS),
        SupplierDelay(0, at(0, 1), DAY_MS, 5 * DAY_MS),
    )
    rules = Fallbacks(
        UnsecuredOrders(20_000, HOUR_MS),
        CutOffChannels("buffer", 2, HOUR_MS),
        ShortCrews(overtime=Overtime(1), collections_wait_ms=HOUR_MS, waiting_cents=100),
        LateSuppliers(DAY_MS),
    )
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS), disruptions=chaos, fallbacks=rules)
    story = tell(world)
    without = tell(replace(world, fallbacks=Fallbacks()))

    assert len(story.times("fallback_began")) == len(story.times("fallback_ended")) > 0
    assert story.manifest["demand_hash"] == without.manifest["demand_hash"]
    assert 0 == story.balance("card_clearing")
