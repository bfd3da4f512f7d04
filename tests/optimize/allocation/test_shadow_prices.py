"""What prices and batches are for: stock that one customer can get elsewhere is kept for another who cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from optimize.allocation import network_lp
from optimize.allocation.batch_allocation import Batch
from optimize.allocation.exact import Exact
from optimize.allocation.shadow_prices import WITHOUT_MASTER, ShadowPrices
from optimize.programs import FAILED, Solution, SolveRecord
from sim.network import Region
from sim.policies.allocation import OrderView, StockView
from sim.policies.company import CompanyView
from sim.units import DAY_MS
from sim.world import World
from tests.worlds import a_carrier, a_node, a_world, stock

NEAR, FAR, MIDDLE = 0, 1, 2
"""Regions: beside node A, beside node B, and nearer to A than to B, but not by much."""


def a_map() -> World:
    """Two nodes 2,000 miles apart; each zone costs 100 more."""
    regions = (Region("near", 40.0, -75.1, 1.0), Region("far", 34.1, -118.3, 1.0), Region("middle", 38.0, -95.0, 1.0))
    return a_world(
        nodes=(a_node("A"), a_node("B", 34.1, -118.2)),
        regions=regions,
        services=(a_carrier(weight_breaks_kg=(50.0,), rates_cents=tuple((500 + 100 * z,) for z in range(7))),),
        stock=stock([[9, 9]] * 2),
    )


WORLD = a_map()


def company(demand: Sequence[Sequence[float]]) -> CompanyView:
    """Idle floors, nothing on order, and an expected demand by region and product."""
    return CompanyView(
        load_hours=lambda: [(0.0, 0.0)] * 2,
        adds_hours=lambda node, lines: (0.01 * lines, 0.01),
        done_ms=lambda node, pick, pack: 0,
        hours_until=lambda node, until: (100.0, 100.0),
        on_order=list,
        position=lambda node: [],
        free=lambda node: [],
        outlook=lambda node: None,
        late=frozenset,
        demand=lambda begin, end: np.array(demand),
    )


def an_order(number: int, region: int) -> OrderView:
    """For the product whose margin is worth the way across the country."""
    return OrderView(number, 0, region, [(number, 1, 1)], 9 * DAY_MS, 0)


def made(policy: Any, demand: Sequence[Sequence[float]] | None = None) -> Any:
    policy.bind(WORLD)
    if demand is not None:
        policy.watch(company(demand))
    return policy


def test_scarce_stock_is_kept_for_those_who_need_it():
    """A has one unit and B plenty. Somebody between them would have it from A, but a customer beside A is expected, who
    would have to be served from B at the other end of the country."""
    stock_view = StockView([[9, 1], [9, 9]], [1, 1])
    quiet, asked = [[0.0, 0.0]] * 3, [[0.0, 4.0], [0.0, 0.0], [0.0, 0.0]]

    assert made(Exact()).decide(an_order(0, MIDDLE), stock_view) == 0
    assert made(ShadowPrices(), quiet).decide(an_order(0, MIDDLE), stock_view) == 0
    assert made(ShadowPrices(), asked).decide(an_order(0, MIDDLE), stock_view) == 1
    assert made(ShadowPrices(), asked).decide(an_order(0, NEAR), stock_view) == 0


def test_prices_are_renewed_when_a_node_closes():
    policy = made(ShadowPrices(every_hours=1_000.0), [[0.0, 4.0], [0.0, 0.0], [0.0, 0.0]])
    for is_open in ([1, 1], [1, 1], [1, 0], [1, 0], [1, 1]):
        policy.decide(an_order(0, NEAR), StockView([[9, 1], [9, 9]], is_open))

    assert 3 == len(policy.calls.rows)
    assert ["proven"] * 3 == [call.status for call in policy.calls.rows]


def test_hours_of_a_busy_floor_have_a_price():
    """All of A's customers are expected, and its people are short: who can as well be served from B is."""
    demand = [[400.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    policy = made(ShadowPrices(work_minutes=60.0, share=0.0), demand)
    policy._company.hours_until = lambda node, until: (100.0, 1.0 if node == 0 else 100.0)

    assert policy.decide(an_order(0, MIDDLE), StockView([[9, 9], [9, 9]], [1, 1])) == 1
    assert made(ShadowPrices(share=0.0), demand).decide(an_order(0, MIDDLE), StockView([[9, 9]] * 2, [1, 1])) == 0


def test_a_batch_shares_stock_better_than_its_orders_one_by_one():
    """The same two customers at once: one by one the first takes what the second needs."""
    stock_view = StockView([[9, 1], [9, 9]], [1, 1])
    orders = [an_order(0, MIDDLE), an_order(1, NEAR)]
    answers = made(Batch()).decide_batch(orders, stock_view)

    assert [[(0, 1, 1)], [(1, 0, 1)]] == [list(answer) for answer in answers]
    assert 0 == made(Exact()).decide(orders[0], stock_view)


def test_a_batch_leaves_nothing_that_can_be_sent():
    """A line that no node has whole, more orders than stock, and one product on two lines."""
    orders = [
        OrderView(0, 0, NEAR, [(0, 0, 3), (1, 1, 1)], 9 * DAY_MS, 0),
        OrderView(1, 0, FAR, [(2, 0, 1), (3, 0, 1)], 9 * DAY_MS, 0),
        OrderView(2, 0, FAR, [(4, 1, 2)], 9 * DAY_MS, 0),
    ]
    available = [[2, 1], [2, 1]]
    answers = made(Batch()).decide_batch(orders, StockView(available, [1, 1]))
    product_of = {line: product for order in orders for line, product, _ in order.lines}
    left = [list(row) for row in available]
    for answer in answers:
        for line, node, units in answer:
            left[node][product_of[line]] -= units

    assert [[0, 0], [0, 0]] == left


def test_without_an_answer_of_the_master_program_its_stand_in_is_named(monkeypatch: pytest.MonkeyPatch):
    """Products are priced all the same, each by itself."""
    failed = SolveRecord("glop", FAILED, 0, 0, np.inf, -np.inf, 0.0, 0.0, 0.0, reason="hung")
    monkeypatch.setattr(network_lp, "solve", lambda program, limits: Solution(failed))
    policy = made(ShadowPrices(), [[0.0, 4.0], [0.0, 0.0], [0.0, 0.0]])
    chosen = policy.decide(an_order(0, MIDDLE), StockView([[9, 1], [9, 9]], [1, 1]))
    (call,) = policy.calls.rows

    assert 1 == chosen
    assert (WITHOUT_MASTER, "limited") == (call.actor, call.status)
    assert "hung" in call.reason
