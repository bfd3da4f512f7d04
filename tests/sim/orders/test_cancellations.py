"""Customers who cancel: what can be stopped, what is found, what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Discrete, Fixed, Lognormal
from sim.network import Segment, Station
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

KEPT = Rules()
FEE = (a_channel(shipping_fee_cents=500),)
GONE = ("voided", "cancelled_units", "cancelled", "cancelled_too_late")


def cancelling(minute: int, lines: Any = ((0, 2, 1_000),), *, rules: Rules, orders: int = 1, **changes: Any) -> Story:
    """Ordered at 9:10, released at 10:00; one person picks for twenty minutes a line, packing takes an hour."""
    stations = (Station(Fixed(20 * MINUTE_MS)), Station(Fixed(60 * MINUTE_MS)), *a_node().stations[2:])
    world = a_world(nodes=(a_node(stations=stations),), rules=rules, **changes)
    drawn = {"cancel_ms": [(minute - 10) * MINUTE_MS] * orders}
    return visit(world, [(at(0, 9, 10), list(lines))] * orders, **drawn)


def fewer(minute: int, units: int = 3, *, rules: Rules = KEPT, **changes: Any) -> Story:
    """One line of three; its customer wants one, or two, fewer."""
    choosy = (Segment("households", cancel_units_share=1.0),)
    return cancelling(minute, ((0, units, 1_000),), rules=rules, segments=choosy, **changes)


def told(story: Story) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in story.events(kind=GONE)]


def test_until_somebody_begins_to_pick():
    """Two are released at 10:00, one is begun at once and the other by 10:20 by one person; both cancel at 10:05."""
    one_picker = Rules(cancel_until="pick")
    late, waits = cancelling(65, rules=Rules(), orders=4), cancelling(65, rules=one_picker, orders=4)

    assert [] == told(late)
    assert [("0 10:05", "cancelled")] * 2 == [t for t in told(waits) if t[1] == "cancelled"]
    assert {"closed": 2, "cancelled": 2} == waits.manifest["census"]


def test_a_parcel_is_found_or_comes_back():
    """Cancelled at 10:30, while it is packed: found for certain, or hardly ever."""
    found = cancelling(90, rules=Rules(intercept_share=1.0))
    missed = cancelling(90, rules=Rules(intercept_share=1e-9))

    assert [("0 10:30", "voided"), ("0 10:30", "cancelled_units"), ("0 10:30", "cancelled")] == told(found)
    assert [] == found.rows("journal", account="revenue")
    assert [("0 10:30", "cancelled_too_late")] == told(missed)
    assert ["2 12:00"] == missed.times("delivered")
    assert [("2 12:00", "return_requested", 2)] == missed.events("quantity", kind="return_requested")
    assert 1 == len(missed.times("refunded"))
    assert 0 == missed.balance("receivables") == sum(r["amount_cents"] for r in missed.rows("journal"))


def test_one_line_is_cancelled_and_the_rest_is_sent():
    """Of two lines one is not wanted; the other is allocated anew and leaves the same day."""
    choosy = (Segment("households", cancel_line_share=1.0, return_delay_ms=Fixed(DAY_MS)),)
    story = cancelling(30, ((0, 2, 1_000), (1, 1, 2_500)), rules=Rules(), segments=choosy, stock=stock([[100, 100]]))

    assert [("0 09:30", "voided"), ("0 09:30", "cancelled_units")] == told(story)
    assert 1 == len(story.rows("events", kind="shipped"))
    assert {"closed": 1} == story.manifest["census"]


# Fewer units.


def test_fewer_units_are_sent():
    """Three are planned at 9:10 and taken apart at 9:30; what is still wanted is planned anew and leaves the same
    day, at its own price and tax."""
    story = fewer(30)
    off = story.rows("events", kind="cancelled_units")[0]["quantity"]

    assert [("0 09:30", "voided"), ("0 09:30", "cancelled_units")] == told(story)
    assert off in (1, 2)
    assert [("0 17:00", "shipped", 3 - off)] == story.events("quantity", kind="shipped")
    assert [(3 - off) * 1_070] == [r["value_cents"] for r in story.rows("events", kind="invoiced")]
    assert {"closed": 1} == story.manifest["census"]


def test_until_somebody_begins_to_pick_units_can_be_stopped():
    """Four are released at 10:00, two begun by 10:20; at 10:05 all four customers want fewer."""
    choosy = (Segment("households", cancel_units_share=1.0),)
    lines = ((0, 3, 1_000),)
    late = cancelling(65, lines, rules=KEPT, orders=4, segments=choosy)
    waits = cancelling(65, lines, rules=Rules(cancel_until="pick"), orders=4, segments=choosy)

    assert [] == told(late)
    assert ["0 10:05"] * 2 == waits.times("cancelled_units")
    assert {"closed": 4} == waits.manifest["census"]


def test_units_without_a_node_are_taken_off_first():
    """One of three is there: the two that wait for stock are taken off before what is planned is touched."""
    story = fewer(30, stock=stock([[1, 100]], 1, 10), channels=(a_channel(accepts_backorders=True),))

    assert [("0 09:30", "cancelled_units")] == told(story)


def test_units_that_are_packed_are_found_or_come_back():
    """At 10:30 it is being packed: unpacked and packed with fewer, or these come back from its customer."""
    found, missed = fewer(90, rules=Rules(intercept_share=1.0)), fewer(90, rules=Rules(intercept_share=1e-9))
    off = found.rows("events", kind="cancelled_units")[0]["quantity"]

    assert [("0 10:30", "voided"), ("0 10:30", "cancelled_units")] == told(found)
    assert [3 - off] == [r["quantity"] for r in found.rows("events", kind="shipped")]
    assert [("0 10:30", "cancelled_too_late")] == told(missed)
    assert [("2 12:00", "return_requested", off)] == missed.events("quantity", kind="return_requested")
    assert [off * 1_070] == [r["value_cents"] for r in missed.rows("events", kind="refunded")]


# The delivery fee.


def fee_back(story: Story) -> list[tuple[str, int]]:
    return [(t, cents) for t, _, cents in story.events("value_cents", kind="delivery_refunded")]


def test_the_fee_of_what_is_cancelled_goes_back_in_proportion():
    """Of three units at 500 for delivery, what is taken off has its part of the fee, as soon as that is charged; by
    default it is kept."""
    story = fewer(30, rules=Rules(delivery_fee="prorated"), channels=FEE)
    off = story.rows("events", kind="cancelled_units")[0]["quantity"]

    assert [("0 17:00", round(500 * off / 3))] == fee_back(story)
    assert -(500 - round(500 * off / 3)) == story.balance("shipping_income")
    assert [] == fee_back(fewer(30, rules=Rules(delivery_fee="whole"), channels=FEE))
    assert [] == fee_back(fewer(30, channels=FEE))


def test_an_order_that_was_never_sent_was_never_charged():
    story = cancelling(30, rules=Rules(delivery_fee="prorated"), channels=FEE)

    assert [("0 09:30", "cancelled")] == [e for e in told(story) if e[1] == "cancelled"]
    assert [] == fee_back(story)
    assert [] == story.rows("journal", account="shipping_income")


@pytest.mark.parametrize(("rule", "back"), [("kept", []), ("whole", [500]), ("prorated", [500])])
def test_the_fee_of_an_order_that_comes_back_whole(rule: str, back: list[int]):
    """Cancelled too late, sent back and refunded: with the fee, if the house says so."""
    story = cancelling(90, rules=Rules(intercept_share=1e-9, delivery_fee=rule), channels=FEE)

    assert back == [cents for _, cents in fee_back(story)]
    assert story.times("refunded") * len(back) == [t for t, _ in fee_back(story)]
    assert -500 + sum(back) == story.balance("shipping_income")


def test_parts_add_up_to_the_fee():
    """Two lines cancelled too late come back, thirds of 500 that are no whole cents: 500 in all."""
    lines = ((0, 1, 1_000), (1, 1, 2_000))
    story = cancelling(90, lines, rules=Rules(intercept_share=1e-9, delivery_fee="prorated"), channels=FEE)

    assert [167, 333] == [cents for _, cents in fee_back(story)]


def test_a_lost_parcel_gives_the_fee_back_once():
    """All that is lost is refunded with the fee; what had gone back of it before is taken off."""
    lossy = (a_carrier(lost_share=1.0),)
    story = fewer(30, rules=Rules(delivery_fee="prorated"), channels=FEE, services=lossy)
    given = fee_back(story)

    assert 0 == sum(cents for _, cents in given) != given[0][1]
    assert 0 == story.balance("shipping_income")


def test_on_many_orders_the_books_agree():
    """Under audit: customers who cancel all, a line or some units, at any time, of two channels with a fee; what the
    fees come to is what was charged less what went back."""
    choosy = Segment(
        "everyone",
        return_delay_ms=Fixed(DAY_MS),
        return_transit_ms=Fixed(DAY_MS),
        cancel_share=0.5,
        cancel_delay_ms=Lognormal(90 * MINUTE_MS, 2.0),
        cancel_line_share=0.2,
        cancel_units_share=0.5,
    )
    rules = Rules(cancel_until="pick", intercept_share=0.4, delivery_fee="prorated")
    world = a_busy_world(150.0, horizon=Horizon(DAY_MS, 0, 60 * DAY_MS), rules=rules)
    channels = tuple(replace(c, quantity=Discrete((1, 2, 4), (0.4, 0.3, 0.3))) for c in world.network.channels)
    story = tell(replace(world, network=replace(world.network, channels=channels, segments=(choosy,))), 3)

    assert {"closed", "cancelled", "refused"} >= set(story.manifest["census"])
    back = sum(r["value_cents"] for r in story.rows("events", kind="delivery_refunded"))
    fees = story.rows("journal", account="shipping_income", kind=("invoiced", "lost_refunded"))
    charged = -sum(r["amount_cents"] for r in fees)
    assert 0 < back < charged
    assert back - charged == story.balance("shipping_income")
    assert story.rows("events", kind="cancelled_too_late")
