"""Experiments: variants of a scenario, each run on the same customers, as often as it takes to tell them
apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
from joblib.externals.loky import BrokenProcessPool

from scenarios.errors import nearest
from scenarios.experiments.comparison import CRITERION, GUARD, Comparison, Measure, Outcome, Variant
from scenarios.experiments.regret import REGRET_MEASURES
from sim.errors import PeakproofError

if TYPE_CHECKING:
    from sim.world import World

ATTEMPTS = 4
"""How often the jobs that a killed worker left undone are tried again before giving up."""

Progress = Callable[[float], None]


class ExperimentError(PeakproofError):
    """An experiment cannot be run, or its runs do not see the same demand."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one variant. It is the same wherever and however often it runs."""

    scenario: str
    variant: Variant
    replication: int
    seed: int
    use: tuple[str, ...] = ()
    kpis: tuple[str, ...] | None = None
    regret: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What it is called among its fellows."""
        return self.variant.name, self.replication


RunJob = Callable[[Job], Outcome]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which jobs make an experiment. Replication ``r`` of every variant has the seed ``seed + r``, so that it
    can be opened alone afterwards with ``peakproof run --seed``."""

    scenario: str
    variants: tuple[Variant, ...]
    replications: int
    seed: int = 1
    use: tuple[str, ...] = ()
    kpis: tuple[str, ...] | None = None
    regret: bool = False

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if not names:
            raise ExperimentError("an experiment needs at least one variant")
        if len(set(names)) < len(names):
            raise ExperimentError(f"two variants have one name: {', '.join(names)}")
        if self.replications < 1:
            raise ExperimentError(f"an experiment needs at least 1 replication, not {self.replications}")

    def jobs(self) -> list[Job]:
        """All of them, replication by replication, so that a comparison is useful even before it is
        complete."""
        return [
            Job(self.scenario, variant, replication, self.seed + replication, self.use, self.kpis, self.regret)
            for replication in range(self.replications)
            for variant in self.variants
        ]


def compare(
    scenario: str | Path,
    policies: Sequence[str] = (),
    decision: str = "allocation",
    replications: int = 10,
    seed: int = 1,
    *,
    variants: Sequence[Variant] = (),
    use: Sequence[str] = (),
    sets: Sequence[str] = (),
    fixed: Sequence[str] = (),
    kpis: Sequence[str] | None = None,
    criterion: str = CRITERION,
    guard: str | None = GUARD,
    regret: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    run_job: RunJob | None = None,
) -> Comparison:
    """Run variants of a scenario on common random numbers and compare them.

    Parameters
    ----------
    scenario
        A name from the library or the path of a scenario file.
    policies
        One variant each: a policy's name, with parameters if need be
        (``"cheapest:split_penalty_cents=300"``).
    decision
        The decision point that ``policies`` stand for.
    replications
        How many seeds each variant runs under; the first is ``seed``.
    variants
        Further variants, with policies of several decisions or other settings.
    use, sets, fixed
        Overrides, settings and policies of other decisions (``decision=name``) that hold for every variant.
    kpis
        Names of the measures to keep; all by default.
    criterion
        The measure that decides which variant is best.
    guard
        The measure of service that is reported beside the criterion, so that cheap is not taken for good.
    regret
        Whether to judge every run in hindsight (`scenarios.experiments.regret`), which takes some seconds for each.
    jobs
        Worker processes; by default one a core. The results are the same bits for any number.
    progress
        Called with the share of runs that are done.
    run_job
        Runs one job; only tests and other engines give it.

    Raises
    ------
    ExperimentError
        If a name is unknown, a run breaks, or two variants of one replication saw different demand.
    """
    measures = chosen_measures(kpis, criterion, guard)
    plan = Plan(
        str(scenario),
        _variants(policies, decision, variants, sets, fixed),
        replications,
        seed,
        tuple(use),
        tuple(measure.name for measure in measures),
        regret,
    )
    name, currency = Path(plan.scenario).stem, "USD"
    if run_job is None:
        world = _check(plan)
        name, currency = world.name, world.network.entities[0].currency
        run_job = simulate
    outcomes = run_all(plan.jobs(), run_job, jobs, progress)
    check_same_demand(outcomes)
    return Comparison(
        scenario=name,
        variants=plan.variants,
        outcomes=tuple(outcomes),
        measures=(*measures, *REGRET_MEASURES) if regret else measures,
        criterion=criterion,
        guard=guard,
        seed=seed,
        currency=currency,
        source=str(scenario),
    )


def _variants(
    policies: Sequence[str], decision: str, others: Sequence[Variant], sets: Sequence[str], fixed: Sequence[str]
) -> tuple[Variant, ...]:
    """One for each policy, then the others, all with what holds for every variant."""
    by_policy = [Variant(spec, (f"{decision}={spec}",)) for spec in policies]
    return tuple(Variant(v.name, (*fixed, *v.policies), (*sets, *v.sets), v.use) for v in (*by_policy, *others))


def chosen_measures(kpis: Sequence[str] | None, criterion: str, guard: str | None) -> tuple[Measure, ...]:
    """What the experiment measures: the ``kpis`` (None: all), and always the criterion and the guard.

    Raises
    ------
    ExperimentError
        With the nearest name, if one is unknown.
    """
    from sim.measures.registry import measures

    known = measures()
    wanted = dict.fromkeys([*(known if kpis is None else kpis), criterion, *([guard] if guard else [])])
    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ExperimentError(f"there is no measure {name!r}{hint or '.'} Known: {', '.join(known)}")
    return tuple(Measure.of(known[name]) for name in known if name in wanted)


def simulate(job: Job) -> Outcome:
    """Run one job in a folder of its own, measure it, and leave nothing behind."""
    # Imported here: a worker pays for them once, and who only reads a plan not at all.
    from optimize.hindsight.bound import hindsight
    from scenarios.experiments.regret import regret_of
    from sim.model import Model
    from sim.run import Run

    world = load_variant(job.scenario, job.variant, job.use)
    try:
        with tempfile.TemporaryDirectory(prefix="peakproof-") as temporary:
            folder = Path(temporary)
            Model(world, seed=job.seed).run(folder)
            run = Run(folder, threads=1)  # the workers share the cores already
            # The customers agent hashes what it offered: arrivals, baskets, payments, patience, returns.
            demand = str(run.manifest["demand_hash"])
            kpis = run.kpis(job.kpis)
            if job.regret:
                kpis |= regret_of(hindsight(world, run.books))
            return Outcome(job.variant.name, job.replication, job.seed, kpis, demand)
    except Exception as error:
        error.add_note(f"in {job.variant.name}, replication {job.replication} (seed {job.seed})")
        raise


def run_all(
    jobs: Sequence[Job],
    run_job: RunJob,
    workers: int | None = None,
    progress: Progress | None = None,
    attempts: int = ATTEMPTS,
) -> list[Outcome]:
    """Run every job, in any order on any number of processes, and return the outcomes in the order of the
    jobs.

    Whatever a killed worker takes with it is run again: a job gives the same outcome however often it runs.
    """
    done: dict[tuple[str, int], Outcome] = {}
    for _ in range(attempts):
        missing = [job for job in jobs if job.key not in done]
        if not missing:
            break
        try:
            for outcome in _stream(missing, run_job, workers):
                done[outcome.key] = outcome
                if progress is not None:
                    progress(len(done) / len(jobs))
        except BrokenProcessPool:
            continue
    lost = [job.key for job in jobs if job.key not in done]
    if lost:
        raise ExperimentError(f"{len(lost)} runs died {attempts} times, the first of them {lost[0]}; is memory short?")
    return [done[job.key] for job in jobs]


def check_same_demand(outcomes: Iterable[Outcome]) -> None:
    """Raise unless all variants of each replication were offered the same orders.

    A comparison of two policies under different customers would measure the customers.
    """
    seen: dict[int, Outcome] = {}
    for outcome in outcomes:
        first = seen.setdefault(outcome.replication, outcome)
        if outcome.offered != first.offered:
            raise ExperimentError(
                f"replication {outcome.replication} (seed {outcome.seed}): {outcome.variant!r} and "
                f"{first.variant!r} were not offered the same orders; "
                "a setting that differs between them changes demand"
            )


def load_variant(scenario: str, variant: Variant, use: Sequence[str] = ()) -> World:
    """The world of a variant, with overrides that hold besides its own."""
    from scenarios.load import load

    return load(scenario, (*use, *variant.use), variant.sets, variant.policies).world


def _check(plan: Plan) -> World:
    """Load every variant once, so that a mistake is told at once and not by a worker; the first variant's
    world."""
    worlds = [load_variant(plan.scenario, variant, plan.use) for variant in plan.variants]
    return worlds[0]


def _stream(jobs: Sequence[Job], run_job: RunJob, workers: int | None) -> Iterator[Outcome]:
    count = min(workers if workers is not None else joblib.cpu_count(), len(jobs))
    if count <= 1:
        yield from map(run_job, jobs)
        return
    parallel = joblib.Parallel(n_jobs=count, backend="loky", batch_size=1, return_as="generator_unordered")
    yield from parallel(joblib.delayed(run_job)(job) for job in jobs)
