"""A simulated year of a small shop: does everything that began come to an end, and does memory stay bounded?

``baseline`` at a tenth of its volume for 365 days, drained for 90. Printed at the end: what became of the orders, what
the open ones wait for, receivables and other balances that should have been settled; the trial balance; what the books
say of each other; memory in use and records held, eighth by eighth; by how much memory grew after the first return
windows had passed, and in the last half of demand. With ``--twice``, the peak of memory over as many days and over
twice as many, each in a process of its own.

    python benchmarks/long_run.py [--days 365] [--orders-a-day 2000] [--seed 1] [--twice]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
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


def peak_mb() -> float:
    """The most that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def compare(arguments: argparse.Namespace) -> None:
    """Print the peak of memory over some days and over twice as many."""
    peaks = []
    for days in (arguments.days, 2 * arguments.days):
        own = ["--days", days, "--orders-a-day", arguments.orders_a_day, "--seed", arguments.seed]
        command = [sys.executable, __file__, *map(str, own), "--scenario", arguments.scenario, "--peak"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        orders, megabytes = done.stdout.split()[-2:]
        peaks.append(float(megabytes))
        print(f"{days:5} days, {int(orders):10,} orders: at most {peaks[-1]:.0f} MB")
    print(f"twice the time takes {peaks[1] / peaks[0] - 1:+.1%} memory")


def tell_growth(moments: list[tuple[float, int, int, float]], days: int) -> None:
    """By how much memory grew from some days on until demand ended."""
    during = [moment for moment in moments if moment[0] <= days]
    for from_day in (min(120, days // 2), days / 2):
        since = [moment for moment in during if moment[0] >= from_day]
        if len(since) > 1:
            first, last, most = since[0][3], since[-1][3], max(moment[3] for moment in since)
            a_order = (last - first) * 1e6 / max(1, since[-1][1] - since[0][1])
            print(
                f"memory from day {since[0][0]:.0f} to day {since[-1][0]:.0f}: {last / first - 1:+.1%}"
                f" ({a_order:+.0f} bytes an order), at most {most / first - 1:+.1%}"
            )


def main() -> None:
    """Run the year and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--orders-a-day", type=float, default=2_000)
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twice", action="store_true", help="compare peaks of memory with a run twice as long")
    parser.add_argument("--peak", action="store_true", help="print orders and the peak of memory (MB), and no more")
    arguments = parser.parse_args()
    if arguments.twice:
        compare(arguments)
        return

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
    end_ms, began = loaded.world.horizon.drain_until_ms, time.perf_counter()
    moments = list[tuple[float, int, int, float]]()

    def tell(share: float) -> None:
        if share * 40 >= len(moments):
            table = model.site.register.orders
            moments.append((share * end_ms / 86_400_000, len(table), table.held, memory_mb()))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = model.run(folder, progress=tell)
        orders = manifest["counters"]["orders_offered"]
        if arguments.peak:
            print(orders, f"{peak_mb():.1f}")
            return
        print(f"{orders:,} orders in {time.perf_counter() - began:.0f} s")
        print("\nday    orders so far    records held    memory")
        for day, count, held, megabytes in moments[::5]:
            print(f"{day:4.0f}   {count:13,}   {held:13,}   {megabytes:6.0f} MB")
        tell_growth(moments, arguments.days)
        print(f"at most, in all: {peak_mb():.0f} MB")
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
