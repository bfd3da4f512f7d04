"""Promotions of some goods in some regions, and what they take from the weeks after them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.customers.customer import Customers, Offer
from sim.agents.customers.promotions import Lifts
from sim.agents.supply.buckets import Buckets
from sim.agents.supply.sales_history import SalesHistory
from sim.disruptions import Promotion
from sim.distributions import Discrete
from sim.model import Model
from sim.network import Category, Product, Region
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import at
from tests.worlds import a_channel, a_world

CUPS, PLATES = 0, 1
NORTH, SOUTH = 0, 1
DAYS = 40


def a_shop(*promotions: Promotion, orders_per_day: float = 2_000.0, lines: int = 1) -> World:
    """60% of what is asked for are cups, 70% of customers live in the north."""
    hours = np.tile(np.repeat([0.5, 1.5], 12), 7)
    return a_world(
        products=(
            Product("CUP", 1_000, 400, 0.5, category=CUPS, demand_weight=6.0),
            Product("PLATE", 2_000, 900, 1.0, category=PLATES, demand_weight=4.0),
        ),
        categories=(Category("cups"), Category("plates")),
        regions=(Region("north", 41.0, -75.0, 70.0), Region("south", 39.0, -75.0, 30.0)),
        channels=(
            a_channel(
                orders_per_day=orders_per_day,
                line_count=Discrete((lines,), (1.0,)),
                hour_of_week=tuple(float(h) for h in hours),
            ),
        ),
        horizon=Horizon(DAYS * DAY_MS, 0, DAYS * DAY_MS),
        disruptions=promotions,
    )


def offered(world: World, days: int) -> list[Offer]:
    return [offer for _, offer in zip(range(days), Customers(world, Streams(7)).offers(), strict=False)]


def lines_by(offers: list[Offer]) -> np.ndarray:
    """Lines by region and product."""
    found = np.zeros((2, 2))
    for offer in offers:
        np.add.at(found, (np.repeat(offer.region, offer.line_count), offer.product), 1)
    return found


@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("factor", [3.0, 0.4])
def test_only_its_goods_in_its_regions_sell_more(factor: float, lines: int):
    """Plates in the north for twenty days: every other line comes as often as ever (five standard deviations)."""
    promotion = Promotion(0, DAYS * DAY_MS, factor, categories=frozenset({PLATES}), regions=frozenset({NORTH}))
    usual, lifted = (lines_by(offered(a_shop(*p, lines=lines), 20)) for p in ((), (promotion,)))
    expected = usual * np.array([[1.0, factor], [1.0, 1.0]])

    assert (np.abs(lifted - expected) < 5 * np.sqrt(lines * (lifted + expected * expected / usual))).all()


def test_the_rate_is_the_mean_over_what_is_asked_for():
    north_plates = Promotion(0, DAY_MS, 3.0, categories=frozenset({PLATES}), regions=frozenset({NORTH}))
    cups = Promotion(0, DAY_MS, 2.0, categories=frozenset({CUPS}))
    everything = Promotion(0, DAY_MS, 1.5)
    world = a_shop()

    def rate(*planned: Promotion) -> float:
        return Lifts(world, 0, planned).rate(at(0, 12))

    assert 1.0 == rate()
    assert 1.5 == rate(everything)
    assert 1 + 2 * 0.7 * 0.4 == pytest.approx(rate(north_plates), rel=1e-12)
    assert 1 + 0.6 == pytest.approx(rate(cups), rel=1e-12)
    assert 1.5 * (0.6 * 2 + 0.4 * (0.7 * 3 + 0.3)) == pytest.approx(rate(north_plates, cups, everything), rel=1e-12)


def test_the_price_cut_is_for_its_goods_in_its_regions():
    promotion = Promotion(
        0, DAY_MS, 1.0, price_cut_bp=2_000, categories=frozenset({PLATES}), regions=frozenset({SOUTH})
    )
    (offer,) = offered(a_shop(promotion, lines=2), 1)
    region = np.repeat(offer.region, offer.line_count)
    cut = (region == SOUTH) & (offer.product == PLATES)

    assert {1_600} == set(offer.price_cents[cut].tolist())
    assert {1_000, 2_000} == set(offer.price_cents[~cut].tolist())


def expected_orders(world: World, days: int) -> float:
    customers = Customers(world, Streams(1))
    channel = world.network.channels[0]
    parts = [customers._rate(0, channel, day) for day in range(days)]
    return float(sum((rates * np.diff(edges)).sum() for edges, rates in parts))


def test_what_is_pulled_forward_is_missing_afterwards_to_the_last_order():
    """Four times the orders for six busy hours: 2,000 x 1.5 / 24 x 6 x 3 = 2,250 more, of which 30% are repaid."""
    promotion = Promotion(at(2, 14), 6 * HOUR_MS, 4.0, pull_forward_bp=3_000, repaid_over_ms=10 * DAY_MS)
    usual, lifted = expected_orders(a_shop(), 30), expected_orders(a_shop(promotion), 30)

    assert 0.7 * 2_250 == pytest.approx(lifted - usual, rel=1e-9)
    without = replace(promotion, pull_forward_bp=0)
    assert 2_250 == pytest.approx(expected_orders(a_shop(without), 30) - usual, rel=1e-9)


def test_nobody_repays_more_than_they_would_have_bought():
    promotion = Promotion(at(2, 0), 12 * HOUR_MS, 9.0, pull_forward_bp=10_000, repaid_over_ms=HOUR_MS)
    (_, last) = Lifts(a_shop(), 0, (promotion,)).all

    assert (at(2, 12), at(2, 13), 0.0) == (last.at_ms, last.until_ms, last.factor)


def test_what_is_repaid_is_of_the_same_goods_and_regions():
    promotion = Promotion(
        at(1, 0), DAY_MS, 5.0, categories=frozenset({CUPS}), regions=frozenset({SOUTH}), pull_forward_bp=4_000,
        repaid_over_ms=8 * DAY_MS,
    )  # fmt: skip
    usual, after = (lines_by(offered(a_shop(*p, orders_per_day=4_000.0), 10)[2:]) for p in ((), (promotion,)))

    assert 1 - 0.4 * 4 / 8 == pytest.approx(after[SOUTH, CUPS] / usual[SOUTH, CUPS], abs=0.03)
    for place, goods in ((NORTH, CUPS), (NORTH, PLATES), (SOUTH, PLATES)):
        assert 1.0 == pytest.approx(after[place, goods] / usual[place, goods], abs=0.04)


def test_the_forecaster_plans_for_what_customers_do():
    """By product, over all regions: cups as ever, plates in the north three times on the promotion's day, then less."""
    promotion = Promotion(
        at(1, 0), DAY_MS, 3.0, categories=frozenset({PLATES}), regions=frozenset({NORTH}), pull_forward_bp=5_000,
        repaid_over_ms=4 * DAY_MS,
    )  # fmt: skip
    site = Model(a_shop(promotion)).site
    history = SalesHistory(site, Buckets(site.calendar, DAY_MS))
    planned = [history.lift([0], bucket).tolist() for bucket in range(3)]

    assert [[1.0, 1.0], [1.0, 1 + 2 * 0.7], [1.0, 1 - 0.7 * 0.5 * 2 / 4]] == [
        pytest.approx(lift, rel=1e-12) for lift in planned
    ]
