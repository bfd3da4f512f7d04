"""Returns: request, parcel, scan, inspection, disposition, refund."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sim.calendar import Calendar
from sim.disruptions import NodeOutage
from sim.network import Category
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from tests.sim.telling import Story, at, visit
from tests.worlds import a_channel, a_node, a_world, stock

BACK = ("return_requested", "return_received", "restocked", "scrapped", "return_handled", "refunded")


def returned(
    lines, back, *, restock: float = 1.0, delay_ms: int = 3 * DAY_MS, transit_ms: int = 2 * DAY_MS, **changes
) -> Story:
    """One order, delivered on day 2 at noon; ``back`` units of each line return."""
    world = a_world(categories=(Category("all", restock_share=restock),), **changes)
    drawn = {"return_units": back, "return_delay_ms": [delay_ms], "return_transit_ms": [transit_ms]}
    return visit(world, [(at(0, 9), lines)], **drawn)


def test_a_return_that_is_restocked():
    """Asked for three days after delivery, two days on the way, handed over at eight the next morning, five minutes of
    inspection, refunded at once."""
    story = returned([(0, 2, 1_000)], [2])

    assert [
        ("5 12:00", "return_requested", 2, 0, "customer", "changed_mind"),
        ("8 08:00", "return_received", 2, 800, "warehouse:A", ""),
        ("8 08:05", "restocked", 2, 0, "warehouse:A", ""),
        ("8 08:05", "return_handled", 0, 208, "warehouse:A", ""),
        ("8 08:05", "refunded", 2, 2_140, "finance", ""),
    ] == story.events("quantity", "value_cents", "actor", "reason", kind=BACK)
    assert [
        ("return_received", "inventory", 800),
        ("return_received", "cost_of_goods", -800),
        ("return_handled", "returns_handling", 208),
        ("return_handled", "accrued_operations", -208),
        ("refunded", "sales_returns", 2_000),
        ("refunded", "tax_payable", 140),
        ("refunded", "cash", -2_140),
    ] == [(r["kind"], r["account"], r["amount_cents"]) for r in story.rows("journal", kind=BACK)]
    assert (100, 0) == (story.model.site.inventory.available[0][0], story.balance("cost_of_goods"))


def test_a_return_that_is_scrapped_is_written_off():
    story = returned([(0, 2, 1_000)], [2], restock=0.0)

    assert [("8 08:05", "scrapped", 2, 800)] == story.events("quantity", "value_cents", kind="scrapped")
    assert [("write_offs", 800), ("inventory", -800)] == story.postings(kind="scrapped")
    assert [("awaiting", "scrap", 2, 800)] == [
        (r["from_bucket"], r["to_bucket"], r["units"], r["value_cents"]) for r in story.rows("ledger", kind="scrapped")
    ]
    assert 98 == story.model.site.inventory.available[0][0]


def test_customers_act_at_the_next_quarter_of_an_hour():
    story = returned([(0, 1, 1_000)], [1], delay_ms=HOUR_MS + 1)

    assert ["2 13:15"] == story.times("return_requested")


@pytest.mark.parametrize(("transit_ms", "expected"), [(20 * HOUR_MS, "3 08:00"), (20 * HOUR_MS + 1, "4 08:00")])
def test_parcels_are_handed_over_at_eight(transit_ms: int, expected: str):
    story = returned([(0, 1, 1_000)], [1], delay_ms=0, transit_ms=transit_ms)

    assert [expected] == story.times("return_received")


def test_nothing_is_handed_over_before_it_arrives():
    """The clock starts at 0:30, so that it shows 7:30 when it is eight: the first is there by then, the second not."""
    calendar = Calendar(datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("America/New_York")))
    drawn = {
        "return_units": [1, 1],
        "return_delay_ms": [at(0, 19, 45), at(0, 20)],
        "return_transit_ms": [0, 10 * MINUTE_MS],
    }
    story = visit(a_world(calendar=calendar), [(at(0, 9), [(0, 1, 1_000)])] * 2, **drawn)

    assert ["3 07:30", "4 07:30"] == story.times("return_received")


def test_only_the_lines_that_come_back_come_back():
    story = returned([(0, 2, 1_000), (1, 1, 2_500)], [0, 1])

    assert [("P2", 1)] == [(s, n) for _, _, s, n in story.events("sku", "quantity", kind="refunded")]


def test_a_split_line_comes_back_from_both_its_parcels_at_its_cost():
    nodes = (a_node("A"), a_node("B", latitude=41.0))
    story = returned([(0, 3, 1_000)], [3], nodes=nodes, stock=stock([[2, 0], [2, 0]]))

    assert [("A", 2, 800), ("B", 1, 400)] == [
        (r["node"], r["quantity"], r["value_cents"]) for r in story.rows("events", kind="return_received")
    ]
    assert 3_210 == sum(r["value_cents"] for r in story.rows("events", kind="refunded"))


def test_an_order_closes_only_when_its_returns_are_refunded():
    """The window of 30 days ends on day 32; this parcel takes until day 46."""
    late = returned([(0, 1, 1_000)], [1], transit_ms=40 * DAY_MS)

    assert (["46 08:05"], ["46 08:05"]) == (late.times("refunded"), late.times("closed"))


def test_inspection_queues():
    """Three orders come back together; one person, five minutes each."""
    world = a_world()
    drawn = {"return_units": [1] * 3, "return_delay_ms": [DAY_MS] * 3, "return_transit_ms": [DAY_MS] * 3}
    story = visit(world, [(at(0, 9), [(0, 1, 1_000)])] * 3, **drawn)

    assert (["5 08:00"] * 3, ["5 08:05", "5 08:10", "5 08:15"]) == (
        story.times("return_received"),
        story.times("refunded"),
    )


def test_a_parcel_waits_at_a_closed_node():
    story = returned([(0, 1, 1_000)], [1], disruptions=(NodeOutage(0, at(8, 7), 10 * HOUR_MS),))

    assert ["8 17:00"] == story.times("return_received")


def test_what_comes_back_serves_who_waits():
    """The only unit is sold, comes back on day 8, and goes to the backorder of day 3."""
    channel = a_channel(accepts_backorders=True)
    world = a_world(channels=(channel,), stock=stock([[1, 0]]))
    drawn = {"return_units": [1, 0], "return_delay_ms": [3 * DAY_MS, -1], "return_transit_ms": [2 * DAY_MS, -1]}
    story = visit(world, [(at(0, 9), [(0, 1, 1_000)]), (at(3, 9), [(0, 1, 1_000)])], **drawn)

    assert [("0 09:00", 0), ("8 08:05", 1)] == [(t, o) for t, _, o in story.events("order", kind="allocated")]


@pytest.mark.parametrize("units", [1, 2, 3, 7])
def test_cost_comes_back_whole_however_it_is_divided(units: int):
    """Partial credits return a piece in parts: their costs add up to what left."""
    story = returned([(0, units, 1_000)], [units])
    desk = story.model.site.returns
    register = story.model.site.register
    desk._given.clear()
    register.pieces.cost_cents[0] = 1_000
    parts = [desk._cost_of(0, 1) for _ in range(units)]

    assert (1_000, True) == (sum(parts), max(parts) - min(parts) <= 1)
