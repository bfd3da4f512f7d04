"""What a comparison says: clear where it is clear, open where it is not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from scenarios.display import display, percent
from scenarios.experiments.comparison import Comparison, Measure, Outcome, Variant

MARGIN = Measure("margin_per_order_cents", "Contribution an order", "cents")
OTIF = Measure("otif", "On time in full", "share")
HOURS = Measure("cycle_time_p50_hours", "Cycle time, median", "hours", higher_is_better=False)

WEATHER = [0.0, 100.0, -50.0, 30.0, 80.0]
NOISE = [1.0, -2.0, 0.5, 1.5, -1.0]


def comparison(gains: dict[str, list[float]], service: dict[str, list[float]] | None = None, **options) -> Comparison:
    """Variants whose margin is the weather of the replication plus a gain of their own."""
    count = len(next(iter(gains.values())))
    outcomes = []
    for name, own in gains.items():
        for r in range(count):
            otif = service[name][r] if service else 0.9
            kpis = {
                "margin_per_order_cents": 1_000 + WEATHER[r] + own[r],
                "otif": otif,
                "cycle_time_p50_hours": own[r],
            }
            outcomes.append(Outcome(name, r, 1 + r, kpis, f"demand-{r}"))
    variants = tuple(Variant(name, (f"allocation={name}",)) for name in gains)
    return Comparison("outage", variants, tuple(outcomes), (MARGIN, OTIF, HOURS), **options)


def better_by(cents: float) -> dict[str, list[float]]:
    return {"closest": [0.0] * 5, "cheapest": [cents + noise for noise in NOISE]}


def test_a_clear_winner_is_named_with_its_lead_and_its_certainty():
    text = comparison(better_by(40)).summary()

    assert text.startswith("Deploy cheapest: it earns $0.40 more per order than closest (95% interval $0.38 to $0.42")
    assert "5 paired replications), P(best) ≥ 99.9%." in text
    assert text.endswith("On time in full: 90.0% with cheapest, 90.0% with closest.")


def test_an_unclear_lead_is_called_unclear():
    verdict = comparison(better_by(0.8)).verdict

    assert not verdict.clear
    assert verdict.text.startswith("No clear winner: cheapest leads closest by $0.01 in contribution an order, but ")
    assert "includes zero" in verdict.text
    assert "replications would show it." in verdict.text


def test_a_lead_too_small_to_find_is_not_worth_more_replications():
    gains = {"closest": [0.0] * 5, "cheapest": [5.0, -5.0, 4.0, -4.0, 0.01]}

    assert "too small to find" in comparison(gains).summary()


def test_the_same_results_have_no_winner():
    text = comparison({"closest": [0.0] * 5, "cheapest": [0.0] * 5}).summary()

    assert text.startswith("No clear winner: closest and cheapest gave the same contribution an order in every")


def test_one_replication_cannot_tell():
    text = comparison({"closest": [0.0], "cheapest": [40.0]}).summary()

    assert text.startswith("One replication cannot tell: cheapest came out ahead of closest by $0.40")


def test_one_variant_has_no_rival():
    assert comparison({"closest": [0.0] * 5}).summary().startswith("Only closest ran")


def test_of_three_equally_good_leaders_none_is_deployed():
    gains = {"a": [0.0] * 5, "b": [40 + noise for noise in NOISE], "c": [40 - noise for noise in NOISE]}
    verdict = comparison(gains).verdict

    assert not verdict.clear
    assert "includes zero" in verdict.text


def test_among_many_the_interval_alone_is_not_enough():
    near = [[-1.0, -3.4, -2.2, -2.9, -0.6]] * 6
    gains = {"best": [0.0] * 5} | {f"rival{n}": values for n, values in enumerate(near)}
    verdict = comparison(gains).verdict

    assert verdict.lead is not None
    assert verdict.lead.excludes_zero
    assert not verdict.clear
    assert "excludes zero, but among 7 variants P(best)" in verdict.text


def test_worse_service_is_told_beside_the_winner():
    service = {"closest": [0.95, 0.96, 0.94, 0.95, 0.96], "cheapest": [0.90, 0.91, 0.90, 0.90, 0.91]}
    verdict = comparison(better_by(40), service).verdict

    assert verdict.clear
    assert verdict.service_is_worse
    assert verdict.text.endswith("Mind the service: closest is better by 4.8 points.")


def test_where_low_is_good_the_lowest_wins():
    gains = {"slow": [30.0, 31.0, 29.0, 30.0, 30.5], "quick": [20.0, 20.5, 19.5, 20.0, 20.0]}
    verdict = comparison(gains, criterion="cycle_time_p50_hours", guard=None).verdict

    assert "quick" == verdict.leader
    assert verdict.lead is not None
    assert verdict.lead.mean > 0
    assert verdict.text.startswith("Deploy quick: its cycle time, median is 10.1 h lower than slow")


def test_a_measure_without_a_value_gives_no_answer():
    gains = {"closest": [0.0, math.nan, 0.0, 0.0, 0.0], "cheapest": [1.0] * 5}

    assert comparison(gains).summary().startswith("No answer: contribution an order has no value")


def test_frames_have_a_row_for_each_run_and_each_mean():
    result = comparison(better_by(40))

    assert (10, 6) == result.frame.shape
    assert 6 == len(result.means)
    assert {"closest"} == set(result.differences()["variant"])
    gap = result.differences("closest").set_index("kpi").loc["margin_per_order_cents"]
    assert pytest.approx(40) == gap["difference"]


def test_outcomes_are_paired_by_replication_whatever_their_order():
    result = comparison(better_by(40))
    shuffled = Comparison("outage", result.variants, result.outcomes[::-1], result.measures)

    assert result.summary() == shuffled.summary()


def test_a_comparison_survives_its_file(tmp_path: Path):
    gains = better_by(40) | {"broken": [math.nan] * 5}
    result = comparison(gains)
    result.save(tmp_path / "comparison.json")

    read = Comparison.read(tmp_path / "comparison.json")

    assert result.summary() == read.summary()
    assert result.variants == read.variants
    assert result.measures == read.measures
    assert all(math.isnan(value) for value in read.values("margin_per_order_cents")["broken"])


def test_notebooks_show_the_answer_and_the_means():
    html = comparison(better_by(40))._repr_html_()

    assert "<strong>Deploy cheapest" in html
    assert "$10.72" in html


@pytest.mark.parametrize(
    ("value", "unit", "signed", "text"),
    [
        (1234.0, "cents", False, "$12.34"),
        (-5.0, "cents", True, "−$0.05"),
        (250_000_000.0, "cents", False, "$2.50M"),
        (2_500_000.0, "cents", False, "$25,000"),
        (0.1234, "share", False, "12.3%"),
        (0.1234, "share", True, "+12.3 points"),
        (12.345, "hours", False, "12.3 h"),
        (1500.4, "count", False, "1,500"),
        (1.034, "ratio", False, "1.03"),
        (3.0, "orders", False, "3 orders"),
        (math.nan, "cents", False, "–"),
    ],
)
def test_numbers_read_as_a_planner_writes_them(value, unit, signed, text):
    assert text == display(value, unit, signed=signed)


@pytest.mark.parametrize(
    ("probability", "text"), [(1.0, "99.9%"), (0.9996, "99.9%"), (0.9876, "98.7%"), (math.nan, "unknown")]
)
def test_no_probability_is_rounded_up_to_certainty(probability, text):
    assert text == percent(probability)
