"""What a tuning found, in words, as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.display import display
from scenarios.experiments.comparison import Measure
from scenarios.experiments.statistics import Interval
from scenarios.tuning.space import Dimension

if TYPE_CHECKING:
    import pandas as pd


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
