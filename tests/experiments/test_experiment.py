"""Plans, workers that die, and runs that must see the same demand; with a runner that takes no time."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from scenarios.experiments.comparison import Outcome, Variant
from scenarios.experiments.experiment import (
    ExperimentError,
    Job,
    Plan,
    check_same_demand,
    compare,
    run_all,
)

EARNS = {"closest": 500.0, "cheapest": 540.0, "fewest_splits": 520.0}


def outcome(job: Job, demand: str = "") -> Outcome:
    """A run whose weather is the replication's and whose merit is the policy's."""
    weather = 10.0 * (job.seed * 7919 % 13)
    own = (job.seed * len(job.variant.name)) % 5
    kpis = {"margin_per_order_cents": EARNS[job.variant.name] + weather + own, "otif": 0.9 + 0.001 * own}
    return Outcome(job.variant.name, job.replication, job.seed, kpis, demand or f"demand-{job.seed}")


def outcome_after_killing_a_worker(job: Job, marks: Path) -> Outcome:
    """The second replication of `cheapest` takes its worker with it, but only once."""
    mark = marks / f"{job.variant.name}-{job.replication}"
    if job.key == ("cheapest", 1) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome(job)


def killed(job: Job) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def demand_of_its_own(job: Job) -> Outcome:
    return outcome(job, demand=job.variant.name)


def plan(replications: int = 3) -> Plan:
    return Plan("outage", tuple(Variant(name, (f"allocation={name}",)) for name in EARNS), replications, seed=5)


def test_all_variants_of_a_replication_have_one_seed():
    jobs = plan(2).jobs()

    assert [5, 5, 5, 6, 6, 6] == [job.seed for job in jobs]
    assert ["closest", "cheapest", "fewest_splits"] * 2 == [job.variant.name for job in jobs]


@pytest.mark.parametrize(
    ("variants", "replications", "message"),
    [
        ((), 3, "at least one variant"),
        ((Variant("a"), Variant("a")), 3, "two variants have one name"),
        ((Variant("a"),), 0, "at least 1 replication"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(variants, replications, message):
    with pytest.raises(ExperimentError, match=message):
        Plan("outage", variants, replications)


def test_one_worker_and_two_give_the_same_outcomes():
    jobs = plan(4).jobs()

    assert run_all(jobs, outcome, workers=1) == run_all(jobs, outcome, workers=2)


def test_what_a_killed_worker_took_with_it_is_run_again(tmp_path: Path):
    jobs = plan(3).jobs()

    survived = run_all(jobs, partial(outcome_after_killing_a_worker, marks=tmp_path), workers=2)

    assert ["cheapest-1"] == [mark.name for mark in tmp_path.iterdir()]
    assert run_all(jobs, outcome, workers=1) == survived


def test_jobs_that_always_die_are_given_up_with_a_word():
    with pytest.raises(ExperimentError, match=r"died 2 times, the first of them \('closest', 0\)"):
        run_all(plan(1).jobs(), killed, workers=2, attempts=2)


def test_progress_ends_at_one():
    seen: list[float] = []

    run_all(plan(2).jobs(), outcome, workers=1, progress=seen.append)

    assert sorted(seen) == seen
    assert 6 == len(seen)
    assert 1.0 == seen[-1]


def test_runs_of_one_replication_must_be_offered_the_same_orders():
    jobs = plan(2).jobs()

    check_same_demand([outcome(job) for job in jobs])
    with pytest.raises(ExperimentError, match="'cheapest' and 'closest' were not offered the same orders"):
        check_same_demand([demand_of_its_own(job) for job in jobs])


def test_compare_names_its_variants_after_their_policies():
    result = compare("outage", list(EARNS), replications=4, jobs=1, run_job=outcome)

    assert ["closest", "cheapest", "fewest_splits"] == [variant.name for variant in result.variants]
    assert ("allocation=cheapest",) == result.variants[1].policies
    assert 4 == result.replications
    assert "cheapest" == result.verdict.leader


def test_general_variants_take_settings_of_their_own_after_the_common_ones():
    variants = [Variant("closest", ("allocation=closest",), ("rules.allocate_every=15min",))]

    result = compare("outage", variants=variants, sets=["horizon.end=7d"], replications=2, jobs=1, run_job=outcome)

    assert ("horizon.end=7d", "rules.allocate_every=15min") == result.variants[0].sets


def test_an_unknown_measure_is_told_with_the_nearest():
    with pytest.raises(ExperimentError, match="no measure 'otiff'; did you mean 'otif'"):
        compare("outage", ["closest"], kpis=["otiff"], run_job=outcome)


def test_only_the_measures_asked_for_are_kept_with_criterion_and_guard():
    result = compare("outage", ["closest"], kpis=["split_rate"], replications=1, jobs=1, run_job=outcome)

    assert {"split_rate", "margin_per_order_cents", "otif"} == {measure.name for measure in result.measures}
