"""The bullwhip of order-up-to with a moving average, one stage and two, with the customers' demand shared and without.

With independent demand, a moving average of p periods and a constant safety stock, an order is the last period's demand
and L / p of the change of the average, L being lead time and review. Its variance is 1 + 2 L / p + 2 (L / p)^2 that of
demand: the bound of Chen, Drezner, Ryan and Simchi-Levi (2000), which is exact here. A second stage that forecasts from
the first's orders filters them in the same way; one that sees demand adds its own L to the first's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.distributions import Fixed
from sim.measures.books import Books
from sim.measures.bullwhip import order_variance
from sim.model import Model
from sim.network import Supplier
from sim.units import DAY_MS
from sim.world import ForecastPlan, Horizon, PolicyChoice
from tests.theory.batches import Estimate
from tests.worlds import POLICIES, a_channel, a_node, a_world, stock

P = 5
LEADS = (2, 1)
"""Days of lead time of the store and of the warehouse that feeds it."""
A, B = ((lead + 1) / P for lead in LEADS)
ONE = 1 + 2 * A + 2 * A**2
TWO = (1 + A) ** 2 * (1 + B) ** 2 + (A + B + 2 * A * B) ** 2 + (A * B) ** 2
SHARED = 1 + 2 * (A + B) + 2 * (A + B) ** 2
SEEDS = 8


def a_chain(shared: bool, days: int = 100):
    """A store that sells 60 units of one SKU a day, the warehouse that feeds it, its supplier; hardly ever short."""
    store = a_node("store", kind="store", source=1, transfer_ms=Fixed(LEADS[0] * DAY_MS - 1), review_minute=0)
    warehouse = a_node("warehouse", serves_channels=frozenset(), review_minute=0)
    plan = stock([[300, 0], [300, 0]], [[0, 0], [0, 0]], [[1, 0], [1, 0]])
    policies = POLICIES | {
        "forecast": PolicyChoice("moving_average", {"window": P}),
        "replenishment": PolicyChoice("forecast_order_up_to", {"service_level_bp": 9_999}),
    }
    network = a_world().network
    return a_world(
        nodes=(store, warehouse),
        products=(network.products[0], network.products[0].__class__("P2", 1, 1, 0.1, demand_weight=0.0)),
        channels=(a_channel(orders_per_day=60.0, accepts_backorders=True),),
        suppliers=(Supplier("maker", Fixed(LEADS[1] * DAY_MS - 1)),),
        stock=plan,
        policies=policies,
        horizon=Horizon(days * DAY_MS, 20 * DAY_MS, days * DAY_MS),
        forecast=ForecastPlan(shared=shared, error_smoothing=0.0),
    )


def ratios(shared: bool, folder: Path) -> np.ndarray:
    """By seed: the variance of what the warehouse was asked for, and of what the supplier was, to that of demand."""
    found = []
    for seed in range(1, SEEDS + 1):
        run = folder / f"{shared}-{seed}"
        run.mkdir()
        Model(a_chain(shared), seed).run(run)
        by_stage = order_variance(Books(run)).set_index("asked")["ratio"]
        found.append([by_stage["warehouse"], by_stage["suppliers"]])
    return np.array(found)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, np.ndarray]:
    folder = tmp_path_factory.mktemp("chain")
    return {shared: ratios(shared, folder) for shared in (True, False)}


def holds(values: np.ndarray, exact: float) -> bool:
    return Estimate.of(values).holds(exact)


def test_orders_vary_as_much_as_theory_says(found: dict[bool, np.ndarray]):
    assert holds(found[False][:, 0], ONE), (ONE, Estimate.of(found[False][:, 0]))
    assert holds(found[False][:, 1], TWO), (TWO, Estimate.of(found[False][:, 1]))
    assert holds(found[True][:, 1], SHARED), (SHARED, Estimate.of(found[True][:, 1]))


def test_a_longer_lead_time_would_show(found: dict[bool, np.ndarray]):
    longer = (LEADS[0] + 2) / P

    assert not holds(found[False][:, 0], 1 + 2 * longer + 2 * longer**2)
    assert not holds(found[False][:, 1], SHARED)


def test_shared_demand_lowers_the_variance_up_the_chain(found: dict[bool, np.ndarray]):
    """On the same customers, seed by seed; the store orders alike but for a day on which the warehouse is short."""
    assert found[True][:, 0] == pytest.approx(found[False][:, 0], rel=0.05)
    assert (found[True][:, 1] < found[False][:, 1]).all()
