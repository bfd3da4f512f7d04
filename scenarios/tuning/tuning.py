"""Tuning: parameters of a policy, searched against the simulation and judged on customers that no trial saw."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.comparison import CRITERION, GUARD, Measure, Outcome, Variant
from scenarios.display import display
from scenarios.errors import Problems
from scenarios.experiment import (
    ExperimentError,
    Job,
    Progress,
    RunJob,
    check_same_demand,
    chosen_measures,
    load_variant,
    run_all,
    simulate,
)
from scenarios.search_space import Dimension, read_space
from scenarios.settings import known_policies
from scenarios.statistics import Interval, mean_interval, paired_difference
from sim.extras import needed
from sim.policies.registry import UnknownPolicyError, make

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from sim.world import World

HOLD_OUT_SEEDS = 100_000
"""How far the seeds of the hold-out are from those of the search: nobody searches with so many."""

_BASE = "as it is"


@dataclass(frozen=True, slots=True)
class Trial:
    """One point of the search: parameters as written, and the measure's mean over the seeds of the search (NaN where a
    run has none)."""

    number: int
    values: Mapping[str, str]
    mean: float


@dataclass(frozen=True)
class Tuned:
    """What a tuning found.

    Attributes
    ----------
    base
        The policy before: its parameters as the scenario has them.
    best
        The policy with the parameters that were best on the seeds of the search.
    fitted, held_out
        By how much ``best`` improves on ``base`` (above 0: better), paired, on the seeds of the search and on fresh
        ones. The first is what was maximised, so it flatters; the second is what to expect.
    guard_held_out
        The change of the guard, a measure of service, on the fresh seeds; None without a guard.
    means
        Means of the measure on the fresh seeds, before and after.
    """

    scenario: str
    decision: str
    base: str
    best: str
    measure: Measure
    guard: Measure | None
    currency: str
    dimensions: tuple[Dimension, ...]
    trials: tuple[Trial, ...]
    fitted: Interval
    held_out: Interval
    guard_held_out: Interval | None
    means: tuple[float, float]
    seeds: tuple[int, ...]
    held_out_seeds: tuple[int, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a trial, best first: its number, parameters and the measure's mean."""
        import pandas as pd

        rows = [{"trial": t.number, **t.values, self.measure.name: t.mean} for t in ranked(self)]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """The parameters, what they gain where they were fitted and where not, and whether that is more than chance."""
        count, base = len(self.trials), in_words(self.base)
        if not self.fitted.mean > 0:
            return f"None of {count} trials does better than {base} on the seeds of the search: keep it."
        fit, fresh = self._told(self.fitted), self._told(self.held_out)
        text = (
            f"{in_words(self.best)}, the best of {count} trials, gains {fit} in {self.measure.title.lower()} over "
            f"{base} on the {len(self.seeds)} seeds that it was fitted to, and {fresh} on "
            f"{len(self.held_out_seeds)} fresh ones."
        )
        if self.held_out.low > 0:
            text += " Chance does not explain the latter: deploy it."
        elif self.held_out.high < 0:
            text += " It is worse where it was not fitted: do not deploy it."
        else:
            text += " Chance explains the latter: there is no reason to change."
        if self.guard is not None and self.guard_held_out is not None and self.guard_held_out.excludes_zero:
            gap = display(self.guard_held_out.mean, self.guard.unit, self.currency, signed=True)
            text += f" Mind the service: {self.guard.title.lower()} changes by {gap}."
        return text

    def _told(self, gain: Interval) -> str:
        mean, low, high = (
            display(v, self.measure.unit, self.currency, signed=True) for v in (gain.mean, gain.low, gain.high)
        )
        return mean if gain.count < 2 else f"{mean} (95% interval {low} to {high})"

    def save(self, file: Path) -> None:
        """Write everything as JSON."""
        ranges = [{"key": d.key, "low": d.written(d.low), "high": d.written(d.high)} for d in self.dimensions]
        data = {**asdict(replace(self, dimensions=())), "dimensions": ranges, "verdict": self.summary()}
        file.write_text(json.dumps(_without_nan(data), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def in_words(spec: str) -> str:
    """A policy with its parameters, so that a line can be broken between them."""
    name, _, given = spec.partition(":")
    return f"{name} with {given.replace(',', ', ')}" if given else name


def ranked(found: Tuned) -> list[Trial]:
    """The trials, best first; those without a value last."""
    sign = 1 if found.measure.higher_is_better else -1
    return sorted(
        found.trials, key=lambda t: (math.isnan(t.mean), -sign * t.mean if t.mean == t.mean else 0.0, t.number)
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list | tuple) else value


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
        As in `scenarios.experiment.compare`.

    Raises
    ------
    ScenarioError
        If a parameter or its range does not fit; what is accepted is told.
    ExperimentError
        If a name is unknown, a run breaks, or ``study`` holds the trials of another question.
    """
    asked = _Asked(str(scenario), decision, policy, tuple(use), tuple(sets), tuple(fixed))
    space = _space(decision, policy, params)
    if min(trials, replications, hold_out) < 1:
        raise ExperimentError("a tuning needs at least 1 trial, 1 replication and 1 seed to hold out")
    lab = _Lab(asked, space, chosen_measures([], measure, guard), measure, seed, replications, jobs, run_job)
    title, currency = lab.check(run_job is None)
    found = _search(lab, study, trials, seed, progress)
    best = _best(found, lab.measure)
    held_out = tuple(seed + HOLD_OUT_SEEDS + r for r in range(hold_out))
    before, after = lab.values(None, held_out), lab.values(best, held_out)
    fitted = lab.gain(lab.values(best, lab.seeds), lab.values(None, lab.seeds))
    guard_gap = None
    if guard is not None:
        guard_gap = paired_difference(lab.values(best, held_out, guard), lab.values(None, held_out, guard))
    return Tuned(
        scenario=title,
        decision=decision,
        base=policy,
        best=asked.spec(best),
        measure=lab.measure,
        guard=next((m for m in lab.measures if m.name == guard), None),
        currency=currency,
        dimensions=tuple(space),
        trials=tuple(found),
        fitted=fitted,
        held_out=lab.gain(after, before),
        guard_held_out=guard_gap,
        means=(mean_interval(before).mean, mean_interval(after).mean),
        seeds=lab.seeds,
        held_out_seeds=held_out,
    )


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all runs of a tuning have in common."""

    scenario: str
    decision: str
    policy: str
    use: tuple[str, ...]
    sets: tuple[str, ...]
    fixed: tuple[str, ...]

    def spec(self, values: Mapping[str, str] | None) -> str:
        """The policy with these parameters; without any, as it was."""
        if not values:
            return self.policy
        name, _, own = self.policy.partition(":")
        kept = [item for item in own.split(",") if item and item.partition("=")[0].strip() not in values]
        return f"{name}:{','.join([*kept, *(f'{key}={value}' for key, value in values.items())])}"

    def variant(self, values: Mapping[str, str] | None) -> Variant:
        spec = self.spec(values)
        return Variant(spec if values else _BASE, (*self.fixed, f"{self.decision}={spec}"), self.sets)


@dataclass
class _Lab:
    """Runs points of the search, each once on each seed."""

    asked: _Asked
    space: Sequence[Dimension]
    measures: tuple[Measure, ...]
    name: str
    first_seed: int
    replications: int
    jobs: int | None
    run_job: RunJob | None
    _known: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    @property
    def measure(self) -> Measure:
        return next(m for m in self.measures if m.name == self.name)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the search."""
        return tuple(self.first_seed + r for r in range(self.replications))

    def check(self, real: bool) -> tuple[str, str]:
        """Load the scenario with both ends of all ranges, so that a mistake is told before anything runs."""
        if not real:
            return Path(self.asked.scenario).stem, "USD"
        ends = [{d.key: d.written(d.low) for d in self.space}, {d.key: d.written(d.high) for d in self.space}]
        worlds = [self._load(values) for values in (None, *ends)]
        return worlds[0].name, worlds[0].network.entities[0].currency

    def _load(self, values: Mapping[str, str] | None) -> World:
        return load_variant(self.asked.scenario, self.asked.variant(values), self.asked.use)

    def values(self, point: Mapping[str, str] | None, seeds: Sequence[int], measure: str | None = None) -> list[float]:
        """A measure (by default that of the search) at a point, seed by seed."""
        variant = self.asked.variant(point)
        kpis = tuple(m.name for m in self.measures)
        missing = [
            Job(self.asked.scenario, variant, s, s, self.asked.use, kpis)
            for s in seeds
            if (variant.name, s) not in self._known
        ]
        if missing:
            for outcome in run_all(missing, self.run_job or simulate, self.jobs):
                self._known[outcome.variant, outcome.seed] = outcome
            check_same_demand(self._known.values())
        return [self._known[variant.name, s].kpis[measure or self.name] for s in seeds]

    def gain(self, after: Sequence[float], before: Sequence[float]) -> Interval:
        """By how much it is better after than before, paired."""
        pair = (after, before) if self.measure.higher_is_better else (before, after)
        return paired_difference(*pair)

    def fingerprint(self) -> str:
        """Of the question that a study answers: other settings make another study."""
        from scenarios.load import load

        text = repr((self.asked, self.space, self.name, self.seeds))
        if self.run_job is None:
            resolved = load(self.asked.scenario, self.asked.use).resolved
            text += json.dumps(resolved, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()


def _search(lab: _Lab, file: Path | None, trials: int, seed: int, progress: Progress | None) -> list[Trial]:
    """Ask, run, tell, until there are ``trials``."""
    with needed("tuning"), _quiet():
        import optuna

    study = _open(lab, file)
    done = _finished(study)
    if not done:
        base = _base_point(lab)
        if base is not None:
            study.enqueue_trial(base)
    while len(done) < trials:
        # A sampler of its own for each trial: what it suggests does not depend on what was asked before a restart.
        startup = max(5, min(10, trials // 4))
        study.sampler = optuna.samplers.TPESampler(
            seed=seed * 1_000_003 + len(done),
            n_startup_trials=startup,
            constant_liar=False,  # it would look at trials that are under way, or were when they were killed
        )
        trial = study.ask(_distributions(lab.space))
        point = {d.key: d.written(d.rounded(trial.params[d.key])) for d in lab.space}
        mean = mean_interval(lab.values(point, lab.seeds)).mean
        trial.set_user_attr("point", point)
        trial.set_user_attr("mean", mean if math.isfinite(mean) else None)
        if math.isfinite(mean):
            study.tell(trial, mean)
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        done = _finished(study)
        if progress is not None:
            progress(min(1.0, len(done) / trials))
    return done[:trials]


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna warns of what is experimental in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(lab: _Lab, file: Path | None) -> optuna.Study:
    """The study, which is kept in ``file``, or only for now."""
    import optuna
    from optuna.storages import InMemoryStorage, JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction: Any = "maximize" if lab.measure.higher_is_better else "minimize"
    with _quiet():
        storage = InMemoryStorage() if file is None else JournalStorage(JournalFileBackend(str(file)))
        study = optuna.create_study(storage=storage, study_name="tuning", direction=direction, load_if_exists=True)
    asked = lab.fingerprint()
    known = study.user_attrs.get("asked")
    if known is None:
        study.set_user_attr("asked", asked)
    elif known != asked:
        raise ExperimentError(f"{file} holds the trials of another question; give this one another folder")
    return study


def _finished(study: optuna.Study) -> list[Trial]:
    """Trials that were run to the end, in their sequence; those of a process that was killed are not."""
    return [
        Trial(number, attrs["point"], math.nan if attrs["mean"] is None else float(attrs["mean"]))
        for number, attrs in enumerate(
            t.user_attrs for t in study.get_trials(deepcopy=False) if t.state.is_finished() and "mean" in t.user_attrs
        )
    ]


def _distributions(space: Sequence[Dimension]) -> dict[str, Any]:
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        d.key: IntDistribution(int(d.low), int(d.high)) if d.whole else FloatDistribution(d.low, d.high) for d in space
    }


def _base_point(lab: _Lab) -> dict[str, float] | None:
    """Where the search begins: the policy as it is, if that lies within the ranges."""
    if lab.run_job is not None:
        return None
    choice = lab._load(None).policies[lab.asked.decision]
    policy = make(lab.asked.decision, choice.name, choice.parameters)
    point = {d.key: getattr(policy, d.field) for d in lab.space}
    within = all(point[d.key] is not None and d.low <= point[d.key] <= d.high for d in lab.space)
    return point if within else None


def _best(trials: Sequence[Trial], measure: Measure) -> Mapping[str, str]:
    """The best point; of equal ones the first."""
    told = [t for t in trials if not math.isnan(t.mean)]
    if not told:
        raise ExperimentError(f"{measure.name} has no value in any trial")
    sign = 1 if measure.higher_is_better else -1
    return max(told, key=lambda t: sign * t.mean).values
