"""The rule behind opening stock: which node expects what, and the levels that follow."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from scenarios.demand_split import expected_daily_units
from scenarios.load import load
from sim.network import Network

SMALL = Path(__file__).parent / "small_shop.yaml"
BASELINE = load("baseline").world
SLOW = np.argsort([-product.demand_weight for product in BASELINE.network.products], kind="stable")[1_200:]


def expected(network: Network, node_shares: dict[int, float] | None = None) -> np.ndarray:
    everything = np.ones((len(network.nodes), len(network.products)), dtype=bool)
    return expected_daily_units(network, everything, node_shares or {})


def test_a_normal_weeks_demand_is_divided_without_loss():
    carries = BASELINE.stock.order_up_to > 0
    network = BASELINE.network
    daily = expected_daily_units(network, carries, {6: 0.004, 7: 0.006})
    demand = sum(c.orders_per_day * c.line_count.mean * c.quantity.mean for c in network.channels)

    own = daily.sum() - daily[[6, 7]].sum()  # the stores' demand is also that of AVP and IND
    assert demand == pytest.approx(own, rel=1e-9)


def test_nodes_divide_demand_by_the_regions_nearest_to_them():
    world = load(SMALL, sets=["channels.web.segment=null", "lanes=[]", "segments.locals.region_weights=null"]).world
    daily = expected(world.network)
    boston, elsewhere = 1_000_000 / 4_500_000, 3_500_000 / 4_500_000
    units = 400 * 1.5 * np.array([1, 3, 1]) / 5 + 40 * np.array([1, 3, 0]) / 4

    assert units * boston == pytest.approx(daily[0])
    assert units * elsewhere == pytest.approx(daily[1])


def test_a_replenished_node_has_only_its_share_by_hand_and_its_source_has_both():
    world = load(SMALL).world
    daily = expected(world.network, {1: 0.25})
    total = 400 * 1.5 + 40

    assert 0.25 * total == pytest.approx(daily[1].sum())
    assert total == pytest.approx(daily[0].sum())


def test_levels_cover_lead_time_review_and_safety():
    world = load(SMALL, sets=["stock={days_of_cover: 10d, review: 1d, safety_days: 2d, order_cover: 5d}"]).world
    daily = expected(world.network)[0]

    assert np.ceil(daily * (7 + 1 + 2) - 1e-9).tolist() == world.stock.reorder_point[0].tolist()
    assert np.ceil(daily * 10 - 1e-9).tolist() == world.stock.opening_units[0].tolist()
    assert np.ceil(daily * 5 - 1e-9).tolist() == (world.stock.order_up_to - world.stock.reorder_point)[0].tolist()


def test_opening_units_may_be_said_outright():
    world = load(SMALL, sets=["stock={opening_units: 12, carries: {West: {categories: [plates]}}}"]).world

    assert [[12, 12, 12], [0, 0, 12]] == world.stock.opening_units.tolist()
    assert 0 < world.stock.reorder_point[0].min()


def test_without_days_of_cover_skus_stand_between_their_levels():
    stock = load("baseline", sets=["stock.days_of_cover=null"]).world.stock
    carried = stock.order_up_to > 0
    place = (stock.opening_units - stock.reorder_point)[carried] / (stock.order_up_to - stock.reorder_point)[carried]

    assert place.min() > 0
    assert place.max() <= 1
    assert 0.5 == pytest.approx(place[stock.order_up_to[carried] > 100].mean(), abs=0.02)


def test_a_node_carries_what_it_is_told_to():
    stock = load("baseline", sets=["stock.slow_movers=null"]).world.stock

    assert [2_000] * 5 + [1_000] + [400] * 2 == (stock.order_up_to > 0).sum(axis=1).tolist()
    assert not stock.opening_units[stock.order_up_to == 0].any()


def test_slow_movers_lie_in_two_of_the_nodes_and_each_node_has_its_share():
    carried = (BASELINE.stock.order_up_to > 0)[:, SLOW]

    assert {2} == set(carried.sum(axis=0).tolist())
    assert [320] * 5 + [0] * 3 == carried.sum(axis=1).tolist()


def test_a_channel_finds_every_slow_mover_at_one_of_its_nodes():
    """Atlanta serves the marketplace alone: what would lie there alone lies in another one as well."""
    sets = ["stock.slow_movers.nodes=1", "nodes.ATL.serves_channels=[marketplace]"]
    world = load("baseline", sets=sets).world
    carried, channels = world.stock.order_up_to > 0, range(len(world.network.channels))
    serves = np.array([[node.can_serve(channel) for node in world.network.nodes] for channel in channels])

    assert all(carried[nodes].any(axis=0).all() for nodes in serves)
    assert [(1, 640), (2, 160)] == sorted(Counter(carried.sum(axis=0)[SLOW].tolist()).items())


def opening(**stock: str) -> np.ndarray:
    """Opening units of the five warehouses that carry every SKU."""
    plain = {"days_of_cover": "10d", "spread": "0%", "node_spread": "0%", "slow_movers": "null"}
    sets = [f"stock.{key}={value}" for key, value in (plain | stock).items()]
    return load("baseline", sets=sets).world.stock.opening_units[:5]


def test_spread_is_a_skus_own_wherever_it_lies():
    even = opening()
    ratio = (opening(spread="50%") / even)[:, (even > 50).all(axis=0)]

    assert np.ptp(ratio, axis=0).max() < 0.03
    assert (0.5, 1.5) == pytest.approx((ratio.min(), ratio.max()), abs=0.03)
    assert 1.0 == pytest.approx(ratio.mean(), abs=0.03)


def test_node_spread_moves_stock_between_nodes():
    even = opening()
    ratio = (opening(node_spread="50%") / even)[:, (even > 50).all(axis=0)]

    assert np.ptp(ratio, axis=0).mean() > 0.3
    assert (0.5, 1.5) == pytest.approx((ratio.min(), ratio.max()), abs=0.03)
    assert 1.0 == pytest.approx(ratio.mean(), abs=0.03)


def test_categories_can_limit_what_a_node_carries():
    world = load(SMALL, sets=["stock.carries={East: {categories: [plates]}}"]).world

    assert [0, 0, 1] == (world.stock.order_up_to[0] > 0).astype(int).tolist()
