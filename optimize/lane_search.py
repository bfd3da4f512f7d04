"""Which lanes run: prices of weight at which each lane's trucks just pay, and lanes opened and closed around them.

Both are found on a sample of the products, with trucks so much smaller and cheaper: what a lane earns is a sum over
thousands of products.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from optimize.transfer_model import Bools, Floats, Ints, Lanes, TransferProblem
from optimize.transfer_worth import lane_worth, lower_slots, taken_beyond, worth_of_change

SAMPLE = 1_000
"""Products to look at, at least as many."""
_SHARES = (0.01, 0.1, 1.0)  # of its slack that one slot may take, in turn
_POWER, _MOST_CHANGE = 0.7, 2.0  # of a price, from one round to the next
_AT_ONCE, _MORE, _TABU = 25, 1.3, 30
_DEFLECTION = 0.8  # of a subgradient by the one before
_LESS, _PATIENCE = 0.6, 3  # of its step, after so many in vain


def sample_of(problem: TransferProblem, seed: int = 1) -> TransferProblem:
    """The problem with `SAMPLE` of its products, or the whole one if it has not twice as many."""
    count = len(problem.weight)
    if count < 2 * SAMPLE:
        return problem
    at = np.sort(np.random.default_rng(seed).choice(count, SAMPLE, replace=False))
    share = SAMPLE / count
    return replace(
        problem,
        stock=problem.stock[:, at],
        free=problem.free[:, at],
        demand=problem.demand[:, at],
        demand_before=problem.demand_before[:, :, at],
        shortage_cost=problem.shortage_cost[at],
        truck_cost=problem.truck_cost * share,
        weight=problem.weight[at],
        truck_weight=problem.truck_weight * share,
    )


class LanePrices:
    """Prices of weight by lane, and the bound that follows from them.

    At prices of units, slots and weight a lane earns nothing by its n-th truck if what it would carry is worth no more
    than a truck at no price of weight, or nothing at the price of full trucks; the lesser surplus is taken. What all
    lanes would save is then at most what units and slots are worth, and these surpluses.

    Parameters
    ----------
    lanes
        The tables.
    price
        To begin with, shape (nodes, nodes); that of full trucks by default.
    """

    def __init__(self, lanes: Lanes, price: Floats | None = None) -> None:
        self._lanes = lanes
        self.price = lanes.full_price if price is None else np.maximum(price, lanes.full_price)
        self.load = np.zeros(lanes.may_run.shape)
        self._earned, self._full, self._most = self.load, self.load, 0.0
        self._kept = lanes.unit, lanes.slot

    def look(self) -> tuple[Ints, float]:
        """Moves at these prices, and the most that any moves save."""
        lanes = self._lanes
        moves, self.load, self._most = lanes.place(self.price)
        self._weigh()
        return moves, self._most + self._surplus()

    def tighten(self) -> float:
        """Lower the slots' prices where lanes do not earn their trucks; the most that any moves save."""
        lanes = self._lanes
        slack = np.where(lanes.may_run, np.maximum(0.0, lanes.truck_cost - self._earned), 0.0)
        for share in _SHARES:
            self._most -= lower_slots(*self._tables, lanes.unit, lanes.slot, self._full, slack, share)
        self._earned = np.where(self._full > 0, lanes.truck_cost, 0.0) + self._earnings(self._full)
        self._kept = lanes.unit.copy(), lanes.slot.copy()
        return self._most + self._surplus()

    def descend(self, rounds: int, saved: float) -> float:
        """Lower what moves save at most by a deflected subgradient on the prices of single units and slots.

        As Camerini, Fratta and Maffioli (1975), with Polyak's step towards what is ``saved`` already, from where
        `tighten` ended; the least most.
        """
        lanes, least, length, idle = self._lanes, math.inf, 1.0, 0
        unit, slot = self._kept
        now = np.zeros(len(unit)), np.zeros(len(slot))
        way = np.zeros(len(unit)), np.zeros(len(slot))
        for _ in range(rounds):
            lanes.unit, lanes.slot = unit, slot
            self._weigh()
            opens = lanes.may_run & (self._earned > lanes.truck_cost)
            gains, losses, lead, weight, _ = self._tables
            self._most = taken_beyond(gains, losses, lead, weight, self._full, opens, unit, slot, *now)
            most = self._most + self._surplus()
            least, idle = (most, 0) if most < least else (least, idle + 1)
            if idle >= _PATIENCE:
                length, idle = length * _LESS, 0
            now[1][(slot <= 0) & (now[1] < 0)] = 0.0
            way = _DEFLECTION * way[0] + now[0], _DEFLECTION * way[1] + now[1]
            norm = sum(float(part @ part) for part in way)
            if most <= saved or norm <= 0:
                break
            step = length * (most - saved) / norm
            unit, slot = np.maximum(0.0, unit + step * way[0]), np.maximum(0.0, slot + step * way[1])
        return least

    def step(self) -> None:
        """Raise prices of lanes that do not earn a truck, lower those of lanes that earn more."""
        lanes = self._lanes
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self._earned > 0, lanes.truck_cost / self._earned, _MOST_CHANGE)
        change = np.clip(ratio, 1 / _MOST_CHANGE, _MOST_CHANGE) ** _POWER
        self.price = np.where(lanes.may_run, np.maximum(lanes.full_price, self.price * change), np.inf)

    def _weigh(self) -> None:
        """What each lane earns, and at which price of weight that counts for its trucks."""
        lanes = self._lanes
        full = np.where(lanes.may_run, lanes.full_price, 0.0)
        alone, above = self._earnings(np.zeros(full.shape)), lanes.truck_cost + self._earnings(full)
        self._full = np.where(above < alone, full, 0.0)
        self._earned = np.minimum(alone, above)

    @property
    def _tables(self):  # type: ignore[no-untyped-def]  # compiled code's own types
        lanes = self._lanes
        return lanes.gains, lanes.losses, lanes.lead, lanes.weight, lanes.may_run

    def _earnings(self, by_weight: Floats) -> Floats:
        return np.asarray(lane_worth(*self._tables, self._lanes.unit, self._lanes.slot, by_weight))

    def _surplus(self) -> float:
        over = self._earned - self._lanes.truck_cost
        return float(over[self._lanes.may_run & (over > 0)].sum())


def price_of_running(lanes: Lanes, runs: Bools, load: Floats) -> Floats:
    """Nothing on lanes that run, but that of full trucks where one does not suffice; infinite on the others."""
    return np.where(runs, np.where(load >= lanes.truck_load, lanes.full_price, 0.0), np.inf)


class LaneSearch:
    """Lanes opened and closed, some at once, while that saves anything: the more at once, the better it goes.

    Parameters
    ----------
    lanes
        The tables.
    runs, load
        Lanes to begin with, and the weight on them, shape (nodes, nodes).
    """

    def __init__(self, lanes: Lanes, runs: Bools, load: Floats) -> None:
        self._lanes, self._at_once = lanes, float(_AT_ONCE)
        self._tabu = np.zeros(runs.shape, dtype=np.int64)
        self._looks = 0
        self.runs, self.cost, self._load, self._price, self._unit = runs, np.inf, load, load, np.empty(0)
        self._try(runs)

    def improve(self, looks: int) -> Bools:
        """Look at so many changes; the lanes of the cheapest plan."""
        for _ in range(looks):
            changes = self._changes()
            if not changes:
                break
            runs = self.runs.copy()
            for lane in changes:
                runs[lane] = not runs[lane]
            if self._try(runs):
                self._at_once = min(2.0 * _AT_ONCE, self._at_once * _MORE)
                continue
            if len(changes) == 1:
                self._tabu[changes[0]] = self._looks + _TABU
            self._at_once = max(1.0, len(changes) / 2)
        return self.runs

    def _try(self, runs: Bools) -> bool:
        """Whether a set of lanes is the cheapest so far; then it is kept."""
        lanes = self._lanes
        self._looks += 1
        price = price_of_running(lanes, runs, self._load)
        moves, load, _ = lanes.place(price)
        kept, _ = lanes.leave_behind(moves, lanes.trucks_that_pay(moves, load))
        cost = lanes.cost(kept)
        if cost >= self.cost:
            return False
        self.runs, self.cost, self._load, self._price, self._unit = runs, cost, load, price, lanes.unit.copy()
        return True

    def _changes(self) -> list[tuple[int, int]]:
        """The most promising, one to each node at most: what two lanes there are worth hangs together."""
        lanes = self._lanes
        lost, won = worth_of_change(
            lanes.gains, lanes.losses, lanes.lead, lanes.weight, lanes.may_run, self._price, self._unit
        )
        may_close = self.runs & (self._load < lanes.truck_load)
        promise = np.where(may_close, lanes.truck_cost - lost, np.where(self.runs, 0.0, won - lanes.truck_cost))
        promise = np.where(lanes.may_run & (self._tabu <= self._looks), promise, 0.0)
        source = promise.argmax(axis=0)
        best = promise.max(axis=0)
        at = [int(to) for to in np.argsort(-best, kind="stable")[: int(self._at_once)] if best[to] > 0]
        return [(int(source[to]), to) for to in at]
