"""What went wrong in the worst replication of each policy, beside its replication of median regret.

Reads the runs of benchmarks/policies_study.py, opens two of each policy, and takes their regret apart
(`peakproof.regret_causes`): cents an order for waiting and for the place, stock that nobody used, and how many orders
were late, went in several parcels, or came from businesses, whose orders are heavy, with their share of the regret.

    python benchmarks/worst_regrets.py runs/policies-peak-tenth.json --scenario benchmarks/scenarios/peak-tenth.yaml
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from peakproof import regret_causes
from peakproof import run as simulate
from scenarios.experiments.regret import REGRET

BATCHED = ("rules.allocate_every=30min",)
BUSINESS = "b2b"


def opened(scenario: str, policy: str, seed: int) -> list[str]:
    """One run, as the cells of a row."""
    sets = BATCHED if policy.startswith("batch") else ()
    with tempfile.TemporaryDirectory() as folder:
        run = simulate(
            scenario, seed, policies=(f"allocation={policy}",), sets=sets, out=Path(folder) / "run", report=False
        )
        found = regret_causes(run)
    orders = found.orders
    count = len(orders)
    regret = float(orders["cost_cents"].sum()) - found.bound_cents
    late, several = ~orders["in_time"].astype(bool), orders["parcels"] > 1
    business = orders["channel"] == BUSINESS
    own = orders["waiting_cents"] + orders["place_cents"]
    return [
        str(seed),
        f"{regret / found.bound_cents:.1%}",
        *(f"{cents / count:.0f}" for cents in (orders["waiting_cents"].sum(), orders["place_cents"].sum())),
        f"{found.idle_cents / count:.0f}",
        *(f"{part.mean():.1%}, {own[part].sum() / count:.0f}" for part in (late, several, business)),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="JSON file of policies_study.py")
    parser.add_argument("--scenario", required=True, help="the one it was made with")
    arguments = parser.parse_args()
    rows = json.loads(arguments.runs.read_text(encoding="utf-8"))
    print("| policy | which | seed | regret | waiting | place | unused | late | several parcels | business |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for policy in dict.fromkeys(row["variant"] for row in rows):
        own = sorted((r for r in rows if r["variant"] == policy), key=lambda row: float(row["kpis"][REGRET]))
        for which, row in (("worst", own[-1]), ("median", own[len(own) // 2])):
            cells = opened(arguments.scenario, policy, int(row["seed"]))
            print(f"| `{policy}` | {which} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
