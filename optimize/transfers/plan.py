"""Transfers of stock ahead of demand: which units of which product go by which lane's trucks, now.

Each node's expected shortage until a horizon is convex in what it has, so units have falling gains where they are
wanted and rising losses where they come from (`optimize.transfers.tables_kernel`). A lane costs by truck. At a price of
weight on each lane products do not meet, and each is a transportation problem. Prices at which lanes earn their trucks
give the bound, and a mixture of lanes; the surest of them are where the search for the lanes to run begins
(`optimize.transfers.lane_search`). Of the lanes that run, prices are then sought at which each fills its trucks with
what is worth most (Lagrangian relaxation of the trucks' capacity), and the room that is left is filled.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from optimize.programs import Limits, SolveRecord
from optimize.transfers.lane_prices import LanePrices
from optimize.transfers.lane_search import LaneSearch
from optimize.transfers.lanes import Floats, Ints, Lanes
from optimize.transfers.problem import TransferProblem

LIMITS = Limits(gap=0.0049)
"""Of a plan, unless told otherwise: its gap; the work is done in rounds."""

SAMPLE = 2_000
"""Products to look at for the lanes to run, about so many."""
_SAMPLE_DESCENTS, _LANE_LOOKS, _LANES_GAP = 150, 40, 0.7  # on the sample; a part of the gap that a plan is to have
_DESCENTS = 160
_LEAST_SAVING, _PATIENCE = 5e-5, 2  # of the cost, by one look, and how many may save less
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


def _chosen(lanes: Lanes, gap: float) -> tuple[LaneSearch, LanePrices]:
    """The lanes to run and their prices of weight; the prices that bound what any lanes save."""
    _, load, _ = lanes.place(lanes.full_price)
    prices = LanePrices(lanes, lanes.full_price, load)
    bound = lanes.base - prices.descend(_SAMPLE_DESCENTS)
    dive = prices.carried_to(lanes)
    search = LaneSearch(lanes, dive.dive(), dive.prices.by_weight)
    search.improve(_LANE_LOOKS, bound * (1 + _LANES_GAP * gap))
    return search, prices


def _fill(lanes: Lanes, price: Floats, best: _Best, looks: int) -> int:
    """Hold the trucks that pay at a price, and look for the one at which each lane fills its own; how many looks."""
    moves, load, _ = lanes.place(price)
    trucks, idle = lanes.trucks_that_pay(moves, load), 0
    for done in range(1, looks + 1):
        before = best.cost
        best.look_at(lanes.filled_up(lanes.leave_behind(moves, trucks)[0], trucks))
        idle = 0 if best.cost < before * (1 - _LEAST_SAVING) else idle + 1
        if idle >= _PATIENCE or done == looks:
            return done
        price = lanes.price_that_fills(price, load, trucks)
        moves, load, _ = lanes.place(price)
    return looks


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
            trucks = lanes.trucks_that_pay(moves, load)
            best.look_at(lanes.filled_up(lanes.leave_behind(moves, trucks)[0], trucks))
            looks += 1
    return looks


def plan_transfers(problem: TransferProblem, limits: Limits = LIMITS, rounds: int = 8) -> TransferAnswer:
    """Move stock at the least cost, as nearly as ``limits.gap`` asks and ``rounds`` looks at all products allow.

    The lanes to run and the mixture behind the bound are found on a sample of the products. Of all, the price of weight
    is then sought at which each lane fills its trucks, and the bound is that of prices which descend from there. Of a
    small plan, each lane is then opened or closed by itself.
    """
    began = time.perf_counter()
    lanes = Lanes(problem)
    search, prices = _chosen(lanes.sample(SAMPLE), limits.gap)
    best = _Best(lanes)
    done = _fill(lanes, search.price, best, rounds)
    enough = lanes.base - best.cost / (1 + limits.gap)
    bound = lanes.base - prices.carried_to(lanes).descend(_DESCENTS, enough)
    if best.cost - bound > limits.gap * bound and lanes.may_run.sum() * len(lanes.weight) <= _SMALL:
        done += _with_one_changed(lanes, best)
    record = SolveRecord.of_search(
        "transfers",
        (len(lanes.gains.value[0]) + len(lanes.losses.value[0]), int(lanes.may_run.sum()) * len(lanes.weight)),
        best.cost,
        bound,
        limits.gap,
        work=float(done),
        began=began,
    )
    trucks = lanes.trucks_for(lanes.loads(best.moves))
    return TransferAnswer(lanes.transfers(best.moves), best.cost, bound, lanes.base, trucks, record)
