"""Re-evaluation of waiting shipments, by hand: who moves, where to, and what keeps them."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimize.allocation.reevaluation import Reoptimise
from sim.policies.balancing import WorkView
from sim.units import HOUR_MS
from tests.worlds import a_world

DUE_MS = 8 * HOUR_MS


def a_view(waiting: int, available: list[int], farther: tuple[int, int] = (1, 2)) -> WorkView:
    """Node 0 has ``waiting`` shipments of an hour each, all due in eight hours; nodes 1 and 2 have nothing to do."""

    def never(*_: Any) -> Any:
        raise AssertionError("not asked for")

    return WorkView(
        now_ms=0,
        waiting=[np.arange(waiting), np.arange(0), np.arange(0)],
        work_hours=[(float(waiting), float(waiting)), (0.0, 0.0), (0.0, 0.0)],
        begun_hours=[(0.0, 0.0)] * 3,
        adds_hours=lambda shipment, node: (1.0, 1.0),
        goods=lambda shipment: [(0, 1)],
        candidates=lambda shipment: [n for n in (1, 2) if available[n - 1] > 0],
        zones_farther=lambda shipment, node: farther[node - 1],
        available=[[9], [available[0]], [available[1]]],
        done_ms=lambda node, pick, pack: round(max(pick, pack) * HOUR_MS),
        ship_by_ms=lambda shipments: np.full(len(shipments), DUE_MS),
        in_turn=never,
    )


def moves(view: WorkView, **parameters: Any) -> list[tuple[int, int]]:
    policy = Reoptimise(**parameters)
    policy.bind(a_world())
    return policy.decide(view)


def test_what_would_be_late_goes_to_the_nearer_node():
    """Ten hours of work in eight: the two that would be released last leave."""
    found = moves(a_view(10, [9, 9]))

    assert 2 == len(found)
    assert [1, 1] == [node for _, node in found]


def test_stock_is_shared_by_all_moves():
    """One unit at the nearer node: one goes there, the other farther."""
    assert [1, 2] == sorted(node for _, node in moves(a_view(10, [1, 9])))


def test_a_node_in_time_is_left_alone():
    assert [] == moves(a_view(8, [9, 9]))


def test_a_way_that_costs_more_than_lateness_is_not_taken():
    assert [] == moves(a_view(10, [9, 9]), zone_cents=1_000.0)


def test_capacity_elsewhere_is_not_overrun():
    """Thirty hours of work, eight at each node: no node gets more than it can do in time."""
    found = moves(a_view(30, [99, 99]))

    assert [8, 8] == [sum(node == n for _, node in found) for n in (1, 2)]


def test_without_an_answer_everything_stays():
    policy = Reoptimise(guard_seconds=1e-9)
    policy.bind(a_world())

    assert [] == policy.decide(a_view(10, [1, 9]))
    assert ["none"] == [call.actor for call in policy.calls.rows]
