"""Marketplaces that judge their seller: what counts, what it costs, and when nothing is sold."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sim.distributions import Fixed
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Channel, Payment, Promise
from sim.plans.rating_limits import RatingLimits
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
STRICT = RatingLimits(min_orders=1, suspension_ms=2 * DAY_MS)
TOLD = ("shipment_rated", "defect_found", "seller_cancelled", "channel_suspended", "channel_reinstated", "refused")


def market(limits: RatingLimits | None, **changes) -> Channel:
    usual = {"kind": "marketplace", "payments": (Payment("marketplace"),), "promise": Promise(14 * 60, 2, ALWAYS)}
    return a_channel("market", **(usual | {"limits": limits} | changes))


def story_of(limits: RatingLimits, orders: list[int], **changes) -> Story:
    """Orders of one P1 at these moments; no truck before day 3."""
    carrier = a_carrier(collections=tuple((d, 17 * 60) for d in (3, 4, 5, 6)))
    world = a_world(**{"channels": (market(limits),), "services": (carrier,)} | changes)
    world = replace(world, horizon=Horizon(8 * DAY_MS, 0, 60 * DAY_MS))
    return visit(world, [(t, P1) for t in orders])


def test_late_orders_suspend_the_seller_for_two_days():
    """Ordered on day 0 before 14:00, to leave that day; what leaves on day 3 is late, and arrives on day 5, which is
    no defect yet. Reviews are at midnight: suspended at the end of day 1, until the end of day 3."""
    story = story_of(STRICT, [at(0, 9), at(0, 15), at(2, 9), at(4, 9)])

    assert [
        ("1 00:00", "shipment_rated", 0, "late"),
        ("1 00:00", "channel_suspended", None, "late"),
        ("2 00:00", "shipment_rated", 1, "late"),
        ("2 09:00", "refused", 2, "channel_suspended"),
        ("3 00:00", "channel_reinstated", None, ""),
        ("5 00:00", "shipment_rated", 3, ""),
    ] == story.events("order", "reason", kind=TOLD)


def test_what_is_counted_before_a_suspension_is_not_held_against_it_later():
    """The second late order is judged during the suspension; after it the seller begins anew."""
    assert ["1 00:00"] == story_of(STRICT, [at(0, 9), at(0, 15), at(4, 9)]).times("channel_suspended")


def test_few_orders_are_no_evidence():
    assert [] == story_of(replace(STRICT, min_orders=3), [at(0, 9), at(4, 9)]).times("channel_suspended")


def test_a_limit_that_nothing_follows_from():
    assert [] == story_of(replace(STRICT, suspension_ms=0), [at(0, 9), at(4, 9)]).times("channel_suspended")


def test_a_defect_is_an_order_that_is_not_there_in_time():
    """Promised for the end of day 2, delivered on day 9: found three days after the promise, and charged 4.00."""
    carrier = a_carrier(transit_days=(Fixed(9),) * 7)
    limits = RatingLimits(defect_penalty_cents=400, suspension_ms=DAY_MS, min_orders=1, late_share=1.0)
    story = story_of(limits, [at(0, 9)], services=(carrier,))

    assert [("6 00:00", "defect_found", 0)] == story.events("order", kind="defect_found")
    assert ["6 00:00"] == story.times("channel_suspended")
    assert 400 == story.balance("penalties")


def defects(kinds: tuple[str, ...], **changes) -> list[tuple[str, int, str]]:
    """Two orders at 9:00, vans every day; what the marketplace held against their seller."""
    limits = RatingLimits(defect_penalty_cents=400, defect_kinds=kinds)
    story = story_of(limits, [at(0, 9), at(0, 9)], **{"services": (a_carrier(),)} | changes)
    found = [(t, o, r) for t, _, o, r in story.events("order", "reason", kind="defect_found")]
    assert 400 * len(found) == story.balance("penalties")
    return found


def test_what_arrives_broken_is_a_defect_where_it_counts():
    broken = {"services": (a_carrier(damaged_share=1.0),)}

    assert [("2 12:00", 0, "damaged_in_transit"), ("2 12:00", 1, "damaged_in_transit")] == defects(
        ("damaged",), **broken
    )
    assert [] == defects(("late", "lost", "wrong_item"), **broken)


def test_something_else_in_the_parcel_is_a_defect():
    """Noticed a day after delivery."""
    found = defects(("wrong_item",), nodes=(a_node(mispick_share=1.0),))

    assert {("3 12:00", "wrong_item")} == {(t, reason) for t, _, reason in found}


def test_a_lost_parcel_is_one_defect_and_not_two():
    """Late three days after the promise, on day 6, and given up on day 9: an order counts once."""
    lost = {"services": (a_carrier(lost_share=1.0),)}

    assert [("9 12:00", 0, "lost_in_transit"), ("9 12:00", 1, "lost_in_transit")] == defects(("lost",), **lost)
    assert ["6 00:00", "6 00:00"] == [t for t, _, _ in defects(("late", "lost"), **lost)]


def test_units_that_the_seller_takes_off_are_a_defect():
    """One of two customers gets the one that is there; the other waits ten hours. What its customer cancels is none."""
    scarce = {"stock": stock([[1, 0]]), "rules": Rules(backorder_patience_ms=10 * 3_600_000)}
    sells_on = market(RatingLimits(defect_penalty_cents=400, defect_kinds=("cancelled",)), accepts_backorders=True)

    assert [("0 19:00", 1, "out_of_patience")] == defects(("cancelled",), channels=(sells_on,), **scarce)


def test_an_order_that_the_seller_cancels_counts_and_costs():
    """Sold to a channel that takes backorders, never delivered, given up after a day; the limit is 2.5%."""
    limits = replace(STRICT, cancelled_penalty_cents=250)
    channel = market(limits, accepts_backorders=True)
    story = story_of(
        limits,
        [at(0, 9)],
        channels=(channel,),
        stock=stock([[0, 0]]),
        rules=Rules(backorder_patience_ms=10 * 3_600_000),
    )

    assert [
        ("0 19:00", "seller_cancelled", 0, "rejected"),
        ("1 00:00", "channel_suspended", None, "rejected"),
        ("3 00:00", "channel_reinstated", None, ""),
    ] == story.events("order", "reason", kind=TOLD)
    assert 250 == story.balance("penalties")


def test_what_its_customer_cancels_is_held_against_nobody():
    world = a_world(channels=(market(STRICT),), nodes=(a_node(wave_interval_ms=12 * 3_600_000),))
    story = visit(world, [(at(0, 9), P1)], cancel_ms=[60_000])

    assert ["customer_cancelled"] == [r["reason"] for r in story.rows("events", kind="cancelled")]
    assert [] == story.events("order", kind=TOLD)


def crowded(limits: RatingLimits | None, wave_capacity: int | None) -> World:
    world = a_busy_world(500.0, horizon=Horizon(6 * DAY_MS, 0, 40 * DAY_MS))
    web, channel = world.network.channels
    nodes = tuple(replace(n, wave_capacity=wave_capacity) for n in world.network.nodes)
    network = replace(world.network, channels=(web, replace(channel, limits=limits)), nodes=nodes)
    return replace(world, network=network, stock=stock([[300] * 40] * 3))


def test_suspension_costs_sales_to_the_same_customers():
    """With waves too small the late share passes its limit and the channel stands still; with enough it does not."""
    limits = RatingLimits(min_orders=50, suspension_ms=2 * DAY_MS, late_penalty_cents=100)
    found, demand = {}, set()
    for name, world in {
        "slow, judged": crowded(limits, 3),
        "slow": crowded(None, 3),
        "quick, judged": crowded(limits, None),
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            demand.add(Model(world, 3, check=True).run(Path(folder))["demand_hash"])
            books = Run.open(Path(folder)).books
            found[name] = compute(books, ["suspended_hours", "penalties_cents", "marketplace_late_share"])
            found[name]["sold"] = books.value("SELECT count(*) FROM orders WHERE channel = 'market'")

    assert 1 == len(demand)
    assert found["slow, judged"]["suspended_hours"] >= 24
    assert found["slow, judged"]["penalties_cents"] > 0
    assert found["slow, judged"]["marketplace_late_share"] > 0.04
    assert found["slow, judged"]["sold"] < found["slow"]["sold"]
    assert 0 == found["quick, judged"]["suspended_hours"]


def test_compiled_code_hears_of_a_suspension(tmp_path: Path):
    """The books say the same with the fast lane and without it."""
    world = crowded(RatingLimits(min_orders=50, suspension_ms=2 * DAY_MS), 3)
    events = []
    for name in ("lane", "no lane"):
        (tmp_path / name).mkdir()
        model = Model(world, 3)
        model.arrivals.lane = model.arrivals.lane if name == "lane" else None
        model.run(tmp_path / name)
        events.append(pd.read_parquet(tmp_path / name / "events.parquet"))

    pd.testing.assert_frame_equal(events[0], events[1])
    assert (events[0]["kind"] == "channel_suspended").sum() > 0
