"""The multi-item fulfilment benchmark: cost over the hindsight bound by policy, for 30 random instances.

    python benchmarks/fulfilment_study.py [--data ../shared/bench] [--cases CASE ...] [--groups GROUP ...] [--seeds 30]
    python benchmarks/fulfilment_study.py --first 30 --groups main --cache runs/fulfilment-held-out

The second asks seeds that nothing was chosen by. The bound is the linear program in method form of the orders that
came. What is computed is kept by case, seed and policy in ``runs/fulfilment``, so that a study can be stopped and
gone on with; `fulfilment_page.py` makes a page of it. All of it takes about half an hour of one processor.
`fulfilment_large.py` adds the large instances.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from optimize.fulfilment.bounds import MethodProgram
from optimize.fulfilment.generator import Places, Plan, arrivals, instance, shifting
from optimize.fulfilment.instance import Instance
from optimize.fulfilment.policies import Policy, run
from optimize.fulfilment.prices import DelayedPrices, FuturePrices, MeanPrices
from optimize.fulfilment.rounding import Rounded, dilated, in_turn, independent, together
from optimize.fulfilment.rules import Greedy, Nearest
from optimize.fulfilment.unit_values import UnitValues

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "runs" / "fulfilment"

Make = Callable[[Path, int], Instance]


def usual(slots: int, longest: int) -> Make:
    return lambda data, seed: instance(Places.small(data), Plan(slots, longest), seed)


def moving(shift: float) -> Make:
    return lambda data, seed: shifting(Places.small(data), Plan(1000, 2), shift, seed)


CASES: dict[str, Make] = {
    "5-1000": usual(1000, 5),
    "2-1000": usual(1000, 2),
    "2-10000": usual(10_000, 2),
    "5-10000": usual(10_000, 5),
    "shift-0": moving(0.0),
    "shift-0.5": moving(0.5),
    "shift-1": moving(1.0),
}
BASELINE, BEST = "mean, 50x", "units, 20x"
GROUPS: dict[str, dict[str, Policy]] = {
    "main": {BASELINE: MeanPrices(50), BEST: UnitValues(20)},
    "rules": {"nearest, no spill": Nearest(), "greedy": Greedy()},
    "once": {"mean, once": MeanPrices(1), "mean by item, once": MeanPrices(1, by_item=True)},
    "prices": {
        "mean, 10x": MeanPrices(10),
        "mean by item, 10x": MeanPrices(10, by_item=True),
        "futures, 20x": FuturePrices(20),
    },
    "rounding": {
        "independent rounding": Rounded(independent),
        "rounding, common part together": Rounded(together),
        "dilated rounding": Rounded(dilated),
        "rounding, sources in turn": Rounded(in_turn),
    },
    "curve": {
        **{f"mean, {times}x": MeanPrices(times) for times in (5, 20, 200)},
        **{f"mean, waiting, {times}x": DelayedPrices(times) for times in (200, 50, 20)},
        **{f"{futures} futures, 20x": FuturePrices(20, futures) for futures in (1, 3, 30)},
        "futures, 5x": FuturePrices(5),
        "futures, 50x": FuturePrices(50),
        "units from the mean, 1 round, 20x": UnitValues(20, futures=0, rounds=1),
        "units from the mean, 3 rounds, 20x": UnitValues(20, futures=0, rounds=3),
        "units from the mean, 9 rounds, 20x": UnitValues(20, futures=0, rounds=9),
        "units, 1 round, 20x": UnitValues(20, rounds=1),
        "units, 5 rounds, 20x": UnitValues(20, rounds=5),
        "units, 5x": UnitValues(5),
        "units, 50x": UnitValues(50),
    },
}


@dataclass(frozen=True)
class Result:
    """One run: its cost, the bound, and seconds of processor time."""

    case: str
    seed: int
    policy: str
    cost: float
    bound: float
    seconds: float

    @property
    def ratio(self) -> float:
        return self.cost / self.bound


def known(case: str, cache: Path = CACHE) -> list[Result]:
    """What was computed of a case."""
    path = cache / f"{case}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Result(**json.loads(line)) for line in lines]


def keep(result: Result, cache: Path = CACHE) -> None:
    """Add to what is known, and say so."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{result.case}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(vars(result)) + "\n")
    print(
        f"{result.case} seed {result.seed:2d} {result.policy:28s} {result.ratio:.4f} {result.seconds:6.1f} s",
        flush=True,
    )


def study(case: str, groups: list[str], seeds: range, data: Path, cache: Path = CACHE) -> None:
    """Compute what is missing of a case."""
    policies = {name: policy for group in groups for name, policy in GROUPS[group].items()}
    there = {(result.seed, result.policy): result for result in known(case, cache)}
    for seed in seeds:
        missing = [name for name in policies if (seed, name) not in there]
        if not missing:
            continue
        made = CASES[case](data, seed)
        came = arrivals(made, seed)
        bounds = [result.bound for (other, _), result in there.items() if other == seed]
        bound = bounds[0] if bounds else MethodProgram(made).solve(made.count(came), made.stock).value
        for name in missing:
            began = time.process_time()
            cost = run(policies[name], made, came).cost
            result = Result(case, seed, name, cost, bound, time.process_time() - began)
            keep(result, cache)


def half_width(values: np.ndarray[Any, Any]) -> float:
    """Of a 95% t-interval of the mean."""
    if len(values) < 2:
        return math.nan
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))


def table(case: str, cache: Path = CACHE) -> str:
    """Mean ratio of each policy, and its paired difference from the baseline."""
    results = known(case, cache)
    by = {(result.policy, result.seed): result for result in results}
    lines = [
        "| policy | cost over hindsight | less the baseline, paired | seconds | instances |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(result.policy for result in results):
        own = [result for result in results if result.policy == name]
        ratios = np.array([result.ratio for result in own])
        pairs = [(r.ratio, by[BASELINE, r.seed].ratio) for r in own if (BASELINE, r.seed) in by]
        gap = np.array([mine - other for mine, other in pairs])
        paired = f"{gap.mean():+.5f} ± {half_width(gap):.5f}" if name != BASELINE and len(gap) else ""
        within = f" ± {half_width(ratios):.5f}" if len(own) > 1 else ""
        lines.append(
            f"| {name} | {ratios.mean():.5f}{within} | {paired} "
            f"| {np.mean([result.seconds for result in own]):.2f} | {len(own)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "bench")
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--groups", nargs="*", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--seeds", type=int, default=30, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where results are kept")
    options = parser.parse_args()
    for case in options.cases:
        seeds = range(options.first, options.first + options.seeds)
        study(case, options.groups, seeds, options.data, options.cache)
        print(f"\n{case}\n{table(case, options.cache)}\n", flush=True)


if __name__ == "__main__":
    main()
