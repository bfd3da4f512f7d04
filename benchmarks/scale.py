"""Batch, network prices and transfers at the size of a large shop: time to build and solve, and the gap that is proven.

    python benchmarks/scale.py [--only batch network transfers] [--share 1.0] [--seed 1] [--into docs/decisions.md]

``--share 0.05`` makes a twentieth of the orders and SKUs, for a look. Compiled code is compiled beforehand (half a
minute the first time); what is timed is everything from the arrays of the instance to the answer. All instances are
drawn here, from the seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from optimize.allocation.batch import BatchProblem, assign
from optimize.allocation.batch_kernel import Orders, Shared, place_each
from optimize.allocation.methods_kernel import choose, work_space
from optimize.allocation.network_lp import NetworkProblem, price_network
from optimize.transfers.plan import plan_transfers
from optimize.transfers.problem import TransferProblem
from optimize.transfers.trucks import Trucks

Row = list[str]
MAP_MILES = 2500.0
HEADING = "## Scale"


def distances(rng: np.random.Generator, many: int, few: int) -> np.ndarray:
    """Miles between random places on a square, shape (many, few)."""
    here, there = rng.uniform(0, MAP_MILES, (many, 2)), rng.uniform(0, MAP_MILES, (few, 2))
    return np.sqrt(((here[:, None] - there[None]) ** 2).sum(axis=2))


def a_batch(share: float, seed: int, nodes: int = 20) -> BatchProblem:
    """10,000 orders of 1.6 lines on average for 5,000 SKUs of lognormal popularity.

    A tenth of the SKUs is scarce: at 3 to 7 nodes, with stock for 0.5 to 1.1 of what is wanted; the others are at 8
    nodes or more, with 2 to 5 times of it. A shipment costs 4.50 and 0.60 a zone of 400 miles, a line by weight and
    zone, a quarter of the orders 10 more from beyond 700 miles (the promise), an unserved unit 25 to 80. Nodes can
    take 0.7, 1.2 or 1.5 times the orders that live nearest to them; each above costs 6.
    """
    rng = np.random.default_rng(seed)
    orders, products = round(10_000 * share), round(5_000 * share)
    order = np.repeat(np.arange(orders), 1 + rng.poisson(0.6, orders))
    popular = rng.lognormal(0, 1.0, products)
    product = rng.choice(products, len(order), p=popular / popular.sum())
    kept = np.sort(np.unique(order * products + product, return_index=True)[1])
    order, product = order[kept], product[kept]
    units = np.where(rng.random(len(order)) < 0.85, 1, 2)
    miles = distances(rng, orders, nodes)
    zone = np.ceil(miles / 400)
    is_urgent = rng.random(orders) < 0.25
    shipment = 450 + 60 * zone + rng.choice([0.0, 20, 40], nodes) + 1000 * (is_urgent[:, None] & (miles > 700))
    weight = rng.lognormal(0, 0.6, products)
    line = (30 + 12 * zone[order]) * (weight[product] * units)[:, None] + 25
    wanted = np.bincount(product, units, products)
    is_scarce = np.zeros(products, dtype=bool)
    is_scarce[rng.choice(products, products // 10, replace=False)] = True
    stock = np.zeros((nodes, products), dtype=np.int64)
    for p in range(products):
        at = rng.choice(nodes, rng.integers(3, 8) if is_scarce[p] else rng.integers(8, nodes + 1), replace=False)
        ratio = rng.uniform(0.5, 1.1) if is_scarce[p] else rng.uniform(2, 5)
        stock[at, p] = rng.multinomial(round(ratio * wanted[p]), np.full(len(at), 1 / len(at))) + (not is_scarce[p])
    capacity = np.floor(np.bincount(miles.argmin(axis=1), minlength=nodes) * rng.choice([0.7, 1.2, 1.5], nodes))
    unserved = rng.uniform(2500, 8000, products)[product] * units
    return BatchProblem(order, product, units, shipment, line, unserved, stock, capacity, 600.0)


def a_network(share: float, seed: int, nodes: int = 50, zones: int = 100) -> NetworkProblem:
    """20,000 SKUs of lognormal demand (68 a horizon on average), in every zone by people and a gamma factor.

    A SKU is carried by 0.3 to 1 of the nodes; supply is 0.7 to 1.8 of its demand, spread by the people nearest to a
    node and a gamma factor, in whole units. A unit costs 4 and 0.50 a zone of 300 miles, and by weight and mile; a
    lost one 15 to 60. Nodes take 0.7, 1 or 1.4 times the demand nearest to them, and may go above for 8 a unit.
    """
    rng = np.random.default_rng(seed)
    products = round(20_000 * share)
    miles = distances(rng, nodes, zones)
    people = rng.lognormal(0, 1, zones)
    people /= people.sum()
    mean = rng.lognormal(3.5, 1.2, products)
    demand = mean * people[:, None] * rng.gamma(2, 0.5, (zones, products))
    near = np.bincount(miles.argmin(axis=0), people, minlength=nodes)
    carried = rng.random((nodes, products)) < rng.uniform(0.3, 1, products)
    spread = carried * (near + 0.3 / nodes)[:, None] * rng.gamma(2, 0.5, (nodes, products))
    supply = np.round(
        spread / np.maximum(spread.sum(axis=0), 1e-9) * rng.uniform(0.7, 1.8, products) * demand.sum(axis=0)
    )
    return NetworkProblem(
        supply=supply,
        demand=demand,
        unit_cost=400 + 50 * np.ceil(miles / 300) + rng.choice([0.0, 20, 40], nodes)[:, None],
        lost_cost=rng.uniform(1500, 6000, products),
        capacity=demand.sum() * (near + 0.2 / nodes) * rng.choice([0.7, 1.0, 1.4], nodes),
        capacity_penalty=800.0,
        weight=rng.lognormal(0, 0.7, products),
        weight_cost=10 + 0.04 * miles,
    )


def a_transfer_plan(share: float, seed: int, truck: tuple[float, float, float], nodes: int = 50) -> TransferProblem:
    """20,000 SKUs, 61 units of each on average in the next 14 days, at 4 hubs and 46 nodes.

    Lanes run to and from hubs, and from a node to its three nearest. Stock was planned for 0.7 to 1.3 of the demand,
    where an older forecast saw it (both forecasts with a gamma factor of shape 8 by node); hubs hold 0.1 to 0.5 more
    in reserve. A unit short costs 4 to 15, demand has 1.3 times the variance of Poisson, trucks need 4 hours and one
    for 45 miles, in whole days. ``truck``: kilograms, its cost, and that of a mile, in cents.
    """
    rng = np.random.default_rng(seed)
    products, hubs, days = round(20_000 * share), 4, 14
    spot = rng.uniform(0, MAP_MILES, (nodes, 2))
    spot[:hubs] = [[600, 600], [1900, 600], [600, 1900], [1900, 1900]]
    miles = np.sqrt(((spot[:, None] - spot[None]) ** 2).sum(axis=2))
    people = rng.lognormal(0, 0.8, nodes)
    people[:hubs] = people.mean()
    people /= people.sum()
    total = rng.lognormal(3.4, 1.2, products)
    demand = total * people[:, None] * rng.gamma(8, 1 / 8, (nodes, products))
    planned = total * people[:, None] * rng.gamma(8, 1 / 8, (nodes, products)) * rng.uniform(0.7, 1.3, products)
    stock = rng.poisson(planned)
    stock[:hubs] += rng.poisson(total * rng.uniform(0.1, 0.5, products) * rng.dirichlet(np.ones(hubs), products).T)
    runs = np.zeros((nodes, nodes), dtype=bool)
    runs[:hubs] = runs[:, :hubs] = True
    np.put_along_axis(runs, np.argsort(miles, axis=1)[:, 1:4], True, axis=1)
    days_on_road, lead = np.unique(np.ceil((4 + miles / 45) / 24), return_inverse=True)
    return TransferProblem(
        stock=stock,
        free=stock,
        demand=demand,
        lead=lead.reshape(miles.shape),
        demand_before=demand * (days_on_road / days)[:, None, None],
        shortage_cost=rng.uniform(400, 1500, products),
        trucks=Trucks(
            cost=np.where(runs, truck[1] + truck[2] * miles, np.inf),
            capacity=truck[0],
            unit_weight=rng.lognormal(0, 0.7, products),
            handling_cost=15.0,
        ),
        dispersion=1.3,
    )


def timed(act: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = act()
    return answer, time.perf_counter() - wall, time.process_time() - cpu


def a_row(name: str, size: str, cost: float, bound: float, wall: float, cpu: float) -> Row:
    gap = (cost - bound) / bound
    return [name, size, f"{wall:.1f}", f"{cpu:.1f}", f"{cost / 100:,.0f}", f"{bound / 100:,.0f}", f"{gap:.2%}"]


def batch_rows(share: float, seed: int) -> Iterator[Row]:
    assign(a_batch(0.02, seed))
    for instance in (seed, seed + 1):
        problem = a_batch(share, instance)
        answer, wall, cpu = timed(partial(assign, problem))
        orders, nodes = problem.order_cost.shape
        size = f"{orders:,} orders, {len(problem.line_order):,} lines, {nodes} nodes, {problem.stock.shape[1]:,} SKUs"
        yield a_row(f"batch, seed {instance}", size, answer.cost, answer.bound, wall, cpu)


def network_rows(share: float, seed: int) -> Iterator[Row]:
    price_network(a_network(0.002, seed))
    problem = a_network(share, seed)
    answer, wall, cpu = timed(lambda: price_network(problem))
    (nodes, zones), products = problem.unit_cost.shape, problem.supply.shape[1]
    size = f"{nodes} nodes, {zones} zones, {products:,} SKUs"
    yield a_row("network prices", size, answer.cost, answer.bound, wall, cpu)
    again, wall, cpu = timed(lambda: price_network(problem, load_price=answer.load_price))
    yield a_row("network prices, again from the last", size, again.cost, again.bound, wall, cpu)
    yield from decision_rows(problem, answer.stock_price, answer.load_price, seed)


def decision_rows(problem: NetworkProblem, stock_price: np.ndarray, load_price: np.ndarray, seed: int) -> Iterator[Row]:
    """100,000 orders of 1.6 lines, one after the other, each taking its stock; and single calls from Python."""
    rng = np.random.default_rng(seed)
    (nodes, zones), products, count = problem.unit_cost.shape, problem.supply.shape[1], 100_000
    order = np.repeat(np.arange(count), 1 + rng.poisson(0.6, count))
    popular = problem.demand.sum(axis=0)
    product = rng.choice(products, len(order), p=popular / popular.sum())
    kept = np.sort(np.unique(order * products + product, return_index=True)[1])
    order, product = order[kept], product[kept]
    zone = rng.integers(0, zones, count)
    line_cost = problem.weight[product][:, None] * problem.weight_cost.T[zone[order]]
    first = np.searchsorted(order, np.arange(count + 1))
    ones, none = np.ones(len(order), dtype=np.int64), np.zeros(len(order))
    lost, fixed = problem.lost_cost[product], np.ascontiguousarray(problem.unit_cost.T)[zone]
    orders = Orders(first, product, ones, fixed, line_cost, lost, np.ones(count), none)
    stock, price = np.ascontiguousarray(problem.supply.T.astype(np.int64)), np.ascontiguousarray(stock_price.T)
    shared = Shared(stock, np.full(nodes, np.inf), np.inf)
    choice, used, load = np.full(len(order), -1), np.zeros_like(stock), np.zeros(nodes)
    sequence = np.arange(count)

    def in_a_stream() -> None:
        place_each(orders, shared, sequence, price, load_price, choice, used, load)

    space, chosen = work_space(nodes), np.zeros(64, dtype=np.int64)

    def one_by_one() -> None:
        for o in range(count):
            a, b = first[o], first[o + 1]
            choose(
                fixed[o],
                line_cost[a:b],
                lost[a:b],
                product[a:b],
                ones[a:b],
                stock,
                price,
                load_price,
                chosen[: b - a],
                space,
            )

    for name, act in (("decisions in a stream", in_a_stream), ("decisions by single calls", one_by_one)):
        act()
        choice[:], used[:], load[:] = -1, 0, 0.0
        _, wall, cpu = timed(act)
        size = f"{count:,} orders, {len(order):,} lines, {nodes} nodes: {count / cpu:,.0f} a CPU second"
        yield [name, size, f"{wall:.1f}", f"{cpu:.1f}", "", "", ""]


def transfer_rows(share: float, seed: int) -> Iterator[Row]:
    pallet = (300.0, 4_000.0, 10.0)
    plan_transfers(a_transfer_plan(0.002, seed, pallet))
    for name, truck in (
        ("pallets of 300 kg", pallet),
        ("vans of 1 t", (1_000.0, 8_000.0, 30.0)),
        ("trucks of 10 t", (10_000.0, 25_000.0, 200.0)),
    ):
        problem = a_transfer_plan(share, seed, truck)
        answer, wall, cpu = timed(partial(plan_transfers, problem))
        nodes, products = problem.stock.shape
        lanes, units = int((answer.trucks > 0).sum()), int(answer.transfers[:, 3].sum())
        size = f"{nodes} nodes, {products:,} SKUs; {units:,} units by {answer.trucks.sum():,} on {lanes} lanes"
        yield a_row(f"transfers, {name}", size, answer.cost, answer.bound, wall, cpu)


KINDS = {"batch": batch_rows, "network": network_rows, "transfers": transfer_rows}
HEADER = ["what", "size", "wall s", "CPU s", "cost", "bound", "gap of the bound"]


def put_into(path: Path, rows: list[Row]) -> None:
    """Renew these rows of the table under the heading; other rows and the prose stay."""
    before, heading, after = path.read_text(encoding="utf-8").partition(HEADING + "\n")
    if not heading:
        sys.exit(f"{path} has no heading {HEADING!r}")
    begin = after.index("| what |")
    old, gap, rest = after[begin:].partition("\n\n")
    known = {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines()[2:]}
    known |= {row[0]: "| " + " | ".join(row) + " |" for row in rows}
    lines = ["| " + " | ".join(HEADER) + " |", "|---|---|---:|---:|---:|---:|---:|", *known.values()]
    path.write_text(before + heading + after[:begin] + "\n".join(lines) + gap + rest, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    parser.add_argument("--share", type=float, default=1.0, help="of the orders and SKUs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, help="renew the table of this page's section")
    options = parser.parse_args()
    rows = []
    for kind in options.only:
        for row in KINDS[kind](options.share, options.seed):
            print(" | ".join(row), flush=True)
            rows.append(row)
    if options.into:
        put_into(options.into, rows)


if __name__ == "__main__":
    main()
