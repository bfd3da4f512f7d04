"""Does sync matter by itself? Units oversold in the same peak, by how channels hear of stock.

Four designs on the same customers: live (event-driven, no latency, units reserved as they are sold) and a batch every
5, 15 and 60 minutes, for all channels, with nothing withheld from any of them and no message lost. Printed are the
mean of oversold units (accepted beyond the true available to sell at that moment, intended backorders excluded) with
its 95% t interval, the paired difference of each step with its own, and whether every design of each seed was offered
the same demand, by its hash. Orders are followed to the end of the third day: overselling happens at acceptance, and
nothing after that changes it.

    python benchmarks/sync_study.py [--seeds 20] [--scenario peak] [--jobs 2]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import pairwise

from scenarios.experiments.comparison import Outcome, Variant
from scenarios.experiments.experiment import Job, check_same_demand, run_all, simulate
from scenarios.experiments.statistics import Interval, mean_interval, paired_difference

DESIGNS = {
    "live": "sync_live",
    "5 min": "sync_batch_5min",
    "15 min": "sync_batch_15min",
    "60 min": "sync_batch_60min",
}
"""Each design and the override that sets it, from the one that should oversell least to the one that should most."""
SHORT = ("horizon.end=3d", "horizon.drain=1h")
KPIS = ("oversold_units", "oversold_share", "refusal_share", "units_captured")

Oversold = Mapping[str, Sequence[float]]


def jobs_of(scenario: str, seeds: int, sets: Sequence[str] = SHORT) -> list[Job]:
    """One run for each seed and design."""
    return [
        Job(scenario, Variant(design, sets=tuple(sets)), seed - 1, seed, (override,), KPIS)
        for seed in range(1, seeds + 1)
        for design, override in DESIGNS.items()
    ]


def by_design(outcomes: Sequence[Outcome], kpi: str) -> dict[str, list[float]]:
    """One number a seed, for each design."""
    return {design: [o.kpis[kpi] for o in outcomes if o.variant == design] for design in DESIGNS}


def steps(oversold: Oversold) -> dict[tuple[str, str], Interval]:
    """What each longer interval adds, seed by seed."""
    return {(a, b): paired_difference(oversold[b], oversold[a]) for a, b in pairwise(DESIGNS)}


def report(scenario: str, outcomes: Sequence[Outcome]) -> str:
    """The table, in Markdown."""
    oversold, refused = by_design(outcomes, "oversold_units"), by_design(outcomes, "refusal_share")
    units = by_design(outcomes, "units_captured")
    seeds = len(oversold["live"])
    lines = [
        f"{scenario}, {seeds} paired seeds, {mean_interval(units['live']).mean:,.0f} units captured in a run",
        "",
        "| sync | oversold units, mean | 95% interval | least and most | refused units |",
        "|---|---:|---:|---:|---:|",
    ]
    for design, values in oversold.items():
        found = mean_interval(values)
        lines.append(
            f"| {design} | {found.mean:.1f} | {found.low:.1f} to {found.high:.1f} "
            f"| {min(values):.0f} to {max(values):.0f} | {mean_interval(refused[design]).mean:.2%} |"
        )
    lines += ["", "| step | more units oversold, mean | 95% interval | above zero |", "|---|---:|---:|---|"]
    for (a, b), step in steps(oversold).items():
        sure = "yes" if step.low > 0 else "no"
        lines.append(f"| {a} to {b} | {step.mean:.1f} | {step.low:.1f} to {step.high:.1f} | {sure} |")
    offered = {design: [o.offered for o in outcomes if o.variant == design] for design in DESIGNS}
    lines += ["", "offered demand, hashed over all seeds (equal for all designs, or the study stops):"]
    lines += [f"  {design:7} {sha256(''.join(found).encode()).hexdigest()}" for design, found in offered.items()]
    return "\n".join(lines)


def show_share(done: float) -> None:
    """Progress, on one line."""
    print(f"\r  {done:4.0%}", end="" if done < 1 else "\n", file=sys.stderr, flush=True)


def main() -> None:
    """Run the study and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scenario", default="peak")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    outcomes = run_all(jobs_of(arguments.scenario, arguments.seeds), simulate, arguments.jobs, show_share)
    check_same_demand(outcomes)
    print(report(arguments.scenario, outcomes))


if __name__ == "__main__":
    main()
