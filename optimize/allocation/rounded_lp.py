"""Allocation by a rounded plan: the network's program says what share leaves from where, each order draws from that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimize.allocation.looking_ahead import LookingAhead
from optimize.allocation.network_lp import price_network, shares_of
from optimize.allocation.outlook_programs import OutlookPrograms
from optimize.calls import Calls, calls_by
from sim.books.register import Line
from sim.policies.allocation import NAN, Answer, Assignment, OrderView, StockView
from sim.policies.company import CompanyView
from sim.policies.registry import policy
from sim.streams import CounterStream, key_of
from sim.world import World

Floats = NDArray[np.float64]

LAST_PLAN = "last plan"
"""Who acts where the program has no answer: the plan before, or none, which is the exact policy."""


def dilated(share: Floats, uniforms: Sequence[float]) -> list[int]:
    """A source for each line, with the chances of its row; -1 where its row is empty.

    Sources open at exponential times that a line sees stretched by its share, and each line takes the first that it
    sees (Ma 2023): lines of like shares choose alike, so that a source is used with at most 1 + ln(lines) times the
    largest chance that a line has of it.

    Parameters
    ----------
    share
        Rows of chances, shape (lines, sources); a row is taken to sum to one.
    uniforms
        In [0, 1), one a source.
    """
    opening = -np.log1p(-np.asarray(uniforms))
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = np.where(share > 0, opening / share, math.inf)
    chosen = seen.argmin(axis=1)
    return np.where(np.isfinite(seen.min(axis=1)), chosen, -1).tolist()


@policy("allocation", "rounded_lp")
@dataclass(slots=True)
class RoundedLp(LookingAhead):
    """Each line leaves with the chances that the network's linear program plans for its product and region.

    The lines of an order draw alike where their chances are alike (Ma 2023, after Jasin and Sinha 2015), or each by
    itself where ``alike`` is 0. Draws are keyed by the order. Of the nodes that have the line whole, chances are in
    proportion; a line that the plan does not know, or has lost, goes by the exact policy's search, as all do without
    a plan. The program looks ``ahead_days`` ahead and is solved every ``every_hours`` and when a node closes or
    opens, with the limits of ``shadow_prices``.
    """

    alike: int = 1
    calls: Calls = field(default_factory=calls_by("allocation", "rounded_lp", LAST_PLAN), init=False, repr=False)
    _shares: Floats | None = field(default=None, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Learn prices, handling costs and what a usual order is."""
        LookingAhead.bind(self, world)
        self._programs = OutlookPrograms(world, self._costs)

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        """Renew a plan that is old, draw, and search for what the draw leaves."""
        if self._company is not None:
            self._renew(self._company, stock, order.now_ms)
        self.see_floors(order.now_ms)
        answer = self._drawn(order, stock) if self._shares is not None else self._chooser.choose(order, stock)
        self.runner_up, self.gap_cents = None, NAN
        self.note_placed(answer, len(order.lines))
        return answer

    def _drawn(self, order: OrderView, stock: StockView) -> Answer:
        left = [list(row) for row in stock.available]
        found: list[Assignment] = []
        rest: list[Line] = []
        for (line, product, units), node in zip(order.lines, self._sources(order, stock), strict=True):
            if node < 0 or left[node][product] < units:
                rest.append((line, product, units))
            else:
                left[node][product] -= units
                found.append((line, node, units))
        if rest:
            again = OrderView(order.order, order.channel, order.region, rest, order.deliver_by_ms, order.now_ms)
            more = self._chooser.choose(again, StockView(left, stock.is_open))
            found += [(line, more, units) for line, _, units in rest] if isinstance(more, int) else more
        nodes = {node for _, node, _ in found}
        is_whole = len(nodes) == 1 and sum(n for _, _, n in found) == sum(n for _, _, n in order.lines)
        return nodes.pop() if is_whole else found

    def _sources(self, order: OrderView, stock: StockView) -> list[int]:
        """By line: the node drawn, or -1."""
        assert self._shares is not None
        share = self._shares[[p for _, p, _ in order.lines], order.region]
        can = np.zeros(share.shape, dtype=np.bool_)
        for node in self._costs.serving[order.channel]:
            if stock.is_open[node]:
                row = stock.available[node]
                can[:, node] = [row[product] >= units for _, product, units in order.lines]
        share = np.where(can, share, 0.0)
        draws, nodes = CounterStream(key_of("rounded_lp", order.order)), share.shape[1]
        if self.alike:
            return dilated(share, [draws.at(n) for n in range(nodes)])
        own = [[draws.at(place * nodes + n) for n in range(nodes)] for place in range(len(share))]
        return [dilated(share[place : place + 1], own[place])[0] for place in range(len(share))]

    def _renew(self, company: CompanyView, stock: StockView, now_ms: int) -> None:
        if not self.has_changed(stock) and not self.is_old(now_ms):
            return
        self._solved_ms = now_ms
        try:
            problem = self._programs.stock(company, stock, now_ms, self.ahead_days)
            record = price_network(problem, self.limits).record
            if record.has_solution:
                self._shares = shares_of(problem)
        except Exception as crash:  # a run outlives its solvers
            self.calls.keep_crash("network_lp", crash, now_ms)
            return
        self.calls.keep(record, now_ms, problem.supply.size)
