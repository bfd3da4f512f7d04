"""The page of a continuity report: how long each policy held, how long it took to be back, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from reports.continuity import MARGIN, SIGMAS, STRAGGLERS, Continuity, backlog_by_hour
from reports.figures import Span, lines
from reports.html import Grid, Section, program, render
from scenarios.display import display
from sim.run import Run
from sim.units import HOUR_MS

COLUMNS = (
    "Scenario",
    "Policy",
    "Time to survive",
    "Time to recover",
    "Backlog drain",
    "Peak backlog",
    "Shipped late",
    "Delivered late",
    "Cancelled",
    "Refused",
    "Money lost",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A run, the same run without what happened, and what the two say."""

    result: Continuity
    disturbed: Run
    undisturbed: Run


@dataclass(frozen=True, slots=True)
class ContinuityPage:
    """What the template shows."""

    title: str
    headline: str
    table: Grid
    sections: tuple[Section, ...]
    losses: tuple[Grid, ...]
    method: str
    footer: str


def continuity_page(pairs: Sequence[Pair]) -> str:
    """The page as HTML; the same pairs give the same bytes."""
    results = [pair.result for pair in pairs]
    scenarios = list(dict.fromkeys(r.scenario for r in results))
    page = ContinuityPage(
        title=", ".join(scenarios),
        headline=headline(results),
        table=Grid("By scenario and by policy", COLUMNS, tuple(map(row, results)), tuple(range(2, len(COLUMNS)))),
        sections=tuple(_backlog(s, [p for p in pairs if p.result.scenario == s]) for s in scenarios),
        losses=tuple(_losses(result) for result in results),
        method=(
            f"Each run is compared with the same run, of the same seed, without what happened. Time to survive: until "
            f"the share of orders shipped by their ship-by moment is more than {display(MARGIN, 'share')} lower. Time "
            f"to recover: until no more orders wait than usual, give or take {SIGMAS:g} standard deviations of the "
            f"usual backlog (whose variance is its mean) or 1 in {STRAGGLERS} of the peak. Both count from the "
            f"beginning, backlog drain from the end. Late, cancelled and refused are orders that were not so in the "
            f"undisturbed run. No measurable harm: service did not fall, the backlog stayed within that, and no more "
            f"orders fared worse than chance makes of as many that fared otherwise."
        ),
        footer=f"{program()}. Everything on this page follows from the books of the runs.",
    )
    return render("continuity.html", page)


def headline(results: Sequence[Continuity]) -> str:
    """The report in a sentence: the policy that lost the least."""
    best = min(results, key=lambda r: (r.lost_cents, r.late_orders))
    verb = "lost" if best.lost_cents >= 0 else "spent less by"
    lost = f"{verb} {display(abs(best.lost_cents), 'cents', best.currency)}"
    if not best.measurable:
        back = "took no measurable harm"
    elif best.recover_ms is None:
        back = "was not back to normal before the run ended"
    else:
        back = f"was back to normal after {hours(best.recover_ms)}"
    return f"{best.policy or best.scenario} {back}; it {lost} and shipped {best.late_orders:,} more orders late."


def row(result: Continuity) -> tuple[str, ...]:
    """One line of the table, as people read it."""
    return (
        result.scenario,
        result.policy,
        "never fell" if result.survive_ms is None else hours(result.survive_ms),
        *_recovery(result),
        f"{result.peak_orders:,}",
        f"{result.late_orders:,}",
        f"{result.late_deliveries:,}",
        f"{result.cancelled_orders:,}",
        f"{result.refused_orders:,}",
        display(result.lost_cents, "cents", result.currency),
    )


def _recovery(result: Continuity) -> tuple[str, str]:
    if not result.recover_ms and result.recover_ms is not None:
        return ("no measurable backlog" if result.measurable else "no measurable harm"), "–"
    recover, drain = ("not yet" if ms is None else hours(ms) for ms in (result.recover_ms, result.drain_ms))
    return recover, drain


def hours(ms: int) -> str:
    """A duration in hours."""
    return display(ms / HOUR_MS, "hours")


def _backlog(scenario: str, pairs: Sequence[Pair]) -> Section:
    runs: dict[str, Run] = {}
    for pair in pairs:
        name = pair.result.policy or scenario
        runs |= {name: pair.disturbed, f"{name}, undisturbed": pair.undisturbed}
    results = [pair.result for pair in pairs]
    frame = backlog_by_hour(runs, results)
    calendar = pairs[0].disturbed.books.calendar
    begin, end = (_stamp(calendar.moment(ms)) for ms in (results[0].begin_ms, results[0].end_ms))
    alt = f"Orders waiting by the hour in {scenario}, with and without the disruption."
    svg = lines(f"backlog-{scenario}", alt, frame, "orders waiting", [Span("disrupted", begin, end)])
    text = "Orders captured, and neither shipped whole nor cancelled. Shaded: while it lasted."
    return Section(f"backlog-{scenario}", f"Backlog by the hour: {scenario}", text, svg)


def _stamp(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment)


def _losses(result: Continuity) -> Grid:
    money = [(account.replace("_", " "), cents) for account, cents in result.lost_by_account]
    rows = tuple((account, display(cents, "cents", result.currency)) for account, cents in money)
    return Grid(f"{result.scenario}, {result.policy}", ("Account", "Earned less"), rows, (1,))
