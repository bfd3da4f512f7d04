"""The large instances of the fulfilment benchmark: 99 cities, 10 centres, 100 items, orders of up to 10, 100,000 slots.

    python benchmarks/fulfilment_large.py [--data ../shared/bench] [--carried 0.5] [--seed 0] [--renewals 10]

Adds to ``runs/fulfilment`` as `fulfilment_study.py` does. The bound has 9,900 classes of orders and 500 stocks; its
methods are generated in a dozen rounds. The program that gave the bound goes on to give the prices.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fulfilment_study import Result, keep, known  # noqa: E402  (beside this file, not installed)
from optimize.fulfilment.bounds import MethodProgram  # noqa: E402
from optimize.fulfilment.generator import Places, Plan, arrivals, instance  # noqa: E402
from optimize.fulfilment.policies import Policy, run  # noqa: E402
from optimize.fulfilment.prices import MeanPrices  # noqa: E402
from optimize.fulfilment.rules import Greedy, Nearest  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "bench")
    parser.add_argument("--carried", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--renewals", type=int, default=10)
    options = parser.parse_args()
    case = f"large-{options.carried:g}"
    places = Places.read(options.data / "cities.csv", options.data / "fulfilment_centres.csv")
    made = instance(places, Plan(100_000, 10, items=100, subsets=10, carried=options.carried), options.seed)
    came, began = arrivals(made, options.seed), time.process_time()
    program = MethodProgram(made)
    found = program.solve(made.count(came), made.stock)
    print(
        f"{case}: {made.classes} classes, {(made.stock > 0).sum()} stocks of {made.stock.sum()} units, "
        f"{len(program.methods)} methods, bound {found.value:.1f} in {time.process_time() - began:.1f} s",
        flush=True,
    )
    policies: dict[str, Policy] = {
        "nearest, no spill": Nearest(),
        "greedy": Greedy(),
        "mean, once": MeanPrices(1, program=program),
        f"mean, {options.renewals}x": MeanPrices(options.renewals, program=program),
    }
    there = {(result.seed, result.policy) for result in known(case)}
    for name, policy in policies.items():
        if (options.seed, name) not in there:
            began = time.process_time()
            cost = run(policy, made, came).cost
            keep(Result(case, options.seed, name, cost, found.value, time.process_time() - began))


if __name__ == "__main__":
    main()
