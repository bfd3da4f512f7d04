"""Recalls of goods that a replayed file sold: its customers are reached like all others, and what it credits besides is
given back once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Fixed
from sim.network import Segment
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell
from tests.worlds import a_trace, a_world

BOTH = [(0, 2, 1_000), (1, 1, 2_500)]
ALL = BASIS_POINTS
QUICK = (Segment("everyone", return_transit_ms=Fixed(DAY_MS)),)
CREDITS = ("credit_voided", "credit_returned", "credit_difference", "credit_unmatched")
BACK = ("recall_told", "recall_stopped", "returned_to_sender", "return_requested", "refunded")
Credit = tuple[int, int, int, int, int]


def recall(day: int, hour: int = 9, **beyond: Any) -> RecallOfGoods:
    usual = {"sent_back_share_bp": ALL, "sent_back_after_ms": 0}
    return RecallOfGoods(at(day, hour), 30 * DAY_MS, frozenset({0}), **(usual | beyond))


def replayed(*recalls: RecallOfGoods, credits: Sequence[Credit] = (), goods: Any = BOTH) -> Story:
    """Ordered on day 0 at 9:00, collected at 17:00, delivered on day 2 at noon; credits are (time, line, product,
    units, cents)."""
    trace = a_trace([(at(0, 9), goods)], credits=credits)
    horizon = Horizon(2 * DAY_MS, 0, 60 * DAY_MS)
    return tell(a_world(trace=trace, disruptions=recalls, segments=QUICK, horizon=horizon))


def told(story: Story) -> list[tuple[str, str, int, int, str]]:
    return story.events("quantity", "value_cents", "reason", kind=(*CREDITS, *BACK))


def test_who_bought_by_the_file_is_told_and_sends_it_back():
    story = replayed(recall(4))

    assert [
        ("4 09:00", "recall_told", 2, 0, "recalled"),
        ("4 09:00", "return_requested", 2, 0, "recalled"),
        ("6 08:05", "refunded", 2, 2_140, ""),
    ] == told(story)
    assert ["4 09:00", "6 08:05"] == story.times("quarantined")
    assert {"closed": 1} == story.manifest["census"]


def test_who_ordered_before_the_time_it_is_about_keeps_the_goods():
    credits = [(at(5, 9), 0, 0, 2, 2_000)]
    late = recall(4, ordered_within_ms=3 * DAY_MS)

    assert [] == told(replayed(late))
    assert told(replayed(credits=credits)) == told(replayed(late, credits=credits)) != []


def test_what_a_credit_took_back_is_not_called_back():
    """One of two is on its way back by a credit of day 3; the other is called back on day 4."""
    story = replayed(recall(4), credits=[(at(3, 9), 0, 0, 1, 1_000)])

    assert [
        ("3 09:00", "credit_returned", 1, 1_000, "credit_note"),
        ("3 09:00", "return_requested", 1, 0, "credit_note"),
        ("4 08:05", "refunded", 1, 1_070, ""),
        ("4 09:00", "recall_told", 2, 0, "recalled"),
        ("4 09:00", "return_requested", 1, 0, "recalled"),
        ("6 08:05", "refunded", 1, 1_070, ""),
    ] == told(story)


def test_a_credit_for_what_was_called_back_gives_no_more_than_its_difference():
    """The file credits 21.00 on day 5 for what was sold for 20.00, and refunded when the recall brought it back."""
    story = replayed(recall(4), credits=[(at(5, 9), 0, 0, 2, 2_100)])

    assert [
        ("4 09:00", "recall_told", 2, 0, "recalled"),
        ("4 09:00", "return_requested", 2, 0, "recalled"),
        ("5 09:00", "credit_difference", 0, 100, "recalled"),
        ("6 08:05", "refunded", 2, 2_140, ""),
    ] == told(story)
    assert (2_000, 100, 0) == tuple(
        story.balance(account) for account in ("sales_returns", "credit_price_differences", "unmatched_credits")
    )


@pytest.mark.parametrize("hour", [8, 20], ids=["before the recall", "after it"])
def test_a_parcel_that_is_stopped_comes_back_whole_and_once(hour: int):
    """On the road since day 0, stopped on day 1 at 9:00; a credit of the same day changes nothing of what is paid."""
    story = replayed(recall(1, intercept_share_bp=ALL), credits=[(at(1, hour), 0, 0, 2, 2_000)])

    assert [
        ("1 09:00", "recall_stopped", 0, 0, "recalled"),
        ("2 12:00", "returned_to_sender", 0, 0, "recalled"),
        ("2 12:00", "return_requested", 2, 0, "undeliverable"),
        ("2 12:00", "return_requested", 1, 0, "undeliverable"),
    ] == [row for row in told(story) if row[1] not in ("refunded", "credit_returned")]
    assert (4_500, 0) == (story.balance("sales_returns"), story.balance("unmatched_credits"))
    assert {"closed": 1} == story.manifest["census"]


def test_a_credit_that_comes_when_all_is_back_is_no_second_one():
    story = replayed(recall(1, intercept_share_bp=ALL), credits=[(at(9, 9), 0, 0, 2, 2_000)])

    assert [] == story.rows("events", kind=CREDITS)
    assert 4_500 == story.balance("sales_returns")


MOMENTS = st.integers(10, 7 * 24).map(lambda hours: hours * DAY_MS // 24)


@settings(max_examples=40, deadline=None)
@given(
    recalled=MOMENTS,
    within=st.one_of(st.none(), st.integers(0, 5)),
    stopped=st.sampled_from([0, ALL]),
    credits=st.lists(st.tuples(MOMENTS, st.integers(0, 1), st.integers(1, 4)), max_size=4),
)
def test_whatever_comes_first_each_unit_is_given_back_once(
    recalled: int, within: int | None, stopped: int, credits: list[tuple[int, int, int]]
):
    """Three of P1 and two of P2: what returns is never more than was sold; credits at the price of the sale leave no
    difference, and only those for more than there was find nothing."""
    goods, price = [(0, 3, 1_000), (1, 2, 2_500)], (1_000, 2_500)
    reach = None if within is None else within * DAY_MS
    struck = replace(recall(0), at_ms=recalled, intercept_share_bp=stopped, ordered_within_ms=reach)
    story = replayed(
        struck, goods=goods, credits=[(t, line, line, n, n * price[line]) for t, line, n in sorted(credits)]
    )

    for line, (_, sold, _) in enumerate(goods):
        asked = sum(n for _, of, n in credits if of == line)
        kinds = {
            kind: sum(r["quantity"] for r in story.rows("events", kind=kind, line=line))
            for kind in ("credit_voided", "refunded", "credit_unmatched")
        }
        assert kinds["credit_voided"] + kinds["refunded"] <= sold
        assert kinds["credit_voided"] + kinds["refunded"] >= min(asked, sold)
        assert max(0, asked - sold) == kinds["credit_unmatched"]
    assert 0 == story.balance("credit_price_differences")
