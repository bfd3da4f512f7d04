"""How fast the full lifecycle runs, against a bare SimPy process that does nothing.

The model runs ``peak-million`` from capture to close with all books written to disk. The baseline is a source that
starts one generator process every 0.01 h, each of which yields ten random timeouts and does no work, for as many
orders. Runs alternate, each in a process of its own; medians are compared. Also printed: how the cost of an order
grows from ten thousand to a million orders at the same rate, peak memory, and rows and bytes of the books.

    python benchmarks/speed.py [--orders 1000000] [--runs 5] [--scenario benchmarks/everything.yaml]
    python benchmarks/speed.py --scenario benchmarks/layers.yaml --layers all
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import simpy
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "peak-million"
FULL = 1_000_000
SMALL = 10_000


def run_baseline(orders: int) -> dict[str, Any]:
    """A bare process an order: ten timeouts, no work; the collector at its default."""
    rnd = random.Random(1)
    env = simpy.Environment()

    def order() -> Any:
        for _ in range(10):
            yield env.timeout(rnd.random())

    def source() -> Any:
        for _ in range(orders):
            env.process(order())
            yield env.timeout(0.01)

    env.process(source())
    wall, cpu = time.perf_counter(), time.process_time()
    env.run()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "orders": orders}


def layers_of(scenario: str) -> list[str]:
    """All overrides of a scenario file."""
    return list(yaml.safe_load(Path(scenario).read_text(encoding="utf-8"))["overrides"])


def run_model(scenario: str, layers: list[str], orders: int) -> dict[str, Any]:
    """The scenario with some of its overrides, cut to the horizon that brings about ``orders``; set-up timed apart."""
    sys.path.insert(0, str(ROOT))
    from scenarios.load import load
    from sim.model import Model

    began = time.perf_counter()
    sets = [] if orders >= FULL else [f"horizon.end={_horizon_hours(scenario, layers, orders)}h", "horizon.warm_up=0h"]
    model = Model(load(scenario, layers, sets=sets).world, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        model.open(Path(folder))
        set_up = time.perf_counter() - began
        wall, cpu = time.perf_counter(), time.process_time()
        manifest = model.run()
        spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        sizes = {p.stem: p.stat().st_size for p in Path(folder).glob("*.parquet")}
        character = _character(Path(folder))
    return (
        spent
        | {
            "set_up": set_up,
            "orders": manifest["counters"]["orders_offered"],
            "events": manifest["counters"]["simpy_events"],
            "rows": manifest["counters"]["rows"],
            "bytes": sizes,
            "census": manifest["census"],
            "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        }
        | {"character": character}
    )


def _horizon_hours(scenario: str, layers: list[str], orders: int) -> int:
    """Whole hours from the start after which about ``orders`` customers have come, by the scenario's own rate."""
    from scenarios.load import load

    channels = load(scenario, layers).world.network.channels
    total, hour = 0.0, 0
    while total < orders:
        total += sum(c.orders_per_day * c.hour_of_week[hour % 168] / 24 for c in channels)
        hour += 1
    return hour


def _character(folder: Path) -> dict[str, float]:
    """What makes the run a full one: lines an order, returns, splits and backorders, orders ended."""
    import duckdb

    events = folder / "events.parquet"
    row = (
        duckdb.connect()
        .execute(
            f"""
        with o as (
            select "order", count(*) filter (kind = 'captured') as lines,
                   bool_or(kind = 'return_requested') as returned, bool_or(kind = 'backordered') as backordered,
                   count(distinct shipment) filter (kind = 'shipped') as shipments,
                   bool_or(kind in ('closed', 'cancelled')) as ended
            from '{events}' where "order" >= 0 group by 1 having lines > 0)
        select avg(lines), avg(returned::int), avg((backordered or shipments > 1)::int), avg(ended::int) from o
        """
        )
        .fetchall()[0]
    )
    return dict(zip(("lines_an_order", "returned", "split_or_backordered", "ended"), row, strict=True))


def in_own_process(role: str, scenario: str, layers: list[str], orders: int) -> dict[str, Any]:
    """Run one side in a fresh interpreter and return what it measured."""
    command = [sys.executable, __file__, "--role", role, "--scenario", scenario, "--orders", str(orders)]
    command += ["--layers", *layers] if layers else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"  {role:9} {result['orders']:>9,} orders  wall {result['wall']:7.2f} s  cpu {result['cpu']:7.2f} s",
        flush=True,
    )
    return result


def report(
    scenario: str, models: list[dict[str, Any]], baselines: list[dict[str, Any]], small: list[dict[str, Any]]
) -> None:
    """Print the figures."""

    def per_order(runs: list[dict[str, Any]], clock: str) -> float:
        return median(r[clock] / r["orders"] for r in runs) * 1e6

    def ratio(clock: str) -> float:
        pairs = zip(models, baselines, strict=True)
        return median((m[clock] / m["orders"]) / (b[clock] / b["orders"]) for m, b in pairs)

    last = models[-1]
    orders = last["orders"]
    print(f"\n{scenario}, {orders:,} orders, median of {len(models)} alternating runs, books flushed and closed")
    for clock in ("wall", "cpu"):
        print(
            f"  {clock:4} an order: model {per_order(models, clock):6.2f} us, bare process "
            f"{per_order(baselines, clock):6.2f} us, ratio {ratio(clock):.2f}"
        )
    print(f"  orders a second: {1e6 / per_order(models, 'wall'):,.0f}    set-up apart: {last['set_up']:.1f} s")
    print(f"  SimPy events an order: {last['events'] / orders:.2f}    peak memory: {last['memory_gb']:.2f} GB")
    for book, rows in last["rows"].items():
        size = last["bytes"][book]
        print(f"  {book:9} {rows / orders:6.2f} rows an order, {size / orders:6.1f} bytes an order")
    growth = per_order(models, "cpu") / per_order(small, "cpu")
    print(
        f"  cost an order from {small[-1]['orders']:,} to {orders:,} orders: "
        f"{per_order(small, 'cpu'):.2f} -> {per_order(models, 'cpu'):.2f} us cpu, x{growth:.2f}"
    )
    print("  " + ", ".join(f"{name} {value:.3f}" for name, value in last["character"].items()))
    print(f"  census: {last['census']}")


def main() -> None:
    """Alternate both sides and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--orders", type=int, default=FULL)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scenario", default=SCENARIO)
    parser.add_argument("--layers", nargs="+", default=[], help="overrides of the scenario; all: every one that it has")
    parser.add_argument("--role", choices=["model", "baseline"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        orders, scenario, layers = arguments.orders, arguments.scenario, arguments.layers
        print(json.dumps(run_model(scenario, layers, orders) if arguments.role == "model" else run_baseline(orders)))
        return
    layers = layers_of(arguments.scenario) if arguments.layers == ["all"] else arguments.layers
    models, baselines, small = [], [], []
    for _ in range(arguments.runs):
        baselines.append(in_own_process("baseline", arguments.scenario, layers, arguments.orders))
        models.append(in_own_process("model", arguments.scenario, layers, arguments.orders))
        small.append(in_own_process("model", arguments.scenario, layers, min(SMALL, arguments.orders)))
    report(" + ".join([arguments.scenario, *arguments.layers]), models, baselines, small)


if __name__ == "__main__":
    main()
