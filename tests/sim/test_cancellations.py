"""Customers who cancel: what can be stopped, what is found, what comes back."""

from __future__ import annotations

from typing import Any

from sim.distributions import Fixed
from sim.network import Segment, Station
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Rules
from tests.sim.telling import Story, at, visit
from tests.worlds import a_node, a_world, stock

GONE = ("voided", "cancelled_units", "cancelled", "cancelled_too_late")


def cancelling(minute: int, lines: Any = ((0, 2, 1_000),), *, rules: Rules, orders: int = 1, **changes: Any) -> Story:
    """Ordered at 9:10, released at 10:00; one person picks for twenty minutes a line, packing takes an hour."""
    stations = (Station(Fixed(20 * MINUTE_MS)), Station(Fixed(60 * MINUTE_MS)), *a_node().stations[2:])
    world = a_world(nodes=(a_node(stations=stations),), rules=rules, **changes)
    drawn = {"cancel_ms": [(minute - 10) * MINUTE_MS] * orders}
    return visit(world, [(at(0, 9, 10), list(lines))] * orders, **drawn)


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
