"""Exact answers of queueing and inventory theory, computed: Poisson tails, small Markov chains, birth and death."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

Answers = dict[str, float]
State = tuple[int, ...]
Moves = dict[tuple[State, State], float]
Floats = NDArray[np.float64]


def _demand(mean: float) -> Floats:
    """Probabilities of Poisson demand, up to where nothing is left."""
    top = int(stats.poisson.ppf(1 - 1e-13, mean)) + 2
    return np.asarray(stats.poisson.pmf(np.arange(top), mean), dtype=np.float64)


def _left_and_short(stock: int, demand: Floats) -> tuple[float, float]:
    """Expected units left of ``stock``, and expected units that it lacks."""
    net = stock - np.arange(len(demand))
    return float(demand @ np.maximum(net, 0)), float(demand @ np.maximum(-net, 0))


def base_stock(rate: float, lead_time: float, level: int) -> Answers:
    """Continuous review, one for one, backorders: outstanding orders are Poisson (Palm; Feeney and Sherbrooke 1966)."""
    demand = _demand(rate * lead_time)
    on_hand, owed = _left_and_short(level, demand)
    return {"fill_rate": float(demand[:level].sum()), "on_hand": on_hand, "owed": owed}


def reorder_quantity(
    rate: float, lead_time: float, point: int, quantity: int, holding: float, penalty: float, fixed: float
) -> Answers:
    """(r, Q): the inventory position is uniform on r + 1 ... r + Q (Hadley and Whitin 1963)."""
    parts = [base_stock(rate, lead_time, level) for level in range(point + 1, point + quantity + 1)]
    found = {name: sum(part[name] for part in parts) / quantity for name in parts[0]}
    found["orders"] = rate / quantity
    found["cost"] = fixed * found["orders"] + holding * found["on_hand"] + penalty * found["owed"]
    return found


def periodic_base_stock(mean: float, lead_periods: int, level: int, holding: float, penalty: float) -> Answers:
    """Order, receipt, demand, cost: the end of a period has S less the demand of L + 1 periods."""
    on_hand, owed = _left_and_short(level, _demand(mean * (lead_periods + 1)))
    begun_with_owed = _left_and_short(level, _demand(mean * lead_periods))[1]
    cost = holding * on_hand + penalty * owed
    fill_rate = 1 - (owed - begun_with_owed) / mean
    return {"fill_rate": fill_rate, "end_on_hand": on_hand, "end_owed": owed, "period_cost": cost}


def newsvendor(mean: float, level: int, holding: float, penalty: float) -> Answers:
    """One period: what is left costs, and what is short is lost."""
    left, short = _left_and_short(level, _demand(mean))
    return {"lost_share": short / mean, "end_on_hand": left, "lost_cost": holding * left + penalty * short}


def serial_base_stock(rate: float, lead_time: float, levels: Sequence[int]) -> Answers:
    """Stages in series, first the one that customers see, each one for one: the shortage of a stage is the delay of the
    next (Clark and Scarf 1960; Shang and Song 2003, for local levels)."""
    demand, short, answers = _demand(rate * lead_time), np.array([1.0]), {}
    for stage in range(len(levels), 0, -1):
        total, level = np.convolve(short, demand), levels[stage - 1]
        answers[f"on_hand Stage {stage}"], answers["owed"] = _left_and_short(level, total)
        short = np.concatenate([[total[: level + 1].sum()], total[level + 1 :]])
    return answers


def min_max(mean: float, point: int, level: int, holding: float, penalty: float, fixed: float) -> Answers:
    """(s, S), zero lead time: the chain of what is on hand after the review (Zheng and Federgruen 1991)."""
    demand = _demand(mean)
    moves: Moves = {}
    for stock in range(point + 1, level + 1):
        for units, chance in enumerate(demand.tolist()):
            after = stock - units if stock - units > point else level
            step = ((stock,), (after,))
            moves[step] = moves.get(step, 0.0) + chance
    weights = _stationary(moves)
    both = {stock: _left_and_short(stock, demand) for (stock,) in weights}
    on_hand, owed = (sum(w * both[stock][i] for (stock,), w in weights.items()) for i in range(2))
    orders = sum(w * float(demand[max(0, stock - point) :].sum()) for (stock,), w in weights.items())
    cost = fixed * orders + holding * on_hand + penalty * owed
    return {"orders": orders, "end_on_hand": on_hand, "end_owed": owed, "period_cost": cost}


def lost_sales(
    mean: float, lead_periods: int, level: int, holding: float, penalty: float, at_most: int | None = None
) -> Answers:
    """Base stock, capped or not, with lost sales: the chain of stock and pipeline (Zipkin 2008)."""
    demand = _demand(mean)
    moves: Moves = {}
    new: list[State] = [(level, *[0] * (lead_periods - 1))]
    known = set(new)
    while new:
        state = new.pop()
        order = max(0, level - sum(state))
        pipeline = (*state[1:], order if at_most is None else min(order, at_most))
        for units, chance in enumerate(demand.tolist()):
            after = (max(0, state[0] - units) + pipeline[0], *pipeline[1:])
            moves[state, after] = moves.get((state, after), 0.0) + chance
            if after not in known:
                known.add(after)
                new.append(after)
    weights = _stationary(moves)
    both = {stock: _left_and_short(stock, demand) for stock in {state[0] for state in weights}}
    left, short = (sum(w * both[state[0]][i] for state, w in weights.items()) for i in range(2))
    return {"lost_share": short / mean, "end_on_hand": left, "lost_cost": holding * left + penalty * short}


def _stationary(moves: Moves) -> dict[State, float]:
    """The long-run shares of the states of a chain, by repeated steps."""
    states = {state: number for number, state in enumerate(dict.fromkeys(s for pair in moves for s in pair))}
    rows, columns = ([states[pair[i]] for pair in moves] for i in range(2))
    step = sparse.csr_matrix((list(moves.values()), (columns, rows)), shape=(len(states), len(states)))
    shares, before = np.full(len(states), 1 / len(states)), np.zeros(len(states))
    while np.abs(shares - before).max() > 1e-14:
        before, shares = shares, step @ shares
        shares /= shares.sum()
    return dict(zip(states, shares.tolist(), strict=True))


def erlang_c_wait(load: float, servers: int) -> float:
    """Mean wait in M/M/c, in units of the mean service; ``load`` in Erlangs (Erlang 1917)."""
    term = load**servers / math.factorial(servers) / (1 - load / servers)
    waiting = term / (sum(load**k / math.factorial(k) for k in range(servers)) + term)
    return waiting / (servers - load)


def pollaczek_khinchine_wait(load: float, squared_cv: float) -> float:
    """Mean wait in M/G/1, in units of the mean service; ``squared_cv`` of the service (Khinchine 1932)."""
    return load * (1 + squared_cv) / (2 * (1 - load))


def erlang_a(load: float, servers: int, patience: float) -> Answers:
    """M/M/c+M by birth and death: share that gives up, mean time in the system in units of the mean service.

    ``load`` in Erlangs, ``patience`` its mean in units of the mean service (Palm 1957; Garnett, Mandelbaum and Reiman
    2002). Everyone counts in the time: who gives up until then, the others until they are served.
    """
    weight, weights = 1.0, [1.0]
    while weight > 1e-16 * max(weights) or len(weights) < 2 * servers + 2:
        waiting = max(0, len(weights) - servers)
        weight *= load / (min(len(weights), servers) + waiting / patience)
        weights.append(weight)
    shares = np.array(weights) / sum(weights)
    number = np.arange(len(shares))
    queue = float(shares @ np.maximum(number - servers, 0))
    return {"abandoned": queue / patience / load, "system": float(shares @ number) / load}
