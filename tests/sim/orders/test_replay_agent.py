"""A replayed order file: credit notes, stock corrections, fees."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sim.agents.channels.replay import _share
from sim.network import Category
from sim.units import DAY_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell
from tests.worlds import Line, a_carrier, a_node, a_trace, a_world, stock

CREDITS = ("credit_voided", "credit_returned", "credit_difference", "credit_unmatched")
BACK = ("return_requested", "return_received", "restocked", "refunded")


def replayed(
    orders: Sequence[tuple[int, Sequence[Line]]],
    credits: Sequence[tuple[int, int, int, int, int]] = (),
    adjustments: Sequence[tuple[int, int, int]] = (),
    **changes,
) -> Story:
    """Credits are (time, line, product, units, cents)."""
    return tell(a_world(trace=a_trace(orders, credits=credits, adjustments=adjustments), **changes))


def told(story: Story, *kinds: str) -> list[tuple]:
    return story.events("quantity", "value_cents", "reason", kind=kinds or CREDITS)


TWO = [(at(0, 9, 10), [(0, 2, 1_000)])]


def test_a_replayed_order_is_taken_whatever_the_stock():
    story = replayed(TWO, stock=stock([[0, 0]]))

    assert [] == story.times("refused")
    assert {"open: stock shortage": 1} == story.manifest["census"]


def test_a_credit_before_release_voids_the_sale():
    story = replayed(TWO, [(at(0, 9, 30), 0, 0, 2, 2_000)])

    assert [
        ("0 09:30", "deallocated", 2, "credit_note"),
        ("0 09:30", "voided", 0, "credit_note"),
        ("0 09:30", "cancelled_units", 2, "credit_note"),
        ("0 09:30", "cancelled", 0, "credit_note"),
        ("0 09:30", "credit_voided", 2, "credit_note"),
    ] == story.events("quantity", "reason", order=0)[3:]
    assert ({"cancelled": 1}, []) == (story.manifest["census"], story.rows("journal", order=0))


def test_a_credit_for_part_of_it_sends_the_rest():
    story = replayed(TWO, [(at(0, 9, 30), 0, 0, 1, 1_000)])

    assert [("0 09:30", "credit_voided", 1, 1_000, "credit_note")] == told(story)
    assert [("0 09:10", 0, 2), ("0 09:30", 1, 1)] == [
        (t, s, n) for t, _, s, n in story.events("shipment", "quantity", kind="allocated")
    ]
    assert ["0 17:00"] == story.times("shipped")
    assert {"closed": 1} == story.manifest["census"]


@pytest.mark.parametrize(
    ("minute", "put_back"),
    [(0, "deallocated"), (1, "put_back"), (30, "put_back")],
    ids=["released", "picked", "packed"],
)
def test_until_it_leaves_the_floor_it_is_intercepted(minute: int, put_back: str):
    story = replayed(TWO, [(at(0, 10, minute), 0, 0, 2, 2_000)])

    assert [put_back] == [k for _, k in story.events(kind=("deallocated", "put_back"))]
    assert ([], {"cancelled": 1}) == (story.times("shipped"), story.manifest["census"])
    assert [100, 0, 0] == [
        getattr(story.model.site.inventory, bucket)[0][0] for bucket in ("available", "committed", "picked")
    ]


def test_a_credit_in_the_minute_of_its_sale_comes_after_it():
    story = replayed(TWO, [(at(0, 9, 10), 0, 0, 2, 2_000)])

    assert {"cancelled": 1} == story.manifest["census"]


def test_a_credit_after_delivery_is_a_return_at_its_own_time():
    story = replayed(TWO, [(at(5, 9), 0, 0, 2, 2_000)])

    assert [("5 09:00", "credit_returned", 2, 2_000, "credit_note")] == told(story)
    assert [
        ("5 09:00", "return_requested", 2, 0, "credit_note"),
        ("6 08:00", "return_received", 2, 800, ""),
        ("6 08:05", "restocked", 2, 0, ""),
        ("6 08:05", "refunded", 2, 2_140, ""),
    ] == told(story, *BACK)


def test_a_credit_while_it_is_under_way_is_a_return_on_delivery():
    story = replayed(TWO, [(at(1, 9), 0, 0, 2, 2_000)])

    assert [("1 09:00", "credit_returned", 2, 2_000, "credit_note")] == told(story)
    assert ["2 12:00", "3 08:00", "3 08:05", "3 08:05"] == [t for t, *_ in told(story, *BACK)]


def test_partial_credits_take_what_is_left():
    """Three are sold; one, then one, then two are credited: the last finds one, its second is unmatched."""
    credits = [(at(5, h), 0, 0, n, 1_000 * n) for h, n in ((9, 1), (10, 1), (11, 2))]
    story = replayed([(at(0, 9), [(0, 3, 1_000)])], credits)

    assert [
        ("5 09:00", "credit_returned", 1, 1_000, "credit_note"),
        ("5 10:00", "credit_returned", 1, 1_000, "credit_note"),
        ("5 11:00", "credit_returned", 1, 1_000, "credit_note"),
        ("5 11:00", "credit_unmatched", 1, 1_000, "credit_note"),
    ] == told(story)
    assert (0, 1_000) == (story.balance("cost_of_goods"), story.balance("unmatched_credits"))


def test_one_credit_can_void_what_is_here_and_return_what_has_left():
    """One unit left on day 0, one is backordered: a credit over both is shared half and half."""
    story = replayed([(at(0, 9), [(0, 2, 1_000)])], [(at(5, 9), 0, 0, 2, 2_001)], stock=stock([[1, 0]]))

    assert [
        ("5 09:00", "credit_voided", 1, 1_001, "credit_note"),
        ("5 09:00", "credit_difference", 0, 1, "credit_note"),
        ("5 09:00", "credit_returned", 1, 1_000, "credit_note"),
    ] == told(story)
    assert {"closed": 1} == story.manifest["census"]


def test_a_price_difference_of_a_void_is_posted_by_itself():
    """Sold at 20.00, taken back at 17.50: 2.50 less than what was never charged."""
    story = replayed(TWO, [(at(0, 9, 30), 0, 0, 2, 1_750)])

    assert [
        ("0 09:30", "credit_voided", 2, 1_750, "credit_note"),
        ("0 09:30", "credit_difference", 0, -250, "credit_note"),
    ] == told(story)
    assert [("credit_price_differences", -250), ("cash", 250)] == story.postings(kind="credit_difference")


def test_a_return_is_refunded_at_the_credits_price_with_its_tax():
    story = replayed(TWO, [(at(5, 9), 0, 0, 2, 1_750)])

    assert [("sales_returns", 1_750), ("tax_payable", 123), ("cash", -1_873)] == story.postings(kind="refunded")


def test_what_matches_no_sale_is_posted_to_an_account_of_its_own():
    story = replayed(TWO, [(at(0, 9, 30), -1, 1, 3, 7_500)])

    assert [("0 09:30", "credit_unmatched", 3, 7_500, "credit_note")] == told(story)
    assert [("unmatched_credits", 7_500), ("cash", -7_500)] == story.postings(kind="credit_unmatched")
    assert ["P2"] == [r["sku"] for r in story.rows("events", kind="credit_unmatched")]


def test_a_credit_before_its_sale_matches_nothing():
    story = replayed(TWO, [(at(0, 8), 0, 0, 2, 2_000)])

    assert [("0 08:00", "credit_unmatched", 2, 2_000, "credit_note")] == told(story)
    assert {"closed": 1} == story.manifest["census"]


def test_a_credit_for_a_parcel_that_was_lost_gives_nothing_back_twice():
    """It is refunded in full as lost; the credit adds its difference in price, which is none."""
    story = replayed(TWO, [(at(1, 9), 0, 0, 2, 2_000)], services=(a_carrier(lost_share=0.999),))

    assert [("1 09:00", "credit_returned", 2, 2_000, "credit_note")] == told(story)
    assert (["9 12:00"], []) == (story.times("lost_refunded"), story.times("refunded"))
    assert {"closed": 1} == story.manifest["census"]


def test_the_second_shipment_is_taken_apart_first_where_it_is_less_far():
    """A's part is packed, B's waits for its wave: the credit for one unit takes B's."""
    nodes = (a_node("A"), a_node("B", latitude=41.0, wave_interval_ms=12 * 3_600_000))
    story = replayed(
        [(at(0, 9), [(0, 2, 1_000)])], [(at(0, 10), 0, 0, 1, 1_000)], nodes=nodes, stock=stock([[1, 0], [1, 0]])
    )

    assert [("0 10:00", "B")] == [(t, n) for t, _, n in story.events("node", kind="voided")]
    assert [("0 17:00", "A", 1)] == [(t, n, q) for t, _, n, q in story.events("node", "quantity", kind="shipped")]


def test_a_credit_after_the_close_still_comes_back():
    horizon = Horizon(40 * DAY_MS, 0, 60 * DAY_MS)
    story = replayed(TWO, [(at(35, 9), 0, 0, 2, 2_000)], horizon=horizon)

    assert (["32 12:00"], ["36 08:05"]) == (story.times("closed"), story.times("refunded"))


def test_what_comes_back_may_be_scrapped():
    story = replayed(TWO, [(at(5, 9), 0, 0, 2, 2_000)], categories=(Category("all", restock_share=0.0),))

    assert [("6 08:05", "scrapped", 2, 800, "")] == told(story, "scrapped")


# Stock corrections.


def test_units_found_join_the_first_node_that_carries_them():
    nodes = (a_node("A"), a_node("B", latitude=41.0), a_node("C", latitude=42.0))
    plan = stock([[5, 0], [5, 0], [5, 0]], 0, [[0, 0], [5, 0], [5, 0]])
    story = replayed([], adjustments=[(at(0, 9), 0, 3)], nodes=nodes, stock=plan)

    assert [("0 09:00", "adjusted_up", "B", 3, 1_200)] == story.events(
        "node", "quantity", "value_cents", kind="adjusted_up"
    )
    assert [("inventory", 1_200), ("inventory_adjustments", -1_200)] == story.postings(kind="adjusted_up")


def test_units_missing_are_taken_from_the_fullest():
    """Eight are missing of 3, 7 and 1: seven from B, one from A."""
    nodes = (a_node("A"), a_node("B", latitude=41.0), a_node("C", latitude=42.0))
    story = replayed([], adjustments=[(at(0, 9), 0, -8)], nodes=nodes, stock=stock([[3, 0], [7, 0], [1, 0]]))

    assert [("B", 7, 2_800), ("A", 1, 400)] == [
        (n, q, v) for _, _, n, q, v in story.events("node", "quantity", "value_cents", kind="adjusted_down")
    ]


def test_more_than_is_there_cannot_be_missing():
    story = replayed([], adjustments=[(at(0, 9), 0, -8)], stock=stock([[5, 0]]))

    assert [("adjusted_down", 5, "stock_correction"), ("adjustment_refused", 3, "stock_short")] == [
        (k, q, r) for _, k, q, r in story.events("quantity", "reason", kind=("adjusted_down", "adjustment_refused"))
    ]
    assert 0 == story.model.site.inventory.value_cents[0][0]


def test_committed_units_are_not_there_to_be_missed():
    story = replayed(
        [(at(0, 9), [(0, 4, 1_000)])], adjustments=[(at(0, 9, 5), 0, -5)], stock=stock([[5, 0]]), rules=Rules()
    )

    assert [1, 4] == [q for _, _, q in story.events("quantity", kind=("adjusted_down", "adjustment_refused"))]


def test_a_share_of_cents_is_rounded_half_up_and_the_last_part_takes_the_rest():
    parts, cents, units = [], 1_000, 3
    while units:
        part = _share(cents, 1, units)
        parts.append(part)
        cents, units = cents - part, units - 1

    assert [333, 334, 333] == parts
