"""The bullwhip one stage further: what a supplier that makes to stock starts, by orders and by a shared forecast.

A shop orders up to a moving average of p periods with A = L / p (see `test_bullwhip_theory`); its order is D + A (D -
D_p). A factory that orders up to the moving average of these orders, with B of its own, filters them in the same way
(Chen, Drezner, Ryan and Simchi-Levi 2000); one that sees the forecast adds B to A and no more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.distributions import Fixed
from sim.measures.books import Books
from sim.measures.bullwhip import order_variance
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Supplier
from sim.plans.making import MakingPlan
from sim.units import DAY_MS
from sim.world import Horizon, PolicyChoice, World
from tests.sim.telling import Story, at, visit
from tests.theory.batches import Estimate
from tests.worlds import POLICIES, a_channel, a_node, a_world, stock

P = 5
A, B = 3 / P, 2 / P
"""Two days of lead time and one of review; one day of making and one of planning."""
ORDERS = 1 + 2 * A + 2 * A**2
BY_ORDERS = (1 + A) ** 2 * (1 + B) ** 2 + (A + B + 2 * A * B) ** 2 + (A * B) ** 2
BY_FORECAST = 1 + 2 * (A + B) + 2 * (A + B) ** 2
SEEDS = 8


def a_chain(sees: str, days: int = 100) -> World:
    """A shop that sells 60 units of one SKU a day, and its supplier, who makes ahead; hardly ever short."""
    plan = MakingPlan(DAY_MS, DAY_MS, P, safety_units=200, opening_units=400, sees=sees)
    network = a_world().network
    return a_world(
        nodes=(a_node("shop", review_minute=0),),
        products=(network.products[0], replace(network.products[1], demand_weight=0.0)),
        channels=(a_channel(orders_per_day=60.0, accepts_backorders=True),),
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS - 1), making=plan),),
        stock=stock([[400, 0]], [[0, 0]], [[1, 0]]),
        policies=POLICIES
        | {
            "forecast": PolicyChoice("moving_average", {"window": P}),
            "replenishment": PolicyChoice("forecast_order_up_to", {"service_level_bp": 9_999}),
        },
        horizon=Horizon(days * DAY_MS, 20 * DAY_MS, days * DAY_MS),
        forecast=replace(a_world().forecast, error_smoothing=0.0),
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """By what the factory sees, by seed: the variance of orders and of what it starts, to that of demand."""
    ratios: dict[str, np.ndarray] = {}
    for sees in ("orders", "forecast"):
        rows = []
        for seed in range(1, SEEDS + 1):
            folder = tmp_path_factory.mktemp(f"{sees}-{seed}")
            Model(a_chain(sees), seed).run(folder)
            books = Books(folder)
            stages = order_variance(books).set_index("asked")["ratio"]
            rows.append([stages["suppliers"], stages["factories"]])
            assert stages["factories"] == compute(books, ["production_variance_ratio"])["production_variance_ratio"]
        ratios[sees] = np.array(rows)
    return ratios


@pytest.mark.parametrize(
    ("sees", "stage", "exact"),
    [("orders", 0, ORDERS), ("orders", 1, BY_ORDERS), ("forecast", 0, ORDERS), ("forecast", 1, BY_FORECAST)],
)
def test_the_variance_up_the_chain_is_that_of_theory(found: dict, sees: str, stage: int, exact: float):
    estimate = Estimate.of(found[sees][:, stage])

    assert estimate.holds(exact), (exact, estimate)


def test_a_shared_forecast_calms_the_factory_on_the_same_customers(found: dict[str, np.ndarray]):
    assert found["orders"][:, 0] == pytest.approx(found["forecast"][:, 0])
    assert (found["forecast"][:, 1] < found["orders"][:, 1]).all()


# By hand.


def bought(plan: MakingPlan) -> Story:
    """The shop orders 30 of P1 at 6:00, which travel for two days."""
    world = a_world(
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS), making=plan),),
        stock=stock([[10, 0]], [[10, 0]], [[40, 0]]),
        horizon=Horizon(DAY_MS, 0, 30 * DAY_MS),
    )
    return visit(world, [(at(0, 9), [(0, 1, 1_000)])])


@pytest.mark.parametrize(("opening", "received"), [(30, "2 06:00"), (29, "5 06:00"), (0, "5 06:00")])
def test_what_is_in_its_stock_leaves_at_once_and_the_rest_is_made_first(opening: int, received: str):
    """It takes three days to make; an order leaves whole."""
    assert [received] == bought(MakingPlan(3 * DAY_MS, opening_units=opening)).times("received")


def test_what_is_being_made_already_is_not_started_again():
    """At midnight it starts twenty for its safety: of the thirty ordered at 6:00, ten are missing."""
    story = bought(MakingPlan(3 * DAY_MS, safety_units=20))

    assert [("0 00:00", "production_started", 20), ("0 06:00", "production_started", 10)] == story.events(
        "quantity", kind="production_started", sku="P1"
    )[:2]
    assert ["5 06:00"] == story.times("received")
