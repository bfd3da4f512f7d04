"""The cheapest set of shipments for one order: whole from one node, or split over several, searched exactly.

The search is branch and bound over lines: costs only grow as lines are added to shipments, so a part that costs more
than the best whole is given up. Almost no order gets so far: where one node has everything, two parcels are dearer than
one unless prices or lateness say otherwise, which a bound tells first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimize.allocation.serving import ServingCosts
from sim.books.register import Line
from sim.policies.allocation import NAN, Answer, Assignment, OrderView, StockView, by_product

Prices = Sequence[Sequence[float]]
"""Cents for a unit, ``[node][product]``."""


class CheapestSet:
    """Chooses for one order.

    Parameters
    ----------
    costs
        Freight and handling.
    late_cents
        What a late order costs besides.
    most_steps
        Of the search; then the best that was found is taken.

    Attributes
    ----------
    runner_up, gap_cents
        Of the last choice, as an allocation policy tells them.
    slots
        By node: when it would pack a shipment (`ServingCosts.slot`); set by the caller.
    prices, work_cents
        By node: what a unit of each product costs besides, and what a shipment and each line of it cost for the work
        that they keep from others; None for nothing. Not negative.
    """

    def __init__(self, costs: ServingCosts, late_cents: float, most_steps: int) -> None:
        self.costs, self.late_cents, self.most_steps = costs, late_cents, most_steps
        self.runner_up: int | None = None
        self.gap_cents = NAN
        self.slots: list[int] = [0] * len(costs.fixed_cents)
        self.prices: Prices | None = None
        self.work_cents: Sequence[tuple[float, float]] | None = None

    def choose(self, order: OrderView, stock: StockView) -> Answer:
        """The node that sends all, or assignments; what nobody has is left out."""
        self.runner_up, self.gap_cents = None, NAN
        whole = self._whole(order, stock)
        best = whole[0][0] if whole else math.inf
        if len(whole) > 1:
            self.runner_up, self.gap_cents = whole[1][1], whole[1][0] - best
        if whole and (self._is_single(order) or best <= self._two_parcels_cents(order, stock)):
            return whole[0][1]
        search = _Search(self, order, stock, best)
        chosen = search.run()
        if chosen is None:
            return whole[0][1]
        self.runner_up, self.gap_cents = None, NAN
        return chosen

    def _is_single(self, order: OrderView) -> bool:
        return len(order.lines) == 1 and order.lines[0][2] == 1

    def _whole(self, order: OrderView, stock: StockView) -> list[tuple[float, int]]:
        """(cost, node), cheapest first, of the nodes that have everything."""
        lines, available, is_open = by_product(order.lines), stock.available, stock.is_open
        weight, count = self.costs.weight_of(lines), len(order.lines)
        found = []
        for node in self.costs.serving[order.channel]:
            row = available[node]
            for _, product, units in lines:
                if row[product] < units:
                    break
            else:
                if is_open[node]:
                    cents, late = self.shipment(order, node, weight, count)
                    cents += self.late_cents if late else 0.0
                    if self.prices is not None:
                        prices = self.prices[node]
                        for _, product, units in lines:
                            cents += prices[product] * units
                    found.append((cents, node))
        found.sort()
        return found

    def shipment(self, order: OrderView, node: int, weight_kg: float, lines: int) -> tuple[float, bool]:
        """(cents, late) of one shipment, stock's own price left out."""
        costs = self.costs
        freight, late = costs.parcel(
            node, order.region, order.channel, weight_kg, self.slots[node], order.deliver_by_ms
        )
        cents = freight + costs.fixed_cents[node] + costs.line_cents[node] * lines
        if self.work_cents is not None:
            fixed, line = self.work_cents[node]
            cents += fixed + line * lines
        return cents, late

    def _two_parcels_cents(self, order: OrderView, stock: StockView) -> float:
        """No split is cheaper than this: two parcels with the order's lightest unit in each."""
        weights = [self.costs.weight_kg[product] for _, product, _ in order.lines]
        lightest = min(weights)
        in_time, any_time = [], []
        for node in self.costs.serving[order.channel]:
            if stock.is_open[node]:
                cents, late = self.shipment(order, node, lightest, 1)
                any_time.append(cents)
                if not late:
                    in_time.append(cents)
        in_time.sort()
        any_time.sort()
        both = any_time[0] + any_time[1] + self.late_cents if len(any_time) > 1 else math.inf
        return min(both, in_time[0] + in_time[1]) if len(in_time) > 1 else both


class _Search:
    """Branch and bound over the lines of one order."""

    def __init__(self, chooser: CheapestSet, order: OrderView, stock: StockView, best: float) -> None:
        self._chooser, self._order, self._stock = chooser, order, stock
        self._nodes = [n for n in chooser.costs.serving[order.channel] if stock.is_open[n]]
        self._parts = self._break_up(order.lines)
        self._rest = self._least_rest()
        self._best, self._steps = best, chooser.most_steps
        self._chosen: list[int] = []
        self._weight = dict.fromkeys(self._nodes, 0.0)
        self._count = dict.fromkeys(self._nodes, 0)
        self._taken: dict[tuple[int, int], int] = {}
        self._found: list[int] | None = None

    def run(self) -> list[Assignment] | None:
        """Assignments, or None if nothing beats what was known."""
        if not self._parts:
            return []
        self._go_on(0, 0.0, {}, False)
        if self._found is None:
            return None
        merged: dict[tuple[int, int], int] = {}
        for (line, _, units), node in zip(self._parts, self._found, strict=True):
            merged[line, node] = merged.get((line, node), 0) + units
        return [(line, node, units) for (line, node), units in merged.items()]

    def _break_up(self, lines: Sequence[Line]) -> list[Line]:
        """The lines, cut down to what there is, and broken where no node has one whole: at the largest shelves."""
        left = {p: [self._stock.available[n][p] for n in self._nodes] for _, p, _ in lines}
        parts: list[Line] = []
        for line, product, units in lines:
            shelves = left[product]
            while units > 0 and shelves and max(shelves) > 0:
                fits = [s for s in shelves if s >= units]
                shelf = min(fits) if fits else max(shelves)
                given = min(units, shelf)
                shelves[shelves.index(shelf)] -= given
                parts.append((line, product, given))
                units -= given
        weight = self._chooser.costs.weight_kg
        return sorted(parts, key=lambda part: (-part[2] * weight[part[1]], part[0]))

    def _least_rest(self) -> list[float]:
        """By place: what the parts from there on cost at least besides freight, wherever they go."""
        lines, prices = self._chooser.costs.line_cents, self._chooser.prices
        least = [
            min(lines[n] + (prices[n][product] * units if prices is not None else 0.0) for n in self._nodes)
            for _, product, units in self._parts
        ]
        return [sum(least[place:]) for place in range(len(least) + 1)]

    def _go_on(self, place: int, stock_cents: float, shipments: dict[int, float], late: bool) -> None:
        if place == len(self._parts):
            total = stock_cents + sum(shipments.values()) + (self._chooser.late_cents if late else 0.0)
            if total < self._best:
                self._best, self._found = total, list(self._chosen)
            return
        if self._steps <= 0 and self._found is not None:
            return
        for cents, node, price, its_cents, its_late in self._choices(place, stock_cents, shipments, late):
            if cents + self._rest[place + 1] >= self._best:
                break
            self._steps -= 1
            weight = self._weight[node]
            self._take(place, node)
            self._go_on(place + 1, stock_cents + price, {**shipments, node: its_cents}, late or its_late)
            self._give_back(place, node, weight)

    def _choices(
        self, place: int, stock_cents: float, shipments: dict[int, float], late: bool
    ) -> list[tuple[float, int, float, float, bool]]:
        """(total so far, node, price of the units, cost of that node's shipment, whether it is late)."""
        _, product, units = self._parts[place]
        chooser, found = self._chooser, []
        others = sum(shipments.values())
        for node in self._nodes:
            if self._stock.available[node][product] - self._taken.get((node, product), 0) < units:
                continue
            weight = self._weight[node] + units * chooser.costs.weight_kg[product]
            cents, is_late = chooser.shipment(self._order, node, weight, self._count[node] + 1)
            price = 0.0 if chooser.prices is None else chooser.prices[node][product] * units
            total = stock_cents + price + others - shipments.get(node, 0.0) + cents
            total += chooser.late_cents if late or is_late else 0.0
            found.append((total, node, price, cents, is_late))
        found.sort()
        return found

    def _take(self, place: int, node: int) -> None:
        _, product, units = self._parts[place]
        self._chosen.append(node)
        self._weight[node] += units * self._chooser.costs.weight_kg[product]
        self._count[node] += 1
        self._taken[node, product] = self._taken.get((node, product), 0) + units

    def _give_back(self, place: int, node: int, weight_kg: float) -> None:
        _, product, units = self._parts[place]
        self._chosen.pop()
        self._weight[node] = weight_kg
        self._count[node] -= 1
        self._taken[node, product] -= units
