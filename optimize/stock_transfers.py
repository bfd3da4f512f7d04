"""Transfers of stock ahead of demand: which units of which product go by which lane's trucks, now.

Each node's expected shortage until a horizon is convex in what it has, so units have falling gains where they are
wanted and rising losses where they come from (`optimize.transfer_tables`). A lane costs by truck. At a price of weight
on each lane products do not meet, and each is a transportation problem. Prices at which lanes earn their trucks
give the bound, and the lanes that carry anything at them are where the search for the lanes to run begins
(`optimize.lane_search`). Of the lanes that run, prices are then sought at which each fills its trucks with what is
worth most (Lagrangian relaxation of the trucks' capacity).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from optimize.lane_search import LanePrices, LaneSearch, price_of_running, sample_of
from optimize.solver import LIMITED, PROVEN, Limits, SolveRecord
from optimize.transfer_model import Bools, Floats, Ints, Lanes, TransferProblem

LIMITS = Limits(gap=0.0045)
"""Of a plan, unless told otherwise: its gap; the work is done in rounds."""

_PRICE_ROUNDS, _LANE_LOOKS, _FILL_LOOKS = 10, 20, 4  # on the sample
_DESCENTS, _FEW_DESCENTS = 150, 16
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


def _priced(lanes: Lanes, prices: LanePrices, best: _Best) -> float:
    """Look at prices of lanes and at the plan that they lead to; the bound."""
    moves, most = prices.look()
    tighter = prices.tighten()
    best.look_at(lanes.leave_behind(moves, lanes.trucks_that_pay(moves, prices.load))[0])
    return lanes.base - min(most, tighter)


def _chosen(lanes: Lanes) -> tuple[Bools | None, Floats]:
    """The lanes to run, if a search finds better ones than those that prices fill, and the prices of weight at which
    lanes earn their trucks."""
    prices, filled = LanePrices(lanes), _Best(lanes)
    for _ in range(_PRICE_ROUNDS):
        prices.look()
        prices.step()
    search = LaneSearch(lanes, lanes.may_run & (prices.load > 0), prices.load)
    runs = search.improve(_LANE_LOOKS)
    _fill(lanes, prices.price, filled, 0.0, _FILL_LOOKS)
    return runs if search.cost < filled.cost else None, prices.price


def _fill(lanes: Lanes, price: Floats, best: _Best, enough: float, looks: int) -> int:
    """Hold the trucks that pay at a price, and look for the one at which each lane fills its own; how many looks."""
    moves, load, _ = lanes.place(price)
    trucks, done = lanes.trucks_that_pay(moves, load), 1
    best.look_at(lanes.leave_behind(moves, trucks)[0])
    before = math.inf
    while best.cost > enough and done < looks and best.cost < before * (1 - _LEAST_SAVING):
        before = best.cost
        price = lanes.price_that_fills(price, load, trucks)
        moves, load, _ = lanes.place(price)
        best.look_at(lanes.leave_behind(moves, trucks)[0])
        best.look_at(lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))[0])
        done += 1
    return done


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

    The first look is at prices at which lanes earn their trucks, found on a sample of the products. The rest hold the
    lanes that a search on the sample has chosen, and look for the price of weight at which each lane fills its trucks,
    until that saves little. The bound is that of the first look's prices, improved by a subgradient. Of a small plan,
    each lane is then opened or closed by itself.
    """
    began = time.perf_counter()
    lanes, sample = Lanes(problem), sample_of(problem)
    runs, price = _chosen(lanes if sample is problem else Lanes(sample))
    best, prices = _Best(lanes), LanePrices(lanes, price)
    bound, done = _priced(lanes, prices, best), 1
    if best.cost - bound > limits.gap * bound:
        price = prices.price if runs is None else price_of_running(lanes, runs, prices.load)
        done += _fill(lanes, price, best, bound * (1 + limits.gap), rounds - done)
    if best.cost - bound > limits.gap * bound:
        most = prices.descend(_DESCENTS if sample is problem else _FEW_DESCENTS, lanes.base - best.cost)
        bound = max(bound, lanes.base - most)
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
