"""What a scenario file says of forecasts and suppliers, and the world that it makes."""

from __future__ import annotations

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.units import DAY_MS, HOUR_MS
from sim.world import ForecastPlan, PolicyChoice

SETS = [
    "policies.forecast={name: moving_average, parameters: {window: 14}}",
    "policies.replenishment={name: forecast_order_up_to, parameters: {service_level: 98%, order_cover: 7d}}",
    "forecast.history_buckets=56",
    "forecast.uncensor=in_stock",
    "forecast.shared=true",
    "channels.marketplace.sales_lag=36h",
]


def test_forecasts_are_switched_on_by_a_file():
    plain, world = load("baseline").world, load("baseline", sets=SETS).world
    lags = {c.name: c.sales_lag_ms for c in world.network.channels if c.sales_lag_ms}

    assert "forecast" not in plain.policies
    assert PolicyChoice("moving_average", {"window": 14}) == world.policies["forecast"]
    assert {"service_level_bp": 9_800, "order_cover_ms": 7 * DAY_MS} == world.policies["replenishment"].parameters
    assert ForecastPlan(history_buckets=56, uncensor="in_stock", shared=True) == world.forecast
    assert {"marketplace": 36 * HOUR_MS} == lags


SUPPLIER = """
confirmation: 1d
confirmed_share: 90%
min_order: 2500
price_breaks: [{units: 480, discount: 6%}, {units: 120, discount: 3%}]
price: 104%
freight_per_kg: 0.85
duty: 6%
capacity_units_per_day: 4000
partial: {share: 20%, first: 60%, delay: 5d}
expedite: {lead_time: 5d, surcharge: 35%, below: 40%}
second_source: {supplier: Jersey Labs, share: 30%}
"""


def test_a_suppliers_terms():
    sets = [f"suppliers.Pacific Trading.{line.replace(': ', '=', 1)}" for line in SUPPLIER.strip().splitlines()]
    network = load("baseline", sets=sets).world.network
    terms = next(s for s in network.suppliers if s.name == "Pacific Trading")

    assert terms.confirmation_ms is not None
    assert terms.expedited_lead_ms is not None
    assert terms.second_source is not None
    assert (DAY_MS, 0.9) == (terms.confirmation_ms.mean, terms.confirmed_share.mean)
    assert (250_000, ((120, 300), (480, 600))) == (terms.min_order_cents, terms.price_breaks)
    assert (10_400, 85, 600, 4_000) == (
        terms.price_bp,
        terms.freight_cents_per_kg,
        terms.duty_bp,
        terms.capacity_units_per_day,
    )
    assert (0.2, 0.6, 5 * DAY_MS) == (terms.partial_share, terms.partial_first, terms.partial_delay_ms.mean)
    assert (5 * DAY_MS, 3_500, 4_000) == (
        terms.expedited_lead_ms.mean,
        terms.expedite_surcharge_bp,
        terms.expedite_below_bp,
    )
    assert ("Jersey Labs", 3_000) == (network.suppliers[terms.second_source].name, terms.second_share_bp)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("second_source={supplier: Pacific Trading, share: 30%}", "is no second source of its own"),
        ("second_source={supplier: Pacific Tradin, share: 30%}", "Pacific Trading"),
        ("min_order=-1", "min_order"),
    ],
)
def test_terms_that_mean_nothing_are_told(given: str, told: str):
    with pytest.raises(ScenarioError, match=told):
        load("baseline", sets=[f"suppliers.Pacific Trading.{given}"])
