"""Stock moved ahead of demand: level cover between nodes, by truck, at a cost; nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.disruptions.stock_record_error import StockRecordError
from sim.network import Region
from sim.policies.transfers import CoverView, LevelCover
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.properties.test_random_worlds import assert_sound
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import POLICIES, a_busy_world, a_channel, a_node, a_world, stock

LEVEL = POLICIES | {"transfers": PolicyChoice("level_cover")}
RULES = Rules(
    transfer_loading_ms=4 * HOUR_MS,
    transfer_miles_per_hour=50.0,
    transfer_truck_weight_kg=5.0,
    transfer_truck_cost_cents=10_000,
    transfer_mile_cost_cents=0,
    transfer_handling_cents=15,
)


def skewed(**changes) -> World:
    """All customers live beside A, which has 4 units of P1; B, on the same spot, has 40 and no customers."""
    nodes = (a_node("A"), a_node("B"))
    defaults = {"nodes": nodes, "stock": stock([[4, 0], [40, 0]]), "rules": RULES, "policies": LEVEL}
    return a_world(**defaults | changes)


def one_a_day(world: World) -> Story:
    return visit(world, [(at(0, 9), [(0, 2, 1_000)])])


MOVED = ("transfer_shipped", "transfer_freight_charged", "transfer_handled", "transfer_received", "put_away")


def test_a_truck_brings_stock_to_where_it_is_sold():
    """At midnight A has sold 2 of 4: of a week's 14 it lacks 12, 6 kg on two trucks, four hours away."""
    story = one_a_day(skewed())

    assert [
        ("1 00:00", "transfer_shipped", "B", 12, 4_800, "warehouse:B"),
        ("1 00:00", "transfer_freight_charged", "B", 0, 20_000, "planner"),
        ("1 00:00", "transfer_handled", "B", 0, 180, "warehouse:B"),
        ("1 04:00", "transfer_received", "A", 12, 4_800, "warehouse:A"),
        ("1 04:10", "put_away", "A", 12, 0, "warehouse:A"),
    ] == story.events("node", "quantity", "value_cents", "actor", kind=MOVED)
    assert [14, 28] == [story.model.site.inventory.available[n][0] for n in (0, 1)]
    assert 0 == story.balance("inventory_in_transit")
    assert [("freight", 20_000), ("freight_payable", -20_000)] == story.postings(kind="transfer_freight_charged")
    assert [("handling_labour", 180), ("accrued_operations", -180)] == story.postings(kind="transfer_handled")


def test_a_longer_way_takes_longer_and_costs_its_miles():
    """A degree of latitude is 69 miles: at 50 an hour, 1 hour 22.9 minutes after loading."""
    rules = replace(RULES, transfer_mile_cost_cents=200, transfer_truck_weight_kg=10_000.0)
    story = one_a_day(skewed(nodes=(a_node("A"), a_node("B", latitude=41.0)), rules=rules))
    (arrived,) = (row["time_ms"] for row in story.rows("events", kind="transfer_received"))

    assert 5 * HOUR_MS + 22 * 60_000 < arrived - DAY_MS < 5 * HOUR_MS + 24 * 60_000
    (cents,) = (row["value_cents"] for row in story.rows("events", kind="transfer_freight_charged"))
    assert 10_000 + 2 * 6_900 < cents < 10_000 + 2 * 6_920


def test_nothing_moves_where_stock_is_level_too_little_or_not_asked_about():
    assert [] == one_a_day(skewed(policies=POLICIES)).events(kind=MOVED)
    few = POLICIES | {"transfers": PolicyChoice("level_cover", {"fewest_units": 13})}
    assert [] == one_a_day(skewed(policies=few)).events(kind=MOVED)
    assert [] == one_a_day(skewed(stock=stock([[44, 0], [0, 0]]))).events(kind=MOVED)
    assert [] == visit(skewed(), []).events(kind=MOVED)


def test_what_would_be_refused_is_sold_to_the_same_customers():
    """The web is served by A alone, where 4 units last two days; 40 are at B, for a market without visitors."""
    nodes = (a_node("A", serves_channels=frozenset({0})), a_node("B", serves_channels=frozenset({1})))
    channels = (a_channel("web"), a_channel("market"))
    orders = [(at(day, 9), [(0, 2, 1_000)]) for day in range(4)]
    sold = {}
    for name, policies in (("without", POLICIES), ("with", LEVEL)):
        world = skewed(nodes=nodes, channels=channels, policies=policies, horizon=Horizon(4 * DAY_MS, 0, 20 * DAY_MS))
        sold[name] = [row["order"] for row in visit(world, orders).rows("events", kind="captured")]

    assert {"without": [0, 1], "with": [0, 1, 2, 3]} == sold


def mostly_east(policy: str) -> Story:
    """Most customers live in the east and stock is the same everywhere; nobody replenishes."""
    world = a_busy_world(orders_per_day=60.0)
    network = world.network
    regions = tuple(replace(r, population=900.0 if r.name == "east" else 50.0) for r in network.regions)
    plan = stock(np.full((3, 40), 40).tolist())
    policies = {**world.policies, "transfers": PolicyChoice(policy)}
    world = replace(world, network=replace(network, regions=regions), stock=plan, policies=policies)
    return tell(replace(world, horizon=Horizon(6 * DAY_MS, 0, 20 * DAY_MS)), check=False)


def test_fewer_parcels_come_from_far_away_to_the_same_customers():
    without, levelled = mostly_east("none"), mostly_east("level_cover")

    assert without.manifest["demand_hash"] == levelled.manifest["demand_hash"]
    assert [] == without.events(kind=MOVED[0])
    away = [sum(row["node"] != "EAST" for row in s.rows("events", kind="shipped")) for s in (without, levelled)]
    assert away[1] < 0.9 * away[0]


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(1, 1_000), hours=st.sampled_from([3, 12, 24]), short=st.sampled_from([0.5, 1.0]))
def test_units_and_money_are_conserved_whatever_is_sent(seed: int, hours: int, short: float):
    world = a_busy_world(orders_per_day=200.0, products=10)
    network = world.network
    regions = (Region("east", 40.7, -74.0, 900.0), *network.regions[1:])
    assert_sound(
        replace(
            world,
            network=replace(network, regions=regions),
            policies={**world.policies, "transfers": PolicyChoice("level_cover", {"short_share": short})},
            rules=Rules(transfer_every_ms=hours * HOUR_MS),
            horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS),
        ),
        seed,
    )


@given(
    st.lists(
        st.tuples(st.integers(-5, 40), st.integers(0, 40), st.integers(0, 9), st.booleans()), min_size=2, max_size=5
    )
)
def test_what_is_sent_is_free_and_goes_between_open_nodes(cells: list[tuple[int, int, int, bool]]):
    demand = np.array([[float(sold)] for _, _, sold, _ in cells])
    view = CoverView(0, [[p] for p, *_ in cells], [[f] for _, f, *_ in cells], [o for *_, o in cells], lambda _: demand)
    moves = LevelCover(short_share=1.0).decide(view)

    assert all(
        view.is_open[source] and view.is_open[to] and source != to and units > 0 for source, to, _, units in moves
    )
    for node in range(len(cells)):
        sent = sum(units for source, *_, units in moves if source == node)
        assert sent <= view.free[node][0]
    assert {source for source, *_ in moves}.isdisjoint({to for _, to, *_ in moves})


def test_all_that_a_truck_takes_is_looked_for_before_any_of_it_is_loaded():
    """A third of the P2 on record is not on the shelf. Who fetches seven for the store counts, and takes apart an order
    that has thirteen of them, and one P1 besides, of which five go with the truck."""
    store = a_node("B", source=0)
    world = a_world(
        nodes=(a_node("A", wave_interval_ms=6 * HOUR_MS), store),
        stock=stock([[10, 10], [0, 0]], [[0, 0], [4, 6]], [[0, 0], [5, 7]]),
        disruptions=(StockRecordError(0, at(0, 1), DAY_MS, 5_000, phantom=True),),
    )
    story = visit(world, [(at(0, 5), [(0, 1, 1_000), (1, 13, 2_500)])])

    assert ["0 06:00"] * 2 == story.times("deallocated")
    assert [("0 06:00", "transfer_shipped", "P1", 5)] == story.events("sku", "quantity", kind="transfer_shipped")
