"""The clairvoyant bound of few orders: a method for each, every way to spread its units over nodes, as one program."""

from __future__ import annotations

from itertools import product as every

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.hindsight.costs import ANY_TIME, Stairs
from optimize.hindsight.sent import Sent
from optimize.programs import Limits, Program, SolveRecord
from optimize.solver import solve
from sim.world import World

Ints = NDArray[np.int64]

MOST_METHODS = 40_000
_LIMITS = Limits(gap=1e-6, work=5_000, guard_seconds=60.0)


def count_methods(world: World, sent: Sent) -> int:
    """How many columns the program would have at most."""
    nodes = len(world.network.nodes)
    units = np.add.reduceat(sent.units, sent.first[:-1])
    return int(min((float(nodes) ** units).sum(), 1e18)) if len(sent) else 0


def program_bound(world: World, sent: Sent) -> SolveRecord:
    """Solve it: the record's bound is one, whether it was proven or not; in cents."""
    return solve(build(world, sent), _LIMITS).record


def build(world: World, sent: Sent) -> Program:
    """Columns: methods, order by order. Rows: one method for each order, then units by period, node and product."""
    stairs = Stairs(world, _heaviest(world, sent))
    methods = [method for order in range(len(sent)) for method in _methods(world, sent, order, stairs)]
    periods, nodes, products = sent.supply.shape
    rows, columns, values = [], [], []
    for column, (order, _, used) in enumerate(methods):
        rows.append(order)
        columns.append(column)
        values.append(1.0)
        for (node, product), units in used.items():
            for period in range(int(sent.period[order]), periods):
                rows.append(len(sent) + (period * nodes + node) * products + product)
                columns.append(column)
                values.append(float(units))
    shape = (len(sent) + sent.supply.size, len(methods))
    return Program.of(
        np.array([cents for _, cents, _ in methods]),
        sparse.csr_array((values, (rows, columns)), shape=shape),
        np.concatenate([np.ones(len(sent)), np.full(sent.supply.size, -np.inf)]),
        np.concatenate([np.ones(len(sent)), sent.supply.ravel().astype(np.float64)]),
        upper=1.0,
        integer=True,
    )


def _heaviest(world: World, sent: Sent) -> float:
    kg = np.array([p.weight_kg for p in world.network.products])[sent.product] * sent.units
    return float(np.add.reduceat(kg, sent.first[:-1]).max())


def _methods(
    world: World, sent: Sent, order: int, stairs: Stairs
) -> list[tuple[int, float, dict[tuple[int, int], int]]]:
    """(order, cents, units by node and product) of each way to send an order; of alike ones the first."""
    lines = range(int(sent.first[order]), int(sent.first[order + 1]))
    atoms = [line for line in lines for _ in range(int(sent.units[line]))]
    serving = stairs.costs.serving[int(sent.channel[order])]
    found: dict[tuple[tuple[int, int, int], ...], tuple[int, float, dict[tuple[int, int], int]]] = {}
    for nodes in every(serving, repeat=len(atoms)):
        pieces: dict[tuple[int, int], int] = {}
        for line, node in zip(atoms, nodes, strict=True):
            pieces[node, line] = pieces.get((node, line), 0) + 1
        key = tuple(sorted((node, line, units) for (node, line), units in pieces.items()))
        if key not in found:
            used: dict[tuple[int, int], int] = {}
            for (node, line), units in pieces.items():
                cell = (node, int(sent.product[line]))
                used[cell] = used.get(cell, 0) + units
            cents = _cents(world, sent, order, pieces, stairs)
            if cents < np.inf:
                found[key] = (order, cents, used)
    return list(found.values())


def _cents(world: World, sent: Sent, order: int, pieces: dict[tuple[int, int], int], stairs: Stairs) -> float:
    """A parcel for each node."""
    costs, channel, region = stairs.costs, int(sent.channel[order]), int(sent.region[order])
    slot = costs.slot(int(sent.ready_ms[order]))
    due_ms = int(sent.due_ms[order]) if sent.in_time[order] else ANY_TIME
    total = 0.0
    for node in sorted({node for node, _ in pieces}):
        own = [(line, units) for (n, line), units in pieces.items() if n == node]
        kg = sum(costs.weight_kg[int(sent.product[line])] * units for line, units in own)
        home = world.network.channels[channel].residential
        freight = stairs.freight(node, costs.tariff.quotes[node][region], stairs.step(kg), slot, due_ms, home)
        total += freight + costs.fixed_cents[node] + costs.line_cents[node] * len(own)
    return total
