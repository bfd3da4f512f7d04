"""How a company forecasts what it will sell, as a scenario file describes it."""

from __future__ import annotations

from typing import Annotated

from scenarios.fields import Count, Flag, PositiveDuration, Section, Share, key, one_of


class ForecastSpec(Section):
    """What the forecaster sees, where a policy for `forecast` is chosen. Buckets are periods of a count of sales."""

    every: PositiveDuration = key("1d", description="Length of a bucket; 1d: local days. Each begins with a forecast.")
    history_buckets: Count = key(
        28, description="Buckets before the run that it remembers: drawn from expected demand without promotions."
    )
    backtest_buckets: Count = key(14, description="How many of these first tell how far forecasts are off.")
    uncensor: Annotated[str, one_of("none", "in_stock")] = key(
        "none",
        description="in_stock: sales of a channel and SKU that was out of stock for a part of a bucket are divided by "
        "the share of usual traffic that came in the rest of it.",
    )
    shared: Flag = key(
        False,
        description="Whether a node that feeds others forecasts what their customers buy, not what they order of it.",
    )
    error_smoothing: Share = key("10%", description="Weight of each new squared error in the mean of all.")
