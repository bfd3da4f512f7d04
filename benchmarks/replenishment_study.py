"""What replenishment rules earn in the same shop: profit after stock and orders, on the same customers.

Runs of ``benchmarks/replenishment.yaml`` as it is (``plain``), with suppliers' terms (``terms``) and with a supplier
shut for three weeks (``shut``); of ``benchmarks/multi_echelon.yaml``, where one warehouse feeds the others, the same
three (``chain``, ``chain-terms``, ``chain-shut``). Profit is the contribution margin of the orders captured in the
measured weeks, less what stock costs (25% of its mean value a year), less 2.00 for each line of a purchase order, less
surcharges for a hurry. Differences are paired by seed, against the baseline's own plan with (s, S). No rule is tuned:
each plain one is there with two settings, the exact ones as they come.

    python benchmarks/replenishment_study.py [--case plain|terms|shut|chain|...] [--seeds 4] [--few] [--only NAMES]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scenarios.experiments.comparison import Outcome, Variant
from scenarios.experiments.experiment import Job, check_same_demand, load_variant, run_all
from scenarios.experiments.statistics import mean_interval, paired_difference
from sim.model import Model
from sim.run import Run

FORECAST = "forecast=promotion_aware"
HOLDING_A_YEAR, LINE_CENTS, YEAR_MS = 0.25, 200, 365 * 86_400_000
KPIS = ("contribution_margin_cents", "inventory_value_mean_cents", "requested_fill_rate", "stockout_share")
HERE = Path(__file__).parent
ONE_BY_ONE, CHAIN = str(HERE / "replenishment.yaml"), str(HERE / "multi_echelon.yaml")
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "plain": (ONE_BY_ONE, ()),
    "terms": (ONE_BY_ONE, ("terms",)),
    "shut": (ONE_BY_ONE, ("shut",)),
    "chain": (CHAIN, ()),
    "chain-terms": (CHAIN, ("terms",)),
    "chain-shut": (CHAIN, ("shut",)),
}
"""By case: the scenario, and what of its overrides is used."""


def by_plan(safety: int, cover: int) -> Variant:
    """(s, S) of a stock plan with so many days of safety and of cover."""
    days = (f"stock.safety_days={safety}d", f"stock.order_cover={cover}d")
    return Variant(f"s_S, plan with {safety} and {cover} days", ("replenishment=s_S",), days)


def order_up_to(service: int, cover: int) -> Variant:
    """The plain rule that follows a forecast."""
    parameters = f"service_level={service}%,order_cover={cover}d"
    return Variant(
        f"forecast_order_up_to, {service}%, {cover} days",
        (FORECAST, f"replenishment=forecast_order_up_to:{parameters}"),
    )


def of(name: str) -> Variant:
    """A policy with its own parameters."""
    return Variant(name, (FORECAST, f"replenishment={name}"))


PLAIN = (by_plan(12, 30), by_plan(8, 20), order_up_to(95, 0), order_up_to(95, 5))
HURRIED = of("dual_index")
"""Without a supplier who expedites it is best_s_S."""
EXACT = (of("newsvendor"), of("best_s_S"), of("best_r_Q"), HURRIED, of("sample_average"))
FEW = (PLAIN[0], PLAIN[3], EXACT[1], HURRIED, EXACT[4])
TOGETHER = of("multi_echelon")
"""Where nobody feeds another it is nearly sample_average."""


def earn(job: Job) -> Outcome:
    """Run one job and find what it earned."""
    world = load_variant(job.scenario, job.variant, job.use)
    with tempfile.TemporaryDirectory(prefix="peakproof-") as temporary:
        Model(world, seed=job.seed).run(Path(temporary))
        run = Run(Path(temporary), threads=1)
        kpis = dict(run.kpis(KPIS))
        lines = run.books.value(
            "SELECT count(*) FROM events WHERE kind = 'purchase_ordered'"
            " AND time_ms >= warm_up_ms() AND time_ms < end_ms()"
        )
        surcharge = run.books.value(
            "SELECT coalesce(sum(amount_cents), 0)::DOUBLE FROM journal WHERE account = 'expedite'"
            " AND time_ms >= warm_up_ms() AND time_ms < end_ms()"
        )
        held = HOLDING_A_YEAR * kpis["inventory_value_mean_cents"] * run.books.window_ms / YEAR_MS
        kpis |= {
            "held": held / 100,
            "lines": lines,
            "surcharge": surcharge / 100,
            "profit": (kpis["contribution_margin_cents"] - held - LINE_CENTS * lines - surcharge) / 100,
        }
        return Outcome(job.variant.name, job.replication, job.seed, kpis, str(run.manifest["demand_hash"]))


def jobs_of(variants: Sequence[Variant], seeds: Sequence[int], case: str) -> list[Job]:
    """Every variant on every seed."""
    scenario, use = CASES[case]
    return [Job(scenario, v, place, seed, use) for place, seed in enumerate(seeds) for v in variants]


def variants_of(case: str, few: bool) -> list[Variant]:
    """What is compared in a case."""
    found = [*(FEW if few else (*PLAIN, *EXACT)), *([TOGETHER] if case.startswith("chain") else [])]
    return [v for v in found if case.endswith("terms") or v != HURRIED]


def table(outcomes: Sequence[Outcome], variants: Sequence[Variant]) -> str:
    """Means, and paired differences in profit from the first variant, in Markdown."""

    def values(variant: Variant, kpi: str) -> list[float]:
        return [o.kpis[kpi] for o in outcomes if o.variant == variant.name]

    lines = [
        "| replenishment | profit | more than the first, 95% | stock held, mean | cost of it | lines | surcharges "
        "| units served of those asked for |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for variant in variants:
        mean = {
            kpi: mean_interval(values(variant, kpi)).mean for kpi in ("profit", "held", "lines", "surcharge", *KPIS)
        }
        more = paired_difference(values(variant, "profit"), values(variants[0], "profit"))
        against = "" if variant == variants[0] else f"{more.mean:+,.0f} ± {more.half_width:,.0f}"
        lines.append(
            f"| {variant.name} | {mean['profit']:,.0f} | {against} | {mean['inventory_value_mean_cents'] / 100:,.0f} "
            f"| {mean['held']:,.0f} | {mean['lines']:,.0f} | {mean['surcharge']:,.0f} "
            f"| {mean['requested_fill_rate']:.2%} |"
        )
    return "\n".join(lines)


def show_share(done: float) -> None:
    """Progress, on one line."""
    print(f"\r  {done:4.0%}", end="" if done < 1 else "\n", file=sys.stderr, flush=True)


def main() -> None:
    """Run the study and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=list(CASES), default="plain")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--few", action="store_true", help="only five rules")
    parser.add_argument("--only", help="of these, the policies named here, with commas between")
    arguments = parser.parse_args()
    variants = variants_of(arguments.case, arguments.few)
    if arguments.only:
        variants = [v for v in variants if v.name.split(",")[0] in arguments.only.split(",")]
    jobs = jobs_of(variants, range(1, arguments.seeds + 1), arguments.case)
    outcomes = run_all(jobs, earn, arguments.jobs, show_share)
    check_same_demand(outcomes)
    print(f"{arguments.case}, {arguments.seeds} paired seeds\n\n{table(outcomes, variants)}")


if __name__ == "__main__":
    main()
