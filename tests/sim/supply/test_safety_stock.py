"""Safety stock against exact values: the normal loss from its table, counts of slow movers by adding up."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from sim.distributions import Fixed
from sim.network import Supplier
from sim.policies.outlook import Outlook
from sim.policies.registry import make
from sim.policies.safety_stock import (
    counts_loss,
    counts_up_to,
    factor_for_loss,
    level_for_loss,
    level_for_service,
    normal_loss,
)
from sim.units import DAY_MS
from tests.worlds import a_node, a_world, stock


@pytest.mark.parametrize(("k", "loss"), [(0.0, 0.39894), (0.5, 0.19780), (1.0, 0.08332), (2.0, 0.00849)])
def test_the_normal_loss_is_that_of_the_table(k: float, loss: float):
    assert loss == pytest.approx(float(normal_loss(np.array([k]))[0]), abs=5e-6)
    assert k == pytest.approx(float(factor_for_loss(normal_loss(np.array([k])))[0]), abs=1e-9)


def law(mean: float, variance: float) -> Any:
    """The same counts from another library."""
    return poisson(mean) if variance <= mean else nbinom(mean**2 / (variance - mean), mean / variance)


CASES = [(0.1, 0.1), (0.4, 0.9), (2.0, 2.0), (2.0, 7.5), (5.5, 6.0), (9.0, 40.0)]


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_chances_and_losses_of_counts_by_adding_up(mean: float, variance: float):
    exact = law(mean, variance)
    for units in range(12):
        loss = sum((d - units) * exact.pmf(d) for d in range(units + 1, 400))
        at, m, v = (np.array([float(x)]) for x in (units, mean, variance))

        assert exact.cdf(units) == pytest.approx(float(counts_up_to(at, m, v)[0]), abs=1e-9)
        assert loss == pytest.approx(float(counts_loss(at, m, v)[0]), abs=1e-9)


@pytest.mark.parametrize(("mean", "variance"), CASES)
@pytest.mark.parametrize("target", [0.5, 0.9, 0.99, 0.9999])
def test_levels_are_the_smallest_that_do(mean: float, variance: float, target: float):
    exact, m, v = law(mean, variance), np.array([mean]), np.array([variance])
    allowed = (1 - target) * mean
    by_service = next(s for s in count() if exact.cdf(s) >= target - 1e-12)
    by_loss = next(s for s in count() if sum((d - s) * exact.pmf(d) for d in range(s + 1, 400)) <= allowed + 1e-12)

    assert by_service == int(level_for_service(target, m, v)[0])
    assert by_loss == int(level_for_loss(np.array([allowed]), m, v)[0])


def level(parameters: dict[str, Any], pace: float, sd: float) -> int:
    """The order-up-to level of P1: a forecast of ``pace`` a day with an error of ``sd``; lead time and review take four
    days."""
    world = a_world(
        nodes=(a_node(),), suppliers=(Supplier("maker", Fixed(3 * DAY_MS)),), stock=stock([[0, 0]], [[1, 1]], [[2, 2]])
    )
    policy: Any = make("replenishment", "forecast_order_up_to", parameters)
    policy.bind(world)
    ahead = np.arange(31)[:, None] * np.array([[pace, pace]])
    outlook = Outlook(0, DAY_MS, ahead.astype(np.float64), np.array([sd, sd]), np.array([True, True]))
    return int(policy.level(0, 0, outlook)[0])


def test_a_fill_rate_by_the_loss_of_the_normal():
    """40 in the protected time with a deviation of 2 x 6: of the 10 of a cycle 5% may be short, so G(k) = 0.5 / 12."""
    k = next(k for k in np.arange(0, 4, 0.0001) if norm.pdf(k) - k * norm.sf(k) <= 0.5 / 12)

    assert int(np.ceil(40 + k * 12)) == level({"fill_rate_bp": 9_500}, 10.0, 6.0)
    assert level({"fill_rate_bp": 8_000}, 10.0, 6.0) < level({"fill_rate_bp": 9_900}, 10.0, 6.0)


def test_a_fill_rate_asks_for_less_the_more_is_ordered_at_once():
    """With ten days' demand in an order, 5% of it are 5.5 units: fewer than nothing in reserve is enough."""
    often = {"fill_rate_bp": 9_500}

    assert level(often | {"order_cover_ms": 10 * DAY_MS}, 10.0, 6.0) < 46 < level(often, 10.0, 6.0)


def test_slow_movers_are_counted_unit_by_unit():
    """A unit in ten days, 0.4 in the protected time: Poisson where it varies as much, negative binomial where more."""
    slow = {"service_level_bp": 9_900, "slow_below": 5.0}

    assert int(poisson(0.4).ppf(0.99)) == level(slow, 0.1, 0.1**0.5) == 2
    assert int(law(0.4, 2.56).ppf(0.99)) == level(slow, 0.1, 0.8) == 8
    assert level({"service_level_bp": 9_900}, 0.1, 0.8) == int(np.ceil(0.4 + norm.ppf(0.99) * 1.6)) == 5
    assert 41 + 12 < level(slow, 10.0, 6.0), "what is not slow goes by the normal"


def test_what_is_asked_of_it_must_make_sense():
    for wrong in ({"fill_rate_bp": 10_000}, {"fill_rate_bp": 9_000, "holding_share_bp": 2_000}):
        with pytest.raises(ValueError, match="fill"):
            make("replenishment", "forecast_order_up_to", wrong)
