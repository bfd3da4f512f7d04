"""Where the points of a search are tried: each runs once on each seed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.experiments.comparison import Measure, Outcome, Variant
from scenarios.experiments.experiment import Job, RunJob, check_same_demand, load_variant, run_all, simulate
from scenarios.experiments.statistics import Interval, paired_difference
from scenarios.tuning.space import Dimension

if TYPE_CHECKING:
    from sim.world import World

_BASE = "as it is"


@dataclass(frozen=True, slots=True)
class Asked:
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
        """The variant of the scenario that has the policy with these parameters."""
        spec = self.spec(values)
        return Variant(spec if values else _BASE, (*self.fixed, f"{self.decision}={spec}"), self.sets)


@dataclass
class Lab:
    """Runs points of the search, each once on each seed."""

    asked: Asked
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
        """What is searched for."""
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
        worlds = [self.world(values) for values in (None, *ends)]
        return worlds[0].name, worlds[0].network.entities[0].currency

    def world(self, values: Mapping[str, str] | None) -> World:
        """The scenario with the policy at a point."""
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
