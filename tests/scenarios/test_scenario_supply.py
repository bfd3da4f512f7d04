"""What a scenario file says of forecasts and suppliers, and the world that it makes."""

from __future__ import annotations

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
