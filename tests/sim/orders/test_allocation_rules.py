"""Allocation rules against their definitions, tried out exhaustively on tiny instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sim.network import Geography, Region
from sim.policies.allocation import Answer, OrderView, StockView
from sim.policies.registry import make
from sim.policies.replenishment import PositionView
from sim.tariff import Tariff
from sim.world import World
from tests.worlds import a_carrier, a_node, a_world, stock

SPOTS = ((40.0, -75.0), (41.9, -87.6), (34.1, -118.2), (29.8, -95.4))
PRODUCTS = 2
BOUNDED = settings(max_examples=150, deadline=None)


def a_map() -> World:
    """Four nodes and three regions; dear wages and fees make the nearest node not the cheapest."""
    nodes = tuple(
        a_node(
            f"N{i}",
            lat,
            lon,
            priority=(2, 1, 3, 1)[i],
            wage_cents_per_hour=(9_000, 2_500, 2_500, 2_000)[i],
            order_fee_cents=(200, 0, 0, 90)[i],
        )
        for i, (lat, lon) in enumerate(SPOTS)
    )
    regions = tuple(Region(f"R{i}", lat + 0.5, lon + 0.5, 1.0) for i, (lat, lon) in enumerate(SPOTS[:3]))
    return a_world(
        nodes=nodes,
        regions=regions,
        services=(a_carrier(), a_carrier("air", residential_cents=100)),
        stock=stock([[9] * PRODUCTS] * 4),
    )


WORLD = a_map()
GEOGRAPHY = Geography(WORLD.network)
NODES, REGIONS = len(SPOTS), 3


@st.composite
def instances(draw: Any) -> tuple[OrderView, StockView]:
    available = [[draw(st.integers(0, 4)) for _ in range(PRODUCTS)] for _ in range(NODES)]
    is_open = [draw(st.sampled_from([True, True, True, False])) for _ in range(NODES)]
    wanted = draw(st.lists(st.tuples(st.integers(0, PRODUCTS - 1), st.integers(1, 4)), min_size=1, max_size=3))
    lines = [(i, p, u) for i, (p, u) in enumerate(wanted)]
    return OrderView(0, 0, draw(st.integers(0, REGIONS - 1)), lines, 0), StockView(available, is_open)


def decide(name: str, order: OrderView, view: StockView) -> Answer:
    policy = make("allocation", name)
    policy.bind(WORLD)
    answer: Answer = policy.decide(order, view)
    return answer


def nodes_of(answer: Answer) -> set[int]:
    return {answer} if isinstance(answer, int) else {node for _, node, _ in answer}


def demand(order: OrderView) -> list[int]:
    return [sum(u for _, p, u in order.lines if p == product) for product in range(PRODUCTS)]


def can_send(nodes: set[int], order: OrderView, view: StockView) -> bool:
    """Whether these nodes, all open, hold everything together."""
    if not all(view.is_open[n] for n in nodes):
        return False
    return all(sum(view.available[n][p] for n in nodes) >= units for p, units in enumerate(demand(order)))


def subsets() -> list[set[int]]:
    return [{n for n in range(NODES) if chosen[n]} for chosen in product((False, True), repeat=NODES)]


@BOUNDED
@given(instances())
def test_fewest_splits_is_the_fewest_nodes_that_there_are(instance: tuple[OrderView, StockView]):
    order, view = instance
    able = [len(nodes) for nodes in subsets() if nodes and can_send(nodes, order, view)]
    assume(able)

    assert min(able) == len(nodes_of(decide("fewest_splits", order, view)))


@BOUNDED
@given(instances())
def test_of_single_nodes_fewest_splits_takes_the_nearest(instance: tuple[OrderView, StockView]):
    order, view = instance
    singles = [n for n in range(NODES) if can_send({n}, order, view)]
    assume(singles)

    assert {min(singles, key=lambda n: GEOGRAPHY.miles[n, order.region])} == nodes_of(
        decide("fewest_splits", order, view)
    )


def parcel_cents(node: int, order: OrderView) -> float:
    """Freight by the cheapest service, picking, packing, carton and fees, from the price list itself."""
    network = WORLD.network
    weight = sum(units * network.products[p].weight_kg for _, p, units in order.lines)
    zone = int(GEOGRAPHY.zone_index[node, order.region])
    spec = network.nodes[node]
    freight = min(s.price_cents(zone, weight) for s in network.services)
    minutes = 2 + len(order.lines)  # two to pack, one a line to pick
    return freight + spec.wage_cents_per_hour * minutes / 60 + spec.packaging_cents + spec.order_fee_cents


@BOUNDED
@given(instances())
def test_cheapest_is_the_cheapest_of_those_that_can_send_it(instance: tuple[OrderView, StockView]):
    order, view = instance
    able = [n for n in range(NODES) if can_send({n}, order, view)]
    assume(able)
    (chosen,) = nodes_of(decide("cheapest", order, view))

    assert min(parcel_cents(n, order) for n in able) == pytest.approx(parcel_cents(chosen, order))
    assert chosen in able


def test_the_cheapest_is_not_always_the_nearest():
    order, view = OrderView(0, 0, 0, [(0, 0, 1)], 0), StockView([[5, 5]] * NODES, [True] * NODES)

    assert (0, {0}) == (decide("closest", order, view), {int(GEOGRAPHY.miles[:, 0].argmin())})
    assert decide("cheapest", order, view) not in (0, [])


RANKS: dict[str, Callable[[int, int], Any]] = {
    "closest": lambda n, region: float(GEOGRAPHY.miles[n, region]),
    "site_priority": lambda n, region: (WORLD.network.nodes[n].priority, n),
}


@pytest.mark.parametrize("name", RANKS)
@BOUNDED
@given(instance=instances())
def test_a_ranking_rule_takes_its_best_of_those_that_can_send_everything(
    name: str, instance: tuple[OrderView, StockView]
):
    order, view = instance
    able = sorted((n for n in range(NODES) if can_send({n}, order, view)), key=lambda n: RANKS[name](n, order.region))
    answer = decide(name, order, view)
    if able:
        assert {able[0]} == nodes_of(answer)
        return
    ranked = sorted((n for n in range(NODES) if view.is_open[n]), key=lambda n: RANKS[name](n, order.region))
    assert one_after_the_other(ranked, order, view) == sorted(answer if isinstance(answer, list) else [])


def one_after_the_other(ranked: list[int], order: OrderView, view: StockView) -> list[tuple[int, int, int]]:
    """Each unit, line by line, from the first node in sequence that still has one."""
    left = [list(row) for row in view.available]
    found: dict[tuple[int, int], int] = {}
    for node in ranked:
        for line, p, units in order.lines:
            sent = sum(n for (on, _), n in found.items() if on == line)
            take = min(units - sent, left[node][p])
            if take:
                left[node][p] -= take
                found[line, node] = take
    return sorted((line, node, units) for (line, node), units in found.items())


@BOUNDED
@given(instances())
def test_the_runner_up_is_the_second_best(instance: tuple[OrderView, StockView]):
    order, view = instance
    able = sorted(
        (n for n in range(NODES) if can_send({n}, order, view)), key=lambda n: RANKS["closest"](n, order.region)
    )
    policy = make("allocation", "closest")
    policy.bind(WORLD)
    policy.decide(order, view)
    typical = Tariff(WORLD.network, GEOGRAPHY).typical_cents[order.region]

    assert (able[1] if len(able) > 1 else None) == policy.runner_up
    if len(able) > 1:
        assert typical[able[1]] - typical[able[0]] == policy.gap_cents


@BOUNDED
@given(instances())
def test_most_stock_takes_each_line_from_the_fullest(instance: tuple[OrderView, StockView]):
    order, view = instance
    line, p, units = order.lines[0]
    single = replace(order, lines=[(line, p, units)])
    fullest = sorted((n for n in range(NODES) if view.is_open[n]), key=lambda n: (-view.available[n][p], n))
    answer = decide("most_stock", single, view)

    assert one_after_the_other(fullest, single, view) == sorted(answer if isinstance(answer, list) else [])


@BOUNDED
@given(instances())
def test_first_location_takes_a_whole_line_from_the_first_that_has_it(instance: tuple[OrderView, StockView]):
    order, view = instance
    line, p, units = order.lines[0]
    single = replace(order, lines=[(line, p, units)])
    is_open = [n for n in range(NODES) if view.is_open[n]]
    whole = [n for n in is_open if view.available[n][p] >= units]
    answer = decide("first_location", single, view)

    assert one_after_the_other(whole[:1] or is_open, single, view) == sorted(answer if isinstance(answer, list) else [])


def test_a_closed_node_that_has_it_all_does_not_stop_a_split():
    order = OrderView(0, 0, 0, [(0, 0, 5)], 0)
    view = StockView([[9, 0], [3, 0], [3, 0], [0, 0]], [False, True, True, True])

    assert [(0, 1, 3), (0, 2, 2)] == decide("first_location", order, view)


def test_fewest_splits_gives_up_after_so_many_sets():
    """With a limit of one set it splits from the nearest outward."""
    order = OrderView(0, 0, 0, [(0, 0, 4)], 0)
    view = StockView([[1, 0], [1, 0], [1, 0], [4, 0]], [True] * 4)
    hasty = make("allocation", "fewest_splits", {"most_combinations": 1})
    hasty.bind(WORLD)

    assert {3} == nodes_of(decide("fewest_splits", order, view))
    assert len(nodes_of(hasty.decide(order, view))) > 1


# Replenishment: the arithmetic.

LOW, HIGH = 10, 34


@pytest.mark.parametrize("position", range(-30, 45))
def test_what_is_ordered_at_each_position(position: int):
    plan = stock([[0, 0]], [[LOW, LOW]], [[HIGH, 0]])
    world = a_world(stock=plan)
    lots = next(n for n in range(100) if position + n * (HIGH - LOW) > LOW)
    expected = {
        "s_S": [(0, HIGH - position)] if position <= LOW else [],
        "base_stock": [(0, HIGH - position)] if position < HIGH else [],
        "r_Q": [(0, lots * (HIGH - LOW))] if position <= LOW else [],
    }

    def ordered(name: str) -> list[tuple[int, int]]:
        policy = make("replenishment", name)
        policy.bind(world)
        found: list[tuple[int, int]] = policy.decide(PositionView(0, 0, [position, -99]))
        return found

    assert expected == {name: ordered(name) for name in expected}


# The tariff: looked up, and the same as computed.


@settings(max_examples=200, deadline=None)
@given(st.floats(0.001, 45.0), st.integers(0, 6))
@example(32.07193825745647, 0)  # a tenth of a gram into another kilogram of the last service
def test_a_parcel_costs_what_the_rate_card_says(weight: float, zone: int):
    """Services with other breaks, a heaviest parcel, prices by the started kilogram beyond the last break."""
    services = (
        a_carrier("a", weight_breaks_kg=(1.0, 5.0), rates_cents=((500, 900),) * 7),
        a_carrier("b", weight_breaks_kg=(0.5, 2.0, 30.0), rates_cents=((400, 800, 3_000),) * 7, max_weight_kg=31.5),
        a_carrier("c", max_weight_kg=20.0, fuel_bp=1_850, residential_cents=310),
        a_carrier("d", weight_breaks_kg=(0.453592, 9.07184), rates_cents=((600, 1_400),) * 7),
    )
    network = a_world(services=services).network
    expected = sorted((s.price_cents(zone, weight), i) for i, s in enumerate(services) if weight <= s.max_weight_kg)

    assert expected == Tariff(network, Geography(network)).offers(0, zone, weight)


def test_a_started_kilogram_is_charged_once():
    """Seven kilograms over a last break of 20 lb are seven, though 9.07184 + 7 - 9.07184 is more than 7 in floats."""
    service = a_carrier(weight_breaks_kg=(9.07184,), rates_cents=((1_000,),) * 7)
    network = a_world(services=(service,)).network

    assert [(1_350, 0)] == Tariff(network, Geography(network)).offers(0, 0, 9.07184 + 6.5)
    assert np.ceil(9.07184 + 7 - 9.07184) == 8
