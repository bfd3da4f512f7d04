"""Regret in comparisons: how far each run is from what anybody could have done who knew everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.experiments.comparison import Comparison, Measure, Outcome

if TYPE_CHECKING:
    from optimize.hindsight.bound import Hindsight

REGRET = "regret_share"
REGRET_MEASURES = (
    Measure(
        "fulfilment_per_order_cents",
        "Fulfilment an order",
        "cents",
        higher_is_better=False,
        headline=False,
        definition="Freight, handling and packaging of all orders sent by parcel / their number.",
    ),
    Measure(
        "hindsight_per_order_cents",
        "Hindsight bound an order",
        "cents",
        higher_is_better=False,
        headline=False,
        definition="What the same orders must have cost anybody who knew all of them and all stock to come.",
    ),
    Measure(
        REGRET,
        "Regret",
        "share",
        higher_is_better=False,
        definition="Fulfilment cost above the hindsight bound / the bound, each run against its own.",
    ),
)


def regret_of(found: Hindsight) -> dict[str, float]:
    """The figures of one run, by measure."""
    orders = found.orders or float("nan")
    return {
        "fulfilment_per_order_cents": found.cost_cents / orders,
        "hindsight_per_order_cents": found.bound_cents / orders,
        REGRET: found.regret_share,
    }


def worst_regrets(comparison: Comparison) -> list[Outcome]:
    """Of each variant, the run with the highest regret; none where regret was not measured."""
    found = []
    for variant in comparison.variants:
        own = [o for o in comparison.outcomes if o.variant == variant.name and o.kpis.get(REGRET, -1.0) >= 0]
        if own:
            found.append(max(own, key=lambda outcome: (outcome.kpis[REGRET], -outcome.replication)))
    return found


def command_to_open(comparison: Comparison, outcome: Outcome) -> str:
    """What shows one run of a comparison."""
    variant = next(v for v in comparison.variants if v.name == outcome.variant)
    parts = [f"--seed {outcome.seed}"]
    parts += [f"--policy {_quoted(p)}" for p in variant.policies]
    parts += [f"--set {_quoted(s)}" for s in variant.sets]
    parts += [f"--use {_quoted(u)}" for u in variant.use]
    return f"peakproof run {comparison.source or comparison.scenario} " + " ".join(parts)


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word or "{" in word else word
