"""Transfers over several periods: what goes now, what goes later, and what waits for a fuller truck.

Each product is a flow through nodes and periods: stock and what is due come in, units stay or go by a lane and are
there its lead time later, and each unit that a node is expected to sell takes one out, by the end of the period in
which it is expected, at what it is worth (`optimize.transfers.period_tables_kernel`). Lanes cost by truck and day; at a
price of weight products do not meet, and each is a flow of least cost. At the price of full trucks that bounds the
whole. Then each lane and day is priced at what it cost by weight the last time, so that those which fill no truck
empty, or wait for a day when they do (dynamic slope scaling; Kim and Pardalos 1999).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from optimize.programs import FAILED, LIMITED, PROVEN, Limits, SolveRecord
from optimize.solver import FlowAnswer, solve_flow
from optimize.transfers.period_tables_kernel import slots_of
from optimize.transfers.trucks import LEAST_WEIGHT, Trucks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LIMITS = Limits(gap=0.005)
_ROUNDS, _CLOSINGS = 6, 8
_PIECES = 6  # of a period's demand
_SCALE = 100.0  # of a cent: flows take whole costs
_LEAST_CHANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PeriodProblem:
    """What nodes have and expect, period by period. Costs are in cents.

    Attributes
    ----------
    stock, free
        Units there, and units of them that may leave now, shape (nodes, products).
    due
        Units that come at the beginning of each period, shape (periods, nodes, products).
    demand
        Expected in each period, of the same shape.
    lead
        Periods until goods that leave are there, shape (nodes, nodes).
    shortage_cost
        Of a unit that is asked for where there is none, shape (products,).
    trucks
        What goods travel by.
    dispersion
        Variance of demand over its mean.
    early
        Periods before the expected one in which units must be there.
    """

    stock: Ints
    free: Ints
    due: Ints
    demand: Floats
    lead: Ints
    shortage_cost: Floats
    trucks: Trucks
    dispersion: float = 1.0
    early: int = 0
    is_open: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        """All nodes are open unless told otherwise."""
        if not self.is_open.size:
            object.__setattr__(self, "is_open", np.ones(len(self.stock), dtype=np.bool_))
        if self.dispersion < 1:
            raise ValueError("dispersion is 1 or more")

    def of(self, products: Ints) -> PeriodProblem:
        """The same of some products."""
        return replace(
            self,
            stock=self.stock[:, products],
            free=self.free[:, products],
            due=self.due[:, :, products],
            demand=self.demand[:, :, products],
            shortage_cost=self.shortage_cost[products],
            trucks=self.trucks.carrying(products),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PeriodAnswer:
    """What goes when.

    Attributes
    ----------
    moves
        (period, source, to, product, units), one a row.
    cost, bound, cost_without
        Expected shortage, trucks and handling; the least that they can be; and if nothing moves.
    """

    moves: Ints
    cost: float
    bound: float
    cost_without: float
    record: SolveRecord

    @property
    def now(self) -> Ints:
        """(source, to, product, units) of what leaves in the first period."""
        return self.moves[self.moves[:, 0] == 0][:, 1:]


class Flows:
    """The flows of some products, at whatever lanes cost by weight and period.

    Of each product there are places for the stock at each node that may leave now, and for each node and period; and
    one sink for all of them. Arcs are, in this sequence: what stays, period by period; what goes by lanes; what is
    sold.
    """

    def __init__(self, problem: PeriodProblem) -> None:
        self._problem = problem
        self._nodes, products = problem.stock.shape
        self._periods = len(problem.demand)
        self._a_product = self._nodes * (self._periods + 1)
        self._sink = products * self._a_product
        self._supply = self._supplied()
        staying, going, sold = self._staying(), self._going(), self._sold()
        self._tail, self._head, self._room = (np.concatenate(parts) for parts in zip(staying, going, sold, strict=True))
        self._first_going, self._first_sold = len(staying[0]), len(staying[0]) + len(going[0])

    def _place(self, product: Ints, node: Ints, period: Ints | int) -> Ints:
        """The number of a place; before period 0 is what may leave at once."""
        return np.asarray(product * self._a_product + (period + 1) * self._nodes + node)

    def _everywhere(self) -> tuple[Ints, Ints]:
        """Products and nodes, all pairs."""
        products = self._problem.stock.shape[1]
        return np.repeat(np.arange(products), self._nodes), np.tile(np.arange(self._nodes), products)

    def _supplied(self) -> Ints:
        problem, (product, node) = self._problem, self._everywhere()
        stock = np.maximum(problem.stock, 0)
        may_leave = np.where(problem.is_open[:, None], np.minimum(problem.free, stock), 0)
        supply = np.zeros(self._sink + 1, dtype=np.int64)
        supply[self._place(product, node, -1)] = may_leave.T.ravel()
        supply[self._place(product, node, 0)] = (stock - may_leave).T.ravel()
        for period, due in enumerate(problem.due):
            supply[self._place(product, node, period)] += due.T.ravel()
        supply[self._sink] = -supply.sum()
        return supply

    def _staying(self) -> tuple[Ints, Ints, Ints]:
        product, node = self._everywhere()
        tail = [self._place(product, node, period) for period in range(-1, self._periods)]
        head = [*tail[1:], np.full_like(product, self._sink)]
        room = np.tile(self._of_product(product), len(tail))
        return np.concatenate(tail), np.concatenate(head), room

    def _of_product(self, product: Ints) -> Ints:
        """All units that there are of a product."""
        total = np.maximum(self._problem.stock, 0).sum(axis=0) + self._problem.due.sum(axis=(0, 1))
        return np.asarray(total[product])

    def _going(self) -> tuple[Ints, Ints, Ints]:
        problem, products = self._problem, self._problem.stock.shape[1]
        may_run = problem.trucks.may_run & problem.is_open[:, None] & problem.is_open[None, :]
        begin, source, to = np.nonzero(np.broadcast_to(may_run, (self._periods, *may_run.shape)))
        in_time = begin + problem.lead[source, to] < self._periods
        lanes = np.array([begin[in_time], source[in_time], to[in_time]])
        self._begin, self._source, self._to = np.tile(lanes, products)
        self._product = np.repeat(np.arange(products), lanes.shape[1])
        leaves = np.where(self._begin == 0, -1, self._begin)
        arrives = self._begin + problem.lead[self._source, self._to]
        tail, head = self._place(self._product, self._source, leaves), self._place(self._product, self._to, arrives)
        return tail, head, self._of_product(self._product)

    def _sold(self) -> tuple[Ints, Ints, Ints]:
        problem = self._problem
        demand = np.ascontiguousarray(problem.demand.transpose(2, 1, 0)).reshape(-1, self._periods)
        least = np.repeat(problem.trucks.handling_cost / np.maximum(problem.shortage_cost, 1e-9), self._nodes)
        slots = slots_of(demand, float(problem.dispersion), np.maximum(least, _LEAST_CHANCE), _PIECES)
        product, node = slots.cell // self._nodes, slots.cell % self._nodes
        self._worth, self._sells = slots.chance * problem.shortage_cost[product], product
        there_by = np.maximum(0, slots.period - problem.early)
        return self._place(product, node, there_by), np.full_like(slots.cell, self._sink), slots.units

    def solve(self, price: Floats, limits: Limits) -> tuple[Ints, Floats, FlowAnswer]:
        """(period, source, to, product, units) of what goes, the shortage that is left of each product in cents, and
        the call; ``price`` is of weight, shape (periods, nodes, nodes)."""
        problem = self._problem
        weight = np.maximum(problem.trucks.unit_weight, LEAST_WEIGHT)[self._product]
        a_unit = problem.trucks.handling_cost + price[self._begin, self._source, self._to] * weight
        runs = np.isfinite(a_unit)
        costs = np.concatenate([np.zeros(self._first_going), np.where(runs, a_unit, 0.0), -self._worth])
        whole, room = np.round(_SCALE * costs).astype(np.int64), self._room.copy()
        room[self._first_going : self._first_sold][~runs] = 0
        answer = solve_flow(self._tail, self._head, room, whole, self._supply, limits)
        if not answer.record.has_solution:
            return np.zeros((0, 5), dtype=np.int64), np.zeros(problem.stock.shape[1]), answer
        sent, sold = answer.units[self._first_going : self._first_sold], answer.units[self._first_sold :]
        moved = np.flatnonzero(sent)
        columns = (self._begin, self._source, self._to, self._product, sent)
        short = (self._room[self._first_sold :] - sold) * self._worth
        by_product = np.bincount(self._sells, short, problem.stock.shape[1])
        moves = np.column_stack([column[moved] for column in columns]).astype(np.int64)
        return moves, np.asarray(by_product, dtype=np.float64), answer


class _Planner:
    """Plans at prices of weight, product by product, and keeps the cheapest."""

    def __init__(self, problem: PeriodProblem, limits: Limits) -> None:
        self.problem, self._limits = problem, limits
        self._weight = np.maximum(problem.trucks.unit_weight, LEAST_WEIGHT)
        self._truck_cost = np.where(np.isfinite(problem.trucks.cost), problem.trucks.cost, 0.0)
        self._short = np.zeros(problem.stock.shape[1])
        """By product, of those that are not planned any more: what is short of them."""
        self._flows = {p: Flows(problem.of(np.array([p]))) for p in range(len(self._short))}
        self.calls: list[SolveRecord] = []
        self.best, self.cost = np.zeros((0, 5), dtype=np.int64), math.inf

    def plan(self, price: Floats) -> tuple[Ints, Floats] | None:
        """(moves, shortage by product) at prices of weight, shape (periods, nodes, nodes); None without an answer."""
        found, short = [np.zeros((0, 5), dtype=np.int64)], self._short.copy()
        for product, flows in self._flows.items():
            moves, (short[product],), answer = flows.solve(price, self._limits)
            self.calls.append(answer.record)
            if not answer.record.has_solution:
                return None
            moves[:, 3] = product
            found.append(moves)
        moves = np.concatenate(found)
        cost = self.cost_of(moves, short)
        if cost < self.cost:
            self.best, self.cost = moves, cost
        return moves, short

    def keep(self, moves: Ints, short: Floats) -> None:
        """Go on with the products that move; what does not at the price of full trucks does not at any other."""
        self._short = short.copy()
        self._flows = {p: self._flows[p] for p in np.unique(moves[:, 3]).tolist()}

    def load(self, moves: Ints) -> Floats:
        """Weight by period and lane."""
        weight = np.zeros((len(self.problem.demand), *self._truck_cost.shape))
        np.add.at(weight, tuple(moves[:, :3].T), moves[:, 4] * self._weight[moves[:, 3]])
        return weight

    def linear(self, moves: Ints, short: Floats, price: Floats) -> float:
        """Cost of a plan at prices of weight."""
        load = self.load(moves)
        freight = float((load * np.where(load > 0, price, 0.0)).sum())
        return float(short.sum()) + self.problem.trucks.handling_cost * float(moves[:, 4].sum()) + freight

    def cost_of(self, moves: Ints, short: Floats) -> float:
        """The same at whole trucks."""
        return self.linear(moves, short, self.sloped(self.load(moves), np.zeros(1)))

    def sloped(self, load: Floats, before: Floats) -> Floats:
        """What each lane costs by weight at a load; on a day on which it carries nothing, what its best day costs, and
        as before if it has none."""
        trucks = np.ceil(load / self.problem.trucks.capacity - 1e-9)
        price = np.where(load > 0, trucks * self._truck_cost / np.maximum(load, LEAST_WEIGHT), np.inf)
        least = np.broadcast_to(price.min(axis=0), price.shape)
        return np.where(load > 0, price, np.where(np.isfinite(least), least, before))


def plan_periods(problem: PeriodProblem, limits: Limits = LIMITS) -> PeriodAnswer:
    """Move stock over the periods at little more than the least cost; nothing moves where a flow has no answer.

    The first flows are at prices of full trucks, which bounds the whole; the next at what each lane cost by weight in
    the last ones. Of those that then run at once, the emptiest are closed by themselves as long as that saves
    something.
    """
    began, planner = time.perf_counter(), _Planner(problem, limits)
    full = problem.trucks.cost / problem.trucks.capacity
    price = np.broadcast_to(full, (len(problem.demand), *full.shape)).copy()
    nothing = planner.plan(np.full_like(price, math.inf))
    without = planner.cost
    found = planner.plan(price) if nothing is not None else None
    if found is None:
        return _told(planner, -math.inf, without, began, FAILED)
    bound, enough = planner.linear(*found, price), 1 + limits.gap
    planner.keep(*found)
    for _ in range(_ROUNDS):
        if found is None or planner.cost <= enough * bound:
            break
        price = planner.sloped(planner.load(found[0]), price)
        found = planner.plan(price)
    if found is not None and planner.cost > enough * bound:
        found = _closed_by_itself(planner, price)
    return _told(planner, bound, without, began, FAILED if found is None else PROVEN)


def _closed_by_itself(planner: _Planner, price: Floats) -> tuple[Ints, Floats] | None:
    """Close lanes of the first period one by one, the emptiest first; the last plan, None without an answer."""
    load = planner.load(planner.best)[0]
    lanes = sorted(np.argwhere(load > 0).tolist(), key=lambda lane: float(load[tuple(lane)]))
    found: tuple[Ints, Floats] | None = (planner.best, np.zeros(0))
    for source, to in lanes[:_CLOSINGS]:
        cost, tried = planner.cost, price.copy()
        tried[0, source, to] = math.inf
        found = planner.plan(tried)
        if found is None:
            return None
        if planner.cost < cost:
            price = tried
    return found


def _told(planner: _Planner, bound: float, without: float, began: float, status: str) -> PeriodAnswer:
    """The answer and the record of all calls."""
    if status != PROVEN:
        planner.best, planner.cost = planner.best[:0], without
    gap = (planner.cost - bound) / max(abs(planner.cost), 1e-9)
    record = SolveRecord(
        solver="min_cost_flow",
        status=status if status != PROVEN or gap <= LIMITS.gap else LIMITED,
        rows=sum(call.rows for call in planner.calls),
        columns=sum(call.columns for call in planner.calls),
        objective=planner.cost,
        bound=bound,
        work=sum(call.work for call in planner.calls),
        build_seconds=0.0,
        solve_seconds=time.perf_counter() - began,
        guard_fired=any(call.guard_fired for call in planner.calls),
        reason="; ".join(sorted({call.reason for call in planner.calls if call.reason})),
    )
    return PeriodAnswer(planner.best, planner.cost, bound, without, record)
