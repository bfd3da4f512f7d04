"""Costs of the orders that a run sent, from each node, with everything known: what the clairvoyant bound minimises.

An order that was tendered in time must be tendered in time again; it may leave as soon as it was validated. Freight is
that of the cheapest service that does so. Volume is left out: a parcel that is charged by it costs at least as much.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.serving import ServingCosts
from optimize.hindsight.sent import Sent
from sim.network import ZONES
from sim.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


ANY_TIME = 1 << 61
"""The promise of an order that was late anyway."""
_A_HAIR_KG = 1e-9


class SentCosts(NamedTuple):
    """Cents; infinite where nobody goes.

    ``whole`` (orders, nodes): all of an order in one parcel. Of one parcel of several, whatever is in it, two things
    below its cost (orders, nodes): a line, ``base`` and ``per_kg``, which may begin below zero, and ``least``, that of
    the lightest. ``line`` (lines, nodes): of a line in any parcel, besides. ``weight_kg`` (lines,).
    """

    whole: Floats
    base: Floats
    per_kg: Floats
    least: Floats
    line: Floats
    weight_kg: Floats


class Stairs:
    """Cheapest freight by weight, of the services that arrive in time: a staircase, told at the ends of its steps."""

    def __init__(self, world: World, most_kg: float) -> None:
        self.costs = ServingCosts(world)
        tables = [service.weight_breaks_kg for service in world.network.services]
        limits = [s.max_weight_kg for s in world.network.services if s.max_weight_kg < math.inf]
        pallets = [s.pallets for s in world.network.services if s.pallets is not None]
        ends = {kg for table in tables for kg in table} | set(limits) | {p.above_kg for p in pallets}
        for table in tables:
            ends.update(table[-1] + kg for kg in range(1, math.ceil(max(0.0, most_kg - table[-1])) + 2))
        for p in pallets:
            ends.update(n * p.full_kg for n in range(1, math.ceil(most_kg / p.full_kg) + 1))
        self.ends = sorted(ends)
        self._prices: dict[tuple[int, int, int, int, int, bool], float] = {}
        self._below: dict[tuple[int, int, int, int, int, int, bool], tuple[float, float, float]] = {}

    def step(self, weight_kg: float) -> int:
        """The step on which a weight lies."""
        return bisect_left(self.ends, weight_kg)

    def freight(self, node: int, quote: int, step: int, slot: int, due_ms: int, to_home: bool) -> float:
        """Of the cheapest service that arrives by ``due_ms`` if it takes the parcel in ``slot``."""
        key = (node, quote, step, slot, due_ms, to_home)
        found = self._prices.get(key)
        if found is None:
            found = self._prices[key] = self._ask(*key)
        return found

    def _ask(self, node: int, quote: int, step: int, slot: int, due_ms: int, to_home: bool) -> float:
        arrivals = self.costs.arrivals(node, slot)
        weight_kg = self.ends[step] - _A_HAIR_KG
        for price, service in self.costs.tariff.offers(node, quote % ZONES, weight_kg, to_home=to_home):
            if arrivals[service][quote] <= due_ms:
                return float(price)
        return math.inf

    def below(
        self, node: int, quote: int, least: int, whole: int, slot: int, due_ms: int, to_home: bool
    ) -> tuple[float, float, float]:
        """(base, cents a kilogram, least): a line below the freight of all parcels from step ``least`` to step
        ``whole``, and the cheapest of them.

        What is below the staircase at the ends of its steps is below it everywhere.
        """
        key = (node, quote, least, whole, slot, due_ms, to_home)
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = self._line(*key)
        return found

    def _line(
        self, node: int, quote: int, least: int, whole: int, slot: int, due_ms: int, to_home: bool
    ) -> tuple[float, float, float]:
        steps = range(least, whole + 1)
        known = [(self.ends[s], self.freight(node, quote, s, slot, due_ms, to_home)) for s in steps]
        known = [(kg, price) for kg, price in known if price < math.inf]
        if not known:
            return math.inf, 0.0, math.inf
        (first_kg, first), (last_kg, last) = known[0], known[-1]
        slope = max(0.0, (last - first) / (last_kg - first_kg)) if last_kg > first_kg else 0.0
        return min(price - slope * kg for kg, price in known), slope, min(price for _, price in known)


def costs_of(world: World, sent: Sent) -> SentCosts:
    """Every order from every node."""
    kg = np.array([p.weight_kg for p in world.network.products])[sent.product]
    weight_kg, starts = kg * sent.units, sent.first[:-1]
    orders, nodes = len(sent), len(world.network.nodes)
    whole_kg, least_kg = np.add.reduceat(weight_kg, starts), np.minimum.reduceat(kg, starts)
    pieces = np.add.reduceat(sent.units, starts)
    stairs = Stairs(world, float(whole_kg.max()))
    costs, channels = stairs.costs, world.network.channels
    whole, base, least_cents = (np.full((orders, nodes), np.inf) for _ in range(3))
    per_kg = np.zeros((orders, nodes))
    due_ms = np.where(sent.in_time, sent.due_ms, ANY_TIME)
    for order in range(orders):
        channel, region = int(sent.channel[order]), int(sent.region[order])
        slot, due, home = costs.slot(int(sent.ready_ms[order])), int(due_ms[order]), channels[channel].residential
        least, most = stairs.step(float(least_kg[order])), stairs.step(float(whole_kg[order]))
        lines = int(sent.first[order + 1] - sent.first[order])
        for node in costs.serving[channel]:
            quote = costs.tariff.quotes[node][region]
            handling = costs.fixed_cents[node]
            freight = stairs.freight(node, quote, most, slot, due, home)
            whole[order, node] = freight + handling + costs.line_cents[node] * lines
            if pieces[order] > 1:
                low, slope, cheapest = stairs.below(node, quote, least, most, slot, due, home)
                base[order, node], per_kg[order, node] = low + handling, slope
                least_cents[order, node] = cheapest + handling
    line = np.tile(np.array(costs.line_cents, dtype=np.float64), (len(weight_kg), 1))
    return SentCosts(whole, base, per_kg, least_cents, line, np.asarray(weight_kg, dtype=np.float64))
