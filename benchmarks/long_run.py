"""A simulated year of a small shop: does everything that began come to an end, and does memory stay bounded?

``baseline`` at a tenth of its volume for 365 days, drained for 90. Printed at the end: what became of the orders, what
the open ones wait for, receivables and other balances that should have been settled; the trial balance; what the books
say of each other; memory in use, quarter by quarter.

    python benchmarks/long_run.py [--days 365] [--orders-a-day 2000] [--seed 1]
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTLED = (
    "receivables",
    "claims_receivable",
    "customer_deposits",
    "inventory_in_transit",
    "goods_received_not_invoiced",
)


def memory_mb() -> float:
    """What this process holds now."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Run the year and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--orders-a-day", type=float, default=2_000)
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    import duckdb

    from scenarios.load import load
    from sim.books.reconcile import reconcile
    from sim.model import Model

    channels = load(arguments.scenario).world.network.channels
    scale = arguments.orders_a_day / sum(c.orders_per_day for c in channels)
    sets = [f"channels.{c.name}.orders_per_day={c.orders_per_day * scale:.3f}" for c in channels]
    sets += [f"horizon.end={arguments.days}d", "horizon.warm_up=0h", "horizon.drain=90d"]
    loaded = load(arguments.scenario, sets=sets)
    model = Model(loaded.world, seed=arguments.seed)
    end_ms, quarters, began = loaded.world.horizon.drain_until_ms, list[tuple[float, int, float]](), time.perf_counter()

    def tell(share: float) -> None:
        if share * 8 >= len(quarters):
            quarters.append((share * end_ms / 86_400_000, len(model.site.register.orders), memory_mb()))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = model.run(folder, progress=tell)
        orders = manifest["counters"]["orders_offered"]
        print(f"{orders:,} orders in {time.perf_counter() - began:.0f} s")
        print("\nday    orders so far    memory")
        for day, count, megabytes in quarters:
            print(f"{day:4.0f}   {count:13,}   {megabytes:6.0f} MB")
        print("\nWhat became of them")
        for state, count in manifest["census"].items():
            print(f"  {state:36} {count:9,}")
        ask, journal = duckdb.connect().execute, folder / "journal.parquet"
        balances = dict(ask(f"select account, sum(amount_cents) from '{journal}' group by 1").fetchall())
        print("\nBalances that should be settled, and the trial balance (minor units)")
        for account in SETTLED:
            print(f"  {account:36} {int(balances.get(account, 0)):15,}")
        print(f"  {'all accounts together':36} {int(sum(balances.values())):15,}")
        unpaid = ask(
            f"""
            select "order" from '{journal}' where account in ('receivables', 'customer_deposits')
            group by "order" having sum(amount_cents) <> 0
            """
        ).fetchall()
        print(f"  {'orders with money still to come or go':36} {len(unpaid):15,}")
        faults = reconcile(folder)
        print(f"\nThe books about each other: {'; '.join(faults) or 'nothing to complain of'}")


if __name__ == "__main__":
    main()
