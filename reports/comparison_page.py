"""The page of a comparison: which to deploy, by how much, how sure, and everything behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.figures import Point, forest, scatter
from reports.html import Section, Tile, program, render
from scenarios.display import MINUS, display, percent
from scenarios.experiments.comparison import Comparison, Measure
from scenarios.experiments.regret import REGRET, command_to_open, worst_regrets
from scenarios.experiments.statistics import Interval
from scenarios.experiments.verdict import METHOD

_JOINER = "\u2060"
"""Keeps a minus sign on the line of its number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One variant's mean of one measure."""

    mean: str
    half: str
    style: str
    mark: str


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of all variants."""

    title: str
    definition: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Rank:
    """One variant's place by the criterion."""

    name: str
    mean: str
    gap: str
    interval: str
    chance: str


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """What the template shows."""

    scenario: str
    names: tuple[str, ...]
    replications: int
    leader: str
    criterion: str
    headline: str
    rest: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    rows: tuple[Row, ...]
    ranking: tuple[Rank, ...]
    replication_rows: tuple[tuple[str, ...], ...]
    setting: tuple[tuple[str, str], ...]
    method: str
    footer: str


def comparison_page(comparison: Comparison) -> str:
    """The page as HTML."""
    headline, rest = _first_sentence(comparison.summary())
    criterion = comparison.measure(comparison.criterion)
    page = ComparisonPage(
        scenario=comparison.scenario,
        names=tuple(variant.name for variant in comparison.variants),
        replications=comparison.replications,
        leader=comparison.verdict.leader,
        criterion=criterion.title,
        headline=headline,
        rest=rest,
        tiles=_tiles(comparison),
        sections=_sections(comparison),
        rows=tuple(_row(comparison, measure) for measure in _told(comparison)),
        ranking=_ranking(comparison, criterion),
        replication_rows=_replication_rows(comparison, criterion),
        setting=_setting(comparison),
        method=METHOD,
        footer=f"{program()}. Everything on this page follows from the runs in comparison.json.",
    )
    return render("comparison.html", page)


def _told(comparison: Comparison) -> list[Measure]:
    """Measures that some variant has a figure for, the headlines first: what nobody switched on is not told."""
    names = [variant.name for variant in comparison.variants]
    known = [m for m in comparison.measures if any(not math.isnan(comparison.mean(n, m.name).mean) for n in names)]
    return sorted(known, key=lambda measure: not measure.headline)


def _first_sentence(text: str) -> tuple[str, str]:
    head, dot, rest = text.replace(MINUS, MINUS + _JOINER).partition(". ")
    return head + dot.strip(), rest


def _tiles(comparison: Comparison) -> tuple[Tile, ...]:
    verdict = comparison.verdict
    criterion = comparison.measure(comparison.criterion)
    tiles = [_mean_tile(comparison, criterion)]
    if verdict.lead is not None:
        lead = display(verdict.lead.mean, criterion.unit, comparison.currency, signed=True)
        tiles.append(Tile(f"Lead over {verdict.runner_up}", lead))
        tiles.append(Tile(f"Probability that {verdict.leader} is best", f"≥ {percent(verdict.probability)}"))
    if comparison.guard is not None:
        tiles.append(_mean_tile(comparison, comparison.measure(comparison.guard)))
    return tuple(tiles)


def _mean_tile(comparison: Comparison, measure: Measure) -> Tile:
    leader = comparison.verdict.leader
    mean = comparison.mean(leader, measure.name).mean
    return Tile(f"{measure.title} with {leader}", display(mean, measure.unit, comparison.currency))


def _sections(comparison: Comparison) -> tuple[Section, ...]:
    if len(comparison.variants) < 2 or comparison.replications < 2:
        return ()
    sections = [_difference_section(comparison)]
    if comparison.guard is not None:
        sections.append(_service_section(comparison, comparison.guard))
    return tuple(sections)


def _difference_section(comparison: Comparison) -> Section:
    leader = comparison.verdict.leader
    measure = comparison.measure(comparison.criterion)
    scale, unit = _scale(measure, comparison.currency)
    rows = []
    for name in comparison.selection().ranking:
        if name != leader:
            gap = comparison.difference(name, leader)
            rows.append((f"{name} against {leader}", _scaled(gap, scale)))
    told = "; ".join(
        f"{label}: {display(gap.mean / scale, measure.unit, comparison.currency, signed=True)}" for label, gap in rows
    )
    direction = "right" if measure.higher_is_better else "left"
    return Section(
        "differences",
        f"Differences in {measure.title.lower()}",
        f"Each line is a 95% interval of the difference to {leader} on the same customers. A line that does "
        f"not touch zero is a difference that chance does not explain; to the {direction} is better.",
        forest(
            "differences",
            f"Paired differences with 95% intervals. {told}.",
            rows,
            _label(measure, unit),
            measure.higher_is_better,
        ),
    )


def _service_section(comparison: Comparison, guard: str) -> Section:
    x, y = comparison.measure(comparison.criterion), comparison.measure(guard)
    x_scale, x_unit = _scale(x, comparison.currency)
    y_scale, y_unit = _scale(y, comparison.currency)
    points = [
        Point(
            variant.name,
            _scaled(comparison.mean(variant.name, x.name), x_scale),
            _scaled(comparison.mean(variant.name, y.name), y_scale),
        )
        for variant in comparison.variants
    ]
    told = "; ".join(f"{point.label}: {point.x.mean:.2f}, {point.y.mean:.2f}" for point in points)
    corner = "up and to the right" if x.higher_is_better and y.higher_is_better else "in the direction of both goals"
    return Section(
        "service",
        f"{x.title} and {y.title.lower()}",
        f"Better is {corner}. The bars are 95% intervals of each mean. Customers vary from one replication "
        "to the next in the same way for all, so bars may overlap although the difference above is certain.",
        scatter(
            "service",
            f"Variants by {x.title} and {y.title}. {told}.",
            points,
            _label(x, x_unit),
            _label(y, y_unit),
        ),
    )


def _scale(measure: Measure, currency: str) -> tuple[float, str]:
    """By what to multiply values for an axis, and what the axis then counts."""
    if measure.unit == "cents":
        return 0.01, currency
    if measure.unit == "share":
        return 100.0, "%"
    return 1.0, "" if measure.unit in ("count", "ratio") else measure.unit


def _scaled(interval: Interval, scale: float) -> Interval:
    return Interval(
        interval.mean * scale,
        interval.low * scale,
        interval.high * scale,
        interval.count,
        interval.confidence,
    )


def _label(measure: Measure, unit: str) -> str:
    return f"{measure.title} ({unit})" if unit else measure.title


def _row(comparison: Comparison, measure: Measure) -> Row:
    best = comparison.selection(measure.name).leader
    cells = tuple(_cell(comparison, measure, variant.name, best) for variant in comparison.variants)
    return Row(measure.title, measure.definition, cells)


def _cell(comparison: Comparison, measure: Measure, name: str, best: str) -> Cell:
    mean = comparison.mean(name, measure.name)
    half = "" if math.isnan(mean.half_width) else f"± {display(mean.half_width, measure.unit, comparison.currency)}"
    style, mark = ["best"] if name == best and not math.isnan(mean.mean) else [], ""
    leader = comparison.verdict.leader
    if name != leader:
        gap = comparison.difference(name, leader, measure.name)
        if gap.excludes_zero:
            good = (gap.mean > 0) == measure.higher_is_better
            style.append("good" if good else "bad")
            mark = "▲" if good else "▼"
    return Cell(display(mean.mean, measure.unit, comparison.currency), half, " ".join(style), mark)


def _ranking(comparison: Comparison, criterion: Measure) -> tuple[Rank, ...]:
    selection = comparison.selection()
    rows = []
    for name in selection.ranking:
        mean = display(comparison.mean(name, criterion.name).mean, criterion.unit, comparison.currency)
        if name == selection.leader:
            rows.append(Rank(name, mean, "", "", ""))
            continue
        gap = comparison.difference(selection.leader, name)
        shown = [
            display(value, criterion.unit, comparison.currency, signed=True) for value in (gap.mean, gap.low, gap.high)
        ]
        chance = selection.better_than_leader[name]
        rows.append(Rank(name, mean, shown[0], f"{shown[1]} to {shown[2]}", _chance(chance)))
    return tuple(rows)


def _chance(probability: float) -> str:
    if not math.isfinite(probability):
        return "unknown"
    return "< 0.1%" if probability < 0.001 else f"{100 * probability:.1f}%"


def _replication_rows(comparison: Comparison, criterion: Measure) -> tuple[tuple[str, ...], ...]:
    values = comparison.values(criterion.name)
    seeds = {outcome.replication: outcome.seed for outcome in comparison.outcomes}
    rows = []
    for position, replication in enumerate(sorted(seeds)):
        numbers = [
            display(values[variant.name][position], criterion.unit, comparison.currency)
            for variant in comparison.variants
        ]
        rows.append((str(replication), str(seeds[replication]), *numbers))
    return tuple(rows)


def _setting(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    rows = [("Scenario", comparison.scenario)]
    for variant in comparison.variants:
        parts = [*variant.policies, *variant.sets, *variant.use]
        rows.append((variant.name, ", ".join(parts) or "as the scenario says"))
    seeds = sorted({outcome.seed for outcome in comparison.outcomes})
    rows.append(("Seeds", f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0])))
    rows.append(("Open one", f"peakproof run {comparison.source or comparison.scenario} --seed {seeds[0]}"))
    for outcome in worst_regrets(comparison):
        told = f"{percent(outcome.kpis[REGRET])}: {command_to_open(comparison, outcome)}"
        rows.append((f"Most to regret with {outcome.variant}", told))
    return tuple(rows)
