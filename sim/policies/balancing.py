"""Balancing: which shipments that no wave has released yet leave a congested node for another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policies.registry import policy
from sim.units import HOUR_MS
from sim.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Goods = Sequence[tuple[int, int]]
"""(product, units) of a shipment."""
Move = tuple[int, int]
"""(shipment, node that it goes to)."""
_LOOK = 512
"""How many shipments are looked at together at first; twice as many while none of them leaves."""


@dataclass(slots=True)
class WorkView:
    """What a balancing policy may know of all floors.

    Attributes
    ----------
    waiting
        By node: shipments that wait for a wave and may be moved, in the sequence in which waves will take them.
    work_hours
        By node: (pick, pack) hours of work there, of shipments planned or begun, for the crew of the present or next
        shift; infinite where nobody works.
    begun_hours
        The part of it that is on the floor already.
    adds_hours
        (shipment, node): the (pick, pack) hours that the shipment is there.
    goods
        Of a shipment.
    candidates
        Other nodes that are open, may serve the order and have all its goods; the nearest to its customer first.
    zones_farther
        (shipment, node): by how many parcel zones the node is farther from the customer than the present one.
    available
        Units ``[node][product]``.
    done_ms
        (node, pick hours, pack hours): when so much work will be done there, shifts and nights counted.
    ship_by_ms
        Of many shipments.
    in_turn
        (node, shipments, hours): the (pick, pack) hours of work there up to and with each of these shipments, one
        after the other behind ``hours`` of work, and when each of them will be done.
    """

    now_ms: int
    waiting: Sequence[Ints]
    work_hours: Sequence[tuple[float, float]]
    begun_hours: Sequence[tuple[float, float]]
    adds_hours: Callable[[int, int], tuple[float, float]]
    goods: Callable[[int], Goods]
    candidates: Callable[[int], Sequence[int]]
    zones_farther: Callable[[int, int], int]
    available: Sequence[Sequence[int]]
    done_ms: Callable[[int, float, float], int]
    ship_by_ms: Callable[[Ints], Ints]
    in_turn: Callable[[int, Ints, tuple[float, float]], tuple[Floats, Floats, Ints]]


class BalancingPolicy(Protocol):
    """Moves unreleased work between nodes."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, view: WorkView) -> list[Move]:
        """(shipment, node), each shipment once; the goods of all of them together are available there."""
        ...


class _Plan:
    """The moves so far, and what floors and shelves look like after them."""

    def __init__(self, view: WorkView) -> None:
        self._view = view
        self._taken: dict[tuple[int, int], int] = {}
        self.moves: list[Move] = []

    @cached_property
    def work(self) -> list[list[float]]:
        """(pick, pack) hours by node; nobody asks where nothing moves."""
        return [list(hours) for hours in self._view.work_hours]

    def has(self, node: int, goods: Goods) -> bool:
        """Whether ``node`` has the goods besides those that other moves take."""
        need: dict[int, int] = {}
        for product, units in goods:
            need[product] = need.get(product, 0) + units
        row = self._view.available[node]
        return all(row[p] - self._taken.get((node, p), 0) >= units for p, units in need.items())

    def with_it(self, node: int, shipment: int) -> tuple[float, float]:
        """(pick, pack) hours of the node if it had the shipment besides."""
        pick, pack = self._view.adds_hours(shipment, node)
        return self.work[node][0] + pick, self.work[node][1] + pack

    def move(self, shipment: int, source: int, to: int) -> None:
        """Note a move."""
        for product, units in self._view.goods(shipment):
            self._taken[to, product] = self._taken.get((to, product), 0) + units
        self.work[to] = list(self.with_it(to, shipment))
        pick, pack = self._view.adds_hours(shipment, source)
        if self.work[source][0] < float("inf"):
            self.work[source][0] -= pick
        if self.work[source][1] < float("inf"):
            self.work[source][1] -= pack
        self.moves.append((shipment, to))


def _near(view: WorkView, shipment: int, farther_zones: int) -> list[int]:
    """Nodes that could send the shipment without too long a way: what is saved on the floor can be lost on the road."""
    return [n for n in view.candidates(shipment) if view.zones_farther(shipment, n) <= farther_zones]


@policy("balancing", "none")
@dataclass(slots=True)
class StayWhereYouAre:
    """Every shipment stays at the node that it was allocated to."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: WorkView) -> list[Move]:
        """No moves."""
        return []


@policy("balancing", "threshold")
@dataclass(slots=True)
class Threshold:
    """From a node with more than ``hours`` of work, what would be released last goes to the nearest other node.

    That is the nearest that has the goods, has no more than ``receiver_hours`` of work with it, and is at most
    ``farther_zones`` parcel zones farther away.
    """

    hours: float = 6.0
    receiver_hours: float = 4.0
    farther_zones: int = 2

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: WorkView) -> list[Move]:
        """The fullest node first."""
        plan = _Plan(view)
        for source in sorted(range(len(plan.work)), key=lambda n: (-max(plan.work[n]), n)):
            for shipment in reversed(view.waiting[source].tolist()):
                if max(plan.work[source]) <= self.hours:
                    break
                goods = view.goods(shipment)
                for node in _near(view, shipment, self.farther_zones):
                    if max(plan.with_it(node, shipment)) <= self.receiver_hours and plan.has(node, goods):
                        plan.move(shipment, source, node)
                        break
        return plan.moves


@policy("balancing", "cutoff")
@dataclass(slots=True)
class MissedCutoff:
    """What its node would finish less than ``spare_minutes`` before the ship-by goes to one that finishes it in time.

    That is the nearest that has the goods and is predicted to be in time, behind all that is there; it is at most
    ``farther_zones`` parcel zones farther away.
    """

    spare_minutes: float = 60.0
    farther_zones: int = 2

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: WorkView) -> list[Move]:
        """Each node's queue in its sequence, so that what leaves makes room for what comes after it."""
        plan = _Plan(view)
        for source, queue in enumerate(view.waiting):
            if len(queue):
                self._thin_out(view, plan, source, queue)
        return plan.moves

    def _thin_out(self, view: WorkView, plan: _Plan, source: int, queue: Ints) -> None:
        """What leaves changes all that comes after it: the queue is looked at again from there on, some at a time."""
        due_ms = view.ship_by_ms(queue) - round(self.spare_minutes * HOUR_MS / 60)
        behind, place, look = view.begun_hours[source], 0, _LOOK
        while place < len(queue):
            until = min(place + look, len(queue))
            pick, pack, done_ms = view.in_turn(source, queue[place:until], behind)
            late = (due_ms[place:until] > view.now_ms) & (done_ms > due_ms[place:until])
            left = None
            for number in np.flatnonzero(late).tolist():
                shipment, at = int(queue[place + number]), int(due_ms[place + number])
                node = self._in_time(view, plan, shipment, at)
                if node is not None:
                    plan.move(shipment, source, node)
                    left = number
                    break
            stays = until - place if left is None else left
            if stays:
                behind = float(pick[stays - 1]), float(pack[stays - 1])
            place, look = (until, 2 * look) if left is None else (place + left + 1, _LOOK)

    def _in_time(self, view: WorkView, plan: _Plan, shipment: int, due_ms: int) -> int | None:
        goods = view.goods(shipment)
        for node in _near(view, shipment, self.farther_zones):
            if view.done_ms(node, *plan.with_it(node, shipment)) <= due_ms and plan.has(node, goods):
                return node
        return None
