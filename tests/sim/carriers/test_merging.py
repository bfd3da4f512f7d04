"""Merge before ship: parts of one order travel to one node and leave it as one parcel."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.recall import RecallOfGoods
from sim.disruptions.road_closure import RoadClosure
from sim.model import Model
from sim.network import Payment, Region, Segment
from sim.plans.alerts import AlertPlan
from sim.plans.rating_limits import RatingLimits
from sim.rules import Rule
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

MERGE = Rule("one parcel", "not one_node", "merge")
EAST, WEST = a_node("EAST", 40.0, -75.0), a_node("WEST", 40.0, -84.4)  # 497 miles: eleven hours of road
STEPS = ("picked", "sent_to_merge", "waits_to_merge", "merged", "consolidated", "packed", "shipped")
BOTH = [(0, 1, 1_000), (1, 2, 2_500)]


def two_nodes(opening: Any = ((9, 0), (0, 9)), **changes: Any) -> World:
    return a_world(
        nodes=(EAST, WEST),
        regions=(Region("here", 40.0, -75.1, 100.0),),
        stock=stock(opening),
        workflow=changes.pop("workflow", (MERGE,)),
        rules=changes.pop("rules", Rules()),
        **changes,
    )


def split(**changes: Any) -> Story:
    return visit(two_nodes(**changes), [(at(0, 9), BOTH)])


def test_the_lighter_part_travels_and_both_leave_as_one_parcel():
    """P2 is heavier: they meet in the west. The van leaves at 12:00; 497 miles at 45 an hour are 11 h 3 min."""
    story = split()

    steps = [(t[:7], kind, node) for t, kind, node in story.events("node", kind=STEPS)]
    assert [
        ("0 09:01", "picked", "EAST"),
        ("0 09:01", "picked", "WEST"),
        ("0 09:01", "waits_to_merge", "WEST"),
        ("0 12:00", "sent_to_merge", "EAST"),
        ("0 23:03", "waits_to_merge", "EAST"),
        ("0 23:03", "merged", "WEST"),
        ("0 23:03", "merged", "EAST"),
        ("0 23:03", "consolidated", "WEST"),
        ("0 23:05", "packed", "WEST"),
        ("1 17:00", "shipped", "WEST"),
        ("1 17:00", "shipped", "WEST"),
    ] == steps
    assert 1 == len(story.times("manifested")) == len(story.times("delivered")) == len(story.times("invoiced"))


def test_its_goods_travel_at_their_value_and_its_trip_is_paid_for():
    story = split()

    moves = [(r["from_bucket"], r["to_bucket"], r["units"], r["value_cents"])
             for r in story.rows("ledger", sku="P1") if "in_transit" in (r["from_bucket"], r["to_bucket"])]  # fmt: skip
    assert [("picked", "in_transit", 1, 400), ("in_transit", "picked", 1, 400)] == moves
    # One part of half a kilogram travels; two are put together.
    assert [("freight", 108), ("freight_payable", -108)] == [
        (r["account"], r["amount_cents"]) for r in story.rows("journal", kind="merge_freight_charged")
    ]
    assert 120 == sum(r["value_cents"] for r in story.rows("events", kind="merge_handled"))
    assert 0 == story.balance("inventory_in_transit")
    assert 400 + 2 * 1_100 == story.balance("cost_of_goods")


def test_a_marketplace_sees_that_parts_on_the_road_between_nodes_have_not_left():
    """To leave on day 0; the parts meet at 23:03, and leave as one on day 1."""
    channel = a_channel(kind="marketplace", payments=(Payment("marketplace"),), limits=RatingLimits())
    story = split(channels=(channel,))

    assert [("1 00:00", "late")] == [(t, reason) for t, _, reason in story.events("reason", kind="shipment_rated")]


def test_parts_that_are_being_merged_are_overdue_until_they_leave():
    """To leave on day 0; the van goes at midnight and is there at 11:03, and at 17:00 the parcel leaves."""
    watch = AlertPlan("overdue", "operations_manager", "overdue_orders", over=0, clears_at=0, every_ms=3 * HOUR_MS)
    story = split(alerts=(watch,), rules=Rules(merge_every_ms=DAY_MS))

    assert [("1 03:00", "alert_raised"), ("1 18:00", "alert_cleared")] == story.events(
        kind=("alert_raised", "alert_cleared")
    )


def test_who_has_the_merged_parcel_in_time_has_nothing_to_ask():
    """It arrives on day 3, and was promised for day 4: nobody contacts service, nobody is judged a defect."""
    segment = Segment("everyone", late_contact_share=1.0, late_cancel_share=1.0)
    channel = a_channel(kind="marketplace", payments=(Payment("marketplace"),), limits=RatingLimits(defect_after_ms=0))
    story = split(channels=(channel,), segments=(segment,))

    assert ["3 12:00"] == story.times("delivered")
    assert [] == story.times("ticket_opened") + story.times("defect_found")


def test_a_recall_finds_the_part_that_travels_when_both_are_put_together():
    """P1 is recalled at 15:00, when one is on its way to the west: it goes into quarantine there; P2 leaves alone."""
    story = split(disruptions=(RecallOfGoods(at(0, 15), 3 * DAY_MS, frozenset({0})),))

    assert [("0 15:00", "EAST", 8), ("0 23:03", "WEST", 1)] == [
        (t[:7], node, units) for t, _, node, units in story.events("node", "quantity", kind="quarantined")
    ]
    assert [("1 17:00", "P2"), ("3 17:00", "P1")] == [(t, sku) for t, _, sku in story.events("sku", kind="shipped")]
    assert ["recalled", "recalled"] == [r["reason"] for r in story.rows("events", kind="put_back")]


def test_a_rule_may_name_the_node():
    story = split(workflow=(replace(MERGE, node=0),))

    assert ["EAST"] == [node for *_, node in story.events("node", kind="packed")]


def test_what_one_node_has_is_not_touched():
    story = visit(two_nodes(((9, 9), (0, 9))), [(at(0, 9), BOTH)])

    assert [] == story.times("waits_to_merge") + story.times("consolidated")
    assert ["0 17:00"] == story.times("manifested")


def test_after_the_limit_what_is_there_ships_and_the_rest_follows():
    """The part of the west waits until 15:01; that of the east is on the road by then, and is packed in the west."""
    story = split(rules=Rules(merge_wait_ms=6 * HOUR_MS))

    assert ["0 15:01", "0 23:03"] == [t[:7] for t in story.times("consolidated")]
    assert ["merge_limit", ""] == [r["reason"] for r in story.rows("events", kind="consolidated")]
    assert ["WEST", "WEST"] == [node for *_, node in story.events("node", kind="manifested")]
    assert ["0 17:00", "1 17:00"] == story.times("manifested")


def test_a_part_that_is_taken_apart_is_not_waited_for():
    """The east closes before its wave, or before somebody picks: nothing else has P1, which comes a month later."""
    fire = NodeOutage(at_ms=at(0, 8), duration_ms=30 * DAY_MS, node=0)
    story = visit(two_nodes(disruptions=(fire,)), [(at(0, 9), BOTH)])

    assert [("0 17:00", "manifested", "WEST"), ("30 17:00", "manifested", "EAST")] == story.events(
        "node", kind="manifested"
    )
    slow = replace(EAST, wave_interval_ms=6 * HOUR_MS)
    late_fire = replace(fire, at_ms=at(0, 10))
    world = two_nodes(disruptions=(late_fire,))
    story = visit(replace(world, network=replace(world.network, nodes=(slow, WEST))), [(at(0, 9), BOTH)])

    assert ["0 10:00"] == story.times("consolidated")
    assert ["0 17:00", "30 17:00"] == story.times("manifested")


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_cancelling_while_parts_are_under_way_balances(share: float):
    rules = Rules(intercept_share=share)
    for minute in (30, 4 * 60, 15 * 60):
        story = visit(two_nodes(rules=rules), [(at(0, 9), BOTH)], cancel_ms=[minute * 60_000])
        assert 0 == story.balance("inventory_in_transit")


def shop(*rules: Rule) -> World:
    plain = a_busy_world(200.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS), workflow=rules)
    scattered = [[60 * (p % 3 == n) for p in range(12)] for n in range(3)]
    return replace(plain, stock=stock(scattered))


def test_the_same_customers_get_fewer_parcels_later_and_the_books_hold_together():
    plain, merged = tell(shop(Rule("idle", "units > 1000", "merge")), 3), tell(shop(MERGE), 3)

    assert plain.model.customers.demand_hash == merged.model.customers.demand_hash
    assert len(merged.times("manifested")) < len(plain.times("manifested")) - 20

    def freight(story: Story) -> int:
        return sum(r["value_cents"] for r in story.rows("events", kind="manifested"))

    assert freight(merged) < freight(plain)
    with tempfile.TemporaryDirectory() as name:
        Model(shop(MERGE), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))


def test_a_part_whose_road_is_closed_follows_alone():
    """The east is cut off from 10:00 to the next morning; the west's part has waited long enough by then."""
    flood = RoadClosure(at_ms=at(0, 10), duration_ms=DAY_MS, nodes=frozenset({0}))
    story = split(disruptions=(flood,), rules=Rules(merge_wait_ms=6 * HOUR_MS))

    assert ["0 15:01", "1 21:03"] == [t[:7] for t in story.times("consolidated")]
    assert ["0 17:00", "2 17:00"] == story.times("manifested")


def test_what_travels_for_an_order_is_no_stock_on_its_way():
    """The last six P1 of the east travel overnight to be merged; the west sells two of its four. At six it has the two,
    and orders up to five."""
    world = replace(two_nodes(), stock=stock([[6, 0], [4, 9]], [[0, 0], [3, 0]], [[0, 0], [5, 0]]))
    story = visit(world, [(at(0, 21), [(0, 6, 1_000), (1, 6, 2_500)]), (at(0, 22), [(0, 2, 1_000)])])

    assert ["1 00:00"] == story.times("sent_to_merge")
    assert [("1 06:00", "purchase_ordered", "P1", 3)] == story.events("sku", "quantity", kind="purchase_ordered")
    assert "1 11:03" == story.times("merged")[0][:7]
