"""Stock that is there and not for everybody, not yet for anybody, or not there yet and sold all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.distributions import Fixed
from sim.network import Promise, Supplier, Sync
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.sim.test_invariants import assert_positions_agree
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]


# Protected stock.


def two_shops(protected: int, mode: str = "live") -> Story:
    """Three units; the market's customers come at 9, 10 and 11, the web's at 12 and 13."""
    market = a_channel("market", sync=Sync(mode, interval_ms=MINUTE_MS))
    channels = (market, a_channel("web", protected_units=protected))
    world = a_world(channels=channels, stock=stock([[3, 9]]))
    return visit(world, [(at(0, h), P1) for h in (9, 10, 11, 12, 13)], channel=[0, 0, 0, 1, 1])


@pytest.mark.parametrize("mode", ["live", "batch", "events"])
def test_other_channels_leave_protected_units_alone(mode: str):
    told = [
        [(row["channel"], row["kind"]) for row in two_shops(units, mode).rows("events", kind=("captured", "refused"))]
        for units in (0, 2)
    ]

    assert [("market", "captured")] * 3 + [("web", "refused")] * 2 == told[0]
    assert [("market", "captured")] + [("market", "refused")] * 2 + [("web", "captured")] * 2 == told[1]


# Quality holds.


def received(supplier: Supplier, *orders: int) -> Story:
    """Nothing in stock, five ordered at 6:00 of the first day, which arrive at 6:00 of the third."""
    world = a_world(
        suppliers=(supplier,),
        channels=(a_channel(accepts_backorders=True),),
        stock=stock([[0, 100]], [[0, 0]], [[5, 0]]),
        horizon=Horizon(4 * DAY_MS, 0, 40 * DAY_MS),
    )
    return visit(world, [(t, P1) for t in orders])


MAKER = Supplier("maker", Fixed(2 * DAY_MS), quality_hold_ms=DAY_MS)
TOLD = ("purchase_ordered", "put_away", "quarantined", "quarantine_released", "quarantine_scrapped", "allocated")


def test_received_goods_are_held_until_they_are_released():
    """A backorder waits a day longer; the units under the hold are not ordered again."""
    story = received(MAKER, at(1, 9))

    assert [
        ("0 06:00", "purchase_ordered", 5, ""),
        ("2 06:10", "put_away", 5, ""),
        ("2 06:10", "quarantined", 5, "quality_hold"),
        ("3 06:10", "quarantine_released", 5, "quality_hold"),
        ("3 06:10", "allocated", 1, ""),
    ] == [e for e in story.events("quantity", "reason", kind=TOLD) if e[0] < "4"]


def test_what_is_rejected_is_scrapped_and_what_is_not_sampled_passes():
    rejected = received(replace(MAKER, rejected_share=1.0))
    passed = received(replace(MAKER, sampled_share=0.0), at(1, 9))

    assert ["quarantined", "quarantine_scrapped"] == [
        k for _, k in rejected.events(kind=TOLD) if k.startswith("quarantine")
    ][:2]
    assert ("write_offs", 5 * 400) == rejected.postings(kind="quarantine_scrapped")[0]
    assert ["2 06:10"] == passed.times("allocated")
    assert [] == passed.times("quarantined")


# Promises from what is on order.


def expecting(within_ms: int | None, *units: int, mode: str = "live") -> Story:
    """Five of P1 are due at 6:00 of the third day; customers want ``units`` each, an hour apart from 9:00 on."""
    promise = Promise(14 * 60, 5, ALWAYS, within_ms)
    world = a_world(
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS), quoted_lead_time_ms=2 * DAY_MS),),
        channels=(a_channel(promise=promise, sync=Sync(mode, interval_ms=10 * MINUTE_MS)),),
        stock=stock([[0, 100]], [[0, 0]], [[5, 0]]),
        horizon=Horizon(DAY_MS, 0, 40 * DAY_MS),
    )
    return visit(world, [(at(0, 9 + n), [(0, wanted, 1_000)]) for n, wanted in enumerate(units)])


@pytest.mark.parametrize("mode", ["live", "batch", "events"])
def test_what_is_on_order_is_promised_once_by_its_date(mode: str):
    """All five are sold, a sixth is not; shipped on the fourth day, delivered five days after that."""
    story = expecting(3 * DAY_MS, 3, 1, 2, 1, mode=mode)

    assert [
        ("0 09:00", "captured", 0, 3, at(9, 0)),
        ("0 10:00", "captured", 1, 1, at(9, 0)),
        ("0 11:00", "refused", 2, 2, None),
        ("0 12:00", "captured", 3, 1, at(9, 0)),
    ] == story.events("order", "quantity", "due_ms", kind=("captured", "refused"))
    assert [3, 1, 1] == [q for _, _, q in story.events("quantity", kind="promised_inbound")]
    assert ["2 06:10"] * 3 == story.times("allocated")
    assert [] == story.times("oversold")
    assert_positions_agree(story.model)


def test_who_does_not_wait_that_long_is_refused():
    for within_ms in (None, DAY_MS):
        assert ["refused"] == [k for _, k in expecting(within_ms, 1).events(kind=("captured", "refused"))]


def test_promises_from_inbound_keep_customers_that_else_are_refused():
    """The same customers of a shop that runs short: more units are captured, none of them oversold by intent."""
    captured, hashes = [], []
    for within_ms in (None, 10 * DAY_MS):
        world = a_busy_world(orders_per_day=300.0, products=10, horizon=Horizon(4 * DAY_MS, 0, 30 * DAY_MS))
        web = world.network.channels[0]
        web = replace(web, promise=replace(web.promise, inbound_within_ms=within_ms))
        network = replace(world.network, channels=(web,))
        story = tell(replace(world, network=network))
        captured.append(sum(r["quantity"] for r in story.rows("events", kind="captured")))
        hashes.append(story.manifest["demand_hash"])
        assert [] == story.times("oversold")

    assert hashes[0] == hashes[1]
    assert captured[0] < captured[1]
