"""What solvers are worth in the simulation: allocation policies on the same customers, with regret to hindsight.

    python benchmarks/policies_study.py --scenario benchmarks/scenarios/peak-tenth.yaml --replications 30
    python benchmarks/policies_study.py --scenario peak --replications 2

Prints, for each policy, means with 95% t-intervals of cost to serve, contribution, split rate and OTIF, and its regret;
then the paired differences of all policies to the best platform default by cost to serve, and the worst replication of
each by regret. Writes every run to a JSON file as it goes, and goes on from there if it is started again.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from scenarios.experiments.comparison import Comparison, Outcome, Variant
from scenarios.experiments.experiment import Job, chosen_measures, simulate
from scenarios.experiments.regret import REGRET, REGRET_MEASURES, command_to_open, worst_regrets

RULES = ("closest", "cheapest", "fewest_splits", "site_priority", "most_stock", "first_location")
SOLVERS = ("exact", "shadow_prices", "batch")
COST = "cost_to_serve_per_order_cents"
KPIS = (COST, "margin_per_order_cents", "split_rate", "otif")
LATE_CENTS = 600.0


def variant(name: str, batch_every: str) -> Variant:
    """A policy; those that batch get their interval."""
    sets = (f"rules.allocate_every={batch_every}",) if name.startswith("batch") else ()
    return Variant(name, (f"allocation={name}",), sets)


def run_missing(args: argparse.Namespace, variants: list[Variant], file: Path) -> list[Outcome]:
    """Every run that the file does not have yet, replication by replication."""
    known = {}
    if file.is_file():
        for row in json.loads(file.read_text()):
            known[row["variant"], row["replication"]] = Outcome(**row)
    for replication in range(args.replications):
        for one in variants:
            if (one.name, replication) in known:
                continue
            began = time.perf_counter()
            job = Job(args.scenario, one, replication, args.seed + replication, (), KPIS, regret=True)
            outcome = simulate(job)
            known[one.name, replication] = outcome
            rows = [
                {"variant": o.variant, "replication": o.replication, "seed": o.seed, "kpis": dict(o.kpis)}
                for o in known.values()
            ]
            file.write_text(json.dumps(rows))
            print(f"{one.name} {replication}: {time.perf_counter() - began:.1f} s", flush=True)
    return [known[one.name, r] for one in variants for r in range(args.replications)]


def table(comparison: Comparison) -> None:
    """Markdown: a row for each policy."""
    print("| policy | cost to serve | contribution | split rate | OTIF | fulfilment | bound | regret |")
    print("|---|---|---|---|---|---|---|---|")
    for one in comparison.variants:
        cells = []
        for name, scale, sign in (
            (COST, 100, "$"),
            ("margin_per_order_cents", 100, "$"),
            ("split_rate", 0.01, ""),
            ("otif", 0.01, ""),
            ("fulfilment_per_order_cents", 100, "$"),
            ("hindsight_per_order_cents", 100, "$"),
            (REGRET, 0.01, ""),
        ):
            mean = comparison.mean(one.name, name)
            unit = "" if sign else "%"
            cells.append(f"{mean.mean / scale:.2f}{unit} ± {mean.half_width / scale:.2f}")
        print(f"| `{one.name}` | {' | '.join(cells)} |")


def differences(comparison: Comparison) -> None:
    """Each solver policy against the best default, on the same customers."""
    rules = [v.name for v in comparison.variants if v.name in RULES]
    best = min(rules, key=lambda name: comparison.mean(name, COST).mean)
    print(f"\nAgainst `{best}`, the best default by cost to serve (cents an order, points, 95% t-intervals):\n")
    print("| policy | cost to serve | contribution | split rate | OTIF | cost + 6.00 a late order |")
    print("|---|---|---|---|---|---|")
    with_lateness = {
        v.name: [
            cost + LATE_CENTS * (1 - otif)
            for cost, otif in zip(comparison.values(COST)[v.name], comparison.values("otif")[v.name], strict=True)
        ]
        for v in comparison.variants
    }
    from scenarios.experiments.statistics import paired_difference

    for one in comparison.variants:
        if one.name == best:
            continue
        cells = []
        for name, scale in ((COST, 1.0), ("margin_per_order_cents", 1.0), ("split_rate", 0.01), ("otif", 0.01)):
            gap = comparison.difference(one.name, best, name)
            cells.append(f"{gap.mean / scale:+.2f} [{gap.low / scale:+.2f}, {gap.high / scale:+.2f}]")
        gap = paired_difference(with_lateness[one.name], with_lateness[best])
        cells.append(f"{gap.mean:+.2f} [{gap.low:+.2f}, {gap.high:+.2f}]")
        print(f"| `{one.name}` | {' | '.join(cells)} |")


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="benchmarks/scenarios/peak-tenth.yaml")
    parser.add_argument("--replications", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-every", default="30min")
    parser.add_argument("--policies", default=",".join((*RULES, *SOLVERS)), help="names, divided by commas")
    parser.add_argument("--out", type=Path, help="JSON file of all runs; by default runs/policies-SCENARIO.json")
    args = parser.parse_args()
    file = args.out or Path("runs") / f"policies-{Path(args.scenario).stem}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    variants = [variant(name, args.batch_every) for name in args.policies.split(",")]
    outcomes = run_missing(args, variants, file)
    measures = (*chosen_measures(KPIS, COST, "otif"), *REGRET_MEASURES)
    comparison = Comparison(
        Path(args.scenario).stem,
        tuple(variants),
        tuple(outcomes),
        measures,
        COST,
        "otif",
        args.seed,
        "USD",
        args.scenario,
    )
    print()
    table(comparison)
    differences(comparison)
    print("\nWorst replication of each by regret:\n")
    for outcome in worst_regrets(comparison):
        print(f"- `{outcome.variant}`: {outcome.kpis[REGRET]:.1%}: `{command_to_open(comparison, outcome)}`")
    below = [o for o in outcomes if o.kpis["hindsight_per_order_cents"] > o.kpis["fulfilment_per_order_cents"]]
    print(f"\nRuns whose bound is above their cost: {len(below)} of {len(outcomes)}")


if __name__ == "__main__":
    main()
