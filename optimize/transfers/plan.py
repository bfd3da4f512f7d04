"""Transfers of stock ahead of demand: which units of which product go by which lane's trucks, now.

Each node's expected shortage until a horizon is convex in what it has, so units have falling gains where they are
wanted and rising losses where they come from (`optimize.transfers.tables`). A lane costs by truck. At a price of weight
on each lane products do not meet, and each is a transportation problem. Prices at which lanes earn their trucks
give the bound, and the lanes that carry anything at them are where the search for the lanes to run begins
(`optimize.transfers.lane_search`). Of the lanes that run, prices are then sought at which each fills its trucks with
what is worth most (Lagrangian relaxation of the trucks' capacity).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from optimize.solver import LIMITED, PROVEN, Limits, SolveRecord
from optimize.transfers.lane_prices import LanePrices
from optimize.transfers.lane_search import LaneSearch, sample_of
from optimize.transfers.model import Floats, Ints, Lanes, TransferProblem

LIMITS = Limits(gap=0.0049)
"""Of a plan, unless told otherwise: its gap; the work is done in rounds."""

_SAMPLE_DESCENTS, _OFTEN, _LANE_LOOKS = 100, 0.5, 36  # on the sample
_DESCENTS = 60
_LEAST_SAVING = 2e-4  # of the cost, by one look
_SMALL = 20_000  # lanes by products: up to here, each lane is tried by itself


@dataclass(frozen=True, slots=True, eq=False)
class TransferAnswer:
    """What goes where.

    Attributes
    ----------
    transfers
        (source, to, product, units), one a row, shape (moves, 4).
    cost, bound
        Expected shortage, trucks and handling, and the least that they can be.
    cost_without
        If nothing moves.
    trucks
        By lane, shape (nodes, nodes).
    """

    transfers: Ints
    cost: float
    bound: float
    cost_without: float
    trucks: Ints
    record: SolveRecord


class _Best:
    """The cheapest plan so far; at first, that nothing moves."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes, self.cost = lanes, lanes.base
        self.moves = np.zeros((0, 3), dtype=np.int64)

    def look_at(self, moves: Ints) -> None:
        """Keep it if it is cheaper."""
        cost = self._lanes.cost(moves)
        if cost < self.cost:
            self.cost, self.moves = cost, moves


def _chosen(lanes: Lanes) -> LaneSearch:
    """The lanes to run and their prices of weight."""
    moves, load, _ = lanes.place(lanes.full_price)
    first = _Best(lanes)
    first.look_at(lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))[0])
    prices = LanePrices(lanes, lanes.full_price)
    prices.descend(_SAMPLE_DESCENTS, lanes.base - first.cost)
    search = LaneSearch(lanes, prices.often > _OFTEN, prices.prices.by_weight)
    search.improve(_LANE_LOOKS)
    return search


def _fill(lanes: Lanes, price: Floats, best: _Best, looks: int) -> tuple[int, Floats]:
    """Hold the trucks that pay at a price, and look for the one at which each lane fills its own; how many looks, and
    the last price."""
    moves, load, _ = lanes.place(price)
    trucks, done = lanes.trucks_that_pay(moves, load), 1
    best.look_at(lanes.leave_behind(moves, trucks)[0])
    before = math.inf
    while done < looks and best.cost < before * (1 - _LEAST_SAVING):
        before = best.cost
        price = lanes.price_that_fills(price, load, trucks)
        moves, load, _ = lanes.place(price)
        best.look_at(lanes.leave_behind(moves, trucks)[0])
        done += 1
    return done, price


def _with_one_changed(lanes: Lanes, best: _Best) -> int:
    """Open or close each lane by itself, until none saves anything; how many looks that took."""
    looks, tried = 0, math.inf
    while best.cost < tried:
        tried = best.cost
        running = lanes.loads(best.moves) > 0
        for i, j in np.argwhere(lanes.may_run):
            runs = running.copy()
            runs[i, j] = not runs[i, j]
            moves, load, _ = lanes.place(np.where(runs, 0.0, math.inf))
            best.look_at(lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))[0])
            looks += 1
    return looks


def plan_transfers(problem: TransferProblem, limits: Limits = LIMITS, rounds: int = 8) -> TransferAnswer:
    """Move stock at the least cost, as nearly as ``limits.gap`` asks and ``rounds`` looks at all products allow.

    The lanes to run are found on a sample of the products. Of all, the price of weight is then sought at which each
    lane fills its trucks, and the bound that of prices which descend from there. Of a small plan, each lane is then
    opened or closed by itself.
    """
    began = time.perf_counter()
    lanes, sample = Lanes(problem), sample_of(problem)
    search, best = _chosen(lanes if sample is problem else Lanes(sample)), _Best(lanes)
    done, price = _fill(lanes, search.price, best, rounds)
    prices = LanePrices(lanes, np.where(search.runs, price, search.by_weight))
    enough = lanes.base - best.cost / (1 + limits.gap)
    bound = lanes.base - prices.descend(_DESCENTS, lanes.base - best.cost, enough)
    if best.cost - bound > limits.gap * bound and lanes.may_run.sum() * len(problem.weight) <= _SMALL:
        done += _with_one_changed(lanes, best)
    record = SolveRecord(
        solver="transfers",
        status=PROVEN if best.cost - bound <= limits.gap * bound else LIMITED,
        rows=len(lanes.gains.value[0]) + len(lanes.losses.value[0]),
        columns=int(lanes.may_run.sum()) * len(problem.weight),
        objective=best.cost,
        bound=bound,
        work=float(done),
        build_seconds=0.0,
        solve_seconds=time.perf_counter() - began,
    )
    trucks = lanes.trucks_for(lanes.loads(best.moves))
    return TransferAnswer(lanes.transfers(best.moves), best.cost, bound, lanes.base, trucks, record)
