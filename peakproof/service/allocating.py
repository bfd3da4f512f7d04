"""Asking an allocation policy about one order, outside the simulation, and saying what its answer means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peakproof.service.network import LiveNetwork
from sim.errors import DecisionError
from sim.policies.allocation import AllocationPolicy, Assignment, OrderView, StockView, parcels_of

Cells = list[list[int]]
"""Units available, ``[node][product]``."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a policy said of one order.

    Attributes
    ----------
    assignments
        What goes from where; of an order that ships complete all or nothing.
    cost_cents
        By node, what its parcel costs; infinite where no carrier takes it.
    runner_up, gap_cents
        As the policy says; None and NaN where it does not rank.
    """

    assignments: list[Assignment]
    cost_cents: dict[int, float]
    runner_up: int | None
    gap_cents: float

    @property
    def total_cents(self) -> float:
        """What all parcels cost."""
        return math.fsum(self.cost_cents.values())


class Allocator:
    """A policy and what an order costs from where.

    Parameters
    ----------
    live
        The network.
    policy
        Bound to it.
    """

    def __init__(self, live: LiveNetwork, policy: AllocationPolicy) -> None:
        self._live, self._policy = live, policy
        network = live.network
        self._weight_kg = [p.weight_kg for p in network.products]
        self._serves = [[n.can_serve(c) for n in network.nodes] for c in range(len(network.channels))]

    def ask(self, order: OrderView, available: Sequence[Sequence[int]], is_open: Sequence[int]) -> Decided:
        """The policy's answer to one order, given this stock.

        Raises
        ------
        DecisionError
            If it cannot be carried out.
        """
        policy = self._policy
        answer = policy.decide(order, StockView(available, is_open))
        runner_up, gap_cents = policy.runner_up, policy.gap_cents
        assignments = [(n, answer, u) for n, _, u in order.lines] if isinstance(answer, int) else list(answer)
        self._check(order, assignments, available, is_open)
        wanted = sum(units for _, _, units in order.lines)
        complete = self._live.network.channels[order.channel].ship_complete
        if complete and sum(units for _, _, units in assignments) < wanted:
            assignments, runner_up, gap_cents = [], None, math.nan
        return Decided(assignments, self.costs(order, assignments), runner_up, gap_cents)

    def costs(self, order: OrderView, assignments: Sequence[Assignment]) -> dict[int, float]:
        """By node, what its parcel costs: freight by the cheapest service that keeps the channel's promise, handling
        and packaging."""
        parcels = parcels_of(order, assignments, self._weight_kg)
        return {node: self.parcel_cents(order, node, *parcel) for node, parcel in parcels.items()}

    def parcel_cents(self, order: OrderView, node: int, weight_kg: float, lines: int) -> float:
        """What one parcel to an order's customer costs from a node."""
        channel = self._live.network.channels[order.channel]
        days, to_home = channel.promise.transit_days, channel.residential
        return self._live.tariff.serve_cents(node, order.region, weight_kg, lines, days, to_home=to_home)

    def whole_cents(self, order: OrderView, node: int) -> float:
        """What the whole order costs from one node."""
        return self.costs(order, [(line, node, units) for line, _, units in order.lines])[node]

    def _check(
        self,
        order: OrderView,
        assignments: Sequence[Assignment],
        available: Sequence[Sequence[int]],
        is_open: Sequence[int],
    ) -> None:
        open_units = {line: units for line, _, units in order.lines}
        product_of = {line: product for line, product, _ in order.lines}
        taken: dict[tuple[int, int], int] = {}
        for line, node, units in assignments:
            if line not in open_units or not 0 < units <= open_units[line]:
                raise DecisionError(f"order {order.order} wants no {units} units on line {line}")
            open_units[line] -= units
            if not is_open[node] or not self._serves[order.channel][node]:
                raise DecisionError(f"order {order.order} was assigned to node {node}, which may not serve it")
            cell = node, product_of[line]
            taken[cell] = taken.get(cell, 0) + units
            if taken[cell] > available[node][cell[1]]:
                raise DecisionError(f"order {order.order} was assigned {taken[cell]} units that node {node} has not")

    # Reasons.

    def able(self, order: OrderView, available: Sequence[Sequence[int]], is_open: Sequence[int]) -> list[int]:
        """Nodes that could send the whole order, nearest first."""
        need: dict[int, int] = {}
        for _, product, units in order.lines:
            need[product] = need.get(product, 0) + units
        return [
            n
            for n in self._live.geography.nearest_nodes[order.region]
            if is_open[n] and self._serves[order.channel][n] and all(available[n][p] >= u for p, u in need.items())
        ]

    def why(self, order: OrderView, decided: Decided, able: Sequence[int]) -> str:
        """What can be said of a decision by looking at distance, cost and stock; it is not the policy's own reasoning,
        which only the policy knows. ``able`` are the nodes that could have sent everything, nearest first."""
        used = list(decided.cost_cents)
        if not used:
            channel = self._live.network.channels[order.channel]
            return "ships complete, and something is short" if channel.ship_complete else "no node has any of it"
        if len(used) == 1 and used[0] in able:
            return self._why_one(order, used[0], able)
        sent, wanted = (sum(u for *_, u in rows) for rows in (decided.assignments, order.lines))
        if sent < wanted:
            return "all that is within reach" if len(used) == 1 else f"all that is within reach, from {len(used)} nodes"
        nodes = self._live.network.nodes
        if not able:
            return f"no node has everything: split over {len(used)}"
        return f"split over {len(used)}, though {_either([nodes[n].name for n in able])} could send everything"

    def _why_one(self, order: OrderView, node: int, able: Sequence[int]) -> str:
        if len(able) == 1:
            return "the only node with everything"
        of = f"of {len(able)} nodes with everything"
        cost = {n: self.whole_cents(order, n) for n in able}
        is_nearest, is_cheapest = node == able[0], cost[node] <= min(cost.values())
        if is_nearest or is_cheapest:
            return f"{' and '.join(['nearest'] * is_nearest + ['cheapest'] * is_cheapest)} {of}"
        name = self._live.network.nodes
        cheapest = min(able, key=lambda n: cost[n])
        return f"one {of}; the nearest is {name[able[0]].name}, the cheapest {name[cheapest].name}"

    def missing(
        self, order: OrderView, decided: Decided, available: Sequence[Sequence[int]], is_open: Sequence[int]
    ) -> list[tuple[int, int, str]]:
        """(product, units, why) of what no node sends."""
        sent: dict[int, int] = {}
        for line, _, units in decided.assignments:
            sent[line] = sent.get(line, 0) + units
        return [
            (product, units - sent.get(line, 0), self._why_not(order, decided, product, available, is_open))
            for line, product, units in order.lines
            if units > sent.get(line, 0)
        ]

    def _why_not(
        self,
        order: OrderView,
        decided: Decided,
        product: int,
        available: Sequence[Sequence[int]],
        is_open: Sequence[int],
    ) -> str:
        nodes = self._live.network.nodes
        serves = self._serves[order.channel]
        wanted = sum(u for _, p, u in order.lines if p == product)
        within_reach = sum(available[n][product] for n in range(len(nodes)) if is_open[n] and serves[n])
        if within_reach >= wanted:
            complete = self._live.network.channels[order.channel].ship_complete
            return "waits for the rest of its order" if complete and not decided.assignments else "left by the policy"
        beyond = [
            f"{nodes[n].name} has {available[n][product]} but "
            + ("is closed" if not is_open[n] else "does not serve the channel")
            for n in range(len(nodes))
            if available[n][product] and not (is_open[n] and serves[n])
        ]
        text = f"{within_reach} of {wanted} within reach"
        return "; ".join([text, *beyond])


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
