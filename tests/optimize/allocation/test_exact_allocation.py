"""The exact allocation policy against every assignment there is, on small instances."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimize.allocation.exact import Exact
from optimize.allocation.serving import ServingCosts
from sim.network import Region
from sim.policies.allocation import Answer, OrderView, StockView
from sim.policies.company import CompanyView
from sim.units import DAY_MS, HOUR_MS
from sim.world import World
from tests.worlds import a_carrier, a_node, a_world, stock

SPOTS = ((40.0, -75.0), (41.9, -87.6), (34.1, -118.2))
NODES, REGIONS, PRODUCTS = 3, 2, 2
LATE_CENTS = 700.0
BOUNDED = settings(max_examples=120, deadline=None)


def a_map() -> World:
    """Three nodes, two regions; a cheap slow carrier and a dear fast one; a parcel above 2 kg costs much more."""
    nodes = tuple(
        a_node(f"N{i}", lat, lon, wage_cents_per_hour=(3_600, 2_400, 1_200)[i], order_fee_cents=(0, 40, 10)[i])
        for i, (lat, lon) in enumerate(SPOTS)
    )
    rates = tuple((400 + 60 * zone, 500 + 90 * zone, 1_900 + 200 * zone) for zone in range(7))
    slow = a_carrier(weight_breaks_kg=(0.6, 2.0, 30.0), rates_cents=rates)
    fast = a_carrier("air", quoted_days=(1,) * 7, residential_cents=500)
    regions = tuple(Region(f"R{i}", lat + 0.5, lon + 0.5, 1.0) for i, (lat, lon) in enumerate(SPOTS[:REGIONS]))
    return a_world(nodes=nodes, regions=regions, services=(slow, fast), stock=stock([[9] * PRODUCTS] * NODES))


WORLD = a_map()
COSTS = ServingCosts(WORLD)


@st.composite
def instances(draw: Any) -> tuple[OrderView, StockView]:
    available = [[draw(st.integers(0, 3)) for _ in range(PRODUCTS)] for _ in range(NODES)]
    is_open = [draw(st.sampled_from([True, True, True, False])) for _ in range(NODES)]
    wanted = draw(st.lists(st.tuples(st.integers(0, PRODUCTS - 1), st.integers(1, 2)), min_size=1, max_size=3))
    lines = [(i, p, u) for i, (p, u) in enumerate(wanted)]
    promise = draw(st.sampled_from([DAY_MS, 2 * DAY_MS, 4 * DAY_MS]))
    return OrderView(0, 0, draw(st.integers(0, REGIONS - 1)), lines, promise), StockView(available, is_open)


def cost(nodes: tuple[int, ...], order: OrderView, slots: list[int]) -> float:
    """Of whole lines from these nodes."""
    total, late = 0.0, False
    for node in set(nodes):
        own = [line for line, n in zip(order.lines, nodes, strict=True) if n == node]
        freight, is_late = COSTS.parcel(
            node, order.region, order.channel, COSTS.weight_of(own), slots[node], order.deliver_by_ms
        )
        total += freight + COSTS.fixed_cents[node] + COSTS.line_cents[node] * len(own)
        late = late or is_late
    return total + LATE_CENTS * late


def cheapest(order: OrderView, stock: StockView, slots: list[int]) -> float:
    """Over every assignment of whole lines to open nodes that have them."""
    best = math.inf
    for nodes in product(range(NODES), repeat=len(order.lines)):
        left = [list(row) for row in stock.available]
        for (_, p, units), node in zip(order.lines, nodes, strict=True):
            left[node][p] -= units
        if all(stock.is_open[n] for n in nodes) and min(min(row) for row in left) >= 0:
            best = min(best, cost(nodes, order, slots))
    return best


def as_nodes(answer: Answer, order: OrderView) -> tuple[int, ...]:
    if isinstance(answer, int):
        return (answer,) * len(order.lines)
    by_line = {line: node for line, node, _ in answer}
    return tuple(by_line[line] for line, _, _ in order.lines)


def a_policy(**parameters: Any) -> Exact:
    policy = Exact(late_cents=LATE_CENTS, **parameters)
    policy.bind(WORLD)
    return policy


@BOUNDED
@given(instances())
def test_no_assignment_is_cheaper(instance: tuple[OrderView, StockView]):
    order, stock_view = instance
    slots = [COSTS.slot(0)] * NODES
    best = cheapest(order, stock_view, slots)
    assume(best < math.inf)

    assert best == pytest.approx(cost(as_nodes(a_policy().decide(order, stock_view), order), order, slots))


def company(ready_ms: list[int]) -> CompanyView:
    """Floors that are done at given moments, whatever they have to do."""
    return CompanyView(
        load_hours=lambda: [(0.0, 0.0)] * NODES,
        adds_hours=lambda node, lines: (0.1 * lines, 0.1),
        done_ms=lambda node, pick, pack: ready_ms[node],
        hours_until=lambda node, until: (8.0, 8.0),
        on_order=list,
        position=lambda node: [],
        free=lambda node: [],
        outlook=lambda node: None,
        late=frozenset,
        demand=lambda begin, end: np.zeros((REGIONS, PRODUCTS)),
    )


@BOUNDED
@given(instances(), st.lists(st.integers(0, 3 * DAY_MS), min_size=NODES, max_size=NODES))
def test_queues_are_part_of_the_cost(instance: tuple[OrderView, StockView], ready_ms: list[int]):
    order, stock_view = instance
    slots = [COSTS.slot(ms) for ms in ready_ms]
    best = cheapest(order, stock_view, slots)
    assume(best < math.inf)
    policy = a_policy()
    policy.watch(company(ready_ms))

    assert best == pytest.approx(cost(as_nodes(policy.decide(order, stock_view), order), order, slots))


def test_an_order_goes_past_a_node_that_would_send_it_late():
    order = OrderView(0, 0, 0, [(0, 0, 1)], 3 * DAY_MS)
    stock_view = StockView([[5, 5]] * NODES, [1] * NODES)
    policy = a_policy()
    policy.watch(company([2 * DAY_MS + HOUR_MS, 0, 0]))

    assert a_policy().decide(order, stock_view) == 0
    assert policy.decide(order, stock_view) == 1


def test_what_is_placed_makes_a_queue():
    """The twentieth order finds the queue of those before it, and the next node has become the cheaper one."""
    network = replace(WORLD.network, services=(a_carrier(quoted_days=(1,) * 7),))
    policy = Exact(late_cents=LATE_CENTS)
    policy.bind(replace(WORLD, network=network))
    view = company([0] * NODES)
    view.done_ms = lambda node, pick, pack: 0 if pack < 1.0 else 5 * DAY_MS
    policy.watch(view)
    stock_view = StockView([[100, 100]] * NODES, [1] * NODES)
    chosen = [policy.decide(OrderView(n, 0, 0, [(n, 0, 1)], 2 * DAY_MS), stock_view) for n in range(25)]

    assert [0] * 20 + [1] * 5 == chosen


def test_a_search_without_time_still_answers():
    order = OrderView(0, 0, 0, [(i, i % 2, 2) for i in range(3)], DAY_MS)
    stock_view = StockView([[2, 1], [1, 1], [1, 1]], [1] * NODES)
    answer = a_policy(most_steps=1).decide(order, stock_view)

    assert isinstance(answer, list)
    assert sum(units for _, _, units in answer) == 6
