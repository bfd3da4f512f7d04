"""Re-evaluation of what waits at nodes: one program moves shipments that no wave has taken (Xu, Allgor, Graves 2009).

What was best when each order came is not best together: a queue has grown, stock has come. Shipments that wait are
assigned anew, each to its node or to another that has its goods, at the zones that the parcel travels farther and the
hours that floors lack until shipments are due.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.allocation.serving import LATE_CENTS
from optimize.calls import Calls, calls_by
from optimize.programs import Limits, Program
from optimize.solver import solve
from sim.policies.balancing import Move, WorkView
from sim.policies.registry import policy
from sim.units import HOUR_MS
from sim.world import World

Floats = NDArray[np.float64]

STAY = "none"
"""Who acts where there is no answer: everything stays where it is."""
_HALVINGS = 12
_MOST_HOURS = 24.0 * 14

Choice = tuple[int, int, int, float]
"""(place among those considered, node, home, cents)."""


@policy("balancing", "reoptimise")
@dataclass(slots=True)
class Reoptimise:
    """What waits at nodes is assigned anew by a program over stock, distance and the hours until shipments are due.

    Of the ``most_shipments`` that would be released last at nodes that will not be through in time. Each parcel zone
    farther costs ``zone_cents`` (a guess: ground rates rise by 35 to 80 cents a zone), an order's work beyond what its
    node does by its ship-by ``late_cents``; a move saves at least ``least_gain_cents``.
    """

    zone_cents: float = 50.0
    late_cents: float = LATE_CENTS
    least_gain_cents: float = 25.0
    most_shipments: int = 200
    gap: float = 0.005
    most_work: int = 100
    guard_seconds: float = 30.0
    calls: Calls = field(default_factory=calls_by("balancing", "reoptimise", STAY), init=False, repr=False)

    def bind(self, world: World) -> None:
        """Where to solve."""
        self.calls.bind(world)

    def decide(self, view: WorkView) -> list[Move]:
        """Those at risk and their candidates; a program; its moves."""
        considered = self._at_risk(view)
        each = enumerate(considered)
        choices = [choice for place, (shipment, home) in each for choice in self._choices(view, place, shipment, home)]
        if len(choices) == len(considered):
            return []
        program = _program(view, considered, choices, self.late_cents)
        limits = Limits(gap=self.gap, work=self.most_work, guard_seconds=self.guard_seconds, apart=self.calls.apart)
        solution = solve(program, limits)
        self.calls.keep(solution.record, view.now_ms, len(considered))
        if not len(solution.values):
            return []
        chosen = solution.values[: len(choices)] > 0.5
        return [
            (considered[place][0], node)
            for (place, node, home, _), taken in zip(choices, chosen.tolist(), strict=True)
            if taken and node != home
        ]

    def _at_risk(self, view: WorkView) -> list[tuple[int, int]]:
        """(shipment, node) from the end of the queues of nodes that will not be through by their last ship-by."""
        found: list[tuple[int, int]] = []
        for node, queue in enumerate(view.waiting):
            if len(queue) and view.done_ms(node, *view.work_hours[node]) > int(view.ship_by_ms(queue).max()):
                found += [(shipment, node) for shipment in reversed(queue.tolist())]
        share = max(1, -(-len(found) // self.most_shipments))
        return found[::share]

    def _choices(self, view: WorkView, place: int, shipment: int, home: int) -> list[Choice]:
        """To stay costs nothing; to move, the way."""
        stay: list[Choice] = [(place, home, home, 0.0)]
        return stay + [
            (place, node, home, self.least_gain_cents + self.zone_cents * view.zones_farther(shipment, node))
            for node in view.candidates(shipment)
        ]


def _program(view: WorkView, considered: list[tuple[int, int]], choices: list[Choice], late_cents: float) -> Program:
    """Columns: choices, then late hours by node and due date. Rows: a choice each; hours by node, due date and station;
    stock."""
    hours = np.array([view.adds_hours(considered[place][0], node) for place, node, _, _ in choices])
    hours = np.where(np.isfinite(hours), hours, _MOST_HOURS)
    a_shipment = float(hours.max(axis=1).mean())
    work, room = _work(view, considered, choices, hours)
    stock, units = _stock(view, considered, choices)
    count, total = len(choices), work.shape[1]
    late = total - count
    stock.resize((stock.shape[0], total))
    once = sparse.csr_array(
        (np.ones(count), ([place for place, _, _, _ in choices], range(count))), shape=(len(considered), total)
    )
    ones = np.ones(len(considered))
    return Program.of(
        np.array([cents for _, _, _, cents in choices] + [late_cents / max(a_shipment, 1e-6)] * late),
        sparse.vstack([once, work, stock]),
        np.concatenate([ones, np.full(len(room) + len(units), -np.inf)]),
        np.concatenate([ones, np.maximum(room, 0.0), units]),
        upper=np.concatenate([np.ones(count), np.full(late, np.inf)]),
        integer=np.arange(total) < count,
    )


def _work(
    view: WorkView, considered: list[tuple[int, int]], choices: list[Choice], hours: Floats
) -> tuple[sparse.csr_array, list[float]]:
    """Hours that choices add by each due date, less the late ones, and how many there are room for; a row for each
    node, due date and station. ``hours`` of each choice are (choices, stations)."""
    due_of = view.ship_by_ms(np.array([shipment for shipment, _ in considered])).tolist()
    due = sorted(set(due_of))
    rows, columns, values, room = [], [], [], []
    chosen = {shipment for shipment, _ in considered}
    for node in range(len(view.waiting)):
        fixed = _fixed_hours(view, node, chosen)
        for place, due_ms in enumerate(due):
            until = _hours_until(view, node, due_ms)
            for station in range(2):
                rows.append((node * len(due) + place) * 2 + station)
                columns.append(len(choices) + node * len(due) + place)
                values.append(-1.0)
                room.append(until - min(fixed[station], _MOST_HOURS))
    for column, (who, node, _, _) in enumerate(choices):
        for place in range(bisect_left(due, due_of[who]), len(due)):
            for station in range(2):
                rows.append((node * len(due) + place) * 2 + station)
                columns.append(column)
                values.append(float(hours[column, station]))
    late = len(view.waiting) * len(due)
    return sparse.csr_array((values, (rows, columns)), shape=(2 * late, len(choices) + late)), room


def _fixed_hours(view: WorkView, node: int, considered: set[int]) -> tuple[float, float]:
    """(pick, pack) hours that a node has anyway."""
    pick, pack = view.work_hours[node]
    for shipment in view.waiting[node].tolist():
        if shipment in considered:
            less_pick, less_pack = view.adds_hours(shipment, node)
            pick, pack = pick - less_pick, pack - less_pack
    known = [max(0.0, hours) if np.isfinite(hours) else _MOST_HOURS for hours in (pick, pack)]
    return known[0], known[1]


def _hours_until(view: WorkView, node: int, due_ms: int) -> float:
    """Hours of work that a node does by a moment, by halving: `done_ms` rises with hours."""
    low, high = 0.0, min(_MOST_HOURS, 4.0 * max(0, due_ms - view.now_ms) / HOUR_MS)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if view.done_ms(node, middle, middle) <= due_ms:
            low = middle
        else:
            high = middle
    return low


def _stock(
    view: WorkView, considered: list[tuple[int, int]], choices: list[Choice]
) -> tuple[sparse.csr_array, list[float]]:
    """Units that moves take, by node and product, and what there is."""
    cells: dict[tuple[int, int], int] = {}
    rows, columns, values = [], [], []
    for column, (place, node, home, _) in enumerate(choices):
        if node != home:
            for product, units in view.goods(considered[place][0]):
                rows.append(cells.setdefault((node, product), len(cells)))
                columns.append(column)
                values.append(float(units))
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(cells), len(choices)))
    return matrix, [float(view.available[node][product]) for node, product in cells]
