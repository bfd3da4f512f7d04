"""Intervals and rankings against answers that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from scenarios.experiments.statistics import mean_interval, paired_difference, probability_greater, select_best

VALUES = [4.1, 5.3, 3.8, 4.9, 5.0, 4.4]


def test_the_mean_interval_is_students():
    interval = mean_interval(VALUES)

    low, high = stats.t.interval(0.95, df=5, loc=np.mean(VALUES), scale=stats.sem(VALUES))
    assert pytest.approx((np.mean(VALUES), low, high)) == (interval.mean, interval.low, interval.high)
    assert 6 == interval.count


def test_a_textbook_interval():
    # Law, Simulation Modeling and Analysis, example 4.27: 1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55,
    # 0.50, 1.09 have the 90% interval 1.34 +- 0.24.
    interval = mean_interval([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], confidence=0.90)

    assert (1.34, 0.24) == (round(interval.mean, 2), round(interval.half_width, 2))


def test_the_paired_interval_is_that_of_the_paired_t_test():
    other = [3.9, 5.2, 3.5, 4.8, 4.6, 4.3]
    interval = paired_difference(VALUES, other)

    expected = stats.ttest_rel(VALUES, other).confidence_interval(0.95)
    assert pytest.approx((expected.low, expected.high)) == (interval.low, interval.high)


def test_pairing_sharpens_what_common_customers_make_alike():
    generator = np.random.default_rng(3)
    weather = generator.normal(100, 20, 12)
    first, second = weather + 2 + generator.normal(0, 1, 12), weather + generator.normal(0, 1, 12)

    paired = paired_difference(first.tolist(), second.tolist())
    unpaired = stats.ttest_ind(first, second).confidence_interval(0.95)

    assert paired.excludes_zero
    assert unpaired.low < 0 < unpaired.high
    assert paired.half_width < (unpaired.high - unpaired.low) / 2 / 10


def test_intervals_contain_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(11)
    samples = generator.normal(7.0, 3.0, (2_000, 5))
    intervals = [mean_interval(sample.tolist()) for sample in samples]
    hits = sum(interval.low <= 7.0 <= interval.high for interval in intervals)

    low, high = stats.binom.interval(0.999, 2_000, 0.95)
    assert low <= hits <= high


def test_one_replication_has_a_mean_and_no_interval():
    interval = mean_interval([3.0])

    assert 3.0 == interval.mean
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert not interval.excludes_zero


def test_no_replications_have_nothing():
    assert math.isnan(mean_interval([]).mean)


def test_a_missing_value_makes_the_mean_missing():
    assert math.isnan(mean_interval([1.0, math.nan, 2.0]).mean)


def test_unequal_numbers_of_replications_are_not_paired():
    with pytest.raises(ValueError, match="2 replications cannot be paired with 3"):
        paired_difference([1.0, 2.0], [1.0, 2.0, 3.0])


def test_the_probability_of_being_greater_is_one_minus_the_one_sided_p_value():
    other = [4.0, 5.5, 3.5, 4.8, 5.1, 4.0]

    expected = 1 - stats.ttest_rel(VALUES, other, alternative="greater").pvalue
    assert pytest.approx(expected) == probability_greater(VALUES, other)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([2.0, 3.0], [1.0, 2.0], 1.0), ([1.0, 2.0], [2.0, 3.0], 0.0), ([1.0, 2.0], [1.0, 2.0], 0.5)],
)
def test_differences_without_variance_are_certain_or_even(first, second, expected):
    assert expected == probability_greater(first, second)


def test_the_best_is_ranked_first_and_its_probability_is_bonferronis():
    values = {"a": [1.0, 2.0, 3.0, 2.5], "b": [2.0, 2.9, 3.7, 3.6], "c": [1.9, 2.8, 3.9, 3.3]}
    selection = select_best(values)

    assert ("b", "c", "a") == selection.ranking
    assert "c" == selection.runner_up
    losing = stats.ttest_rel(values["c"], values["b"], alternative="greater").pvalue
    losing_to_a = stats.ttest_rel(values["a"], values["b"], alternative="greater").pvalue
    assert pytest.approx(1 - (1 - losing) - (1 - losing_to_a)) == selection.probability


def test_the_lowest_is_best_where_low_is_good():
    assert "a" == select_best({"a": [1.0, 2.0], "b": [2.0, 3.0]}, higher_is_better=False).leader


def test_the_bound_never_falls_below_zero():
    same = [1.0, 2.0, 3.0]
    selection = select_best({"a": same, "b": same, "c": same, "d": same})

    assert "a" == selection.leader
    assert 0.0 == selection.probability


def test_the_bound_is_kept_as_often_as_it_says():
    # Three systems of which two are equal and best: when the bound says 95%, the leader is one of these at
    # least 95 times in 100.
    generator = np.random.default_rng(5)
    right = claimed = 0
    for _ in range(1_000):
        common = generator.normal(0, 5, 8)
        draws = {
            name: (common + mu + generator.normal(0, 1, 8)).tolist() for name, mu in [("a", 0), ("b", 1.2), ("c", 0.2)]
        }
        selection = select_best(draws)
        if selection.probability >= 0.95:
            claimed += 1
            right += selection.leader == "b"

    assert claimed > 100
    assert right >= 0.95 * claimed


def test_a_variant_without_a_value_comes_last():
    assert ("b", "a") == select_best({"a": [math.nan, 1.0], "b": [0.0, 0.0]}).ranking


def test_nothing_to_choose_from_is_an_error():
    with pytest.raises(ValueError, match="nothing to choose from"):
        select_best({})
