"""The parameters of a policy, searched against the simulation and judged on customers that no trial saw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from scenarios.errors import Problems
from scenarios.experiments.comparison import CRITERION, GUARD, Measure
from scenarios.experiments.experiment import ExperimentError, Progress, RunJob, chosen_measures
from scenarios.experiments.statistics import Interval, mean_interval, paired_difference
from scenarios.settings import known_policies
from scenarios.tuning.lab import Asked, Lab
from scenarios.tuning.result import Trial, Tuned
from scenarios.tuning.search import search
from scenarios.tuning.space import Dimension, read_space
from sim.policies.registry import UnknownPolicyError, make

HOLD_OUT_SEEDS = 100_000
"""How far the seeds of the hold-out are from those of the search: nobody searches with so many."""


def tune(
    scenario: str | Path,
    decision: str,
    policy: str,
    params: Sequence[str],
    *,
    measure: str = CRITERION,
    guard: str | None = GUARD,
    trials: int = 40,
    replications: int = 5,
    hold_out: int = 10,
    seed: int = 1,
    use: Sequence[str] = (),
    sets: Sequence[str] = (),
    fixed: Sequence[str] = (),
    study: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    run_job: RunJob | None = None,
) -> Tuned:
    """Search the parameters of a policy that serve a measure best, on common random numbers.

    The search is by a tree-structured Parzen estimator (Bergstra et al., *NIPS* 24, 2011; Optuna). Every trial runs the
    same seeds, ``seed`` and those after it; the best one is then compared with the policy as it was on as many as
    ``hold_out`` seeds that are far from those. Each suggestion depends on the trials before it and on ``seed`` alone,
    so that an interrupted search goes on to the same end.

    Parameters
    ----------
    scenario
        A name from the library or the path of a scenario file.
    decision, policy
        Whose parameters. What is not varied stays as the scenario, or ``policy=name:parameter=value``, has it.
    params
        ``key=low..high`` for each parameter to vary, in the words of scenario files: ``service_level=80%..99%``.
    measure, guard
        What to improve, and the measure of service that is reported beside it.
    trials
        How many points to try in all; those that ``study`` holds already are counted.
    replications, hold_out
        Seeds of the search, and of the judgement.
    use, sets, fixed
        Overrides, settings and policies of other decisions that hold for every run.
    study
        File to keep the trials in; several processes may share one, each adding trials until there are enough.
    jobs, progress, run_job
        As in `scenarios.experiments.experiment.compare`.

    Raises
    ------
    ScenarioError
        If a parameter or its range does not fit; what is accepted is told.
    ExperimentError
        If a name is unknown, a run breaks, or ``study`` holds the trials of another question.
    """
    asked = Asked(str(scenario), decision, policy, tuple(use), tuple(sets), tuple(fixed))
    space = _space(decision, policy, params)
    if min(trials, replications, hold_out) < 1:
        raise ExperimentError("a tuning needs at least 1 trial, 1 replication and 1 seed to hold out")
    lab = Lab(asked, space, chosen_measures([], measure, guard), measure, seed, replications, jobs, run_job)
    title, currency = lab.check(run_job is None)
    found = search(lab, study, trials, seed, progress)
    fresh = tuple(seed + HOLD_OUT_SEEDS + r for r in range(hold_out))
    return _judged(lab, found, fresh, guard, title, currency)


def _judged(
    lab: Lab, found: Sequence[Trial], fresh: tuple[int, ...], guard: str | None, title: str, currency: str
) -> Tuned:
    """The best of the trials, and what it is worth on the seeds of the search and on fresh ones."""
    asked, best = lab.asked, _best(found, lab.measure)
    before, after = lab.values(None, fresh), lab.values(best, fresh)
    return Tuned(
        scenario=title,
        decision=asked.decision,
        base=asked.policy,
        best=asked.spec(best),
        measure=lab.measure,
        guard=next((m for m in lab.measures if m.name == guard), None),
        currency=currency,
        dimensions=tuple(lab.space),
        trials=tuple(found),
        fitted=lab.gain(lab.values(best, lab.seeds), lab.values(None, lab.seeds)),
        held_out=lab.gain(after, before),
        guard_held_out=_change(lab, guard, best, fresh) if guard is not None else None,
        means=(mean_interval(before).mean, mean_interval(after).mean),
        seeds=lab.seeds,
        held_out_seeds=fresh,
    )


def _change(lab: Lab, guard: str, best: Mapping[str, str], seeds: Sequence[int]) -> Interval:
    """By how much the guard is higher at the best point than as it was, paired."""
    return paired_difference(lab.values(best, seeds, guard), lab.values(None, seeds, guard))


def _space(decision: str, policy: str, params: Sequence[str]) -> list[Dimension]:
    name = policy.partition(":")[0]
    known = known_policies(solvers=True)
    if name not in known.get(decision, {}):
        make(decision, name)  # which says what there is instead
        raise UnknownPolicyError(f"there is no {decision} policy {name!r}")
    problems = Problems()
    space = read_space(known[decision][name], params, problems)
    problems.raise_if_any("what was given")
    return space


def _best(trials: Sequence[Trial], measure: Measure) -> Mapping[str, str]:
    """The best point; of equal ones the first."""
    told = [t for t in trials if not math.isnan(t.mean)]
    if not told:
        raise ExperimentError(f"{measure.name} has no value in any trial")
    sign = 1 if measure.higher_is_better else -1
    return max(told, key=lambda t: sign * t.mean).values
