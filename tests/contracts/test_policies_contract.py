"""Every registered policy, found by itself: deterministic, feasible, and it leaves alone what it was shown."""

from __future__ import annotations

import copy
import inspect
import math
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import optimize  # noqa: F401  (its policies are held to the contract too)
from sim.distributions import Fixed
from sim.errors import PeakproofError
from sim.network import Supplier
from sim.plans.labour import TemporaryStaff
from sim.policies.allocation import Answer, OrderView, StockView
from sim.policies.balancing import WorkView
from sim.policies.company import CompanyView, Watcher
from sim.policies.forecast import SalesView
from sim.policies.labour import Call, LabourView, most_together
from sim.policies.outlook import Outlook
from sim.policies.registry import DECISIONS, UnknownPolicyError, make, policies
from sim.policies.release import FloorView, in_sequence
from sim.policies.replenishment import PositionView, Purchase, who_delivers
from sim.units import DAY_MS, HOUR_MS
from sim.world import World
from tests.worlds import a_busy_world, a_channel, a_node

KNOWN = policies()
PRODUCTS, NODES = 5, 4
BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def named(decision: str) -> list[str]:
    return sorted(KNOWN[decision])


def a_wide_world() -> World:
    """Four nodes; B serves the second channel alone."""
    channels = (a_channel("web"), a_channel("market"))
    world = a_busy_world(products=PRODUCTS, nodes=NODES)
    network = world.network
    nodes = tuple(
        a_node(n.name, n.latitude, n.longitude, priority=3 - i, serves_channels=frozenset({1}) if i == 1 else None)
        for i, n in enumerate(network.nodes)
    )
    parts = {f.name: getattr(network, f.name) for f in fields(network)} | {"nodes": nodes, "channels": channels}
    stock = world.stock.__class__(*(np.full((NODES, PRODUCTS), n) for n in (10, 4, 12)))
    return World(
        **{f.name: getattr(world, f.name) for f in fields(world)} | {"network": type(network)(**parts), "stock": stock}
    )


WORLD = a_wide_world()
REGIONS = len(WORLD.network.regions)


@pytest.mark.parametrize(("decision", "name"), [(d, n) for d in DECISIONS for n in named(d)])
def test_a_policy_is_a_dataclass_that_says_what_it_does(decision: str, name: str):
    cls = KNOWN[decision][name]
    policy = make(decision, name)
    policy.bind(WORLD)

    assert is_dataclass(cls)
    assert len(inspect.getdoc(cls) or "") > 10
    assert callable(policy.decide)
    assert [] == [f.name for f in fields(cls) if f.init and f.default is f.default_factory]


@pytest.mark.parametrize("decision", DECISIONS)
def test_an_unknown_policy_is_told_with_the_nearest_name(decision: str):
    name = named(decision)[0]

    with pytest.raises(UnknownPolicyError, match=f"did you mean '{name}'"):
        make(decision, name + "x")
    with pytest.raises(PeakproofError, match="there is no parameter"):
        make(decision, name, {"nonsense": 1})


# Allocation.


@st.composite
def questions(draw: Any) -> tuple[OrderView, StockView]:
    """An order with up to four lines, some for the same product, and stock that may or may not suffice."""
    units = st.integers(0, 6)
    available = draw(st.lists(st.lists(units, min_size=PRODUCTS, max_size=PRODUCTS), min_size=NODES, max_size=NODES))
    is_open = draw(st.lists(st.booleans(), min_size=NODES, max_size=NODES))
    wanted = draw(st.lists(st.tuples(st.integers(0, PRODUCTS - 1), st.integers(1, 5)), min_size=1, max_size=4))
    first = draw(st.integers(0, 1_000))
    order = OrderView(
        order=draw(st.integers(0, 100)),
        channel=draw(st.integers(0, 1)),
        region=draw(st.integers(0, REGIONS - 1)),
        lines=[(first + i, product, n) for i, (product, n) in enumerate(wanted)],
        deliver_by_ms=draw(st.integers(0, 10**9)),
    )
    return order, StockView(available, is_open)


def assignments(answer: Answer, order: OrderView) -> list[tuple[int, int, int]]:
    return [(n, answer, u) for n, _, u in order.lines] if isinstance(answer, int) else list(answer)


def infeasible(answer: Answer, order: OrderView, stock: StockView) -> list[str]:
    """What the engine could not carry out."""
    wanted = {n: (p, u) for n, p, u in order.lines}
    left = [list(row) for row in stock.available]
    open_units = {n: u for n, (_, u) in wanted.items()}
    found = []
    for line, node, units in assignments(answer, order):
        if line not in wanted:
            found.append(f"line {line} is not in the order")
            continue
        if units <= 0:
            found.append(f"{units} units")
        if not stock.is_open[node] or not WORLD.network.nodes[node].can_serve(order.channel):
            found.append(f"node {node} is closed or does not serve")
        left[node][wanted[line][0]] -= units
        open_units[line] -= units
        if left[node][wanted[line][0]] < 0:
            found.append(f"node {node} has too little")
        if open_units[line] < 0:
            found.append(f"line {line} gets too much")
    return found


@pytest.mark.parametrize("name", named("allocation"))
@BOUNDED
@given(questions())
def test_an_allocation_can_be_carried_out(name: str, question: tuple[OrderView, StockView]):
    order, stock = question
    shown = copy.deepcopy((order, stock))
    policy = make("allocation", name)
    policy.bind(WORLD)
    answer = policy.decide(order, stock)
    again = policy.decide(order, stock)
    other = make("allocation", name)
    other.bind(WORLD)

    assert [] == infeasible(answer, order, stock)
    assert shown == (order, stock)
    assert answer == again == other.decide(order, stock)
    assert (policy.runner_up is None) == math.isnan(policy.gap_cents)
    assert policy.runner_up is None or 0 <= policy.runner_up < NODES
    assert policy.runner_up is None or assignments(answer, order)[0][1] != policy.runner_up


@pytest.mark.parametrize("name", named("allocation"))
@BOUNDED
@given(questions())
def test_nothing_is_held_back(name: str, question: tuple[OrderView, StockView]):
    """What can be assigned is: of each product, all that is wanted or all that is within reach."""
    order, stock = question
    policy = make("allocation", name)
    policy.bind(WORLD)
    given_units: dict[int, int] = {}
    product_of = {n: p for n, p, _ in order.lines}
    for line, _, units in assignments(policy.decide(order, stock), order):
        given_units[product_of[line]] = given_units.get(product_of[line], 0) + units
    serving = [n for n in range(NODES) if stock.is_open[n] and WORLD.network.nodes[n].can_serve(order.channel)]
    wanted: dict[int, int] = {}
    for _, product, units in order.lines:
        wanted[product] = wanted.get(product, 0) + units
    expected = {p: min(u, sum(stock.available[n][p] for n in serving)) for p, u in wanted.items()}

    assert {p: u for p, u in expected.items() if u} == given_units


# Release.


@dataclass
class Waiting:
    """A shipment that waits for a wave."""

    planned: int
    ship_by: int
    priority: int
    lines: int
    cutoff: int


@st.composite
def floors(draw: Any) -> tuple[list[int], FloorView]:
    number = st.integers(0, 5)
    shipments = [Waiting(*(draw(number) for _ in range(5))) for _ in range(draw(st.integers(0, 7)))]

    def column(name: str) -> Any:
        return lambda s: getattr(shipments[s], name) * HOUR_MS if name != "lines" else shipments[s].lines

    view = FloorView(
        now_ms=0,
        planned_ms=column("planned"),
        ship_by_ms=column("ship_by"),
        priority=column("priority"),
        lines=column("lines"),
        next_cutoff_ms=column("cutoff"),
        due_ms=column("cutoff"),
        promise_ms=column("ship_by"),
        work_ms=lambda s: (shipments[s].lines * HOUR_MS / 4, HOUR_MS / 2),
        free_ms=lambda until_ms: (until_ms - HOUR_MS / 2, 2.0 * until_ms),
        next_wave_ms=HOUR_MS,
    )
    return draw(st.permutations(range(len(shipments)))), view


@pytest.mark.parametrize("name", named("release"))
@BOUNDED
@given(floors())
def test_a_release_is_some_of_what_waits_and_something_where_people_are_idle(
    name: str, floor: tuple[list[int], FloorView]
):
    waiting, view = floor
    shown = list(waiting)
    policy = make("release", name)
    policy.bind(WORLD)
    sequence = list(policy.decide(waiting, view))

    assert len(sequence) == len(set(sequence))
    assert set(sequence) <= set(shown)
    assert bool(sequence) == bool(shown)
    assert sorted(shown) == sorted(in_sequence(policy, np.array(waiting), lambda: view).tolist())
    assert shown == list(waiting)
    assert sequence == list(policy.decide(waiting, view))


# Carrier choice.


@st.composite
def parcels(draw: Any) -> tuple[list[tuple[int, int]], int, int, list[list[int]]]:
    services = draw(st.integers(1, 4))
    quoted = [[draw(st.integers(0, 9)) for _ in range(7)] for _ in range(services)]
    on_offer = draw(st.sets(st.integers(0, services - 1), min_size=1))
    offers = sorted((draw(st.integers(100, 105)), s) for s in on_offer)
    return offers, draw(st.integers(0, 9)), draw(st.integers(0, 6)), quoted


@pytest.mark.parametrize("name", named("carrier"))
@BOUNDED
@given(parcels())
def test_a_carrier_is_one_of_those_on_offer(name: str, parcel: tuple[list[tuple[int, int]], int, int, list[list[int]]]):
    shown = copy.deepcopy(parcel)
    policy = make("carrier", name)
    policy.bind(WORLD)
    choice = policy.decide(*parcel)

    assert choice in parcel[0]
    assert shown == parcel
    assert choice == policy.decide(*parcel)


# Balancing.


@st.composite
def floors_at_work(draw: Any) -> WorkView:
    """Up to six shipments at each of four nodes, stock that may or may not suffice for all of them."""
    hours = st.floats(0, 12) | st.just(math.inf)
    units = st.integers(0, 3)
    available = draw(st.lists(st.lists(units, min_size=2, max_size=2), min_size=NODES, max_size=NODES))
    counts = [draw(st.integers(0, 6)) for _ in range(NODES)]
    starts = [sum(counts[:n]) for n in range(NODES)]
    goods = [draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 2)), min_size=1, max_size=2)) for _ in range(24)]
    due = [draw(st.integers(0, 20)) * HOUR_MS for _ in range(24)]
    begun = [(draw(hours), draw(hours)) for _ in range(NODES)]
    speed = [draw(st.sampled_from([0.1, 1.0])) for _ in range(NODES)]
    home = [n for n in range(NODES) for _ in range(counts[n])]

    def has_all(node: int, shipment: int) -> bool:
        return all(available[node][p] >= u for p, u in goods[shipment])

    def done_ms(node: int, pick: float, pack: float) -> int:
        return 1 << 60 if math.inf in (pick, pack) else round(HOUR_MS * (1 + pick + pack))

    def in_turn(node: int, shipments: Any, behind: tuple[float, float]) -> Any:
        pick, pack = (h + speed[node] * np.arange(1, len(shipments) + 1) for h in behind)
        ends = [done_ms(node, *each) for each in zip(pick.tolist(), pack.tolist(), strict=True)]
        return pick, pack, np.array(ends, dtype=np.int64)

    return WorkView(
        now_ms=HOUR_MS,
        waiting=[np.arange(starts[n], starts[n] + counts[n]) for n in range(NODES)],
        work_hours=[(a + counts[n] * speed[n], b + counts[n] * speed[n]) for n, (a, b) in enumerate(begun)],
        begun_hours=begun,
        adds_hours=lambda shipment, node: (speed[node], speed[node]),
        goods=lambda shipment: goods[shipment],
        ship_by_ms=lambda shipments: np.array(due)[shipments],
        candidates=lambda shipment: [n for n in range(NODES) if n != home[shipment] and has_all(n, shipment)],
        zones_farther=lambda shipment, node: node - home[shipment],
        available=available,
        done_ms=done_ms,
        in_turn=in_turn,
    )


@pytest.mark.parametrize("name", named("balancing"))
@BOUNDED
@given(floors_at_work())
def test_moves_can_all_be_carried_out_together(name: str, view: WorkView):
    shown = copy.deepcopy(([w.tolist() for w in view.waiting], view.work_hours, view.begun_hours, view.available))
    policy = make("balancing", name)
    policy.bind(WORLD)
    moves = policy.decide(view)
    left = [list(row) for row in view.available]
    for shipment, node in moves:
        assert node in view.candidates(shipment)
        for product, units in view.goods(shipment):
            left[node][product] -= units

    assert len(moves) == len({shipment for shipment, _ in moves})
    assert min(min(row) for row in left) >= 0
    assert shown == ([w.tolist() for w in view.waiting], view.work_hours, view.begun_hours, view.available)
    assert moves == policy.decide(view)


# Labour.


@st.composite
def staffed_floors(draw: Any) -> LabourView:
    """Up to three nodes with work that waits and comes, agencies of their own terms, some people called already."""
    nodes = range(draw(st.integers(1, 3)))
    agency = st.builds(
        TemporaryStaff,
        people=st.integers(1, 6),
        notice_ms=st.integers(0, 5).map(HOUR_MS.__mul__),
        shortest_ms=st.integers(1, 4).map(HOUR_MS.__mul__),
        longest_ms=st.integers(4, 10).map(HOUR_MS.__mul__),
        productivity=st.sampled_from([0.3, 0.7, 1.0]),
    )
    terms = [draw(st.none() | agency) for _ in nodes]
    now_ms = draw(st.integers(0, 48)) * HOUR_MS
    called = [
        [] if t is None or draw(st.booleans()) else [Call(n, 1, now_ms, now_ms + t.shortest_ms, 1)]
        for n, t in enumerate(terms)
    ]
    hours = st.floats(0, 60)
    crew, rate = draw(st.integers(0, 4)), draw(st.floats(0, 5))
    return LabourView(
        now_ms=now_ms,
        minute=now_ms // 60_000 % 1_440,
        terms=terms,
        wage_cents=[2_500 for _ in nodes],
        called=called,
        backlog_hours=[(draw(hours), draw(hours)) for _ in nodes],
        rostered_hours=lambda node, station, begin, end: crew * (end - begin) / HOUR_MS,
        expected_hours=lambda node, begin, end: (rate * (end - begin) / HOUR_MS, rate * (end - begin) / HOUR_MS),
        collections=lambda node, begin, end: [t for t in range(17 * HOUR_MS, end, 24 * HOUR_MS) if t >= begin],
    )


@pytest.mark.parametrize("name", named("labour"))
@BOUNDED
@given(staffed_floors())
def test_calls_are_within_the_terms(name: str, view: LabourView):
    shown = copy.deepcopy((view.called, view.backlog_hours))
    policy = make("labour", name)
    policy.bind(WORLD)
    calls = policy.decide(view)
    taken = [list(row) for row in view.called]
    for call in calls:
        terms = view.terms[call.node]
        assert terms is not None
        assert 0 <= call.station < 4
        assert call.start_ms >= view.now_ms + terms.notice_ms
        assert terms.shortest_ms <= call.end_ms - call.start_ms <= terms.longest_ms
        busy = most_together(taken[call.node], call.start_ms, call.end_ms, terms.rest_ms)
        assert 0 < call.people <= terms.people - busy
        taken[call.node].append(call)

    assert shown == (view.called, view.backlog_hours)
    assert calls == policy.decide(view)


# Replenishment.


BUYING = replace(
    WORLD,
    network=replace(
        WORLD.network,
        suppliers=(
            Supplier(
                "maker",
                Fixed(2 * DAY_MS),
                min_order_units=4,
                lot_units=3,
                price_breaks=((6, 500),),
                alternates=(1,),
                expedited_lead_ms=Fixed(HOUR_MS),
                expedite_surcharge_bp=3_000,
            ),
            Supplier("other", Fixed(5 * DAY_MS), lot_units=2, min_order_cents=3_000),
        ),
        nodes=(*WORLD.network.nodes[:3], replace(WORLD.network.nodes[3], source=0)),
    ),
)
"""Two suppliers with terms, the first of which expedites; the last node is fed by the first."""


@st.composite
def positions(draw: Any) -> PositionView:
    """Positions of a node with a forecast of some of its products, or with none."""
    position = draw(st.lists(st.integers(-30, 30), min_size=PRODUCTS, max_size=PRODUCTS))
    sold = np.array(draw(st.lists(st.integers(0, 9), min_size=PRODUCTS, max_size=PRODUCTS)), dtype=np.float64)
    error = np.array(draw(st.lists(st.integers(0, 9), min_size=PRODUCTS, max_size=PRODUCTS)), dtype=np.float64)
    covers = np.array(draw(st.lists(st.booleans(), min_size=PRODUCTS, max_size=PRODUCTS)))
    outlook = Outlook(0, DAY_MS, np.outer(np.arange(12), sold), error, covers) if draw(st.booleans()) else None
    shut = frozenset(draw(st.sets(st.integers(0, 1))))
    return PositionView(draw(st.integers(0, NODES - 1)), HOUR_MS, position, outlook, shut)


def _nothing(*_: Any) -> Any:
    """A company that has nothing on order."""
    return []


def a_company(view: PositionView) -> CompanyView:
    """Every node of which is as the one in question."""
    known: dict[str, Any] = {
        "position": lambda node: view.position,
        "free": lambda node: [max(0, units) for units in view.position],
        "outlook": lambda node: view.outlook,
        "late": frozenset,
    }
    silent: dict[str, Any] = dict.fromkeys((f.name for f in fields(CompanyView)), _nothing)
    return CompanyView(**silent | known)


def can_be_bought(entry: Purchase, view: PositionView) -> bool:
    """Of an open supplier that delivers the product, in whole lots; never by a node that another feeds."""
    spec = BUYING.network.suppliers[entry.supplier]
    return (
        BUYING.network.nodes[view.node].source is None
        and entry.supplier not in view.shut
        and entry.supplier in who_delivers(BUYING, entry.product, view.shut)
        and entry.units % spec.lot_units == 0
        and not (entry.urgent and spec.expedited_lead_ms is None)
    )


@pytest.mark.parametrize("name", named("replenishment"))
@BOUNDED
@given(positions())
def test_an_order_is_positive_and_names_each_product_once(name: str, view: PositionView):
    shown = copy.deepcopy(view)
    policy = make("replenishment", name)
    policy.bind(BUYING)
    if isinstance(policy, Watcher):
        policy.watch(a_company(view))
    wanted = policy.decide(view)

    assert all(entry[1] > 0 and 0 <= entry[0] < PRODUCTS for entry in wanted)
    assert len(wanted) == len({(entry[0], *entry[2:]) for entry in wanted})
    for entry in wanted:
        assert not isinstance(entry, Purchase) or can_be_bought(entry, view)
    assert shown.position == view.position
    assert wanted == policy.decide(view)


@pytest.mark.parametrize("name", named("replenishment"))
def test_without_a_forecast_an_order_is_what_the_plan_needs(name: str):
    """Each product once, from whom the terms of purchase say, and no more than a position below zero needs."""
    policy = make("replenishment", name)
    policy.bind(WORLD)
    wanted = policy.decide(PositionView(0, 0, [-30, -1, 0, 4, 30]))

    assert {2} == {len(entry) for entry in wanted}
    assert all([-30, -1, 0, 4, 30][product] + units >= 0 for product, units in wanted)


# Forecasts.


@st.composite
def sales(draw: Any) -> SalesView:
    """Up to five weeks of sales, lifted now and then, and a fortnight to forecast."""
    buckets, ahead = draw(st.integers(0, 35)), draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    seasonal = draw(st.booleans())
    days = (np.arange(buckets + ahead) + draw(st.integers(0, 6))) % 7 * seasonal
    lift = rng.choice([0.0, 1.0, 4.0], (buckets + ahead, PRODUCTS))
    return SalesView(
        0,
        rng.poisson(draw(st.sampled_from([0.0, 0.2, 30.0])), (buckets, NODES, PRODUCTS)).astype(np.float64),
        lift[:buckets],
        days[:buckets],
        lift[buckets:],
        days[buckets:],
    )


@pytest.mark.parametrize("name", named("forecast"))
@BOUNDED
@given(sales())
def test_a_forecast_is_a_number_for_each_bucket_node_and_sku(name: str, view: SalesView):
    shown = copy.deepcopy(view)
    policy = make("forecast", name)
    policy.bind(WORLD)
    expected = policy.decide(view)

    assert (len(view.ahead_season), NODES, PRODUCTS) == expected.shape
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()
    assert np.array_equal(expected, policy.decide(view))
    assert all(np.array_equal(getattr(shown, f.name), getattr(view, f.name)) for f in fields(view))
    near = replace(view, ahead_lift=view.ahead_lift[:1], ahead_season=view.ahead_season[:1])
    assert np.array_equal(expected[:1], policy.decide(near)), "whatever else is asked for"


def test_the_views_hold_no_way_to_what_a_company_cannot_know():
    """No clock, stream, register or shelf: plain numbers and look-ups."""
    views = (OrderView, StockView, PositionView, SalesView, Outlook, CompanyView)
    shown = {f.name for view in views for f in fields(view)}

    assert {
        "order",
        "channel",
        "region",
        "lines",
        "deliver_by_ms",
        "available",
        "is_open",
        "node",
        "now_ms",
        "position",
        "outlook",
        "shut",
        "sales",
        "lift",
        "season",
        "ahead_lift",
        "ahead_season",
        "made_ms",
        "bucket_ms",
        "cumulative",
        "error_sd",
        "covers",
        "load_hours",
        "adds_hours",
        "done_ms",
        "hours_until",
        "on_order",
        "free",
        "late",
        "demand",
    } == shown
