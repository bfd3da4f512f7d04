"""The forecaster: what it sees and when, what it expects, and what is ordered on it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.agents.supply.sales_history import homes
from sim.disruptions import Promotion
from sim.distributions import Fixed, Uniform
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Supplier
from sim.policies.outlook import Outlook
from sim.policies.registry import make
from sim.policies.replenishment import PositionView
from sim.units import DAY_MS
from sim.world import ForecastPlan, Horizon, PolicyChoice, World
from tests.sim.telling import Story, at, visit
from tests.worlds import POLICIES, a_busy_world, a_channel, a_node, a_world, stock

TAUGHT = ForecastPlan()
UNTAUGHT = ForecastPlan(history_buckets=0)


def choosing(forecast: str, service_level_bp: int = 5_000, **parameters: Any) -> dict[str, PolicyChoice]:
    """A forecast rule, and orders up to what it expects."""
    up_to = PolicyChoice("forecast_order_up_to", {"service_level_bp": service_level_bp})
    return POLICIES | {"forecast": PolicyChoice(forecast, parameters), "replenishment": up_to}


def forecasting(orders, opening: int = 4, plan: ForecastPlan = UNTAUGHT, **changes: Any) -> Story:
    """P1 alone is carried; two days of lead time, reviewed each day at 6:00; no safety stock."""
    defaults: dict[str, Any] = {
        "stock": stock([[opening, 0]], [[10, 0]], [[40, 0]]),
        "horizon": Horizon(4 * DAY_MS, 0, 60 * DAY_MS),
        "policies": choosing("naive"),
        "suppliers": (Supplier("maker", Fixed(2 * DAY_MS)),),
        "forecast": plan,
    }
    return visit(a_world(**defaults | changes), orders)


def sold(*units: int) -> list:
    """A sale of so many units at 9:00 of each day."""
    return [(at(day, 9), [(0, n, 1_000)]) for day, n in enumerate(units) if n]


def ordered(story: Story) -> list[tuple]:
    return story.events("quantity", kind="purchase_ordered")


def test_what_was_sold_yesterday_is_expected_for_lead_time_and_review():
    """3 are sold of 4: a day later 3 x 3 days are wanted at hand; then 1 is sold, and 3 are more than enough."""
    story = forecasting(sold(3, 1))

    assert [("1 06:00", "purchase_ordered", 8)] == ordered(story)
    assert [(at(0, 0), 0.0, 3.0), (at(1, 0), 3.0, 1.0), (at(2, 0), 1.0, 0.0)] == [
        (row["time_ms"], row["expected_units"], row["sold_units"]) for row in story.books["forecasts"]
    ]


def test_how_far_forecasts_were_off_is_what_safety_stock_is_for():
    """Nothing is expected, 3 are sold: a tenth of the squared error of 9 counts, then a tenth of 4 and nine tenths of
    that. Over three days, at two standard deviations."""
    story = forecasting(sold(3, 1), policies=choosing("naive", 9_772))
    squares = (0.1 * 9, 0.9 * 0.1 * 9 + 0.1 * 4)
    wanted = [math.ceil(3 * daily + 2 * math.sqrt(3 * s)) for daily, s in zip((3, 1), squares, strict=True)]

    assert [wanted[0] - 1] == [units for time, _, units in ordered(story) if time == "1 06:00"]


def test_what_a_channel_reports_late_is_known_late():
    late = (a_channel(sales_lag_ms=DAY_MS),)

    assert [("1 06:00", "purchase_ordered", 8)] == ordered(forecasting(sold(3)))
    assert [("2 06:00", "purchase_ordered", 8)] == ordered(forecasting(sold(3), channels=late))


def test_what_could_not_be_sold_is_not_seen():
    """Two of five wanted are there: the order of a day later is for 3 x 2, not for 3 x 5."""
    wanted = [(at(0, 9), [(0, 2, 1_000)]), (at(0, 10), [(0, 3, 1_000)])]

    assert [("1 06:00", "purchase_ordered", 6)] == ordered(forecasting(wanted, opening=2))


def test_sales_of_a_day_without_stock_for_a_part_of_it_are_scaled_up():
    """Sold out at 12:30, after 13 of 24 looks: 13 units sold become 24 a day, of which 3 days are wanted."""
    wanted = [(at(0, 12, 30), [(0, 13, 1_000)])]
    plan = replace(UNTAUGHT, uncensor="in_stock")

    assert [("1 06:00", "purchase_ordered", 39)] == ordered(forecasting(wanted, opening=13))
    assert [("1 06:00", "purchase_ordered", 72)] == ordered(forecasting(wanted, opening=13, plan=plan))[:1]


def test_a_day_without_any_stock_is_as_the_last_one_with():
    plan = replace(UNTAUGHT, uncensor="in_stock")
    story = forecasting(sold(4), plan=plan, suppliers=(Supplier("maker", Fixed(9 * DAY_MS)),))

    assert [4 * 24 / 10] * 3 == pytest.approx([row["sold_units"] for row in story.books["forecasts"]][:3])


def test_a_planned_promotion_is_ordered_for_in_time():
    """2 are sold a day, and four times as many are planned for day 3; no other review of day 1 orders anything."""
    promotion = Promotion(at(3, 0), DAY_MS, multiplier=4)
    aware = choosing("promotion_aware", window=1)
    changes: dict[str, Any] = {"disruptions": (promotion,), "horizon": Horizon(5 * DAY_MS, 0, 60 * DAY_MS)}
    with_it = forecasting(sold(2, 2, 2), opening=12, policies=aware, **changes)
    without = forecasting(sold(2, 2, 2), opening=12, **changes)

    # From 6:00 of day 1 for three days 0.75 x 2 + 2 + 8 + 0.25 x 2 = 12 are wanted, and 10 are there.
    assert [("1 06:00", "purchase_ordered", 2)] == ordered(with_it)[:1]
    assert [] == [row for row in ordered(without) if row[0] < "3"]


@pytest.mark.parametrize(("planned", "bought"), [(2.0, []), (6.0, [("1 06:00", "purchase_ordered", 6)])])
def test_a_promotion_may_be_misjudged(planned: float, bought: list[tuple[str, str, int]]):
    """As above; planners count on twice, or six times, what is sold a day: 8 or 16 are wanted, and 10 are there."""
    promotion = Promotion(at(3, 0), DAY_MS, multiplier=4, planned_multiplier=planned)
    aware = choosing("promotion_aware", window=1)
    story = forecasting(
        sold(2, 2, 2),
        opening=12,
        policies=aware,
        disruptions=(promotion,),
        horizon=Horizon(5 * DAY_MS, 0, 60 * DAY_MS),
    )

    assert bought == [row for row in ordered(story) if row[0] < "2"]


def test_safety_stock_is_that_of_the_formula():
    """L = 4 days, uniform from 2 to 6, R = 1 day, σ_e = 3, d = 10: 50 + z √(5 x 9 + 100 x 16 / 12)."""
    world = a_world(
        stock=stock([[0, 0]], [[1, 1]], [[2, 2]]), suppliers=(Supplier("maker", Uniform(2 * DAY_MS, 6 * DAY_MS)),)
    )
    policy = make("replenishment", "forecast_order_up_to", {"service_level_bp": 9_750})
    policy.bind(world)
    cumulative = np.outer(np.arange(9), [10.0, 0.0])
    outlook = Outlook(0, DAY_MS, cumulative, np.array([3.0, 0.0]), np.array([True, True]))
    z = 1.959964

    level = math.ceil(50 + z * math.sqrt(5 * 9 + 100 * 16 / 12))
    assert [level, 1] == policy.level(0, 0, outlook).tolist()
    assert [(0, level - 7)] == policy.decide(PositionView(0, 0, [7, 1], outlook))
    assert [(0, level + 7), (1, 8)] == policy.decide(PositionView(0, 0, [-7, -7], outlook))


def test_the_newsvendor_holds_more_of_what_earns_more():
    """P1 earns 6.00 on a cost of 4.00; to hold it for a day costs ten times that at 365,000% a year: 600 / 4,600."""
    world = a_world(stock=stock([[0, 0]], [[1, 1]], [[2, 2]]))
    cumulative = np.outer(np.arange(12), [10.0, 10.0])
    outlook = Outlook(0, DAY_MS, cumulative, np.array([10.0, 10.0]), np.array([True, True]))
    ratio = 600 / (600 + 4_000)

    def level(**parameters: Any) -> int:
        policy = make("replenishment", "forecast_order_up_to", parameters)
        policy.bind(world)
        return int(policy.level(0, 0, outlook)[0])

    assert level(holding_share_bp=36_500_000) == pytest.approx(level(service_level_bp=round(10_000 * ratio)), abs=1)
    assert level(holding_share_bp=36_500_000) < 30 < level(holding_share_bp=2_500)


def test_demand_beyond_the_forecast_goes_on_as_its_last_week():
    cumulative = np.array([[0.0], [5.0], [10.0], [20.0]])
    outlook = Outlook(0, DAY_MS, cumulative, np.zeros(1), np.array([True]))

    assert [2.5, 10.0, 20.0 + 2 * 20 / 3] == pytest.approx(
        [outlook.demand(0, np.array([days * DAY_MS]))[0] for days in (0.5, 2.0, 5.0)]
    )
    assert 7.5 == pytest.approx(outlook.demand(DAY_MS // 2, np.array([1.5 * DAY_MS]))[0])


def test_demand_belongs_to_the_nearest_node_that_carries_the_sku_and_is_no_store():
    near, far = a_node("S", 40.0, -75.0, kind="store"), a_node("B", 45.0, -90.0)
    plan = stock([[5, 5, 5], [5, 5, 5], [0, 0, 0]], 1, [[0, 9, 0], [9, 9, 0], [9, 9, 0]])
    products = a_world().network.products
    world = a_world(nodes=(a_node("A", 41.0, -76.0), near, far), stock=plan, products=(*products, products[0]))

    assert [[[2, 0, -1]]] == homes(world).tolist()


def test_a_node_sees_the_orders_of_those_that_it_feeds_or_what_their_customers_buy():
    """The store sells 3 and asks for 9, 3 days of it; A expects 9 a day of that, or 3."""

    def expected(shared: bool) -> list[float]:
        store = a_node("S", kind="store", source=0, transfer_ms=Fixed(2 * DAY_MS), review_minute=360)
        nodes = (a_node("A", serves_channels=frozenset(), review_minute=0), store)
        plan = stock([[50, 0], [3, 0]], [[0, 0], [1, 0]], [[99, 0], [9, 0]])
        story = forecasting(
            sold(3), nodes=nodes, stock=plan, plan=replace(UNTAUGHT, shared=shared), channels=(a_channel("till"),)
        )
        return [row["sold_units"] for row in story.books["forecasts"] if row["node"] == "A"]

    assert [3.0, 9.0] == [max(expected(shared)) for shared in (True, False)]


# What it is worth.


def a_shop(forecast: str, plan: ForecastPlan = TAUGHT, **changes: Any) -> World:
    """Two weeks of a small shop, whose supplier takes two days, with a promotion of three times its demand."""
    world = a_busy_world(
        200.0,
        products=20,
        nodes=2,
        horizon=Horizon(14 * DAY_MS, 2 * DAY_MS, 20 * DAY_MS),
        policies=choosing(forecast, 9_500),
        disruptions=(Promotion(at(8, 0), 2 * DAY_MS, multiplier=3),),
        forecast=plan,
    )
    return replace(world, **changes)


def measures(world: World, tmp_path, *names: str) -> dict[str, float]:
    folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    Model(world, 3, check=True).run(folder)
    return compute(Books(folder), names)


def test_a_forecast_that_knows_of_the_promotion_loses_fewer_sales(tmp_path):
    blind, aware = (
        measures(a_shop(name), tmp_path, "refusal_share", "forecast_wape", "forecast_demand_bias")
        for name in ("moving_average", "promotion_aware")
    )

    assert aware["refusal_share"] < blind["refusal_share"] / 2
    assert aware["forecast_wape"] < blind["forecast_wape"]
    assert blind["forecast_demand_bias"] < -0.1 < aware["forecast_demand_bias"]


def test_censored_sales_bias_the_forecast_downward(tmp_path):
    """A plan that covers too little: what is refused is not forecast, so that too little goes on being ordered."""
    poor = choosing("moving_average", 500, window=7)
    names = ("refusal_share", "forecast_demand_bias")
    seen, unseen = (
        measures(a_shop("", plan, policies=poor, disruptions=()), tmp_path, *names)
        for plan in (ForecastPlan(uncensor="in_stock"), ForecastPlan())
    )

    assert unseen["forecast_demand_bias"] < seen["forecast_demand_bias"] - 0.05
    assert unseen["forecast_demand_bias"] < -0.1
    assert seen["refusal_share"] < unseen["refusal_share"]
