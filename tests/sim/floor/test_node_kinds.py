"""Places of other kinds: a third party that charges fees, a dark store for one channel."""

from __future__ import annotations

from dataclasses import replace

from tests.sim.telling import at, visit
from tests.worlds import a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]


def test_a_third_party_charges_by_order_and_line_instead_of_wages():
    """Two lines in one parcel at 2.60 and 0.35 each; no wage, no carton of our own."""
    ours = visit(a_world(), [(at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])])
    node = a_node(kind="third_party", wage_cents_per_hour=0, packaging_cents=0, order_fee_cents=260, line_fee_cents=35)
    theirs = visit(a_world(nodes=(node,)), [(at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])])

    assert [("handling_labour", 330), ("accrued_operations", -330)] == theirs.postings(kind="packed")
    # A parcel takes two minutes to pack, a line one to pick, at 25 an hour.
    assert [("handling_labour", 83 + 2 * 42), ("packaging", 70), ("accrued_operations", -237)] == ours.postings(
        kind="packed"
    )


def test_a_dark_store_serves_its_channel_alone():
    """It is next door and has stock; the web's customer is served from farther away, the app's from there."""
    dark = replace(a_node("dark"), kind="dark_store", serves_channels=frozenset({1}))
    nodes = (dark, a_node("far", latitude=30.0))
    world = a_world(nodes=nodes, channels=(a_channel("web"), a_channel("app")), stock=stock([[5, 5], [5, 5]]))
    story = visit(world, [(at(0, 9), P1), (at(0, 10), P1)], channel=[0, 1])

    assert [("0 09:00", "allocated", "web", "far"), ("0 10:00", "allocated", "app", "dark")] == story.events(
        "channel", "node", kind="allocated"
    )
