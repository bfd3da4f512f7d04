"""The page on a tuning: what it gains where it was fitted and where not, and every trial."""

from __future__ import annotations

import math

from reports.figures import dots
from reports.findings_page import FindingsPage
from reports.html import Grid, Section
from scenarios.display import display
from scenarios.experiments.comparison import Measure
from scenarios.experiments.statistics import Interval
from scenarios.tuning.result import Tuned, in_words, ranked
from scenarios.tuning.space import Dimension

METHOD = (
    "All trials see the same customers. The best of many trials looks better than it is, because it was chosen for its "
    "luck too; so it is compared once more with the policy as it was, on seeds that no trial saw. That gain is the one "
    "to expect. Intervals are paired and hold 95%."
)
_DIVISOR = {"ms": 3_600_000.0, "bp": 100.0, "cents": 100.0}
_UNIT = {"ms": "hours", "bp": "%"}


def tuning_page(found: Tuned) -> str:
    """The page as HTML; the same tuning gives the same bytes."""
    return FindingsPage(
        title="Tuning",
        subject="a tuning in",
        scenario=found.scenario,
        headline=found.summary(),
        heading="What it gains, and what was tried",
        tables=(gains(found), trials(found)),
        sections=tuple(_figure(found, dimension) for dimension in found.dimensions),
        method=METHOD,
        source="tuning.json",
    ).html()


def gains(found: Tuned) -> Grid:
    """The gain where it was fitted and on fresh seeds, and what becomes of the service."""
    rows = [
        _row(f"{found.measure.title}, gain where fitted", found.fitted, found.measure, found),
        _row(f"{found.measure.title}, gain on fresh seeds", found.held_out, found.measure, found),
    ]
    if found.guard is not None and found.guard_held_out is not None:
        rows.append(_row(f"{found.guard.title}, change on fresh seeds", found.guard_held_out, found.guard, found))
    caption = f"{in_words(found.best)}, against {in_words(found.base)}"
    return Grid(caption, ("", "difference", "95% interval", "seeds"), tuple(rows), (1, 2, 3))


def _row(label: str, gain: Interval, measure: Measure, found: Tuned) -> tuple[str, ...]:
    mean, low, high = (display(v, measure.unit, found.currency, signed=True) for v in (gain.mean, gain.low, gain.high))
    return label, mean, f"{low} to {high}" if gain.count > 1 else "", str(gain.count)


def trials(found: Tuned, most: int | None = None) -> Grid:
    """Every trial, or the ``most`` best of them."""
    keys = [dimension.key for dimension in found.dimensions]
    rows = tuple(
        (str(t.number), *(t.values[key] for key in keys), display(t.mean, found.measure.unit, found.currency))
        for t in ranked(found)[:most]
    )
    shown = f"The {len(rows)} best of {len(found.trials)} trials" if most else f"{len(rows)} trials, best first"
    columns = ("trial", *(key.replace("_", " ") for key in keys), found.measure.title)
    return Grid(f"{shown}: means of {len(found.seeds)} seeds", columns, rows, tuple(range(len(columns))))


def _figure(found: Tuned, dimension: Dimension) -> Section:
    unit = next((unit for unit in _DIVISOR if dimension.field.endswith(f"_{unit}")), "")
    told = [t for t in ranked(found) if not math.isnan(t.mean)]
    scale = 0.01 if found.measure.unit == "cents" else 1.0
    places = [(dimension.read(t.values[dimension.key]) / _DIVISOR.get(unit, 1.0), t.mean * scale) for t in told]
    words = dimension.key.replace("_", " ")
    x_label = f"{words} ({_UNIT.get(unit) or found.currency})" if unit else words
    y_label = found.measure.title + (f" ({found.currency})" if found.measure.unit == "cents" else "")
    alt = f"{found.measure.title} of each trial by {words}."
    svg = dots(f"by-{dimension.key}", alt, places, places[0], x_label, y_label)
    return Section(f"by-{dimension.key}", f"By {words}", "Each dot is a trial; the ring is the chosen one.", svg)
