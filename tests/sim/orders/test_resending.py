"""Lost parcels that are sent again: the shipment ends, the order goes on, and nothing is charged twice."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.books.reconcile import reconcile
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Payment
from sim.orders import CLOSED
from sim.units import DAY_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, tell, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

AGAIN = Rules(lost_parcels="resend")
STEPS = ("shipped", "lost", "resent_units", "resent", "allocated", "lost_refunded", "delivered", "closed")


def lost(units: int = 9, rules: Rules = AGAIN, **changes: Any) -> Story:
    """Two units of P1 that are lost on their way: quoted for day 2 at noon, searched for until day 9."""
    world = a_world(services=(a_carrier(lost_share=0.05),), stock=stock([[units, 0]]), rules=rules, **changes)
    return visit(world, [(at(0, 9), [(0, 2, 1_000)])], transit_luck=[0.99])


def test_what_is_sent_again_does_not_make_an_order_a_split_one(tmp_path: Path):
    world = a_world(services=(a_carrier(lost_share=0.05),), stock=stock([[9, 0]]), rules=AGAIN)
    visited(world, [(at(0, 9), [(0, 2, 1_000)])], transit_luck=[0.99]).run(tmp_path)

    assert {"split_rate": 0.0, "shipments_per_order": 2.0} == compute(
        Books(tmp_path), ["split_rate", "shipments_per_order"]
    )


def test_nobody_waits_for_a_parcel_that_has_left_until_it_is_missed(tmp_path: Path):
    """It leaves eight hours after it was ordered; on day 9 it is given up at noon, and sent again five hours later. On
    day 5 nobody knows: nothing waits then, and eight hours of five days something did."""
    world = a_world(
        services=(a_carrier(lost_share=0.05),),
        stock=stock([[9, 0]]),
        rules=AGAIN,
        horizon=Horizon(5 * DAY_MS, 0, 40 * DAY_MS),
    )
    visited(world, [(at(0, 9), [(0, 2, 1_000)])], transit_luck=[0.99]).run(tmp_path)
    books = Books(tmp_path)
    flow = ("backlog_orders", "backlog_peak_orders", "backlog_mean_orders", "close_lag_hours")

    assert [(at(0, 9), at(0, 17)), (at(9, 12), at(9, 17))] == [
        tuple(stay)
        for stay in books.frame("SELECT waits_from_ms, waits_until_ms FROM waiting ORDER BY ALL").itertuples(
            index=False
        )
    ]
    assert {"backlog_orders": 0, "backlog_peak_orders": 1, "backlog_mean_orders": 8 / 120, "close_lag_hours": 0} == (
        compute(books, flow)
    )


def test_what_is_lost_is_sent_again_from_stock():
    assert [
        ("0 09:00", "allocated", 2),
        ("0 17:00", "shipped", 2),
        ("9 12:00", "lost", None),
        ("9 12:00", "resent_units", 2),
        ("9 12:00", "resent", None),
        ("9 12:00", "allocated", 2),
        ("9 17:00", "shipped", 2),
        ("11 12:00", "delivered", None),
        ("41 12:00", "closed", None),
    ] == [(t, kind, q or None) for t, kind, q in lost().events("quantity", kind=STEPS)]


def test_it_is_charged_once_and_costs_the_goods_twice():
    """Two at 10.00 and 7% tax; the goods cost 4.00 each, once sold and once the carrier's loss."""
    story = lost()

    assert [2_140, 0] == [r["value_cents"] for r in story.rows("events", kind="invoiced")]
    assert [2_140] == [r["value_cents"] for r in story.rows("events", kind="settled")]
    assert (-2_000, 0) == (story.balance("revenue"), story.balance("sales_returns"))
    assert (800, 800) == (story.balance("cost_of_goods"), story.balance("write_offs"))
    assert CLOSED == story.state_of(0)


def test_without_stock_it_is_refunded():
    story = lost(units=3)

    assert ["9 12:00"] == story.times("lost_refunded")
    assert [] == story.times("resent")


def test_the_search_may_be_shorter():
    assert ["4 12:00"] == lost(rules=replace(AGAIN, trace_ms=2 * DAY_MS)).times("resent")


def test_what_is_paid_in_advance_is_not_paid_again():
    story = lost(channels=(a_channel(payments=(Payment("prepaid"),), shipping_fee_cents=500),))

    assert 0 == story.balance("customer_deposits")
    assert (-2_000, -500) == (story.balance("revenue"), story.balance("shipping_income"))


def test_a_customer_who_will_not_wait_for_the_second_parcel_gets_the_money_back():
    """It is cancelled at 13:00 on day 9, before the wave of the next midnight."""
    world = a_world(
        services=(a_carrier(lost_share=0.05),),
        nodes=(a_node(wave_interval_ms=DAY_MS),),
        stock=stock([[9, 0]]),
        rules=AGAIN,
    )
    story = visit(world, [(0, [(0, 2, 1_000)])], transit_luck=[0.99], cancel_ms=[at(9, 13)])

    assert ["9 13:00"] == story.times("replacement_refunded") == story.times("replacement_tax_refunded")
    assert (2_000, 0) == (story.balance("sales_returns"), story.balance("cost_of_goods"))
    assert 0 == story.balance("tax_payable")
    assert CLOSED == story.state_of(0)


def shop(answer: str) -> World:
    horizon, rules = Horizon(3 * DAY_MS, 0, 60 * DAY_MS), Rules(lost_parcels=answer)
    world = a_busy_world(120.0, products=12, horizon=horizon, rules=rules)
    return replace(world, network=replace(world.network, services=(a_carrier(lost_share=0.1),)))


def test_the_same_customers_get_their_goods_instead_of_money_and_the_books_hold_together():
    refunded, resent = tell(shop("refund"), 3), tell(shop("resend"), 3)

    assert refunded.model.customers.demand_hash == resent.model.customers.demand_hash
    assert len(resent.times("resent")) > 20
    assert len(resent.times("lost_refunded")) < len(refunded.times("lost_refunded")) / 5
    assert len(resent.times("delivered")) > len(refunded.times("delivered")) + 20
    with tempfile.TemporaryDirectory() as name:
        Model(shop("resend"), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))
