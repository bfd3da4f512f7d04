"""Forecast rules by hand: one node, one SKU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.policies.forecast import SalesView
from sim.policies.registry import make
from tests.worlds import a_world


def seen(sales: list[float], lift: list[float] | None = None, ahead_lift: tuple[float, ...] = (1, 1), monday: int = 0):
    """Sales of one node and SKU, the first on a Monday; two days to forecast."""
    days = (np.arange(len(sales) + len(ahead_lift)) + monday) % 7
    return SalesView(
        0,
        np.array(sales, dtype=np.float64).reshape(-1, 1, 1),
        np.array(lift or [1.0] * len(sales), dtype=np.float64).reshape(-1, 1),
        days[: len(sales)],
        np.array(ahead_lift, dtype=np.float64).reshape(-1, 1),
        days[len(sales) :],
    )


def expected(name: str, view: SalesView, **parameters) -> list[float]:
    policy = make("forecast", name, parameters)
    policy.bind(a_world())
    return policy.decide(view)[:, 0, 0].tolist()


WEEK = [10.0, 10.0, 10.0, 10.0, 10.0, 20.0, 0.0]


@pytest.mark.parametrize(
    ("name", "parameters", "forecast"),
    [
        ("naive", {}, [6, 6]),
        ("seasonal_naive", {}, [2, 3]),
        ("moving_average", {"window": 2}, [5, 5]),
        ("exponential_smoothing", {"alpha": 0.5}, [6.25, 6.25]),
    ],
)
def test_rules_by_hand(name: str, parameters: dict, forecast: list[float]):
    """Eight days from a Monday: 2, 2, 3, 9, 9, 9, 4, 6 has a first week of mean 5.43; here simpler: mean 6.5."""
    sales = [9.0, 2.0, 3.0, 9.0, 9.0, 9.5, 4.0, 6.0]

    assert np.mean(sales[:7]) == 6.5
    assert forecast == pytest.approx(expected(name, seen(sales), **parameters))


def test_a_weekday_that_was_never_seen_is_as_the_last_day():
    assert [4, 4] == expected("seasonal_naive", seen([3, 4]))


def test_promotion_aware_knows_weekday_and_lift():
    """A promotion that doubled a Saturday is taken out of the past, and one of four times put on the Monday ahead."""
    promoted = [*WEEK[:5], 40.0, 0.0]
    lift = [1.0] * 5 + [2.0, 1.0]

    assert [40, 10] == pytest.approx(expected("promotion_aware", seen(promoted, lift, (4, 1))))
    assert [90 / 7, 90 / 7] == pytest.approx(expected("moving_average", seen(promoted, lift, (4, 1)), window=7))


def test_statistical_totals_follow_the_week():
    """Five weeks of one pattern are continued by it; the sum over SKUs is the node's."""
    pytest.importorskip("statsmodels")
    rng = np.random.default_rng(3)
    days = np.arange(37) % 7
    means = np.array([30.0, 10.0])[None, None, :] * np.where(days >= 5, 2.0, 1.0)[:, None, None]
    sales = rng.poisson(means[:35]).astype(np.float64)
    view = replace(seen([0.0]), sales=sales, lift=np.ones((35, 2)), season=days[:35])
    view = replace(view, ahead_lift=np.ones((7, 2)), ahead_season=np.arange(7))
    policy = make("forecast", "ets_top_down")
    policy.bind(a_world())
    found = policy.decide(view)[:, 0]

    assert found[5:].sum() / found[:2].sum() == pytest.approx(2, rel=0.15)
    assert found[:, 0].sum() / found[:, 1].sum() == pytest.approx(3, rel=0.1)
    assert found.sum() == pytest.approx(360, rel=0.05)


@pytest.mark.parametrize(
    ("name", "parameters"), [("moving_average", {"window": 0}), ("exponential_smoothing", {"alpha": 0})]
)
def test_parameters_that_mean_nothing_are_refused(name: str, parameters: dict):
    with pytest.raises(ValueError):
        make("forecast", name, parameters)
