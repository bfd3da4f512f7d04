"""The network's linear program over a horizon: what a unit of each product is worth at each node.

Acimovic and Graves (2015) price a unit by the dual of this program. Here it is decomposed: only the nodes' capacity
joins the products, so that at prices of capacity each is a transportation problem
(`optimize.allocation.transport_kernel`). Those prices come from Dantzig and Wolfe's master program over what groups of
products did at earlier prices; each look is taken half-way between the best prices so far and the master's (Wentges
1997).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.allocation.network_kernel import Flows, Outcome, flows_of, fresh_bases, fresh_outcome, serve_products
from optimize.programs import LIMITED, PROVEN, Limits, Program, SolveRecord
from optimize.solver import solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMITS = Limits(gap=0.001, guard_seconds=60.0)
"""Of the network's program, unless told otherwise."""

_GROUPS = 40
_CAUTION = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class NetworkProblem:
    """What is there and what is expected. Costs are in cents a unit, amounts in units and need not be whole.

    A zone may stand for a region and a type of basket together: its costs are then those of a unit in such a basket,
    with its share of the shipment's fixed cost.

    Attributes
    ----------
    supply
        Stock and expected inbound of the horizon, shape (nodes, products).
    demand
        Forecast of the horizon, shape (zones, products).
    unit_cost
        Of a unit from a node to a zone, shape (nodes, zones).
    lost_cost
        Of a unit that no node sends, shape (products,).
    capacity
        Load that a node can take in the horizon, shape (nodes,); infinite for no limit.
    capacity_penalty
        Of each unit of load above it; infinite if nothing may be above it.
    weight, weight_cost
        Of a product, shape (products,), and what a unit of weight costs besides, shape (nodes, zones).
    load
        Of a unit, shape (products,); one by default.
    """

    supply: Floats
    demand: Floats
    unit_cost: Floats
    lost_cost: Floats
    capacity: Floats
    capacity_penalty: float = math.inf
    weight: Floats = field(default_factory=lambda: np.empty(0))
    weight_cost: Floats = field(default_factory=lambda: np.empty(0))
    load: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        """Weights and loads that are not told."""
        products = self.supply.shape[1]
        if not self.weight.size:
            object.__setattr__(self, "weight", np.zeros(products))
        if not self.weight_cost.size:
            object.__setattr__(self, "weight_cost", np.zeros(self.unit_cost.shape))
        if not self.load.size:
            object.__setattr__(self, "load", np.ones(products))
        if (self.supply < 0).any() or (self.demand < 0).any():
            raise ValueError("supply and demand must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class NetworkAnswer:
    """Prices, and how good they are.

    Attributes
    ----------
    stock_price
        What a unit of each product at each node is worth, shape (nodes, products). Where there is none, what a first
        one would be.
    load_price
        What a unit of each node's capacity is worth, shape (nodes,).
    cost, bound
        Of a plan that can be carried out, and of any plan at least.
    record
        Work is in pivots.
    """

    stock_price: Floats
    load_price: Floats
    cost: float
    bound: float
    record: SolveRecord


class _Looks:
    """What groups of products cost and send at the prices tried so far: the columns of the master program."""

    def __init__(self, flows: Flows, capacity: Floats, penalty: float) -> None:
        products = len(flows.load)
        self.groups = min(_GROUPS, products)
        self.capacity, self.penalty, self._load = capacity, penalty, flows.load
        self._starts = np.arange(self.groups) * products // self.groups
        lost = flows.demand.sum(axis=1) * flows.lost_cost
        self.spent = [np.add.reduceat(lost, self._starts)]  # nothing sent: always possible
        self.sent = [np.zeros((self.groups, len(capacity)))]

    def add(self, outcome: Outcome) -> None:
        """What they did now."""
        self.spent.append(np.add.reduceat(outcome.spent, self._starts))
        self.sent.append(np.add.reduceat(outcome.sent * self._load[:, None], self._starts, axis=0))

    def program(self) -> Program:
        """Columns: group by group for each look, then load above the capacity. Rows: groups, capacity."""
        looks, nodes, groups = len(self.spent), len(self.capacity), self.groups
        one_each = sparse.hstack([sparse.eye_array(groups)] * looks)
        load = sparse.csr_array(np.concatenate(self.sent).T)
        is_soft = math.isfinite(self.penalty)
        ones = np.ones(groups)
        return Program.of(
            np.concatenate([*self.spent, np.full(nodes, self.penalty if is_soft else 0.0)]),
            sparse.block_array([[one_each, None], [load, -sparse.eye_array(nodes)]]),
            np.concatenate([ones, np.full(nodes, -np.inf)]),
            np.concatenate([ones, self.capacity]),
            upper=np.concatenate([np.full(looks * groups, np.inf), np.full(nodes, np.inf if is_soft else 0.0)]),
        )


def shares_of(problem: NetworkProblem, load_price: Floats | None = None) -> Floats:
    """The plan itself: what part of each zone's demand for a product comes from each node, shape (products, zones,
    nodes).

    It is the program's best plan at prices of the nodes' capacity, shape (nodes,), none by default. Where a capacity
    binds, that is one of the plans of which `price_network` takes a mixture, and may be above it.
    """
    flows = _compiled(problem)
    (products, zones), nodes = flows.demand.shape, len(problem.capacity)
    bases, outcome = fresh_bases(products, nodes, zones), fresh_outcome(products, nodes)
    serve_products(flows, np.zeros(nodes) if load_price is None else load_price, bases, outcome)
    shares = np.zeros((products, zones, nodes))
    flows_of(flows, bases, shares)
    return shares


def price_network(
    problem: NetworkProblem, limits: Limits = LIMITS, rounds: int = 60, load_price: Floats | None = None
) -> NetworkAnswer:
    """Solve the program to a proven gap, and price what there is.

    Without an answer of the master program's solver, the prices are those that gave the best bound so far.

    Parameters
    ----------
    problem
        The network.
    limits
        Of the gap, and of the master program.
    rounds
        How often prices of capacity are changed at most.
    load_price
        Where to begin, for example at the last answer's, shape (nodes,); zero by default.
    """
    began = time.perf_counter()
    flows, capacity = _compiled(problem), problem.capacity
    (products, zones), nodes = flows.demand.shape, len(capacity)
    bases, outcome = fresh_bases(products, nodes, zones), fresh_outcome(products, nodes)
    looks = _Looks(flows, capacity, problem.capacity_penalty)
    here = np.zeros(nodes) if load_price is None else np.clip(load_price, 0.0, problem.capacity_penalty)
    here = np.where(np.isfinite(capacity), here, 0.0)
    best = NetworkAnswer(np.zeros((nodes, products)), here, math.inf, -math.inf, _NO_RECORD)
    cost, pivots, reason, guarded = math.inf, 0, "", False
    for _ in range(rounds):
        pivots += serve_products(flows, here, bases, outcome)
        bound = float(outcome.bound.sum() - here @ np.where(np.isfinite(capacity), capacity, 0.0))
        if bound > best.bound:
            best = NetworkAnswer(outcome.price.T.copy(), here, math.inf, bound, _NO_RECORD)
        looks.add(outcome)
        master = solve(looks.program(), limits)
        guarded = guarded or master.record.guard_fired
        if master.record.status != PROVEN or not len(master.duals):
            reason = f"master program {master.record.status}: {master.record.reason}"
            break
        cost = min(cost, master.record.objective)
        if cost - best.bound <= limits.gap * abs(best.bound):
            break
        wanted = np.clip(-master.duals[looks.groups :], 0.0, problem.capacity_penalty)
        here = _CAUTION * best.load_price + (1 - _CAUTION) * wanted
    record = SolveRecord.of_search(
        "network_lp",
        (products * (nodes + zones) + nodes, products * nodes * zones),
        cost,
        best.bound,
        limits.gap,
        work=float(pivots),
        began=began,
        guard_fired=guarded,
        reason=reason,
    )
    return NetworkAnswer(best.stock_price, best.load_price, cost, best.bound, record)


_NO_RECORD = SolveRecord("network_lp", LIMITED, 0, 0, math.inf, -math.inf, 0.0, 0.0, 0.0)


def _compiled(problem: NetworkProblem) -> Flows:
    """As the compiled code wants it: by product, costs along nodes."""

    def turned(array: Floats) -> Floats:
        return np.ascontiguousarray(array.T, dtype=np.float64)

    return Flows(
        turned(problem.demand),
        turned(problem.supply),
        turned(problem.unit_cost),
        turned(problem.weight_cost),
        np.ascontiguousarray(problem.weight, dtype=np.float64),
        np.ascontiguousarray(problem.lost_cost, dtype=np.float64),
        np.ascontiguousarray(problem.load, dtype=np.float64),
    )
