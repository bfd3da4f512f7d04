"""What fallback rules are worth: continuity of four disruptions, with the rule for each and without.

Each line is a pair of runs, with what happens and without it, on the same customers; some two minutes in all.

    python benchmarks/fallbacks.py --seed 1
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHORT = (
    "disruptions={flu: {kind: labour_shortage, node: AVP, pick: 40%, pack: 40%, at: 2026-11-24 06:00, duration: 40h}}"
)
LATE = (
    "disruptions.Carolina Knits shut={kind: supplier_delay, supplier: Carolina Knits, delay: 9d, at: 0h, duration: 9d}"
)
OVERTIME = "overtime: {backlog: 50, at_most: 5h}"
CASES: tuple[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (
        "gateway down for 2 h in the sale",
        "payment-outage",
        (),
        (("accept up to $100 after 10 min", "fallbacks.payment_gateway={accept_up_to: 100, after: 10min}"),),
    ),
    (
        "no news of stock for the 6 h of the sale",
        "sync-outage",
        (),
        (
            ("pause after 30 min", "fallbacks.stock_sync={after: 30min}"),
            ("keep 3 units back after 30 min", "fallbacks.stock_sync={do: buffer, buffer_units: 3, after: 30min}"),
        ),
    ),
    (
        "60% of AVP's people missing for 40 h",
        "baseline",
        (SHORT,),
        (
            ("overtime", f"fallbacks.labour={{after: 2h, {OVERTIME}}}"),
            ("trucks wait 2 h for $200", "fallbacks.labour={after: 2h, collections_wait: 2h, waiting_fee: 200}"),
            ("its work to others", "fallbacks.labour={after: 2h, policies: {balancing: threshold}}"),
        ),
    ),
    (
        "deliveries of Carolina Knits 9 d late",
        "supplier-failure",
        (LATE,),
        (("alternates after 1 d", "fallbacks.late_supplier={after: 1d}"),),
    ),
)


def main() -> None:
    """Run all pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1, help="of all runs")
    seed = parser.parse_args().seed
    sys.path.insert(0, str(ROOT))
    from peakproof import continuity

    print("| what happens | rule | recovers after | peak backlog | late | cancelled | refused | money lost |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for happens, scenario, sets, rules in CASES:
        for rule, key in (("none", ""), *rules):
            with tempfile.TemporaryDirectory() as name:
                found, _ = continuity(
                    scenario, seed=seed, sets=(*sets, *([key] if key else [])), out=Path(name) / "report"
                )
            [c] = found
            recovers = "not in the run" if c.recover_ms is None else f"{c.recover_ms / 3_600_000:.1f} h"
            recovers = recovers if c.recover_ms != 0 else "no measurable backlog"
            counts = " | ".join(f"{n:,}" for n in (c.peak_orders, c.late_orders, c.cancelled_orders, c.refused_orders))
            print(f"| {happens} | {rule} | {recovers} | {counts} | ${c.lost_cents / 100:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
