"""Purchase orders: confirmation, capacity, parts, price breaks, minimum values, second sources, landed cost, hurry."""

from __future__ import annotations

from typing import Any

import pytest

from sim.disruptions.supplier_shutdown import SupplierShutdown
from sim.distributions import Discrete, Fixed
from sim.network import Supplier
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, PolicyChoice
from tests.sim.telling import Story, at, visit
from tests.worlds import POLICIES, a_world, stock

BASE_STOCK = POLICIES | {"replenishment": PolicyChoice("base_stock")}
PURCHASE = ("purchase_ordered", "purchase_confirmed", "purchase_declined", "received", "short_delivered")


def supplied(opening: int = 10, *others: Supplier, orders: Any = (), changes: dict | None = None, **terms) -> Story:
    """P1 alone is carried: s = 10, S = 40, 4.00 and half a kilogram each; two days of lead time, review at 6:00."""
    maker = Supplier("maker", **{"lead_ms": Fixed(2 * DAY_MS)} | terms)
    world = a_world(
        stock=stock([[opening, 0]], [[10, 0]], [[40, 0]]),
        horizon=Horizon(4 * DAY_MS, 0, 60 * DAY_MS),
        suppliers=(maker, *others),
        **changes or {},
    )
    return visit(world, orders)


def told(story: Story, *kinds: str) -> list[tuple]:
    return story.events("quantity", kind=kinds or PURCHASE)


def test_an_order_is_confirmed_in_part_and_the_rest_ordered_again():
    """Six hours later 24 of 30 are confirmed for two days on; the others leave the position, which is above s."""
    story = supplied(confirmation_ms=Fixed(6 * HOUR_MS), confirmed_share=Fixed(0.8))

    assert [
        ("0 06:00", "purchase_ordered", 30, at(2, 6)),
        ("0 12:00", "purchase_confirmed", 24, at(2, 12)),
        ("0 12:00", "purchase_declined", 6, None),
        ("2 12:00", "received", 24, None),
    ] == story.events("quantity", "due_ms", kind=PURCHASE)
    assert 0 == story.model.site.purchasing.on_order[0][0]


def test_what_is_declined_altogether_is_asked_for_at_the_next_review():
    share = Discrete((0.0,), (1.0,))
    story = supplied(confirmation_ms=Fixed(6 * HOUR_MS), confirmed_share=share)

    assert [("0 06:00", "purchase_ordered"), ("0 12:00", "purchase_declined"), ("1 06:00", "purchase_ordered")] == [
        row[:2] for row in told(story)
    ][:3]


def test_a_shut_supplier_confirms_when_it_opens():
    shut = SupplierShutdown(0, at(0, 8), DAY_MS)
    story = supplied(confirmation_ms=Fixed(6 * HOUR_MS), changes={"disruptions": (shut,)})

    assert [("1 08:00", "purchase_confirmed", 30), ("3 08:00", "received", 30)] == told(story)[1:]


def test_orders_are_made_one_after_the_other():
    """15 a day: 30 take two days, then two of lead time; an order of the next day waits for them."""
    sale = [(at(2, 9), [(0, 10, 1_000)]), (at(0, 7), [(0, 9, 1_000)])][::-1]
    story = supplied(10, capacity_units_per_day=15, orders=sale, changes={"policies": BASE_STOCK})

    assert [
        ("0 06:00", "purchase_ordered", 30),
        ("1 06:00", "purchase_ordered", 9),
        ("4 06:00", "received", 30),
        ("4 20:24", "received", 9),
    ] == told(story)


def test_a_delivery_in_two_parts():
    """A third at first, the rest three days later; both are invoiced, worth 120.00 together."""
    story = supplied(partial_share=1.0, partial_first=1 / 3, partial_delay_ms=Fixed(3 * DAY_MS))

    assert [("0 06:00", "purchase_ordered", 30), ("2 06:00", "received", 10), ("5 06:00", "received", 20)] == told(
        story
    )
    assert [4_000, 8_000] == [row["value_cents"] for row in story.rows("events", kind="received")]


def test_the_rest_of_a_delivery_is_on_order_and_feels_a_shutdown():
    shut = SupplierShutdown(0, at(4, 0), 5 * DAY_MS)
    story = supplied(partial_share=1.0, partial_first=0.1, changes={"disruptions": (shut,)})

    assert [("0 06:00", 30), ("2 06:00", 3), ("9 00:00", 27)] == [(t, n) for t, _, n in told(story)]


def test_a_line_is_raised_to_a_price_break_that_costs_no_more():
    """30 at 4.00 are 120.00; 40 at a quarter off are 120.00 too, and 41 more. With a tenth off 30 they are 108.00."""
    assert [40] == [n for *_, n in told(supplied(price_breaks=((40, 2_500),)), "purchase_ordered")]
    assert [30] == [n for *_, n in told(supplied(price_breaks=((41, 2_500),)), "purchase_ordered")]
    story = supplied(price_breaks=((20, 1_000), (40, 2_500)))
    assert [10_800] == [row["value_cents"] for row in story.rows("events", kind="received")]


def test_a_minimum_order_value():
    assert [30] == [n for *_, n in told(supplied(min_order_cents=12_000), "purchase_ordered")]
    assert [] == told(supplied(min_order_cents=12_001))


def test_goods_are_worth_their_landed_cost():
    """30 at 110% of 4.00 are 132.00; duty of 10% is 13.20; 15 kg at 2.00 are 30.00."""
    story = supplied(price_bp=11_000, duty_bp=1_000, freight_cents_per_kg=200)

    assert [13_200 + 1_320 + 3_000] == [row["value_cents"] for row in story.rows("events", kind="received")]
    assert -(13_200 + 1_320 + 3_000) == story.balance("cash")


def test_a_second_source_gets_its_share_of_each_line():
    other = Supplier("other", Fixed(DAY_MS), price_bp=12_000)
    story = supplied(10, other, second_source=1, second_share_bp=3_000)

    assert [("supplier:maker", 21, 8_400), ("supplier:other", 9, 4_320)] == [
        (row["actor"], row["quantity"], row["value_cents"]) for row in story.rows("events", kind="purchase_ordered")
    ]
    assert ["1 06:00", "2 06:00"] == story.times("received")


@pytest.mark.parametrize(("shut", "asked"), [(0, "supplier:other"), (1, "supplier:maker")])
def test_while_one_of_two_sources_is_shut_the_other_gets_all(shut: int, asked: str):
    closed = SupplierShutdown(shut, 0, 3 * DAY_MS)
    other = Supplier("other", Fixed(DAY_MS))
    story = supplied(
        10, other, second_source=1, second_share_bp=3_000, alternates=(1,), changes={"disruptions": (closed,)}
    )

    assert [(asked, 30)] == [(row["actor"], row["quantity"]) for row in story.rows("events", kind="purchase_ordered")]


def test_an_order_in_a_hurry_comes_sooner_and_costs_a_surcharge():
    """Below half of s = 10: with 5 nothing is urgent, with 4 it is; 36 x 4.00 are 144.00, and a fifth on top."""
    hurry: dict[str, Any] = dict(expedited_lead_ms=Fixed(6 * HOUR_MS), expedite_surcharge_bp=2_000)
    calm, urgent = supplied(5, **hurry), supplied(4, **hurry)

    assert [("0 06:00", 35), ("2 06:00", 35)] == [(t, n) for t, _, n in told(calm)]
    assert [("0 06:00", 36), ("0 12:00", 36)] == [(t, n) for t, _, n in told(urgent)]
    assert (0, 2_880) == (calm.balance("expedite"), urgent.balance("expedite"))
    assert -(14_400 + 2_880) == urgent.balance("cash")
    assert 0 == urgent.balance("payables")


def test_to_expedite_saves_sales_when_stock_runs_out():
    """The same customers: three a day for four days, two at hand; the other 9 wait two days or six hours."""
    wanted = [(at(day, 9), [(0, 3, 1_000)]) for day in range(4)]
    calm, urgent = (supplied(3, orders=wanted, expedited_lead_ms=lead) for lead in (None, Fixed(6 * HOUR_MS)))

    assert calm.manifest["demand_hash"] == urgent.manifest["demand_hash"]
    assert [1, 0] == [len(story.rows("events", kind="refused")) for story in (calm, urgent)]
