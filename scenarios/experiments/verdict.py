"""The answer of an experiment in words, clear where it is clear and open where it is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenarios.display import display, percent
from scenarios.experiments.statistics import CONFIDENCE, Interval, Selection

if TYPE_CHECKING:
    from scenarios.experiments.comparison import Comparison, Measure

_WORTH_TRYING = 1_000
"""More replications than this are not suggested: a difference that needs them is too small to act on."""

METHOD = (
    "Every variant ran on the same customers, payments and lead times (common random numbers). "
    "Intervals are 95% Student t intervals over replications, those of differences paired by "
    "replication (Law 2015, section 10.2.1). The probability that the leader is the best is a lower bound: "
    "one minus the sum, over the other variants, of the probability that they beat it (Bonferroni), "
    "each from the t distribution of the paired mean difference (Chick and Inoue 2001; Chen and others "
    "2000). A winner is called clear when that bound is at least 95% and the interval of its lead over the "
    "runner-up excludes zero."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which variant to deploy.

    Attributes
    ----------
    clear
        Whether the replications tell the leader from all others.
    leader
        The variant with the best mean of the criterion.
    runner_up
        The second, if there is one.
    lead
        How much better the leader is than the runner-up, in the criterion's unit; positive is better.
    probability
        Lower bound on the probability that the leader is the best.
    service_is_worse
        Whether another variant is surely better by the measure of service.
    text
        All this in a few sentences.
    """

    clear: bool
    leader: str
    runner_up: str | None
    lead: Interval | None
    probability: float
    service_is_worse: bool
    text: str


def decide(comparison: Comparison) -> Verdict:
    """Judge a comparison by its criterion, and report its guard."""
    selection = comparison.selection()
    leader, runner_up = selection.leader, selection.runner_up
    if runner_up is None:
        text = f"Only {leader} ran: {_own(comparison, leader)}. Name another policy to compare it with."
        return Verdict(False, leader, None, None, math.nan, False, text)
    measure = comparison.measure(comparison.criterion)
    lead = _lead(comparison, measure, leader, runner_up)
    clear = selection.probability >= CONFIDENCE and lead.excludes_zero
    service, worse = _service(comparison, leader, runner_up)
    text = (_winner if clear else _open)(comparison, measure, selection, lead)
    return Verdict(clear, leader, runner_up, lead, selection.probability, worse, text + service)


def _lead(comparison: Comparison, measure: Measure, leader: str, runner_up: str) -> Interval:
    """The leader's advantage over the runner-up; positive is better, whichever direction wins."""
    if not measure.higher_is_better:
        return comparison.difference(runner_up, leader, measure.name)
    return comparison.difference(leader, runner_up, measure.name)


def _winner(comparison: Comparison, measure: Measure, selection: Selection, lead: Interval) -> str:
    count = len(comparison.variants)
    of_all = f"P(best of {count})" if count > 2 else "P(best)"
    return (
        f"Deploy {selection.leader}: {_advantage(measure, comparison.currency, lead.mean)} "
        f"than {selection.runner_up} (95% interval {_range(comparison, measure, lead)}, "
        f"{lead.count} paired replications), {of_all} ≥ {percent(selection.probability)}."
    )


def _open(comparison: Comparison, measure: Measure, selection: Selection, lead: Interval) -> str:
    leader, runner_up = selection.leader, selection.runner_up
    title = measure.title.lower()
    if math.isnan(lead.mean):
        return f"No answer: {title} has no value in some runs of {leader} or {runner_up}."
    ahead = display(lead.mean, measure.unit, comparison.currency)
    if lead.count < 2:
        return (
            f"One replication cannot tell: {leader} came out ahead of {runner_up} by {ahead} in {title}. "
            "Run at least 5."
        )
    if lead.mean == 0 and lead.half_width == 0:
        return f"No clear winner: {leader} and {runner_up} gave the same {title} in every replication."
    found = f"No clear winner: {leader} leads {runner_up} by {ahead} in {title}"
    interval = f"the 95% interval {_range(comparison, measure, lead)}"
    sure = f"P(best) ≥ {percent(selection.probability)}"
    if lead.excludes_zero:
        return (
            f"{found} and {interval} excludes zero, but among {len(comparison.variants)} variants "
            f"{sure} is below {100 * CONFIDENCE:.0f}% ({lead.count} paired replications)."
        )
    return f"{found}, but {interval} includes zero ({sure}, {lead.count} paired replications).{_more(lead)}"


def _range(comparison: Comparison, measure: Measure, interval: Interval) -> str:
    low = display(interval.low, measure.unit, comparison.currency)
    return f"{low} to {display(interval.high, measure.unit, comparison.currency)}"


def _more(lead: Interval) -> str:
    """How many replications would shrink the interval to the lead that was seen."""
    if lead.mean == 0:
        return ""
    needed = math.ceil(lead.count * (lead.half_width / lead.mean) ** 2) + 1
    if needed > _WORTH_TRYING:
        return " The difference is too small to find by running more; choose on other grounds."
    return f" If the lead is real, about {needed} replications would show it."


def _advantage(measure: Measure, currency: str, lead: float) -> str:
    amount = display(abs(lead), measure.unit, currency)
    if measure.name == "margin_per_order_cents":
        return f"it earns {amount} more per order"
    direction = "higher" if measure.higher_is_better else "lower"
    if measure.unit == "share":
        amount = display(abs(lead), "share", signed=True).removeprefix("+")
    return f"its {measure.title.lower()} is {amount} {direction}"


def _own(comparison: Comparison, variant: str) -> str:
    measure = comparison.measure(comparison.criterion)
    mean = comparison.mean(variant, measure.name)
    return f"{measure.title.lower()} {display(mean.mean, measure.unit, comparison.currency)}"


def _service(comparison: Comparison, leader: str, runner_up: str) -> tuple[str, bool]:
    """What the guard says, and whether another variant surely serves better than the leader."""
    if comparison.guard is None:
        return "", False
    guard = comparison.measure(comparison.guard)
    own = comparison.mean(leader, guard.name).mean
    other = comparison.mean(runner_up, guard.name).mean
    text = (
        f" {guard.title}: {display(own, guard.unit, comparison.currency)} with {leader}, "
        f"{display(other, guard.unit, comparison.currency)} with {runner_up}"
    )
    best = comparison.selection(guard.name).leader
    gap = _lead(comparison, guard, best, leader) if best != leader else None
    if gap is None or not gap.excludes_zero:
        return f"{text}.", False
    shown = display(abs(gap.mean), guard.unit, comparison.currency, signed=True).removeprefix("+")
    return f"{text}. Mind the service: {best} is better by {shown}.", True
