"""The lanes of one transfer problem: its gains and losses in tables, and what prices of weight make of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from optimize.transfers.placing_kernel import fill_trucks, heaviest_loads, in_whole_parts, place_units, saved_by
from optimize.transfers.problem import TransferProblem
from optimize.transfers.tables_kernel import Cells, tabulate
from optimize.transfers.trucks import LEAST_WEIGHT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_STEP = 0.3  # of a full truck's price: how far a lane's goes at once
_ONE_PART = 500  # products; fewer are not worth a thread

_BY_SIZE, _LEAST_CHANCE = 0.6, 1e-4

Part = TypeVar("Part")


def _picked(cells: Cells, products: Ints, times: Floats) -> Cells:
    """The cells of some products, their values so many times as large."""
    first = np.append(0, np.cumsum(np.diff(cells.first)[products]))
    cell = np.repeat(cells.first[products] - first[:-1], np.diff(first)) + np.arange(first[-1])
    at = np.append(0, np.cumsum(np.diff(cells.at)[cell]))
    unit = np.repeat(cells.at[cell] - at[:-1], np.diff(at)) + np.arange(at[-1])
    larger = np.repeat(np.repeat(times, np.diff(first)), np.diff(at))
    return Cells(first, cells.node[cell], at, np.ascontiguousarray(cells.value[:, unit] * larger))


class Lanes:
    """One problem in tables, and what a set of prices makes of it."""

    def __init__(self, problem: TransferProblem) -> None:
        def by_product(array: NDArray[Any], kind: type) -> NDArray[Any]:
            return np.ascontiguousarray(np.moveaxis(array, -1, -2), dtype=kind)

        trucks = problem.trucks
        gains, losses, base = tabulate(
            by_product(problem.stock, np.int64),
            by_product(problem.free, np.int64),
            by_product(problem.demand, np.float64),
            by_product(problem.demand_before, np.float64),
            float(problem.dispersion),
            np.ascontiguousarray(problem.shortage_cost, dtype=np.float64),
            float(trucks.handling_cost),
            problem.is_open,
        )
        self.gains, self.losses = in_whole_parts(gains), in_whole_parts(losses)
        self.base = float(base.sum())
        self.may_run = trucks.may_run
        self.truck_cost = np.where(self.may_run, trucks.cost, 0.0)
        self.lead = np.ascontiguousarray(problem.lead, dtype=np.int64)
        self.weight = np.maximum(trucks.unit_weight, LEAST_WEIGHT).astype(np.float64)
        heaviest = np.zeros(self.may_run.shape)
        heaviest_loads(self.gains, self.losses, self.weight, heaviest)
        # No truck is ever fuller than this, so that a unit of weight pays at least that share of one.
        self.truck_load = np.minimum(trucks.capacity, np.maximum(heaviest, LEAST_WEIGHT))
        self.full_price = np.where(self.may_run, self.truck_cost / self.truck_load, math.inf)
        self._make_room()

    def _make_room(self) -> None:
        self.unit, self.slot = np.zeros(len(self.losses.node)), np.zeros(len(self.gains.value[0]))
        self._product_of = np.repeat(np.arange(len(self.weight)), np.diff(self.losses.first))
        self._moves = np.zeros((len(self.losses.value[0]) + 1, 3), dtype=np.int64)

    def sample(self, count: int, seed: int = 1) -> Lanes:
        """The lanes with about ``count`` of the products, or with all if there are not twice as many.

        Products are drawn systematically, the likelier the more they could gain (by their power of 0.6: large ones take
        longer), and each stands for as many as its chance says: what lanes earn and carry is right on average (Horvitz
        and Thompson 1952).
        """
        if len(self.weight) < 2 * count:
            return self
        units = np.diff(self.gains.at[self.gains.first])
        size = np.bincount(np.repeat(np.arange(len(units)), units), self.gains.value[0], len(units)) ** _BY_SIZE
        chance = np.clip(count * size / size.sum(), _LEAST_CHANCE, 1.0)
        largest_first = np.argsort(-size, kind="stable")
        reached = np.cumsum(chance[largest_first]) + np.random.default_rng(seed).random()
        drawn = np.sort(largest_first[np.floor(reached) > np.floor(reached - chance[largest_first])])
        stands_for, other = 1.0 / chance[drawn], copy(self)
        other.gains = in_whole_parts(_picked(self.gains, drawn, stands_for))
        other.losses = in_whole_parts(_picked(self.losses, drawn, stands_for))
        other.weight = self.weight[drawn] * stands_for
        other._make_room()
        return other

    def place(self, price: Floats) -> tuple[Ints, Floats, float]:
        """Moves at prices of weight, the weight on each lane, and what any moves save at most at these prices.

        What a unit and a slot are worth then is left in ``unit`` and ``slot``.
        """

        def placed(begin: int, end: int) -> tuple[Ints, Floats, float]:
            moves, load = self._moves[self.losses.at[self.losses.first[begin]] :], np.zeros(self.may_run.shape)
            products = self.weight, begin, end
            count, most = place_units(
                self.gains, self.losses, self.lead, price, *products, moves, load, self.unit, self.slot
            )
            return moves[:count], load, most

        moves, load, most = zip(*self.in_parts(placed), strict=True)
        return np.concatenate(moves), sum(load), sum(most)

    def in_parts(self, work: Callable[[int, int], Part]) -> list[Part]:
        """What ``work`` makes of products from one to another; of many products, two parts at a time."""
        if len(self.weight) < _ONE_PART:
            return [work(0, len(self.weight))]
        half = int(np.searchsorted(self.gains.at[self.gains.first], len(self.slot) / 2))
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(work, (0, half), (half, len(self.weight))))

    def trucks_for(self, load: Floats) -> Ints:
        """Whole ones."""
        return np.ceil(load / self.truck_load - 1e-9).astype(np.int64)

    def trucks_that_pay(self, moves: Ints, load: Floats) -> Ints:
        """The last truck of a lane runs if what would be left behind without it is worth more."""
        full = np.floor(load / self.truck_load + 1e-9).astype(np.int64)
        _, lost = self.leave_behind(moves, full)
        return full + (lost > self.truck_cost)

    def price_that_fills(self, price: Floats, load: Floats, trucks: Ints) -> Floats:
        """Higher where a lane's trucks do not suffice, lower where they have room."""
        room = np.where(trucks > 0, trucks * self.truck_load, 1.0)
        full = np.where(self.may_run, self.full_price, 0.0)
        start = np.where(np.isfinite(price), price, full)
        return np.where(trucks > 0, np.maximum(0.0, start + _STEP * (load / room - 1.0) * full), math.inf)

    def loads(self, moves: Ints) -> Floats:
        """Weight by lane."""
        load = np.zeros(self.may_run.shape)
        source, to = self.losses.node[moves[:, 0]], self.gains.node[moves[:, 1]]
        np.add.at(load, (source, to), moves[:, 2] * self.weight[self._product_of[moves[:, 0]]])
        return load

    def cost(self, moves: Ints) -> float:
        """All in all."""
        trucks = self.trucks_for(self.loads(moves))
        return self.base - saved_by(self.gains, self.losses, self.lead, moves) + float((self.truck_cost * trucks).sum())

    def leave_behind(self, moves: Ints, trucks: Ints) -> tuple[Ints, Floats]:
        """Drop what is worth least by weight until each lane's trucks suffice; the rest, and what was lost by lane."""
        moves, lost = moves.copy(), np.zeros(self.may_run.size)
        room = np.where(trucks > 0, trucks * self.truck_load, 0.0)
        while True:
            over = self.loads(moves) - room
            source, to = self.losses.node[moves[:, 0]], self.gains.node[moves[:, 1]]
            at = np.flatnonzero((over[source, to] > LEAST_WEIGHT) & (moves[:, 2] > 0))
            if not len(at):
                return moves[moves[:, 2] > 0], lost.reshape(room.shape)
            lane = source[at] * len(over) + to[at]
            kg, worth = self.weight[self._product_of[moves[at, 0]]], self._last_worth(moves, at)
            sequence = np.lexsort((worth / kg, lane))
            lane, kg = lane[sequence], kg[sequence]
            before = np.cumsum(kg) - kg
            starts = np.searchsorted(lane, lane)
            is_dropped = before - before[starts] < over.ravel()[lane] - LEAST_WEIGHT
            np.add.at(lost, lane[is_dropped], worth[sequence[is_dropped]])
            moves[at[sequence[is_dropped]], 2] -= 1

    def filled_up(self, moves: Ints, trucks: Ints) -> Ints:
        """Moves, and those that pay in the room that trucks have left, the best of each product first."""
        got = np.bincount(moves[:, 1], moves[:, 2], len(self.gains.node)).astype(np.int64)
        sent = np.bincount(moves[:, 0], moves[:, 2], len(self.losses.node)).astype(np.int64)
        room = np.where(trucks > 0, trucks * self.truck_load, 0.0) - self.loads(moves)
        count = fill_trucks(self.gains, self.losses, self.lead, self.weight, got, sent, room, self._moves)
        both = np.concatenate([moves, self._moves[:count]])
        key, at = np.unique(both[:, 0] * len(self.gains.node) + both[:, 1], return_inverse=True)
        units = np.bincount(at, both[:, 2]).astype(np.int64)
        return np.column_stack([key // len(self.gains.node), key % len(self.gains.node), units])

    def _last_worth(self, moves: Ints, at: Ints) -> Floats:
        """What the last unit of each of these moves saves."""
        got, sent = np.bincount(moves[:, 1], moves[:, 2]), np.bincount(moves[:, 0], moves[:, 2])
        source, to = moves[at, 0], moves[at, 1]
        k = self.gains.at[to] + got[to].astype(np.int64) - 1
        m = self.losses.at[source] + sent[source].astype(np.int64) - 1
        lead = self.lead[self.losses.node[source], self.gains.node[to]]
        return self.gains.value[lead, k] - self.losses.value[0, m]

    def transfers(self, moves: Ints) -> Ints:
        """(source, to, product, units)."""
        source, to = self.losses.node[moves[:, 0]], self.gains.node[moves[:, 1]]
        return np.column_stack([source, to, self._product_of[moves[:, 0]], moves[:, 2]])
