"""The page on changes: which single one recovers how much, and in which order to make them."""

from __future__ import annotations

import math
from collections.abc import Callable

from reports.figures import forest
from reports.findings_page import FindingsPage
from reports.html import Grid, Section
from scenarios.display import MINUS, display
from scenarios.experiments.changes import ALL, AS_IT_IS, Attribution
from scenarios.experiments.comparison import Measure
from scenarios.experiments.statistics import Interval

METHOD = (
    "All variants see the same customers; each figure is a mean over paired replications, an interval holds 95%. The "
    "percentage behind a difference is its share of what all changes do together; it stands only where chance does not "
    "explain the whole. Shares of single changes need not add up to 100%: two changes may do the same work (then less "
    "than their sum is left for both), or one may need the other. ▲ surely better, ▼ surely worse."
)


def changes_page(found: Attribution) -> str:
    """The page as HTML; the same attribution gives the same bytes."""
    return FindingsPage(
        title="Changes",
        subject="changes of",
        scenario=found.comparison.scenario,
        headline=found.summary(),
        heading="What each change recovers",
        tables=tables(found),
        sections=(_figure(found),) if found.comparison.replications > 1 else (),
        method=METHOD,
        source="the runs in changes.json",
    ).html()


def tables(found: Attribution) -> tuple[Grid, ...]:
    """What all changes do, what each does alone, what each adds last, and the roll-out."""
    names = [change.name for change in found.changes]
    grids = [_whole(found), _parts(found, "Each change alone", names, found.alone)]
    if len(names) > 1:
        grids.append(_parts(found, "Each change where all others are made", names, found.last))
        steps = {name: position for position, name in enumerate(found.rollout)}
        title = "Rolled out in the order of their gain: what each adds to those above it"
        grids.append(_parts(found, title, list(found.rollout), lambda name, m: found.step(steps[name], m)))
    return tuple(grids)


def _whole(found: Attribution) -> Grid:
    rows = tuple(
        (
            measure.title,
            *(
                _amount(found.comparison.mean(found.variant(names), measure.name).mean, measure, found)
                for names in ends
            ),
            _difference(found.gap(measure.name), measure, found),
            _interval(found.gap(measure.name), measure, found),
        )
        for measure in found.measures
        for ends in [((), [c.name for c in found.changes])]
    )
    return Grid(
        "All changes together",
        ("Measure", AS_IT_IS.capitalize(), ALL.capitalize(), "Difference", "95% interval"),
        rows,
        (1, 2, 3, 4),
    )


def _parts(found: Attribution, title: str, names: list[str], part: Callable[[str, str], Interval]) -> Grid:
    rows = tuple((name, *(_cell(found, part(name, m.name), m) for m in found.measures)) for name in names)
    columns = ("Change", *(m.title for m in found.measures))
    return Grid(title, columns, rows, tuple(range(1, len(columns))))


def _cell(found: Attribution, part: Interval, measure: Measure) -> str:
    share = found.share(part, measure.name)
    told = _difference(part, measure, found)
    if math.isnan(share):
        return told
    return f"{told} ({share:.0%})".replace("(-", f"({MINUS}")


def _difference(part: Interval, measure: Measure, found: Attribution) -> str:
    """With an arrow where it is surely better or worse."""
    told = display(part.mean, measure.unit, found.comparison.currency, signed=True)
    if not part.excludes_zero:
        return told
    return f"{told} {'▲' if (part.mean > 0) == measure.higher_is_better else '▼'}"


def _interval(part: Interval, measure: Measure, found: Attribution) -> str:
    low, high = (display(v, measure.unit, found.comparison.currency, signed=True) for v in (part.low, part.high))
    return f"{low} to {high}"


def _amount(value: float, measure: Measure, found: Attribution) -> str:
    return display(value, measure.unit, found.comparison.currency)


def _figure(found: Attribution) -> Section:
    measure = found.comparison.measure(found.comparison.criterion)
    scale = 0.01 if measure.unit == "cents" else 1.0
    unit = f" ({found.comparison.currency})" if measure.unit == "cents" else ""
    rows = [(c.name, _scaled(found.alone(c.name, measure.name), scale)) for c in found.changes]
    rows.append((ALL, _scaled(found.gap(measure.name), scale)))
    alt = f"What each change alone does to {measure.title}, with 95% intervals."
    svg = forest("alone", alt, rows, measure.title + unit, measure.higher_is_better)
    text = "A line that does not touch zero is a difference that chance does not explain."
    return Section("alone", f"{measure.title}: each change alone", text, svg)


def _scaled(part: Interval, scale: float) -> Interval:
    return Interval(part.mean * scale, part.low * scale, part.high * scale, part.count, part.confidence)
