"""Desks that take first what is due first, or worth most, and not what came first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.distributions import Fixed
from sim.network import Payment, Promise
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_channel, a_world

CARD = (Payment("card", review_share=1.0),)
SLOW = a_channel("slow", payments=CARD)
QUICK = a_channel("quick", payments=CARD, promise=Promise(23 * 60, 5, ALWAYS))
"""Ordered after 14:00, the one ships on the next day and the other still today."""


def reviewed(orders: list[tuple[int, int]], channel: list[int], **changes: Any) -> Story:
    """Orders (when, what a unit costs) that one person reviews, each for an hour."""
    shift = DeskShift(ALWAYS, 0, 1_440, 1)
    desk = DeskPlan(handles=("fraud",), shifts=(shift,), handling_ms=Fixed(HOUR_MS), **changes)
    world = a_world(channels=(SLOW, QUICK), desks=(desk,))
    baskets = [(t, [(0, 1, cents)]) for t, cents in orders]
    return visit(world, baskets, channel=channel, desk_luck=[0.5] * len(orders))


@pytest.mark.parametrize(
    ("sequence", "taken"), [("arrival", [0, 1, 2, 3, 4]), ("ship_by", [0, 2, 4, 1, 3]), ("value", [0, 3, 1, 4, 2])]
)
def test_the_one_on_the_desk_is_finished_then_the_most_urgent(sequence: str, taken: list[int]):
    """Order 0 is begun as it comes. Orders 2 and 4 are due today, 1 and 3 tomorrow; of equals, the first is first."""
    orders = [(at(0, 15, m), cents) for m, cents in enumerate((500, 2_000, 1_000, 9_000, 2_000))]
    story = reviewed(orders, [0, 0, 1, 0, 1], sequence=sequence)

    assert taken == [row["order"] for row in story.rows("events", kind="hold_cleared")]
    assert [f"0 {hour}:00" for hour in range(16, 21)] == story.times("hold_cleared")


def test_who_escalates_is_taken_by_urgency_there_too():
    """Nobody is at the first desk. After two hours its cases are the managers', who take the dearest first."""
    nobody, one = (DeskShift(ALWAYS, 0, 1_440, staff) for staff in (0, 1))
    managers = DeskPlan("managers", handles=(), shifts=(one,), handling_ms=Fixed(HOUR_MS), sequence="value")
    first = DeskPlan(handles=("fraud",), shifts=(nobody,), limit_ms=2 * HOUR_MS, escalates_to=1)
    baskets = [(at(0, 9), [(0, 1, cents)]) for cents in (100, 300, 200)]
    story = visit(a_world(channels=(SLOW,), desks=(first, managers)), baskets, desk_luck=[0.5] * 3)

    assert [0, 1, 2] == [row["order"] for row in story.rows("events", kind="hold_cleared")]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 9)), min_size=1, max_size=15, unique_by=lambda o: o[0]))
def test_whenever_somebody_is_free_nobody_more_urgent_waits(orders: list[tuple[int, int]]):
    """Against a queue by hand, for the value of orders that come at any minute."""
    coming = sorted((minute * MINUTE_MS, 100 * value) for minute, value in orders)
    story = reviewed(coming, [0] * len(coming), sequence="value")
    came = [(row["time_ms"], -coming[row["order"]][1], row["order"]) for row in story.rows("events", kind="held")]
    expected, free_ms = list[tuple[int, int]](), 0
    while came:
        waiting = [c for c in came if c[0] < free_ms] or [min(came)]  # at one instant, work ends before orders come
        began_ms, _, order = chosen = min(waiting, key=lambda c: (c[1], c[0], c[2]))
        came.remove(chosen)
        free_ms = max(free_ms, began_ms) + HOUR_MS
        expected.append((free_ms, order))

    assert expected == [(row["time_ms"], row["order"]) for row in story.rows("events", kind="hold_cleared")]
