"""Tuning: it finds what there is to find, does not take luck for gain, and goes on where it stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakproof.tuned import tune_to_folder
from scenarios.errors import Problems, ScenarioError
from scenarios.experiments.comparison import Outcome
from scenarios.experiments.experiment import ExperimentError, Job
from scenarios.reflection import numeric_parameters
from scenarios.settings import known_policies
from scenarios.tuning import Tuned, tune
from scenarios.tuning.space import read_space

TINY = Path(__file__).parents[1] / "cli" / "tiny.yaml"
MEASURE = "margin_per_order_cents"


def point(job: Job) -> dict[str, float]:
    _, _, given = job.variant.policies[-1].partition(":")
    return {key: float(value) for key, _, value in (item.partition("=") for item in given.split(",") if item)}


def luck(job: Job) -> float:
    """Of a point and a seed, the same whenever it is asked."""
    key = [job.seed, *(round(1e6 * value) for value in point(job).values())]
    return float(np.random.default_rng(key).normal())


def runs(value: Callable[[Job], float], seen: list[Job] | None = None) -> Callable[[Job], Outcome]:
    def run(job: Job) -> Outcome:
        if seen is not None:
            seen.append(job)
        kpis = {MEASURE: value(job), "otif": 0.9}
        return Outcome(job.variant.name, job.replication, job.seed, kpis, f"customers {job.seed}")

    return run


def hill(job: Job) -> float:
    """Best at 9 days; the policy as it is stands at 5. Replications differ by what all points share."""
    days = point(job).get("ahead_days", 5.0)
    return 1_000.0 + 10 * job.seed % 7 - (days - 9.0) ** 2 + 0.1 * luck(job)


def search(value: Callable[[Job], float], seen: list[Job] | None = None, **options) -> Tuned:
    options = {"trials": 30, "replications": 3, "hold_out": 8, "jobs": 1} | options
    job = runs(value, seen)
    return tune("none", "transfers", "level_cover", ["ahead_days=2..14"], run_job=job, **options)


def test_it_finds_the_top_and_holds_it_out():
    found = search(hill)
    days = float(found.best.partition("=")[2])

    assert 8.0 <= days <= 10.0
    assert 15.0 < found.held_out.low < 16.1
    assert found.held_out.low < 16 - (days - 9) ** 2 + 0.2
    assert "Chance does not explain the latter: deploy it." in found.summary()
    assert not set(found.seeds) & set(found.held_out_seeds)
    assert (3, 8, 30) == (len(found.seeds), len(found.held_out_seeds), len(found.trials))
    assert list(found.frame[MEASURE]) == sorted((t.mean for t in found.trials), reverse=True)


def test_luck_is_fitted_and_does_not_hold():
    found = search(lambda job: luck(job) if point(job) else 0.0, hold_out=40)

    assert found.fitted.mean > 0.8
    assert not found.held_out.excludes_zero
    assert "Chance explains the latter: there is no reason to change." in found.summary()


def test_what_cannot_be_bettered_is_kept():
    found = search(lambda job: 0.0 if point(job) else 1.0, trials=6)

    assert "None of 6 trials does better than level_cover on the seeds of the search: keep it." == found.summary()


def test_a_lower_measure_can_be_the_better_one():
    def cost(job: Job) -> Outcome:
        outcome = runs(hill)(job)
        return Outcome(
            outcome.variant, outcome.replication, outcome.seed, {"cost_to_serve_per_order_cents": -hill(job)}, "all"
        )

    found = tune(
        "none",
        "transfers",
        "level_cover",
        ["ahead_days=2..14"],
        measure="cost_to_serve_per_order_cents",
        guard=None,
        trials=20,
        replications=2,
        hold_out=3,
        jobs=1,
        run_job=cost,
    )

    assert found.fitted.mean > 10
    assert found.guard_held_out is None


def test_an_interrupted_search_goes_on_to_the_same_end(tmp_path: Path):
    seen: list[Job] = []

    def dies(job: Job) -> float:
        if len(seen) == 20:
            raise KeyboardInterrupt
        return hill(job)

    with pytest.raises(KeyboardInterrupt):
        search(dies, seen, study=tmp_path / "study")
    again: list[Job] = []
    resumed = search(hill, again, study=tmp_path / "study")
    extended = search(hill, study=tmp_path / "study", trials=33)
    whole = search(hill)

    assert resumed.trials == whole.trials
    assert resumed.best == whole.best
    assert resumed.held_out == whole.held_out
    assert whole.trials == extended.trials[:30]
    # 6 trials of 3 runs were done; of the others, the best and the policy as it is, each run is made once.
    assert len(again) <= (30 - 6) * 3 + 3 + 3 + 2 * 8


def test_two_processes_share_a_study(tmp_path: Path):
    search(hill, study=tmp_path / "study", trials=4)
    first, second = (search(hill, study=tmp_path / "study", trials=9) for _ in range(2))

    assert first.trials == second.trials
    assert 9 == len({t.number for t in first.trials})


def test_another_question_needs_another_study(tmp_path: Path):
    search(hill, study=tmp_path / "study", trials=2)

    with pytest.raises(ExperimentError, match="trials of another question"):
        search(hill, study=tmp_path / "study", trials=2, seed=7)


def test_a_measure_without_a_value_is_no_trial_to_choose():
    found = search(lambda job: hill(job) if point(job).get("ahead_days", 5) > 6 else math.nan, trials=12)

    assert float(found.best.partition("=")[2]) > 6
    with pytest.raises(ExperimentError, match="has no value in any trial"):
        search(lambda _: math.nan, trials=3)


def test_everything_wrong_with_the_ranges_is_told_at_once():
    with pytest.raises(ScenarioError) as told:
        tune(
            "none",
            "replenishment",
            "forecast_order_up_to",
            ["service_level=99%..80%", "level=1..2", "order_cover=1..x"],
        )
    text = str(told.value)

    assert "4 problems in what was given" in text
    assert "service_level: '99%..80%' does not fit; accepted: a lower value before a higher one" in text
    assert "level: is no numeric parameter of this policy" in text
    assert "accepted: service_level, holding_share, order_cover" in text
    assert "order_cover: '1' does not fit" in text
    assert "order_cover: 'x' does not fit; accepted: a duration" in text
    with pytest.raises(ScenarioError, match="none: this policy has no numeric parameter"):
        tune("none", "release", "fifo", ["x=1..2"])
    with pytest.raises(ScenarioError, match="nothing is to be varied; accepted: minutes_per_line"):
        tune("none", "release", "slack", [])


@pytest.mark.parametrize("bad", [("transfers", "levelcover"), ("transfer", "level_cover")])
def test_an_unknown_name_is_told(bad: tuple[str, str]):
    with pytest.raises(Exception, match="did you mean"):
        tune("none", *bad, ["ahead_days=1..2"])


NUMERIC = [
    (decision, name, key)
    for decision, known in known_policies(solvers=True).items()
    for name, cls in known.items()
    for key in numeric_parameters(cls)
]
RANGES = {"_ms": "1h..30d", "_bp": "1%..99%", "_cents": "0.50..99.00", "_kg": "100g..9kg"}


@pytest.mark.parametrize(("decision", "name", "key"), NUMERIC)
@settings(max_examples=15, deadline=None)
@given(st.floats(0, 1))
def test_every_numeric_parameter_is_written_as_it_is_read(decision: str, name: str, key: str, share: float):
    cls = known_policies(solvers=True)[decision][name]
    field = numeric_parameters(cls)[key].field
    span = next((text for unit, text in RANGES.items() if field.endswith(unit)), None)
    problems = Problems()
    spans = [span] if span else ["1..50", "0.1..0.9"]
    found = [d for text in spans for d in read_space(cls, [f"{key}={text}"], problems)]

    assert found, list(map(str, problems))
    for d in found:
        value = d.rounded(d.low + share * (d.high - d.low))
        assert d.low <= value <= d.high
        assert value == pytest.approx(d.read(d.written(value)), rel=1e-9)


def test_a_tuning_of_a_real_scenario_fills_a_folder(tmp_path: Path):
    settings: dict[str, Any] = {"replications": 1, "hold_out": 2, "jobs": 1, "out": tmp_path / "tuning"}
    found, folder = tune_to_folder(TINY, "release", "slack", ["minutes_per_line=0.5..9"], trials=2, **settings)
    more, _ = tune_to_folder(TINY, "release", "slack", ["minutes_per_line=0.5..9"], trials=3, **settings)
    written = json.loads((folder / "tuning.json").read_text(encoding="utf-8"))
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert {"manifest.json", "report.html", "study.journal", "trials.csv", "tuning.json"} == {
        file.name for file in folder.iterdir()
    }
    assert "1" == found.trials[0].values["minutes_per_line"], "the search begins with the policy as it is"
    assert more.trials[:2] == found.trials
    assert written["verdict"] == more.summary()
    assert [{"key": "minutes_per_line", "low": "0.5", "high": "9"}] == written["dimensions"]
    assert "gain on fresh seeds" in page
    assert "<svg" in page
