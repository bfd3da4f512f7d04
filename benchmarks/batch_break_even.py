"""At what order rate batch allocation stops paying, when its work costs simulated time.

    python benchmarks/batch_break_even.py
    python benchmarks/batch_break_even.py --seconds-per-work 20 --rates 1,4 --replications 4

`peak-tenth` with its orders, stock and the pace of its people multiplied by each rate, so that floors are as busy at
every rate and only the batches grow. The batch policy's answer takes effect its solver's work times
`--seconds-per-work` later, and meanwhile orders wait; the exact policy decides at once. Prints, for each rate, the
orders of the largest batch and the most work of one, and batch less exact on the same customers: cost to serve, OTIF,
and cost with 6.00 for each late order.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean

from scenarios.load import load
from sim.distributions import Fixed
from sim.model import Model
from sim.network import Node
from sim.run import Run
from sim.world import PolicyChoice, World

SCENARIO = Path(__file__).parent / "scenarios" / "peak-tenth.yaml"
COST, LATE_CENTS = "cost_to_serve_per_order_cents", 600.0


def at_rate(world: World, rate: int) -> World:
    """So many times the orders and the stock, and people so many times as fast, for so many times the wage."""
    network = world.network

    def faster(node: Node) -> Node:
        stations = tuple(replace(s, work_ms=Fixed(s.work_ms.mean / rate)) for s in node.stations)
        return replace(node, stations=stations, wage_cents_per_hour=node.wage_cents_per_hour * rate)  # type: ignore[arg-type]  # four stations in, four out

    stock = world.stock
    return replace(
        world,
        network=replace(
            network,
            nodes=tuple(map(faster, network.nodes)),
            channels=tuple(replace(c, orders_per_day=c.orders_per_day * rate) for c in network.channels),
        ),
        stock=replace(
            stock,
            opening_units=stock.opening_units * rate,
            reorder_point=stock.reorder_point * rate,
            order_up_to=stock.order_up_to * rate,
        ),
    )


def measured(world: World, seed: int) -> tuple[dict[str, float], Run]:
    """One run's figures."""
    with tempfile.TemporaryDirectory() as folder:
        Model(world, seed).run(Path(folder))
        run = Run(folder, threads=1)
        kpis = run.kpis([COST, "otif"])
        kpis["total"] = kpis[COST] + LATE_CENTS * (1 - kpis["otif"])
        calls = Path(folder) / "solver_calls.parquet"
        if calls.is_file():
            largest = run.sql(f"SELECT max(size) AS size, max(work) AS work FROM read_parquet('{calls}')")
            kpis |= {"size": float(largest["size"][0]), "work": float(largest["work"][0])}
        return kpis, run


def main() -> None:
    """Compare at each rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="1,2,4")
    parser.add_argument("--seconds-per-work", default="0,30,120,480")
    parser.add_argument("--every", default="30min")
    parser.add_argument("--replications", type=int, default=3)
    args = parser.parse_args()
    print(
        "| rate | seconds a unit of work | largest batch | most work | cost to serve | OTIF, points | with lateness |"
    )
    print("|---|---|---|---|---|---|---|")
    base = load(str(SCENARIO), (), (f"rules.allocate_every={args.every}",), ()).world
    for rate in map(int, args.rates.split(",")):
        world = at_rate(base, rate)
        alone = replace(world, rules=replace(world.rules, allocate_every_ms=0))
        seeds = range(1, 1 + args.replications)
        exact = [measured(with_policy(alone, PolicyChoice("exact")), seed)[0] for seed in seeds]
        for seconds in map(float, args.seconds_per_work.split(",")):
            choice = PolicyChoice("batch", {"seconds_per_work": seconds})
            batch = [measured(with_policy(world, choice), seed)[0] for seed in seeds]
            gaps = {k: mean(b[k] - e[k] for b, e in zip(batch, exact, strict=True)) for k in (COST, "otif", "total")}
            size, work = (max(b[k] for b in batch) for k in ("size", "work"))
            print(
                f"| {rate} | {seconds:g} | {size:.0f} | {work:.0f} | {gaps[COST]:+.1f} | {100 * gaps['otif']:+.2f} "
                f"| {gaps['total']:+.1f} |",
                flush=True,
            )


def with_policy(world: World, choice: PolicyChoice) -> World:
    """The same, allocated by another policy."""
    return replace(world, policies={**world.policies, "allocation": choice})


if __name__ == "__main__":
    main()
