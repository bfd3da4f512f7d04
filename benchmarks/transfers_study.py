"""What transfers earn ahead of a promotion that everybody knows of: rules, one look ahead, and a plan of several days.

Runs of ``benchmarks/transfer_promotion.yaml``. Differences are paired by seed, against no transfers. Haulage and
loading of transfers are a part of freight and handling, and so of cost to serve and contribution. Nothing is tuned; the
two that look ahead value a unit short at 5.00 (a guess) and 2.00.

    python benchmarks/transfers_study.py [--seeds 5] [--jobs 2] [--only NAMES]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scenarios.experiments.comparison import Outcome, Variant
from scenarios.experiments.experiment import Job, check_same_demand, load_variant, run_all
from scenarios.experiments.statistics import mean_interval, paired_difference
from sim.model import Model
from sim.run import Run

SCENARIO = str(Path(__file__).parent / "transfer_promotion.yaml")
KPIS = ("contribution_margin_cents", "cost_to_serve_per_order_cents", "requested_fill_rate", "split_rate")
POLICIES = (
    "none",
    "level_cover",
    "expected_shortage",
    "expected_shortage:short_cents=200",
    "multi_period",
    "multi_period:short_cents=200",
    "multi_period:periods=14",
    "multi_period:early=1",
)


def run(job: Job) -> Outcome:
    """Run one job and measure it."""
    world = load_variant(job.scenario, job.variant, job.use)
    with tempfile.TemporaryDirectory(prefix="peakproof-") as temporary:
        Model(world, seed=job.seed).run(Path(temporary))
        found = Run(Path(temporary), threads=1)
        kpis = dict(found.kpis(KPIS))
        units = found.books.value(
            "SELECT coalesce(sum(quantity), 0)::DOUBLE FROM events WHERE kind = 'transfer_shipped'"
        )
        hauled = found.books.value(
            "SELECT coalesce(sum(value_cents), 0)::DOUBLE FROM events WHERE kind = 'transfer_freight_charged'"
        )
        kpis |= {"units": units, "hauled": hauled}
        return Outcome(job.variant.name, job.replication, job.seed, kpis, str(found.manifest["demand_hash"]))


def table(outcomes: list[Outcome], names: list[str]) -> str:
    """Means, and paired differences in contribution from the first, in Markdown."""

    def values(name: str, kpi: str) -> list[float]:
        return [o.kpis[kpi] for o in outcomes if o.variant == name]

    lines = [
        "| transfers | contribution | more than the first, 95% | cost to serve an order | split rate | served of those "
        "asked for | units moved | haulage |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in names:
        mean = {kpi: mean_interval(values(name, kpi)).mean for kpi in (*KPIS, "units", "hauled")}
        more = paired_difference(values(name, KPIS[0]), values(names[0], KPIS[0]))
        against = "" if name == names[0] else f"{more.mean / 100:+,.0f} ± {more.half_width / 100:,.0f}"
        lines.append(
            f"| {name} | {mean[KPIS[0]] / 100:,.0f} | {against} | {mean[KPIS[1]] / 100:.3f} | {mean['split_rate']:.2%} "
            f"| {mean['requested_fill_rate']:.2%} | {mean['units']:,.0f} | {mean['hauled'] / 100:,.0f} |"
        )
    return "\n".join(lines)


def show_share(done: float) -> None:
    """Progress, on one line."""
    print(f"\r  {done:4.0%}", end="" if done < 1 else "\n", file=sys.stderr, flush=True)


def main() -> None:
    """Run the study and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", help="policies, with spaces between", default=" ".join(POLICIES))
    arguments = parser.parse_args()
    names = arguments.only.split()
    variants = [Variant(name, (f"transfers={name}",)) for name in names]
    jobs = [
        Job(SCENARIO, v, place, seed, ()) for place, seed in enumerate(range(1, arguments.seeds + 1)) for v in variants
    ]
    outcomes = run_all(jobs, run, arguments.jobs, show_share)
    check_same_demand(outcomes)
    print(f"{arguments.seeds} paired seeds\n\n{table(list(outcomes), names)}")


if __name__ == "__main__":
    main()
