"""Which single change recovers how much: named changes of a scenario, each alone, all together, all but each, and in
the order in which they are worth most.

A change is a name with overrides and settings. The runs are those of an experiment (`experiment.compare`):
all on the same customers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scenarios.experiments.comparison import CRITERION, Comparison, Measure, Outcome, Variant
from scenarios.experiments.experiment import (
    ExperimentError,
    Plan,
    Progress,
    RunJob,
    check_same_demand,
    chosen_measures,
    load_variant,
    run_all,
    simulate,
)
from scenarios.experiments.statistics import Interval, mean_interval, paired_difference

AS_IT_IS = "as it is"
ALL = "all changes"
HARMS = (
    "oversold_units",
    "promise_breaches",
    "on_time_ship",
    "cancelled_value_cents",
    "tickets_opened",
    "backlog_peak_orders",
    "close_lag_hours",
    "contribution_margin_cents",
)
"""What is asked of changes where nobody says otherwise: the links from stale data to lost margin."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a company could do: overrides of the scenario file (``use``) and ``key=value`` settings."""

    name: str
    use: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()


def read_changes(texts: Iterable[str]) -> tuple[Change, ...]:
    """Changes as the command line writes them.

    ``live_sync`` is the scenario's override of that name; ``more packers: nodes.AVP.shifts.0.pack=9`` is a setting
    under a name of one's own. Several texts of one name are one change.

    Raises
    ------
    ExperimentError
        If a text is neither.
    """
    found: dict[str, Change] = {}
    for text in texts:
        name, colon, setting = (part.strip() for part in text.partition(":"))
        if not name or "=" in name or bool(colon) != ("=" in setting):
            raise ExperimentError(f"{text!r} is no change; accepted: an override's name, or NAME: key=value")
        known = found.get(name, Change(name))
        found[name] = replace(known, sets=(*known.sets, setting)) if colon else replace(known, use=(*known.use, name))
    return tuple(found.values())


@dataclass(frozen=True)
class Attribution:
    """What each change is worth.

    Attributes
    ----------
    comparison
        Every run; its variants are the sets of changes that were tried.
    changes
        In the order in which they were asked for.
    rollout
        The same, each time the one that improves the criterion most beside those before it.
    """

    comparison: Comparison
    changes: tuple[Change, ...]
    rollout: tuple[str, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was measured, in the order of the registry."""
        return self.comparison.measures

    def variant(self, names: Iterable[str]) -> str:
        """What the runs with just these changes are called."""
        return variant_name(names, self.changes)

    def gap(self, measure: str) -> Interval:
        """All changes less none of them, with its paired 95% interval."""
        return self._step((), [c.name for c in self.changes], measure)

    def alone(self, change: str, measure: str) -> Interval:
        """One change less none of them."""
        return self._step((), [change], measure)

    def last(self, change: str, measure: str) -> Interval:
        """All changes less all but this one: what it adds where the others are made already."""
        names = [c.name for c in self.changes]
        return self._step([n for n in names if n != change], names, measure)

    def step(self, position: int, measure: str) -> Interval:
        """What the change at this position of the roll-out adds to those before it."""
        return self._step(self.rollout[:position], self.rollout[: position + 1], measure)

    def share(self, part: Interval, measure: str) -> float:
        """How much of the whole gap that is; NaN where chance could explain the gap."""
        gap = self.gap(measure)
        if gap.mean == 0 or (gap.count > 1 and not gap.excludes_zero):
            return math.nan
        return part.mean / gap.mean

    def summary(self) -> str:
        """The answer in a sentence or two."""
        from scenarios.display import display

        criterion = self.comparison.measure(self.comparison.criterion)
        first, gap = self.rollout[0], self.gap(criterion.name)
        alone = self.alone(first, criterion.name)
        currency = self.comparison.currency
        shown = display(alone.mean, criterion.unit, currency, signed=True)
        whole = display(gap.mean, criterion.unit, currency, signed=True)
        share = self.share(alone, criterion.name)
        part = "" if math.isnan(share) else f", {share:.0%} of what all of them do ({whole})"
        sure = "" if alone.excludes_zero else " Chance could explain it: run more replications."
        return (
            f"{criterion.title}: {first} alone changes it by {shown}{part}.{sure} "
            f"In the order of their gain: {', '.join(self.rollout)}."
        )

    def save(self, file: Path) -> None:
        """Write everything as JSON beside the comparison's own."""
        self.comparison.save(file)
        data = json.loads(file.read_text(encoding="utf-8"))
        data["changes"] = [{"name": c.name, "use": c.use, "sets": c.sets} for c in self.changes]
        data["rollout"] = self.rollout
        file.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    def _step(self, before: Iterable[str], after: Iterable[str], measure: str) -> Interval:
        values = self.comparison.values(measure)
        return paired_difference(values[self.variant(after)], values[self.variant(before)])


def variant_name(names: Iterable[str], changes: Sequence[Change]) -> str:
    """``as it is``, ``all changes``, ``all but x``, or the names with pluses between them."""
    chosen = set(names)
    own = [c.name for c in changes if c.name in chosen]
    missing = [c.name for c in changes if c.name not in chosen]
    if not own:
        return AS_IT_IS
    if not missing:
        return ALL if len(changes) > 1 else own[0]
    return f"all but {missing[0]}" if len(missing) == 1 and len(own) > 1 else " + ".join(own)


def attribute(
    scenario: str | Path,
    changes: Sequence[Change | str],
    replications: int = 5,
    seed: int = 1,
    *,
    use: Sequence[str] = (),
    sets: Sequence[str] = (),
    policies: Sequence[str] = (),
    kpis: Sequence[str] = HARMS,
    criterion: str = CRITERION,
    jobs: int | None = None,
    progress: Progress | None = None,
    run_job: RunJob | None = None,
) -> Attribution:
    """Ask of each change what it recovers.

    Parameters
    ----------
    scenario
        A name from the library or the path of a scenario file: how things are.
    changes
        Names of its overrides, or `Change` objects with settings of their own.
    replications, seed
        How many seeds, and the first.
    use, sets, policies
        What holds with every change and without any.
    kpis
        Measures to ask for.
    criterion
        The measure by which the roll-out is ordered.
    jobs, progress, run_job
        As in `scenarios.experiments.experiment.compare`.

    Raises
    ------
    ExperimentError
        If there is no change or two of one name, or if a change alters the demand itself.
    """
    asked = tuple(c if isinstance(c, Change) else Change(c, (c,)) for c in changes)
    names = [c.name for c in asked]
    if not names or len(set(names)) < len(names):
        raise ExperimentError(f"changes need names, each its own; given: {', '.join(names) or 'none'}")
    lab = _Lab(str(scenario), asked, replications, seed, tuple(use), tuple(sets), tuple(policies), jobs, progress)
    lab.measures = chosen_measures(kpis, criterion, None)
    lab.run_job = run_job
    title, currency = lab.check() if run_job is None else (Path(str(scenario)).stem, "USD")
    whole = frozenset(names)
    lab.run([frozenset(), *(frozenset({n}) for n in names), *(whole - {n} for n in names), whole])
    rollout = _roll_out(lab, names, criterion)
    comparison = Comparison(
        scenario=title,
        variants=tuple(lab.variants.values()),
        outcomes=tuple(lab.outcomes),
        measures=lab.measures,
        criterion=criterion,
        guard=None,
        seed=seed,
        currency=currency,
    )
    return Attribution(comparison, asked, rollout)


def _roll_out(lab: _Lab, names: Sequence[str], criterion: str) -> tuple[str, ...]:
    """The changes, each time the one that improves the criterion most beside those before it."""
    rollout: list[str] = []
    sign = 1 if next(m for m in lab.measures if m.name == criterion).higher_is_better else -1
    while len(rollout) < len(names):
        made = frozenset(rollout)
        left = [n for n in names if n not in made]
        lab.run([made | {n} for n in left])
        # Of equals the first that was asked for.
        rollout.append(max(left, key=lambda n: sign * lab.mean(made | {n}, criterion)))
    return tuple(rollout)


@dataclass
class _Lab:
    """Runs sets of changes, each once."""

    scenario: str
    changes: tuple[Change, ...]
    replications: int
    seed: int
    use: tuple[str, ...]
    sets: tuple[str, ...]
    policies: tuple[str, ...]
    jobs: int | None
    progress: Progress | None
    measures: tuple[Measure, ...] = ()
    run_job: RunJob | None = None

    def __post_init__(self) -> None:
        self.variants: dict[frozenset[str], Variant] = {}
        self.outcomes: list[Outcome] = []

    def variant(self, names: frozenset[str]) -> Variant:
        own = [c for c in self.changes if c.name in names]
        sets = tuple(text for c in own for text in c.sets)
        use = tuple(dict.fromkeys(text for c in own for text in c.use))
        return Variant(variant_name(names, self.changes), self.policies, (*self.sets, *sets), use)

    def check(self) -> tuple[str, str]:
        """Load all changes at once and none of them, so that a mistake is told before anything runs."""
        plans = [self.variant(frozenset()), self.variant(frozenset(c.name for c in self.changes))]
        worlds = [load_variant(self.scenario, variant, self.use) for variant in plans]
        return worlds[0].name, worlds[0].network.entities[0].currency

    def run(self, sets: Iterable[frozenset[str]]) -> None:
        new = {names: self.variant(names) for names in sets if names not in self.variants}
        if not new:
            return
        self.variants |= new
        measured = tuple(measure.name for measure in self.measures)
        plan = Plan(self.scenario, tuple(new.values()), self.replications, self.seed, self.use, measured)
        self.outcomes += run_all(plan.jobs(), self.run_job or simulate, self.jobs, self.progress)
        check_same_demand(self.outcomes)

    def mean(self, names: frozenset[str], measure: str) -> float:
        name = self.variants[names].name
        return mean_interval([o.kpis[measure] for o in self.outcomes if o.variant == name]).mean
