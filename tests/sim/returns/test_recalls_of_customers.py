"""Recalls beyond the warehouse door: who has the goods is told, what is on the road is stopped, and all comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Fixed
from sim.network import Segment
from sim.units import BASIS_POINTS, DAY_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_world

P1, BOTH = [(0, 1, 1_000)], [(0, 2, 1_000), (1, 1, 2_500)]
ALL = BASIS_POINTS
WAY = ("recall_told", "recall_stopped", "returned_to_sender", "return_requested", "return_received")
AFTER = ("restocked", "quarantined", "refunded")
QUICK = (Segment("everyone", return_transit_ms=Fixed(DAY_MS)),)


def recall(day: int, hour: int, lasts_days: int = 30, **beyond: Any) -> RecallOfGoods:
    return RecallOfGoods(at(day, hour), lasts_days * DAY_MS, frozenset({0}), **beyond)


def called_back(goods: Any, *recalls: RecallOfGoods, **drawn: Any) -> Story:
    """Ordered on day 0 at 9:00, collected at 17:00, delivered on day 2 at noon."""
    return visit(a_world(disruptions=recalls, segments=QUICK), [(at(0, 9), goods)], **drawn)


def test_by_default_customers_keep_what_they_have():
    story = called_back(P1, recall(4, 9))

    assert story.model.site.called_back is None
    assert [] == story.events(kind=WAY)


def test_who_has_the_goods_is_told_and_sends_them_back():
    """Two of the recalled SKU come back, the other SKU is kept; refunded at their price, and set aside when
    it is inspected."""
    story = called_back(BOTH, recall(4, 9, sent_back_share_bp=ALL, sent_back_after_ms=0))

    assert [
        ("4 09:00", "recall_told", 2, "recalled"),
        ("4 09:00", "return_requested", 2, "recalled"),
        ("6 08:00", "return_received", 2, ""),
        ("6 08:05", "restocked", 2, ""),
        ("6 08:05", "quarantined", 2, "recalled"),
        ("6 08:05", "refunded", 2, ""),
    ] == [
        (t, k, units, reason)
        for t, k, units, reason in story.events("quantity", "reason", kind=(*WAY, *AFTER))
        if (t, k) != ("4 09:00", "quarantined")
    ]
    assert [2_140] == [r["value_cents"] for r in story.rows("events", kind="refunded")]
    assert {"closed": 1} == story.manifest["census"]


def test_who_gets_them_while_it_lasts_is_told_then():
    story = called_back(P1, recall(1, 9, sent_back_share_bp=ALL, sent_back_after_ms=0))

    assert ["2 12:00"] == story.times("recall_told")
    assert ["2 12:00"] == story.times("return_requested")


def test_a_parcel_on_the_road_is_stopped_and_comes_back_whole():
    """On the road at 9:00 of day 1: not handed over on day 2, and refunded with all that is in it."""
    story = called_back(BOTH, recall(1, 9, intercept_share_bp=ALL))

    assert [
        ("1 09:00", "recall_stopped", "recalled"),
        ("2 12:00", "returned_to_sender", "recalled"),
        ("2 12:00", "return_requested", "undeliverable"),
        ("2 12:00", "return_requested", "undeliverable"),
    ] == story.events("reason", kind=("recall_stopped", "returned_to_sender", "return_requested"))
    assert [] == story.times("delivered")
    assert [2_140, 2_675] == [r["value_cents"] for r in story.rows("events", kind="refunded")]
    assert 2 == sum(r["quantity"] for r in story.rows("events", kind="quarantined") if r["time_ms"] > at(3, 0))


def test_what_is_found_too_late_is_delivered_and_told_of():
    """Ordered before and delivered before the recall, there is nothing to stop."""
    story = called_back(P1, recall(4, 9, intercept_share_bp=ALL))

    assert [] == story.times("recall_stopped")
    assert ["4 09:00"] == story.times("recall_told")
    assert [] == story.times("return_requested")


@pytest.mark.parametrize(("scrap", "end"), [(True, "scrapped"), (False, "restocked")])
def test_what_comes_back_after_the_recall_ended_on_the_scrap_heap_follows(scrap: bool, end: str):
    """A recall of one day, a week until the parcel is back."""
    slow = (Segment("everyone", return_transit_ms=Fixed(7 * DAY_MS)),)
    one_day = recall(4, 9, 1, scrap=scrap, sent_back_share_bp=ALL, sent_back_after_ms=0)
    story = visit(a_world(disruptions=(one_day,), segments=slow), [(at(0, 9), P1)])

    assert [("12 08:05", end, 1)] == story.events("quantity", kind=("scrapped", "restocked"))


def test_what_comes_back_anyway_is_not_sent_back_twice():
    """One of two was to be returned on day 5; the recall brings back the other."""
    story = called_back(
        [(0, 2, 1_000)],
        recall(4, 9, sent_back_share_bp=ALL, sent_back_after_ms=0),
        return_units=[1],
        return_delay_ms=[3 * DAY_MS],
    )

    assert [("4 09:00", 1, "recalled"), ("5 12:00", 1, "changed_mind")] == [
        (t, units, reason) for t, _, units, reason in story.events("quantity", "reason", kind="return_requested")
    ]


def test_two_recalls_tell_a_customer_once():
    both = (recall(4, 9, sent_back_share_bp=ALL), recall(4, 12, sent_back_share_bp=ALL))

    assert ["4 09:00"] == called_back(P1, *both).times("recall_told")


def test_who_is_told_may_ask():
    story = called_back(P1, recall(4, 9, contact_share_bp=ALL))

    assert [("4 09:00", "ticket_opened", "recalled")] == story.events("reason", kind="ticket_opened")


def test_on_many_orders_the_books_agree():
    """Under audit, with partial shares of everything, lost and late parcels, wrong items and customers' own returns."""
    world = a_busy_world(150.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS))
    half = RecallOfGoods(
        at(1, 15),
        5 * DAY_MS,
        frozenset(range(6)),
        scrap=True,
        sent_back_share_bp=6_000,
        contact_share_bp=2_000,
        intercept_share_bp=5_000,
    )
    network = replace(
        world.network,
        nodes=tuple(replace(n, mispick_share=0.03) for n in world.network.nodes),
        services=tuple(replace(s, lost_share=0.03, damaged_share=0.05) for s in world.network.services),
    )
    story = tell(replace(world, network=network, disruptions=(half,)), 3)

    assert {"closed", "cancelled", "refused"} >= set(story.manifest["census"])
    told, stopped = story.rows("events", kind="recall_told"), story.rows("events", kind="recall_stopped")
    assert told
    assert stopped
    back = [r for r in story.rows("events", kind="return_requested") if r["reason"] == "recalled"]
    assert {r["shipment"] for r in back} < {r["shipment"] for r in told}
    assert not {r["shipment"] for r in stopped} & {r["shipment"] for r in story.rows("events", kind="delivered")}


def test_the_carrier_charges_for_the_way_back():
    costly = (a_carrier(way_back_share=0.5),)
    world = a_world(disruptions=(recall(1, 9, intercept_share_bp=ALL),), services=costly)
    story = visit(world, [(at(0, 9), P1)])

    assert [250] == [r["value_cents"] for r in story.rows("events", kind="way_back_charged")]
