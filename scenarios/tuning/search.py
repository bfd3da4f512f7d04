"""The search itself: which point to try next, and the study that remembers those that were tried."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.experiments.experiment import ExperimentError, Progress
from scenarios.experiments.statistics import mean_interval
from scenarios.tuning.lab import Lab
from scenarios.tuning.result import Trial
from scenarios.tuning.space import Dimension
from sim.extras import needed
from sim.policies.registry import make

if TYPE_CHECKING:
    import optuna


def search(lab: Lab, file: Path | None, trials: int, seed: int, progress: Progress | None) -> list[Trial]:
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


def _open(lab: Lab, file: Path | None) -> optuna.Study:
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


def _base_point(lab: Lab) -> dict[str, float] | None:
    """Where the search begins: the policy as it is, if that lies within the ranges."""
    if lab.run_job is not None:
        return None
    choice = lab.world(None).policies[lab.asked.decision]
    policy = make(lab.asked.decision, choice.name, choice.parameters)
    point = {d.key: getattr(policy, d.field) for d in lab.space}
    within = all(point[d.key] is not None and d.low <= point[d.key] <= d.high for d in lab.space)
    return point if within else None
