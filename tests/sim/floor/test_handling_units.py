"""Cases and pallets: broken down, reserved, picked, sent and charged as what they are."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.agents.orders.lane.fast_lane import FastLane
from sim.agents.site import Site
from sim.books.reconcile import reconcile
from sim.clock import SWEEP
from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Discrete
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Pallets
from sim.plans.floor import Loading, Outbound, PickFace, PutWall
from sim.plans.handling_units import HandlingPlan
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, Rules, World
from tests.sim.telling import Story, at, tell, told, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

PALLETS = Pallets(60.0, 400.0, (9_000,) * 7)
FLOOR = ("picked", "picked_by_pallet", "picked_by_case", "packed")


def a_plan(**changes: Any) -> HandlingPlan:
    """Cases of 12 and pallets of 48 for the first channel; half a minute and four minutes of a picker."""
    return replace(HandlingPlan((12, 12), (48, 48), frozenset({0})), **changes)


def warehouse(orders: list[tuple[int, Any]], plan: HandlingPlan | None = None, **changes: Any) -> Story:
    """A visit to one node with 100 of each product, or to what ``changes`` say."""
    given_world: dict[str, Any] = {
        "services": (a_carrier(pallets=PALLETS),),
        "handling_units": plan or a_plan(),
    } | changes
    channel = given_world.pop("channel", [0] * len(orders))
    return visit(a_world(**given_world), orders, channel=channel)


def allocated(story: Story) -> list[tuple[str, int]]:
    return [(node, units) for _, _, node, units in story.events("node", "quantity", kind="allocated")]


def two_nodes(*opening: list[int]) -> dict[str, Any]:
    """A near node and a far one, and what they have of each product."""
    return {"nodes": (a_node("A"), a_node("B", 41.9, -87.6)), "stock": stock(list(opening))}


def of_first(units: int) -> list[tuple[int, int, int]]:
    return [(0, units, 1_000)]


# What an order is.


@given(st.integers(0, 5_000), st.integers(0, 40), st.integers(0, 9))
def test_what_the_pieces_hold_sums_to_what_was_ordered(units: int, case: int, cases_on_a_pallet: int):
    pallet = case * cases_on_a_pallet
    plan = HandlingPlan((case,), (pallet,), frozenset())

    for broken, by_pallet in ((plan.broken_down(0, units), pallet), (plan.loose_down(0, units), 0)):
        assert units == broken.pallets * by_pallet + broken.cases * case + broken.eaches
        assert not by_pallet or broken.cases * case + broken.eaches < by_pallet
        assert not case or broken.eaches < case
        assert by_pallet or not broken.pallets


def test_a_pallet_a_few_cases_and_some_units_take_their_own_time_and_way():
    """75 are a pallet of 48, two cases and three: 4 + 2 x 1/2 + 1 minutes of a picker who takes them together. The
    pallet is at the dock at once; the rest is packed, in two minutes."""
    story = warehouse([(at(0, 9), of_first(75))])

    assert [
        ("0 09:06", "picked", 0, 48),
        ("0 09:06", "picked", 1, 27),
        ("0 09:06", "picked_by_pallet", 0, 48),
        ("0 09:06", "picked_by_case", 1, 24),
        ("0 09:06", "packed", 0, 0),
        ("0 09:08", "packed", 1, 0),
    ] == story.events("shipment", "quantity", kind=FLOOR)
    assert [("0 17:00", "manifested", 9_000), ("0 17:00", "manifested", 900)] == story.events(
        "value_cents", kind="manifested"
    )


def test_what_it_costs_to_handle_is_what_was_handled():
    """At 25.00 an hour: four minutes and 6.00 of wood and wrap; a minute for two cases, one for the line of three, two
    to pack, and a carton."""
    story = warehouse([(at(0, 9), of_first(75))])

    assert [
        *[("handling_labour", 167), ("packaging", 600), ("accrued_operations", -767)],
        *[("handling_labour", 42 + 42 + 83), ("packaging", 70), ("accrued_operations", -237)],
    ] == story.postings(kind="packed")


def test_other_channels_order_single_units():
    """The same 75 of a channel that is not broken down: a line, a parcel."""
    channels = (a_channel("b2b"), a_channel("web"))
    story = warehouse([(at(0, 9), of_first(75))], channels=channels, channel=[1])

    assert [("0 09:01", "picked", 75), ("0 09:03", "packed", 0)] == story.events("quantity", kind=FLOOR)


def test_two_shipments_of_one_order_are_invoiced_and_closed_as_one():
    story = warehouse([(at(0, 9), of_first(75))])

    assert [51_360, 28_890] == [r["value_cents"] for r in story.rows("events", kind="invoiced")]
    assert ["32 12:00"] == story.times("closed")
    books = story.manifest["counters"]
    assert 1 == books["orders_offered"]


# Where it comes from.


def test_a_pallet_comes_from_the_node_that_has_a_whole_one():
    """The near node has 47 and the far one 60: the pallet is the far one's, the other two units are near."""
    assert [("B", 48), ("A", 2)] == allocated(warehouse([(at(0, 9), of_first(50))], **two_nodes([47, 0], [60, 0])))


def test_without_pallets_the_same_stock_serves_the_same_order_in_another_way():
    """Units are units: the far node has all fifty."""
    plain = visit(a_world(services=(a_carrier(pallets=PALLETS),), **two_nodes([47, 0], [60, 0])),
                  [(at(0, 9), of_first(50))])  # fmt: skip

    assert [("B", 50)] == allocated(plain)


def test_remains_of_two_nodes_are_no_pallet():
    """30 at each of two nodes: picked by the case, in two parcels."""
    story = warehouse([(at(0, 9), of_first(48))], **two_nodes([30, 0], [30, 0]))

    assert [("A", 30), ("B", 18)] == allocated(story)
    assert {"A": 24, "B": 12} == {r["node"]: r["quantity"] for r in story.rows("events", kind="picked_by_case")}
    assert [] == story.times("picked_by_pallet")


def test_who_wants_a_whole_pallet_waits_for_one():
    """The same, where pallets are waited for: two units go now, the pallet is owed."""
    story = warehouse([(at(0, 9), of_first(50))], a_plan(waits_for_pallets=True), **two_nodes([30, 0], [30, 0]))

    assert [("A", 2)] == allocated(story)
    assert [("0 09:00", "backordered", 48)] == story.events("quantity", kind="backordered")


def test_a_broken_pallet_is_not_made_whole_by_what_comes_back():
    """100 are two pallets and four. Ten for another channel break one; they are cancelled an hour later, before the
    wave. Of 96 then, one half goes by the pallet, the other by the case."""
    channels = (a_channel("b2b"), a_channel("web"))
    node = a_node(wave_interval_ms=4 * 60 * MINUTE_MS)
    orders = [(at(0, 9), of_first(10)), (at(0, 11), of_first(96))]
    drawn = {"cancel_ms": [60 * MINUTE_MS, -1]}
    world = a_world(nodes=(node,), channels=channels, services=(a_carrier(pallets=PALLETS),), handling_units=a_plan())
    story = visit(world, orders, channel=[1, 0], **drawn)

    assert ["0 10:00"] == story.times("voided")
    assert [("0 09:00", 10), ("0 11:00", 48), ("0 11:00", 48)] == [
        (t, units) for t, _, units in story.events("quantity", kind="allocated")
    ]
    assert [48] == [r["quantity"] for r in story.rows("events", kind="picked_by_pallet")]
    assert [48] == [r["quantity"] for r in story.rows("events", kind="picked_by_case")]


def test_a_pallet_that_is_given_back_is_whole():
    """The first order is cancelled before it is released; its pallet goes to the second."""
    node = a_node(wave_interval_ms=4 * 60 * MINUTE_MS)
    world = a_world(nodes=(node,), services=(a_carrier(pallets=PALLETS),), handling_units=a_plan(),
                    stock=stock([[48, 0]]))  # fmt: skip
    story = visit(world, [(at(0, 9), of_first(48)), (at(0, 11), of_first(48))], cancel_ms=[60 * MINUTE_MS, -1])

    assert ["0 10:00"] == story.times("voided")
    assert [1] == [r["order"] for r in story.rows("events", kind="picked_by_pallet")]


@pytest.mark.parametrize(("kept", "expected"), [(0, [10, 42]), (1, [4, 48])])
def test_the_last_pallets_are_kept_whole(kept: int, expected: list[int]):
    """52 are a pallet and four. Ten for another channel break it; kept, they get four, and the pallet waits for who
    wants it."""
    channels = (a_channel("b2b", accepts_backorders=True), a_channel("web"))
    orders = [(at(0, 9), of_first(10)), (at(0, 10), of_first(48))]
    plan = a_plan(kept_pallets=kept, breaks_kept=False)
    story = warehouse(orders, plan, channels=channels, channel=[1, 0], stock=stock([[52, 0]]))

    assert expected == [units for _, units in allocated(story)]
    assert kept == len(story.times("picked_by_pallet"))


@pytest.mark.parametrize(("loose_far", "expected"), [(10, [("B", 10)]), (9, [("A", 10)])])
def test_a_kept_pallet_is_broken_where_no_loose_stock_serves_an_order(loose_far: int, expected: list[tuple[str, int]]):
    """The near node has a pallet and nothing else; ten units come from the far one if it has them."""
    nodes = two_nodes([48, 0], [loose_far, 0])
    channels = (a_channel("b2b"), a_channel("web", ship_complete=True))
    story = warehouse([(at(0, 9), of_first(10))], a_plan(kept_pallets=1), channels=channels, channel=[1], **nodes)

    assert expected == allocated(story)


def test_a_node_from_which_nobody_fetches_pallets_sends_parcels():
    nodes = (a_node("A"), a_node("B", 41.9, -87.6))
    services = (a_carrier(), a_carrier("freight", pallets=PALLETS, serves_nodes=frozenset({1})))
    story = warehouse([(at(0, 9), of_first(96))], nodes=nodes, services=services, stock=stock([[96, 0], [48, 0]]))

    assert [("B", 48), ("A", 48)] == allocated(story)
    assert ["B"] == [r["node"] for r in story.rows("events", kind="picked_by_pallet")]


def test_an_order_that_ships_complete_gets_its_pallet_and_the_rest_or_nothing():
    channels = (a_channel("b2b", ship_complete=True),)
    few = warehouse([(at(0, 9), of_first(60))], channels=channels, stock=stock([[59, 0]]))
    enough = warehouse([(at(0, 9), of_first(60))], channels=channels, stock=stock([[60, 0]]))

    assert [] == allocated(few)
    assert [48, 12] == [units for _, units in allocated(enough)]


def test_goods_arrive_on_pallets():
    """Of two pallets there are twelve units; of the 194 that come on day 3, four pallets, the 84 that are owed are one
    and three cases."""
    world: dict[str, Any] = {
        "stock": stock([[12, 0]], [[10, 0]], [[110, 0]]),
        "channels": (a_channel(accepts_backorders=True),),
    }
    story = warehouse([(at(0, 9), of_first(96))], horizon=Horizon(5 * DAY_MS, 0, 60 * DAY_MS), **world)

    assert [("0 09:00", 12), ("3 06:10", 48), ("3 06:10", 36)] == [
        (t, units) for t, _, units in story.events("quantity", kind="allocated")
    ]
    assert [("3 07:05 +30000ms", 48)] == [
        (t, units) for t, _, units in story.events("quantity", kind="picked_by_pallet")
    ]


def test_a_quality_hold_breaks_no_pallet():
    """A recall of a day holds two pallets and four; lifted, they serve an order for both."""
    recall = RecallOfGoods(at(0, 6), at(0, 4), products=frozenset({0}))
    story = warehouse([(at(0, 11), of_first(96))], disruptions=(recall,))

    assert 2 == len(story.times("picked_by_pallet"))


def test_pallets_are_neither_sorted_nor_brought_to_a_face():
    """Two lines of a pallet each: no wall, and the face holds ten."""
    node = a_node(put_wall=PutWall(), pick_face=PickFace(units=10))
    story = warehouse([(at(0, 9), [(0, 48, 1_000), (1, 48, 2_500)])], nodes=(node,))

    assert [] == story.events(kind=("sorted", "face_filled"))
    assert ["0 09:08"] == sorted(set(story.times("packed")))
    assert [18_000] == [r["value_cents"] for r in story.rows("events", kind="manifested")]


def test_a_third_party_charges_its_fees_for_each_piece_of_either_kind():
    """2.60 for a shipment, 0.35 for each of its two products: of the pallets and of the cases; recounted as it goes."""
    node = a_node(kind="third_party", wage_cents_per_hour=0, packaging_cents=0, order_fee_cents=260, line_fee_cents=35)
    story = warehouse([(at(0, 9), [(0, 75, 1_000), (1, 60, 2_500)])], nodes=(node,))

    labour = [(account, cents) for account, cents in story.postings(kind="packed") if account == "handling_labour"]
    assert [("handling_labour", 330)] * 2 == labour


def test_policies_know_how_long_pallets_and_cases_take():
    """A pallet, two cases and three units are 4 + 1 + 1 minutes of picking; one of the two shipments is packed."""
    node = a_node(wave_interval_ms=4 * 60 * MINUTE_MS)
    world = a_world(nodes=(node,), services=(a_carrier(pallets=PALLETS),), handling_units=a_plan())
    model, seen, minutes = visited(world, [(at(0, 9), of_first(75))]), list[Any](), list[Any]()

    def look(_: None) -> None:
        load, view = model.site.workload, model.site.dock.floor_view(0)
        seen.extend([load.backlog_ms(0), view.work_ms(0), view.work_ms(1)])
        load.look()
        pick, pack = load.behind(0, load.waiting(0), (0.0, 0.0))
        minutes.extend([(pick * 60 * 2).round(9).tolist(), (pack * 60 * 2).round(9).tolist()])

    model.clock.at(at(0, 10), SWEEP, look)
    told(model)

    assert [(6 * MINUTE_MS, 2 * MINUTE_MS), (4 * MINUTE_MS, 0), (2 * MINUTE_MS, 2 * MINUTE_MS)] == seen
    assert [[4, 6], [0, 2]] == minutes  # of one of the two of each crew, up to and with each shipment


# On the way.


def test_pallets_have_places_of_their_own_in_a_van():
    """A van with room for one parcel and two pallets: an order of a pallet and a rest, then two of a pallet, then a
    parcel. The third pallet and the second parcel wait for the next van."""
    service = a_carrier(pallets=replace(PALLETS, places=2), capacity_parcels=1)
    orders = [(at(0, 9), of_first(50)), *[(at(0, 10), of_first(48))] * 2, (at(0, 11), of_first(5))]
    story = warehouse(orders, services=(service,), stock=stock([[200, 0]]))

    left = [(t, order) for t, _, order in story.events("order", kind="manifested")]
    assert [("0 17:00", 0), ("0 17:00", 0), ("0 17:00", 1), ("1 17:00", 2), ("1 17:00", 3)] == sorted(left)
    assert [("0 17:00", 2), ("0 17:00", 3)] == sorted((t, o) for t, _, o in story.events("order", kind="missed_cutoff"))


def test_without_places_a_shipment_of_pallets_is_one_of_the_parcels():
    story = warehouse([(at(0, 9), of_first(50))], services=(a_carrier(pallets=PALLETS, capacity_parcels=1),))

    assert ["0 17:00", "1 17:00"] == story.times("manifested")


def test_more_pallets_than_a_van_has_places_go_when_all_are_free():
    """Four pallets in one shipment and two places: the van takes them, and nothing else."""
    service = a_carrier(pallets=replace(PALLETS, places=2))
    orders = [(at(0, 9), of_first(192)), (at(0, 10), of_first(48))]
    story = warehouse(orders, services=(service,), stock=stock([[300, 0]]))

    assert [("0 17:00", 0, 36_000), ("1 17:00", 1, 9_000)] == [
        (t, order, cents) for t, _, order, cents in story.events("order", "value_cents", kind="manifested")
    ]


def test_heavy_parcels_take_places_too():
    """Forty of 1.5 kg weigh 60.0 kg, a parcel; 41 go on a pallet though nobody keeps them on one."""
    service = a_carrier(pallets=replace(PALLETS, places=1), capacity_parcels=1)
    orders = [(at(0, 9), [(1, 40, 2_500)]), (at(0, 9), [(1, 41, 2_500)])]
    story = warehouse(orders, a_plan(channels=frozenset()), services=(service,))

    assert ["0 17:00", "0 17:00"] == story.times("manifested")


def test_parcels_and_pallets_of_one_order_go_by_two_services():
    """The freight service takes pallets alone, on the day after: one order, two shipments."""
    freight = a_carrier(
        "freight", pallets=replace(PALLETS, only=True), collections=((1, 12 * 60),), rates_cents=((1, 1),) * 7
    )
    story = warehouse([(at(0, 9), of_first(50))], services=(a_carrier(), freight))

    left = [(t, actor, cents) for t, _, actor, cents in story.events("actor", "value_cents", kind="manifested")]
    assert [("0 17:00", "carrier:ground", 500), ("1 12:00", "carrier:freight", 9_000)] == left
    assert 1 == len(story.times("closed"))


@pytest.mark.parametrize(("pallet_ms", "left", "cents"), [(None, 3, 3 * 417), (2 * MINUTE_MS, 4, 1_167)])
def test_a_pallet_takes_its_own_time_to_load(pallet_ms: int | None, left: int, cents: int):
    """Two orders of two pallets and a parcel each, from 16:30 to 17:00: four times ten minutes as parcels, and three of
    them done; with two minutes a pallet it is 4 + 10 + 4 + 10."""
    loading = Loading(staff=1, work_ms=10 * MINUTE_MS, wait_ms=0, pallet_ms=pallet_ms)
    orders = [(at(0, 9), [(p, 106, 1_000)]) for p in (0, 1)]
    story = warehouse(orders, nodes=(a_node(loading=loading),), stock=stock([[200, 200]]))

    assert left == story.times("manifested").count("0 17:00")
    assert pytest.approx(cents, abs=1) == story.rows("events", kind="van_loaded")[0]["value_cents"]


def test_a_pallet_takes_the_room_of_many_parcels_in_the_staging_area():
    """Room for twelve, ten of which a pallet takes: the second waits, moved out, until the van of 17:00 has left, and
    goes with the next."""
    node = a_node(outbound=Outbound(parcels=12, pallet_parcels=10))
    orders = [(at(0, 9), of_first(48)), (at(0, 10), [(1, 48, 2_500)]), (at(0, 11), [(1, 48, 2_500)])]
    story = warehouse(orders, nodes=(node,))

    assert [("0 09:04", 0), ("0 10:04", 1), ("0 11:04", 2)] == [
        (t, order) for t, _, order in story.events("order", kind="picked")
    ]
    assert [("0 09:04", 0), ("0 10:04", 1), ("0 17:00 +1ms", 2)] == [
        (t, order) for t, _, order in story.events("order", kind="packed")
    ]
    assert ["0 17:00", "0 17:00", "1 17:00"] == story.times("manifested")


def test_planners_see_how_much_was_handled_how(tmp_path: Path):
    """Of 75 units 48 by the pallet, 24 by the case."""
    world = a_world(handling_units=a_plan(), services=(a_carrier(pallets=PALLETS),))
    visited(world, [(at(0, 9), of_first(75))]).run(tmp_path)
    figures = compute(Books(tmp_path), ["pallets_picked", "pallet_units_share", "case_units_share"])

    assert {"pallets_picked": 1, "pallet_units_share": 48 / 75, "case_units_share": 24 / 75} == figures


# A whole shop.


def shop(plan: HandlingPlan | None, **changes: Any) -> World:
    """A busy shop of which one channel orders 6 to 60 units a line, with cases of 6 and pallets of 24."""
    plain = a_busy_world(300.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS), **changes)
    large = Discrete((6, 15, 24, 60), (0.4, 0.3, 0.2, 0.1))
    web, market = plain.network.channels
    network = replace(
        plain.network,
        channels=(replace(web, orders_per_day=60.0, quantity=large), market),
        services=tuple(replace(s, pallets=PALLETS) for s in plain.network.services),
        handling_units=plan,
    )
    shape = plain.stock.opening_units.shape
    levels = stock(np.full(shape, 150), 60, 150)
    return replace(plain, network=network, stock=levels)


def plan_of(**changes: Any) -> HandlingPlan:
    return replace(HandlingPlan((6,) * 12, (24,) * 12, frozenset({0})), **changes)


@pytest.mark.parametrize(
    "changes",
    [{}, {"kept_pallets": 2}, {"kept_pallets": 2, "breaks_kept": False}, {"waits_for_pallets": True}],
    ids=["plain", "kept", "kept for ever", "waits"],
)
def test_the_same_customers_get_the_same_units_and_the_books_hold_together(changes: dict[str, Any], tmp_path: Path):
    plain, other = tell(shop(None), 3, check=False), tell(shop(plan_of(**changes)), 3)

    assert plain.model.customers.demand_hash == other.model.customers.demand_hash
    assert 20 < len(other.times("picked_by_pallet"))
    shipped = [sum(r["quantity"] for r in s.rows("events", kind="shipped")) for s in (plain, other)]
    assert shipped[1] == pytest.approx(shipped[0], rel=0.1)
    Model(shop(plan_of(**changes)), 3, check=True).run(tmp_path)
    assert [] == reconcile(tmp_path)


def test_shipments_hold_whole_pallets_and_nothing_else_or_none(tmp_path: Path):
    """Whatever happens to orders: a pallet shipment's pieces are multiples of a pallet, and what a shipment is said to
    be adds up to its pieces."""
    model = Model(shop(plan_of(), rules=Rules(data_fault_share=0.05, allocate_every_ms=30 * MINUTE_MS)), 5)
    model.site.register.leaving.enabled = False
    model.run(tmp_path)
    register, seen = model.site.register, 0
    for shipment, handled in register.handled.items():
        units = [units for _, units in register.contents((shipment,))]
        assert handled.pallets * 24 == (sum(units) if handled.pallets else 0)
        assert not handled.pallets or all(u % 24 == 0 for u in units)
        assert handled.pallets or handled.cases == sum(u // 6 for u in units)
        seen += handled.pallets > 0
    assert seen > 20


def test_the_lane_takes_what_is_no_pallet_and_the_books_do_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def run(name: str) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        return Model(shop(plan_of()), 4).run(folder)["files"]

    taken: list[int] = []
    admit = FastLane.admit

    def counted(self: FastLane, order: int, stop: int, until_ms: int) -> tuple[int, int]:
        after, is_odd = admit(self, order, stop, until_ms)
        taken.append(after - order)
        return after, is_odd

    monkeypatch.setattr(FastLane, "admit", counted)
    with_lane = run("with")
    assert sum(taken) > 50

    def never(site: Site) -> bool:
        return False

    monkeypatch.setattr(FastLane, "serves", staticmethod(never))
    assert with_lane == run("without")


def test_books_of_a_shop_without_pallets_reconcile_with_a_shelf_of_its_own():
    """Shrinkage and mispicks beside pallets: short picks take pallet shipments apart, and the books still agree."""
    world = shop(plan_of())
    nodes = tuple(replace(n, shrinkage_share=40.0, mispick_share=0.02) for n in world.network.nodes)
    with tempfile.TemporaryDirectory() as name:
        Model(replace(world, network=replace(world.network, nodes=nodes)), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))
