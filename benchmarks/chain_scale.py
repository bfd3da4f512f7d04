"""How long one review of a chain takes at the size of the library's baseline: 2,000 SKUs, a feeder, seven nodes.

Days of ``benchmarks/multi_echelon.yaml`` with its override ``library``, replenished by ``multi_echelon`` without a
budget and with one that binds. A row is a review of the feeder: what was considered and bought, the program's size, how
long everything took and how long the solver alone, and the proven gap. Below, what the nodes that it feeds took.

    python benchmarks/chain_scale.py [--budget 60000] [--days 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimize.replenishment.multi_echelon import MultiEchelon
from scenarios.experiments.comparison import Variant
from scenarios.experiments.experiment import load_variant
from sim.model import Model
from sim.policies.replenishment import PositionView
from sim.units import DAY_MS

SCENARIO = str(Path(__file__).parent / "multi_echelon.yaml")


def timed(budget: int | None, days: int) -> tuple[list[tuple[Any, ...]], list[float]]:
    """Reviews of the feeder as rows, and the seconds of each review of another node."""
    chosen = "multi_echelon" if budget is None else f"multi_echelon:budget={budget}"
    variant = Variant("timed", ("forecast=promotion_aware", f"replenishment={chosen}"))
    world = load_variant(SCENARIO, variant, ("library",))
    horizon = replace(world.horizon, end_ms=days * DAY_MS, drain_until_ms=(days + 1) * DAY_MS)
    model = Model(replace(world, horizon=horizon), seed=1)
    policy = model.site.policies.replenishment
    assert isinstance(policy, MultiEchelon)
    feeder, fed = [], []

    def decide(view: PositionView) -> Sequence[Any]:
        began, calls = time.perf_counter(), len(policy.calls.rows)
        answer = MultiEchelon.decide(policy, view)
        seconds = time.perf_counter() - began
        if world.network.nodes[view.node].source is not None:
            fed.append(seconds)
        elif len(policy.calls.rows) > calls:
            call = policy.calls.rows[-1]
            feeder.append(
                (call.size, len(answer), call.rows, call.columns, seconds, call.seconds, call.gap, call.status)
            )
        return answer

    model.site.policies.replenishment = Watched(policy, decide)
    with tempfile.TemporaryDirectory(prefix="peakproof-") as folder:
        model.run(Path(folder))
    return feeder, fed


class Watched:
    """A policy whose decisions are timed."""

    def __init__(self, policy: MultiEchelon, decide: Any) -> None:
        self._policy, self.decide = policy, decide

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=60_000, help="of a review, in whole units of money")
    parser.add_argument("--days", type=int, default=5)
    arguments = parser.parse_args()
    for budget in (None, arguments.budget):
        feeder, fed = timed(budget, arguments.days)
        print(f"\n{'no budget' if budget is None else f'a budget of {budget:,} a review'}\n")
        print("| SKUs | lines | rows | columns | seconds | of the solver | gap | |")
        print("|---:|---:|---:|---:|---:|---:|---:|---|")
        for *sizes, seconds, solver, gap, status in feeder:
            counts = " | ".join(f"{size:,}" for size in sizes)
            print(f"| {counts} | {seconds:.1f} | {solver:.1f} | {gap:.2%} | {status} |", flush=True)
        print(f"\n{len(fed)} reviews of nodes that are fed: {sum(fed) / len(fed):.2f} s each, {max(fed):.2f} at most")


if __name__ == "__main__":
    main()
