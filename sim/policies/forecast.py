"""Forecasts: what a company expects to sell, from the sales that it has seen.

A *bucket* is the period in which sales are counted, a local day unless a scenario says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policies.registry import policy
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class SalesView:
    """What a forecaster may know: sales as reported, and the promotions that the company has planned.

    ``sales`` has shape (buckets, nodes, products), the last reported bucket last; ``lift``, shape (buckets, products),
    says how many times the usual demand was planned for each, and ``season`` on which weekday it fell (0 for all where
    buckets are not days). ``ahead_lift`` and ``ahead_season`` say the same of the buckets to forecast, of which the
    first follows the last of ``sales``.
    """

    now_ms: int
    sales: Floats
    lift: Floats
    season: Ints
    ahead_lift: Floats
    ahead_season: Ints


class ForecastPolicy(Protocol):
    """Says what will be sold."""

    def bind(self, world: World) -> None:
        """Learn what there is, once."""
        ...

    def decide(self, view: SalesView) -> Floats:
        """Expected units, shape (buckets ahead, nodes, products), none below zero; of a bucket the same however
        many are asked for after it."""
        ...


def repeated(level: Floats, view: SalesView) -> Floats:
    """The same expectation, shape (nodes, products), for each bucket ahead."""
    return np.repeat(level[None], len(view.ahead_season), axis=0)


def nothing(view: SalesView) -> Floats:
    """What is expected where nothing was ever seen."""
    return np.zeros((len(view.ahead_season), *view.sales.shape[1:]))


@policy("forecast", "naive")
@dataclass(slots=True)
class Naive:
    """The last reported bucket, again and again."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: SalesView) -> Floats:
        """Repeat it."""
        return repeated(view.sales[-1], view) if len(view.sales) else nothing(view)


@policy("forecast", "seasonal_naive")
@dataclass(slots=True)
class SeasonalNaive:
    """The last reported bucket of the same weekday."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: SalesView) -> Floats:
        """Look it up; the very last bucket stands in for a weekday that was never seen."""
        if not len(view.sales):
            return nothing(view)
        last = {int(weekday): place for place, weekday in enumerate(view.season)}
        return np.asarray(view.sales[[last.get(int(weekday), -1) for weekday in view.ahead_season]])


@policy("forecast", "moving_average")
@dataclass(slots=True)
class MovingAverage:
    """The mean of the last ``window`` buckets."""

    window: int = 28

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("a moving average needs a window of 1 or more buckets")

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: SalesView) -> Floats:
        """Average them."""
        return repeated(view.sales[-self.window :].mean(axis=0), view) if len(view.sales) else nothing(view)


@policy("forecast", "exponential_smoothing")
@dataclass(slots=True)
class ExponentialSmoothing:
    """Simple exponential smoothing: each bucket moves the level by ``alpha`` of its error; a week's mean begins it."""

    alpha: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ValueError("alpha lies above 0 and is at most 1")

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: SalesView) -> Floats:
        """Run the recursion over what is known."""
        if not len(view.sales):
            return nothing(view)
        first = min(7, len(view.sales))
        level = view.sales[:first].mean(axis=0)
        for bucket in view.sales[first:]:
            level = level + self.alpha * (bucket - level)
        return repeated(level, view)


@policy("forecast", "promotion_aware")
@dataclass(slots=True)
class PromotionAware:
    """Usual sales x weekday x the lift of planned promotions: past sales are freed of both before they are averaged.

    The level of each SKU at each node is the mean of its last ``window`` buckets; the weekdays' weights are those of
    the node as a whole, because a SKU alone sells too little to tell them.
    """

    window: int = 28

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("an average needs a window of 1 or more buckets")

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: SalesView) -> Floats:
        """Free the past of season and lift, average it, and put those of the buckets ahead on it."""
        if not len(view.sales):
            return nothing(view)
        sales, season = view.sales[-self.window :], view.season[-self.window :]
        usual = without_lift(sales, view.lift[-self.window :])
        weight = weekday_weights(usual, season)
        level = usual.sum(axis=0) / weight[season].sum(axis=0)[:, None]
        return level[None] * weight[view.ahead_season][:, :, None] * view.ahead_lift[:, None, :]


def without_lift(sales: Floats, lift: Floats) -> Floats:
    """Sales as they would have been without promotions; a promotion that was to sell nothing tells nothing."""
    return sales / np.where(lift > 0, lift, 1.0)[:, None, :]


def weekday_weights(usual: Floats, season: Ints) -> Floats:
    """Each node's sales by weekday relative to its mean, shape (7, nodes); 1 where a weekday was never seen."""
    totals = usual.sum(axis=2)
    weights = np.ones((7, totals.shape[1]))
    by_day = {day: totals[season == day].mean(axis=0) for day in np.unique(season).tolist()}
    mean = np.mean(list(by_day.values()), axis=0)
    for day, total in by_day.items():
        weights[day] = np.where(mean > 0, total / np.where(mean > 0, mean, 1.0), 1.0)
    return weights
