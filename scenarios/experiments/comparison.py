"""What an experiment found: every replication's measures, their means and differences, and the answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.experiments.statistics import Interval, Selection, mean_interval, paired_difference, select_best
from scenarios.experiments.verdict import Verdict, decide
from sim.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from sim.measures.registry import Measure as RegisteredMeasure

CRITERION = "margin_per_order_cents"
GUARD = "otif"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of running a scenario: ``policies`` are ``decision=name:parameter=value``, ``sets``
    ``key=value``, ``use`` names of the scenario's own overrides."""

    name: str
    policies: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    use: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of one variant measured. ``offered`` is a fingerprint of the demand that it was
    offered."""

    variant: str
    replication: int
    seed: int
    kpis: Mapping[str, float]
    offered: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What its job is called."""
        return self.variant, self.replication


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column of an experiment means."""

    name: str
    title: str
    unit: str = ""
    higher_is_better: bool = True
    headline: bool = True
    definition: str = ""

    @classmethod
    def of(cls, measure: RegisteredMeasure) -> Measure:
        """What the registry knows of it, without the function, so that it can be written down."""
        higher = measure.better == "higher"
        return cls(measure.name, measure.title, measure.unit, higher, measure.headline, measure.definition)


@dataclass(frozen=True)
class Comparison:
    """Variants of one scenario on the same customers.

    Attributes
    ----------
    scenario
        Its name.
    variants
        In the order they were asked for.
    outcomes
        One for each variant and replication.
    measures
        The measures kept, in the order to show them.
    criterion, guard
        The measure that decides, and the measure of service reported beside it.
    seed
        That of replication 0.
    currency
        Of amounts of money.
    source
        The scenario as it was asked for: its name in the library, or its file.
    """

    scenario: str
    variants: tuple[Variant, ...]
    outcomes: tuple[Outcome, ...]
    measures: tuple[Measure, ...]
    criterion: str = CRITERION
    guard: str | None = GUARD
    seed: int = 1
    currency: str = "USD"
    source: str = ""

    @property
    def replications(self) -> int:
        """How many seeds each variant ran under."""
        return len({outcome.replication for outcome in self.outcomes})

    def measure(self, name: str) -> Measure:
        """The measure of that name."""
        return next(measure for measure in self.measures if measure.name == name)

    def values(self, name: str) -> dict[str, list[float]]:
        """For each variant, the measure's value in each replication, in their order."""
        ordered = sorted(self.outcomes, key=lambda outcome: outcome.replication)
        return {
            variant.name: [o.kpis.get(name, math.nan) for o in ordered if o.variant == variant.name]
            for variant in self.variants
        }

    def mean(self, variant: str, name: str) -> Interval:
        """A variant's mean of a measure, with its 95% t interval."""
        return mean_interval(self.values(name)[variant])

    def difference(self, first: str, second: str, name: str | None = None) -> Interval:
        """The paired difference, first minus second, with its 95% t interval; of the criterion by default."""
        values = self.values(name or self.criterion)
        return paired_difference(values[first], values[second])

    def selection(self, name: str | None = None) -> Selection:
        """Which variant is best by a measure (the criterion by default), and how sure that is."""
        measure = self.measure(name or self.criterion)
        return select_best(self.values(measure.name), measure.higher_is_better)

    @cached_property
    def verdict(self) -> Verdict:
        """The answer, in words and numbers."""
        return decide(self)

    def summary(self) -> str:
        """The answer in a few sentences: which to deploy, by how much, how sure, at what service."""
        return self.verdict.text

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each run: variant, replication, seed and every measure."""
        import pandas as pd

        rows = [
            {"variant": o.variant, "replication": o.replication, "seed": o.seed}
            | {m.name: o.kpis.get(m.name, math.nan) for m in self.measures}
            for o in self.outcomes
        ]
        return pd.DataFrame(rows)

    @property
    def means(self) -> pd.DataFrame:
        """One row for each variant and measure: mean, interval, unit."""
        import pandas as pd

        rows = []
        for variant in self.variants:
            for measure in self.measures:
                mean = self.mean(variant.name, measure.name)
                rows.append([variant.name, measure.name, measure.title, measure.unit, mean.mean, mean.low, mean.high])
        return pd.DataFrame(rows, columns=["variant", "kpi", "title", "unit", "mean", "low", "high"])

    def differences(self, against: str | None = None) -> pd.DataFrame:
        """One row for each other variant and measure: how it differs from ``against`` (the leader by
        default)."""
        import pandas as pd

        base = against or self.selection().leader
        rows = []
        for variant in self.variants:
            if variant.name == base:
                continue
            for measure in self.measures:
                gap = self.difference(variant.name, base, measure.name)
                rows.append(
                    [
                        variant.name,
                        base,
                        measure.name,
                        measure.title,
                        measure.unit,
                        gap.mean,
                        gap.low,
                        gap.high,
                    ]
                )
        columns = ["variant", "against", "kpi", "title", "unit", "difference", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def save(self, file: Path) -> None:
        """Write everything as JSON, from which `read` makes the same comparison."""
        data = {
            "scenario": self.scenario,
            "source": self.source,
            "seed": self.seed,
            "currency": self.currency,
            "criterion": self.criterion,
            "guard": self.guard,
            "verdict": self.summary(),
            "variants": [asdict(variant) for variant in self.variants],
            "measures": [asdict(measure) for measure in self.measures],
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }
        file.write_text(json.dumps(_without_nan(data), indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Comparison:
        """The comparison that `save` wrote.

        Raises
        ------
        RunError
            If it cannot be read.
        """
        try:
            return cls._from(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise RunError(f"{file.parent} is damaged: {file.name} is no comparison; compare again") from None

    @classmethod
    def _from(cls, data: Any) -> Comparison:
        return cls(
            scenario=data["scenario"],
            variants=tuple(
                Variant(v["name"], *(tuple(v[k]) for k in ("policies", "sets", "use"))) for v in data["variants"]
            ),
            outcomes=tuple(Outcome(**{**o, "kpis": _with_nan(o["kpis"])}) for o in data["outcomes"]),
            measures=tuple(Measure(**m) for m in data["measures"]),
            criterion=data["criterion"],
            guard=data["guard"],
            seed=data["seed"],
            currency=data["currency"],
            source=data.get("source", ""),
        )

    def _repr_html_(self) -> str:
        """The answer and the means, for notebooks."""
        from scenarios.display import display

        head = "".join(f"<th>{escape(variant.name)}</th>" for variant in self.variants)
        rows = "".join(
            f"<tr><td>{escape(measure.title)}</td>"
            + "".join(
                f"<td>{escape(display(self.mean(variant.name, measure.name).mean, measure.unit))}</td>"
                for variant in self.variants
            )
            + "</tr>"
            for measure in self.measures
        )
        return (
            f"<p><strong>{escape(self.summary())}</strong></p>"
            f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _without_nan(value: Any) -> Any:
    """JSON has no NaN; null stands for it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_nan(item) for item in value]
    return value


def _with_nan(kpis: Mapping[str, float | None]) -> dict[str, float]:
    return {name: math.nan if value is None else value for name, value in kpis.items()}
