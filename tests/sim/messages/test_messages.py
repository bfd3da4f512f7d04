"""Messages between systems: late, in files, lost, repeated, tried again, mended by people."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.books.reconcile import reconcile
from sim.disruptions.interface_outage import InterfaceOutage
from sim.distributions import Fixed, Lognormal
from sim.measures.registry import compute
from sim.messages.plan import MESSAGES, MessageRoute, Reconciliation
from sim.model import Model
from sim.network import Payment, Promise, Segment, Sync
from sim.plans.rating_limits import RatingLimits
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]
TEN = Fixed(10 * MINUTE_MS)
TRAFFIC = ("message_sent", "message_lost", "message_received", "message_repeated", "divergence_found")


def route(*kinds: str, **changes: Any) -> MessageRoute:
    return MessageRoute("line", kinds, **changes)


def one_order(*routes: MessageRoute, **changes: Any) -> Story:
    return visit(a_world(messages=routes, **changes), [(at(0, 9), P1)])


@pytest.mark.parametrize(
    ("kind", "said", "done", "sent", "heard"),
    [
        ("order_in", "captured", "allocated", "0 09:00", "0 09:10"),
        ("release", "allocated", "released", "0 09:00", "0 10:00"),
        ("ship_confirmation", "manifested", "payment_captured", "0 17:00", "0 17:10"),
        ("posting", "delivered", "settled", "2 12:00", "3 00:10"),
    ],
)
def test_what_is_done_waits_for_its_message(kind: str, said: str, done: str, sent: str, heard: str):
    """Ten minutes for each kind: release misses the wave of 9:00; what is paid out at midnight is booked later."""
    assert [(sent, said), (heard, done)] == one_order(route(kind, latency_ms=TEN)).events(kind=(said, done))


def test_a_delivery_is_heard_of_later_and_returns_do_not_wait_for_it():
    assert [
        ("2 12:00", "delivered", "carrier:ground"),
        ("2 12:00", "message_sent", "interface:line"),
        ("2 12:10", "message_received", "interface:line"),
    ] == one_order(route("tracking", latency_ms=TEN)).events("actor", kind=("delivered", *TRAFFIC))


def test_goods_are_for_sale_when_the_house_knows_of_them():
    """Stock at 6:00 of day 2, put away at 6:10, told at 7:10: the order of day 0 is allocated then."""
    world = a_world(
        messages=(route("receipt", latency_ms=Fixed(HOUR_MS)),),
        stock=stock([[0, 100]], 1, 5),
        channels=(a_channel(accepts_backorders=True),),
    )
    story = visit(world, [(at(0, 5), P1)])

    assert [
        ("2 06:00", "received", None),
        ("2 06:10", "message_sent", "receipt"),
        ("2 07:10", "message_received", "receipt"),
        ("2 07:10", "put_away", None),
        ("2 07:10", "allocated", None),
    ] == [
        (t, kind, reason or None)
        for t, kind, reason in story.events("reason", kind=("received", *TRAFFIC, "put_away", "allocated"))
    ]


def test_a_file_takes_what_waits_for_it():
    """Files leave on the half hour."""
    story = one_order(route("order_in", mode="batch", interval_ms=30 * MINUTE_MS, latency_ms=Fixed(MINUTE_MS)))
    later = visit(
        a_world(messages=(route("order_in", mode="batch", interval_ms=30 * MINUTE_MS),)),
        [(at(0, 9, 1), P1), (at(0, 9, 29), P1)],
    )

    assert ["0 09:01"] == story.times("validated")
    assert ["0 09:30", "0 09:30"] == later.times("validated")


def test_a_file_whose_interface_is_down_waits_with_what_was_in_it_before():
    """Written at 9:10, the file of 9:30 is held from 9:20 to 9:50, and what was in it leaves with the next one."""
    feed = route("order_in", mode="batch", interval_ms=30 * MINUTE_MS)
    down = InterfaceOutage(at_ms=at(0, 9, 20), duration_ms=30 * MINUTE_MS)
    short = InterfaceOutage(at_ms=at(0, 9, 15), duration_ms=10 * MINUTE_MS)

    assert ["0 10:00"] == visit(a_world(messages=(feed,), disruptions=(down,)), [(at(0, 9, 10), P1)]).times("validated")
    assert ["0 09:30"] == visit(a_world(messages=(feed,), disruptions=(short,)), [(at(0, 9, 10), P1)]).times(
        "validated"
    )


def test_a_lost_message_is_sent_again_and_then_is_a_case():
    """Three attempts five minutes apart, then the desk needs six minutes."""
    assert [
        ("0 17:00", "message_sent", "interface:line"),
        ("0 17:00", "message_lost", "interface:line"),
        ("0 17:05", "message_lost", "interface:line"),
        ("0 17:10", "message_lost", "interface:line"),
        ("0 17:15", "divergence_found", "interface:line"),
        ("0 17:21", "message_received", "desk:order desk"),
        ("0 17:21", "payment_captured", "finance"),
    ] == one_order(route("ship_confirmation", loss_share=1.0, retries=2)).events(
        "actor", kind=(*TRAFFIC, "payment_captured")
    )


def test_nobody_misses_what_nobody_waits_for():
    """Without retries a lost confirmation is never paid, unless statuses are compared."""
    lost = route("ship_confirmation", loss_share=1.0)
    assert [] == one_order(lost).times("payment_captured")

    assert [
        ("1 02:00", "divergence_found", "interface:line"),
        ("1 08:06", "message_received", "desk:order desk"),
        ("1 08:06", "payment_captured", "finance"),
    ] == one_order(lost, reconciliation=Reconciliation()).events(
        "actor", kind=("divergence_found", "message_received", "payment_captured")
    )


def test_a_status_that_is_entered_by_hand_before_it_arrives_is_known_when_it_does():
    """Delivered on day 2 at 12:00; at 2:00 of day 3 statuses differ, the desk enters it, and the message comes then."""
    slow = route("tracking", latency_ms=Fixed(48 * HOUR_MS))
    assert [
        ("2 12:00", "message_sent", "interface:line"),
        ("3 02:00", "divergence_found", "interface:line"),
        ("3 08:06", "message_received", "desk:order desk"),
        ("4 12:00", "message_repeated", "interface:line"),
    ] == one_order(slow, reconciliation=Reconciliation()).events("actor", kind=TRAFFIC)


def test_a_lost_order_is_found_when_its_customer_asks():
    """Promised for the end of day 5; the customer calls at 10:00, the agent passes it on, the desk enters it."""
    eager = Segment("everyone", late_contact_share=1.0, late_contact_delay_ms=Fixed(10 * HOUR_MS))
    story = one_order(route("order_in", loss_share=1.0), segments=(eager,))

    assert [
        ("6 10:00", "ticket_opened"),
        ("6 10:06", "ticket_closed"),
        ("6 10:06", "divergence_found"),
        ("6 10:12", "message_received"),
        ("6 10:12", "validated"),
    ] == story.events(kind=("ticket_opened", "ticket_closed", "divergence_found", "message_received", "validated"))


def test_an_order_that_was_lost_for_good_is_stalled_by_a_message():
    assert {"open: message": 1} == one_order(route("order_in", loss_share=1.0)).manifest["census"]


def test_a_marketplace_counts_what_is_not_confirmed_in_time():
    """Gone at 17:00, within the day that it was promised for; the house confirms a day later."""
    channel = a_channel(kind="marketplace")
    late = one_order(route("ship_confirmation", latency_ms=Fixed(DAY_MS)), channels=(channel,))
    soon = one_order(route("ship_confirmation", latency_ms=TEN), channels=(channel,))

    breach = {"kind": "shipment_limit_breached", "reason": "ship_confirmation"}
    assert ["1 00:00"] == late.times(**breach)
    assert [] == soon.times(**breach)


def test_a_marketplace_rates_what_is_not_confirmed_as_late():
    """The same parcel in time, and its confirmation a day late: 5.00."""
    limits = RatingLimits(late_penalty_cents=500)
    channel = a_channel(kind="marketplace", payments=(Payment("marketplace"),), limits=limits)
    late = one_order(route("ship_confirmation", latency_ms=Fixed(DAY_MS)), channels=(channel,))
    soon = one_order(route("ship_confirmation", latency_ms=TEN), channels=(channel,))

    assert ["0 17:00"] == late.times("manifested") == soon.times("manifested")
    assert [("1 00:00", "shipment_rated", "late")] == late.events("reason", kind="shipment_rated")
    assert [("1 00:00", "shipment_rated", "")] == soon.events("reason", kind="shipment_rated")
    assert [500] == [row["value_cents"] for row in late.rows("events", kind="penalty_charged")]


@pytest.mark.parametrize("mode", ["live", "batch", "events"])
def test_what_is_promised_from_inbound_stock_is_not_oversold_when_it_is_heard_of(mode: str):
    """One unit is there, five come on day 2: two customers, an hour until each is heard of."""
    channel = a_channel(promise=Promise(14 * 60, 5, ALWAYS, 3 * DAY_MS))
    channel = replace(channel, sync=replace(channel.sync, mode=mode))
    world = a_world(
        messages=(route("order_in", latency_ms=Fixed(HOUR_MS)),), channels=(channel,), stock=stock([[1, 100]], 2, 6)
    )
    story = visit(world, [(at(0, 9), [(0, 3, 1_000)]), (at(0, 9, 30), P1)])

    assert len(story.rows("events", kind="promised_inbound")) > 0
    assert [] == [
        row["line"]
        for row in story.rows("events", kind="oversold")
        if row["line"] in {r["line"] for r in story.rows("events", kind="promised_inbound")}
    ]


def test_a_lost_receipt_that_nobody_mends_in_time_is_a_breach_of_nobodys_order():
    """Received on day 2, found the night after, due within three hours; the desk comes at eight."""
    world = a_world(
        messages=(route("receipt", loss_share=1.0),),
        stock=stock([[0, 100]], 1, 5),
        reconciliation=Reconciliation(),
        desks=(DeskPlan(limit_ms=3 * HOUR_MS),),
    )
    story = visit(world, [])

    assert [
        ("3 02:00", "divergence_found", None, "receipt"),
        ("3 05:00", "case_limit_breached", 5, "operations_manager"),
        ("3 08:06", "message_received", None, "receipt"),
    ] == [
        (t, kind, units if kind == "case_limit_breached" else None, reason)
        for t, kind, units, reason in story.events(
            "quantity", "reason", kind=("divergence_found", "case_limit_breached", "message_received")
        )
    ]


def test_a_copy_has_no_effect_where_the_receiver_knows_it():
    once, twice = one_order(route("order_in")), one_order(route("order_in", duplicate_share=1.0))

    assert [("0 09:00", "message_repeated")] == twice.events(kind="message_repeated")
    assert once.books["journal"] == [
        r | {"event": e["event"]} for r, e in zip(twice.books["journal"], once.books["journal"])
    ]


def test_a_receiver_that_forgets_sends_the_goods_twice():
    """The second parcel leaves with the first, is paid, comes back and is refunded."""
    story = one_order(route("order_in", duplicate_share=1.0, idempotent=False))

    assert [("0 09:00", "captured", 0, ""), ("0 09:00", "captured", 1, "order_in")] == story.events(
        "order", "reason", kind="captured"
    )
    assert ["0 17:00", "0 17:00"] == story.times("manifested")
    assert [("7 08:05", "refunded", 1)] == story.events("order", kind="refunded")
    assert {"closed": 2} == story.manifest["census"]


def test_a_receiver_that_forgets_refunds_twice():
    def back(**changes: Any) -> Story:
        world = a_world(messages=(route("return_receipt", latency_ms=TEN, **changes),))
        return visit(world, [(at(0, 9), P1)], return_delay_ms=[DAY_MS], return_units=[1])

    once, twice = back(duplicate_share=1.0), back(duplicate_share=1.0, idempotent=False)

    assert ["4 08:15"] == once.times("refunded") == twice.times("refunded")
    assert [] == once.times("refunded_again")
    assert [("4 08:15", "refunded_again", 1_070)] == twice.events("value_cents", kind="refunded_again")
    assert once.balance("cash") - 1_070 == twice.balance("cash")


def test_units_are_oversold_while_orders_are_on_their_way():
    """One unit, two customers within the hour that an order takes to be heard of, from a view that is the ledger's."""
    shop = {"channels": (a_channel(),), "stock": stock([[1, 0]])}
    two = [(at(0, 9), P1), (at(0, 9, 30), P1)]
    late = visit(a_world(messages=(route("order_in", latency_ms=Fixed(HOUR_MS)),), **shop), two)

    assert [("0 09:30", "refused", 1)] == visit(a_world(**shop), two).events("order", kind=("refused", "oversold"))
    assert [("0 10:30", "oversold", 1, 1)] == late.events("order", "quantity", kind=("refused", "oversold"))


def test_a_channel_whose_orders_are_heard_of_at_once_oversells_as_ever():
    """One unit, two channels with a snapshot each hour; whatever travels about the first order's parcel."""
    hourly = Sync(mode="batch", interval_ms=HOUR_MS)
    shop = {"channels": (a_channel(sync=hourly), a_channel("app", sync=hourly)), "stock": stock([[1, 0]])}
    two = [(at(0, 9, 10), P1), (at(0, 9, 30), P1)]
    told = [
        visit(a_world(**shop, messages=routes), two, channel=[0, 1]) for routes in ((), (route("ship_confirmation"),))
    ]

    assert [[("0 09:30", "oversold", 1, 1)]] * 2 == [s.events("order", "quantity", kind="oversold") for s in told]


def test_a_customer_who_cancels_before_the_order_is_heard_of_has_cancelled():
    story = visit(
        a_world(messages=(route("order_in", latency_ms=Fixed(HOUR_MS)),)), [(at(0, 9), P1)], cancel_ms=[10 * MINUTE_MS]
    )

    assert [("0 10:00", "validated"), ("0 10:00", "cancelled")] == story.events(kind=("validated", "cancelled"))


# On many orders.


def busy(*routes: MessageRoute, **changes: Any) -> World:
    return a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 50 * DAY_MS), messages=routes, **changes)


def test_instant_messages_change_nothing():
    """The same facts at the same moments, but that each message is told."""

    def facts(story: Story) -> list[str]:
        columns = ("order", "line", "reason", "actor", "quantity", "value_cents")
        return sorted(repr(row) for row in story.events(*columns) if row[1] not in TRAFFIC)

    assert facts(tell(busy(), 3)) == facts(tell(busy(route(*MESSAGES)), 3))


@pytest.fixture(scope="module")
def lossy() -> dict[str, dict[str, float]]:
    """The same customers: confirmations that arrive, that are lost now and then, and that are compared every night."""
    good = route("ship_confirmation", latency_ms=Fixed(5 * MINUTE_MS))
    bad = replace(good, loss_share=0.2)
    worlds = {"good": busy(good), "bad": busy(bad), "mended": busy(bad, reconciliation=Reconciliation())}
    found, demand = {}, set()
    for name, world in worlds.items():
        with tempfile.TemporaryDirectory() as folder:
            demand.add(Model(world, 3, check=True).run(Path(folder))["demand_hash"])
            books = Run.open(Path(folder)).books
            found[name] = compute(
                books, ["diverged_orders", "reconcile_hours", "cash_delayed_cents", "late_confirmations"]
            )
            found[name]["unpaid"] = books.value(
                "SELECT count(*) FROM shipments WHERE left_ms IS NOT NULL AND invoiced_ms IS NULL"
            )
            assert [] == reconcile(folder)
    assert 1 == len(demand)
    return found


def test_lost_confirmations_delay_cash(lossy: dict[str, dict[str, float]]):
    assert lossy["good"]["unpaid"] == 0 == lossy["mended"]["unpaid"]
    assert lossy["bad"]["unpaid"] > 0
    assert lossy["good"]["cash_delayed_cents"] < lossy["mended"]["cash_delayed_cents"]
    assert lossy["mended"]["cash_delayed_cents"] <= lossy["bad"]["cash_delayed_cents"]


def test_lost_confirmations_breach_limits_and_load_a_desk(lossy: dict[str, dict[str, float]]):
    assert lossy["good"]["diverged_orders"] < lossy["mended"]["diverged_orders"] < lossy["bad"]["diverged_orders"]
    assert lossy["bad"]["late_confirmations"] > lossy["good"]["late_confirmations"] == 0
    assert lossy["mended"]["reconcile_hours"] > 2


ROUTES = st.builds(
    MessageRoute,
    name=st.just("line"),
    kinds=st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=7, unique=True).map(tuple),
    mode=st.sampled_from(("events", "batch")),
    interval_ms=st.integers(1, 6 * HOUR_MS),
    latency_ms=st.sampled_from((Fixed(0), Fixed(90 * MINUTE_MS), Lognormal(20 * MINUTE_MS, 2.0))),
    loss_share=st.sampled_from((0.0, 0.1, 0.5)),
    duplicate_share=st.sampled_from((0.0, 0.2)),
    retries=st.integers(0, 3),
    retry_ms=st.integers(1, 2 * HOUR_MS),
)


@settings(max_examples=8, deadline=None)
@given(first=ROUTES, second=ROUTES, forgets=st.booleans(), shelf=st.booleans())
def test_whatever_the_messages_the_books_agree_and_what_people_mend_arrives(
    first: MessageRoute, second: MessageRoute, forgets: bool, shelf: bool
):
    """Two interfaces, the second for what the first does not carry; each night what is out for two hours is mended."""
    twice = route(*MESSAGES, duplicate_share=0.3, loss_share=0.1, retries=1, idempotent=False)
    world = a_busy_world(
        60.0,
        horizon=Horizon(DAY_MS, 0, 60 * DAY_MS),
        messages=(*((twice,) if forgets else ()), first, replace(second, name="other")),
        reconciliation=Reconciliation(),
    )
    if shelf:
        nodes = tuple(replace(n, mispick_share=0.02, shrinkage_share=0.5) for n in world.network.nodes)
        world = replace(world, network=replace(world.network, nodes=nodes))
    story = tell(world, 5)
    sent, heard = (len(story.rows("events", kind=k)) for k in ("message_sent", "message_received"))

    assert sent == heard
    assert not [state for state in story.manifest["census"] if state.startswith("open: message")]
