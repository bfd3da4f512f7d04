"""Arrivals are a Poisson process with the stated rate; streams are uniform and independent of who else asks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.agents.customers.customer import Customers
from sim.disruptions import Promotion
from sim.distributions import Discrete, Distribution, Exponential, Lognormal, Triangular, Uniform, at_many
from sim.streams import Streams, key_of
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import at
from tests.worlds import a_channel, a_world

HOURS = tuple(0.2 + (h % 24) / 12 + (h // 24) / 7 for h in range(168))
DAYS = 28


def a_month(**changes) -> World:
    channel = a_channel(orders_per_day=600.0, hour_of_week=HOURS)
    return a_world(channels=(channel,), horizon=Horizon(DAYS * DAY_MS), **changes)


def arrivals(world: World, seed: int = 11) -> np.ndarray:
    return np.concatenate([o.at_ms for o in Customers(world, Streams(seed)).offers()])


def expected_by_hour(world: World) -> np.ndarray:
    """The rate as the scenario states it, hour by hour from Monday 0:00, promotions included."""
    rate = np.array([600.0 * HOURS[h % 168] / 24 for h in range(24 * DAYS)])
    for promotion in world.disruptions:
        assert isinstance(promotion, Promotion)
        rate[promotion.at_ms // HOUR_MS : (promotion.at_ms + promotion.duration_ms) // HOUR_MS] *= promotion.multiplier
    return rate


def distance(counts: np.ndarray, expected: np.ndarray) -> float:
    """p-value of Pearson's chi-square for independent Poisson counts."""
    return float(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts)))


@pytest.mark.parametrize("promotions", [(), (Promotion(at(11, 10), 6 * HOUR_MS, 4.0),)], ids=["plain", "promoted"])
def test_arrivals_follow_the_rate(promotions: tuple[Promotion, ...]):
    """672 hours as independent Poisson counts; a rate that is 5% off would be found."""
    world = a_month(disruptions=promotions)
    counts = np.bincount(arrivals(world) // HOUR_MS, minlength=24 * DAYS)
    expected = expected_by_hour(world)

    assert distance(counts, expected) > 0.005
    assert distance(counts, np.roll(expected, 1)) < 0.005
    total = counts.sum()
    assert abs(total - expected.sum()) < 2.576 * expected.sum() ** 0.5 < 0.025 * expected.sum()


def test_the_promoted_hours_are_four_times_as_busy():
    """Against the same hours of the weeks before and after."""
    world = a_month(disruptions=(Promotion(at(11, 10), 6 * HOUR_MS, 4.0),))
    counts = np.bincount(arrivals(world) // HOUR_MS, minlength=24 * DAYS)
    during = counts[11 * 24 + 10 : 11 * 24 + 16].sum()
    plain = expected_by_hour(a_month())[11 * 24 + 10 : 11 * 24 + 16].sum()

    assert abs(during - 4 * plain) < 2.576 * (4 * plain) ** 0.5 < 0.3 * 4 * plain


def test_times_between_arrivals_are_exponential_at_a_constant_rate():
    world = a_world(channels=(a_channel(orders_per_day=2_000.0),), horizon=Horizon(5 * DAY_MS))
    gaps = np.diff(arrivals(world)) + 0.5

    assert stats.kstest(gaps, "expon", args=(0, DAY_MS / 2_000.0)).pvalue > 0.005
    assert stats.kstest(gaps, "expon", args=(0, 1.1 * DAY_MS / 2_000.0)).pvalue < 0.005


def test_counts_of_separate_seeds_are_independent():
    """Two hundred days of seeds: variance equals mean, no correlation from one day to the next."""
    world = a_world(channels=(a_channel(orders_per_day=400.0),), horizon=Horizon(DAY_MS))
    counts = np.array([len(arrivals(world, seed)) for seed in range(200)])
    index = (len(counts) - 1) * counts.var(ddof=1) / counts.mean()
    low, high = stats.chi2.ppf([0.005, 0.995], len(counts) - 1)

    assert low < index < high
    assert abs(np.corrcoef(counts[1:], counts[:-1])[0, 1]) < 0.25


# Streams.


def test_a_counter_stream_is_uniform():
    stream = Streams(3).counter("lead", "maker")
    draws = [stream.at(n) for n in range(20_000)]

    assert stats.kstest(draws, "uniform").pvalue > 0.005
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.02
    assert (0.0 <= min(draws), max(draws) < 1.0) == (True, True)


def test_numbers_that_agents_use_are_uniform_too():
    """Jobs shifted by eight bits, and nodes with days: far from consecutive."""
    stream = Streams(3).counter("work pick", "A")

    for numbers in (
        [job << 8 for job in range(10_000)],
        [node * 100_000 + d for node in range(100) for d in range(100)],
    ):
        assert stats.kstest([stream.at(n) for n in numbers], "uniform").pvalue > 0.005


def test_a_draw_does_not_depend_on_the_order_of_asking():
    forth, back = (Streams(5).counter("fill", "maker") for _ in range(2))

    assert [forth.at(n) for n in range(50)] == [back.at(n) for n in reversed(range(50))][::-1]


def test_streams_of_other_names_and_seeds_share_nothing():
    first = Streams(5)
    others = [Streams(6).block("arrivals", "web", 0, 500), first.block("arrivals", "market", 0, 500)]
    others += [first.block("payment", "web", 0, 500), first.block("arrivals", "web", 1, 500)]
    mine = first.block("arrivals", "web", 0, 500)

    assert all(abs(np.corrcoef(mine, other)[0, 1]) < 0.15 for other in others)
    assert 0 == sum(len(np.intersect1d(mine, other)) for other in others)


def test_a_longer_block_begins_with_the_shorter():
    assert Streams(5).block("desk", "web", 3, 10).tolist() == Streams(5).block("desk", "web", 3, 50)[:10].tolist()


def test_a_key_does_not_run_names_together():
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of(1, "1") != key_of(11, "")


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(2.0, 5.0),
        Exponential(3.0),
        Lognormal(3.0, 0.4),
        Triangular(1.0, 2.0, 6.0),
        Triangular(2.0, 2.0, 6.0),
        Discrete((1.0, 4.0, 9.0), (1.0, 2.0, 3.0)),
    ],
    ids=repr,
)
def test_a_distribution_has_its_mean_and_one_voice(distribution: Distribution):
    """The mean over evenly spread quantiles; one by one or in an array."""
    u = (np.arange(200_000) + 0.5) / 200_000
    many = at_many(distribution, u)

    assert abs(many.mean() / distribution.mean - 1) < 2e-3
    assert np.allclose([distribution.at(x) for x in u[::1_000].tolist()], many[::1_000], rtol=1e-9)
    assert (np.diff(many) >= 0).all()
