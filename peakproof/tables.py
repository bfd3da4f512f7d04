"""Results as tables on the terminal."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from peakproof.api import read_kpis
from peakproof.console import say, table
from scenarios.display import display

if TYPE_CHECKING:
    import pandas as pd

    from reports.html import Grid
    from scenarios.experiments.comparison import Comparison, Measure
    from scenarios.importers.report import ImportReport
    from sim.run import Run

_SPACE = "\u00a0"  # does not break
_ARROWS = {"higher": "▲", "lower": "▼"}


def print_grids(*grids: Grid, whole_names: bool = True) -> None:
    """Tables of a page; as in `peakproof.console.table`."""
    for grid in grids:
        table(grid.caption, grid.columns, grid.rows, numbers=grid.numbers, whole_names=whole_names)


def print_kpis(run: Run) -> None:
    """The run in a sentence, and its headline measures with what each means."""
    from reports.run_page import currency_of, headline
    from sim.measures.registry import measures

    kpis, currency = read_kpis(run), currency_of(run)
    say(headline(kpis, currency))
    rows = [
        [m.title, display(kpis[m.name], m.unit, currency), _ARROWS[m.better], first_sentence(m.definition)]
        for m in measures().values()
        if m.headline and m.name in kpis
    ]
    table(None, ["measure", "value", "better", "what it is"], rows, numbers=(1,))


def print_comparison(comparison: Comparison) -> None:
    """Headline measures of every variant: means, marked where they surely differ from the leader's."""
    leader = comparison.verdict.leader
    names = [variant.name for variant in comparison.variants]
    rows = [
        [measure.title, *(_mean(comparison, name, measure, leader) for name in names)]
        for measure in comparison.measures
        if measure.headline or measure.name in (comparison.criterion, comparison.guard)
    ]
    marks = f"▲ surely better, ▼ surely worse than {leader}"
    title = f"{comparison.scenario}, means of {comparison.replications} replications ({marks})"
    table(title, ["measure", *names], rows, numbers=range(1, 1 + len(names)), whole_names=False)


def print_timeline(run: Run, rows: pd.DataFrame, order: str) -> None:
    """One order's events with what moved and what was posted."""
    from reports.run_page import currency_of

    currency = currency_of(run)
    cells = [_timeline_row(row, currency) for row in rows.to_dict("records")]
    columns = ["time", "event", "by", "node", "SKU", "units", "value", "reason · stock · postings (cents)"]
    table(f"Order {order} in {run.folder}", columns, cells, numbers=(5, 6))


def print_margins(run: Run, frame: pd.DataFrame, top: int) -> None:
    """The first rows of a table of margins: amounts, and contribution as a share of net revenue."""
    from reports.margins import margin_grid
    from reports.run_page import currency_of

    grid = margin_grid(frame.head(top), currency_of(run))
    title = f"Margin by {frame.columns[0]}: {min(top, len(frame)):,} of {len(frame):,} in {run.folder}"
    table(title, grid.columns, [list(row) for row in grid.rows], numbers=grid.numbers)


def print_import(report: ImportReport) -> None:
    """What the rows of an order file were taken for, in classes that add up to the file; then its credit notes."""
    totals = {**{name: total for name, total in report.classes.items() if total.rows}, "all rows": report.total}
    rows = [
        [name.replace("_", " "), f"{total.rows:,}", f"{total.units:,}", display(total.cents, "cents", report.currency)]
        for name, total in totals.items()
    ]
    table(None, ["taken for", "rows", "units", "value"], rows, numbers=(1, 2, 3))
    credits = report.credits
    if credits.notes:
        say(
            f"Credit notes: {credits.matched_units:,} of {credits.units:,} units match an earlier sale to the same "
            "customer and become voids or returns; the rest is posted to an account of its own."
        )


def first_sentence(text: str) -> str:
    """What stands before the first full stop."""
    return text.split(". ")[0].rstrip(".") + "."


def _mean(comparison: Comparison, variant: str, measure: Measure, leader: str) -> str:
    text = display(comparison.mean(variant, measure.name).mean, measure.unit, comparison.currency)
    gap = comparison.difference(variant, leader, measure.name)
    if variant == leader or not gap.excludes_zero:
        return f"{text}{_SPACE * 2}"
    return f"{text}{_SPACE}{'▲' if (gap.mean > 0) == measure.higher_is_better else '▼'}"


def _timeline_row(row: Mapping[Hashable, Any], currency: str) -> list[str]:
    value = float(row["value_cents"])
    told = [_known(row["reason"]).replace("_", " "), str(row["movement"]), str(row["postings"])]
    return [
        f"{row['time']:%a %d %b %H:%M:%S}",
        str(row["kind"]).replace("_", " "),
        _actor(_known(row["actor"])),
        _known(row["node"]),
        _known(row["sku"]),
        str(row["quantity"] or ""),
        display(value, "cents", currency) if value else "",
        " · ".join(text for text in told if text),
    ]


def _actor(name: str) -> str:
    """Who did it: a desk, a rule or an interface by its name, others by what they are; the node stands beside it."""
    kind, _, own = name.partition(":")
    return f"{kind} {own}" if kind in ("desk", "rule", "override", "interface", "channel", "carrier") else kind


def _known(value: Any) -> str:
    import pandas as pd

    return "" if pd.isna(value) else str(value)
