"""Orders that are fetched at a store, and stores that pick in quiet hours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sim.books.reconcile import reconcile
from sim.disruptions.node_outage import NodeOutage
from sim.distributions import Fixed, Uniform
from sim.measures.series import orders_by_stall, orders_by_state
from sim.model import Model
from sim.network import Entity, Payment, Reservation
from sim.plans.labour import QuietHours
from sim.plans.pickup import Pickup
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import World
from tests.sim.telling import Story, at, tell, visit, visited
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
STORE = a_node("store", kind="store")
FAR = a_node("far", latitude=30.0)
FETCHED = Pickup()
STEPS = ("allocated", "packed", "ready_for_pickup", "shipped", "manifested", "invoiced", "delivered")


def a_shop(pickup: Pickup | None = FETCHED, opening: Any = ((5, 5), (5, 5)), **changes: Any) -> World:
    """A store next door that serves pickups, a warehouse far away; the customer is next to the store."""
    channel = a_channel(pickup=pickup, **{k: changes.pop(k) for k in ("payments", "refuses") if k in changes})
    return a_world(**{"nodes": (FAR, STORE), "channels": (channel,), "stock": stock(opening)} | changes)


def test_a_pickup_is_handed_over_at_the_store_without_freight():
    """Picked in a minute, packed in two, fetched four hours later; a parcel leaves at 17:00, for two days."""
    fetched, sent = visit(a_shop(), [(at(0, 9), P1)]), visit(a_shop(None), [(at(0, 9), P1)])

    assert [
        ("0 09:00", "allocated", "store"),
        ("0 09:03", "packed", "store"),
        ("0 09:03", "ready_for_pickup", "store"),
        ("0 13:03", "shipped", "store"),
        ("0 13:03", "invoiced", "store"),
        ("0 13:03", "delivered", "store"),
    ] == fetched.events("node", kind=STEPS)
    assert ("0 17:00", "2 12:00") == (sent.times("manifested")[0], sent.times("delivered")[0])
    assert (0, 500) == (fetched.balance("freight"), sent.balance("freight"))
    assert (400, -1_000) == (fetched.balance("cost_of_goods"), fetched.balance("revenue"))
    assert {"closed": 1} == fetched.manifest["census"]


def test_it_waits_for_its_customer_meanwhile(tmp_path: Path):
    """On the hour from 10:00 to 13:00 it is at the counter, which is nobody's delay."""
    visited(a_shop(), [(at(0, 9), P1)]).run(tmp_path)
    books = Run.open(tmp_path).books

    assert 4 == orders_by_stall(books)["pickup"].sum()
    assert 4 == orders_by_state(books)["ready_for_pickup"].sum()


def test_nobody_comes():
    """After two days the goods are back on the shelf; the deposit is returned, nothing is earned."""
    world = a_shop(Pickup(no_show_share=1.0, hold_ms=2 * DAY_MS), payments=(Payment("prepaid"),))
    story = visit(world, [(at(0, 9), P1)])

    assert [
        ("2 09:03", "put_back", "not_collected"),
        ("2 09:03", "voided", "not_collected"),
        ("2 09:03", "cancelled_units", "not_collected"),
        ("2 09:03", "cancelled", "not_collected"),
        ("2 09:03", "deposit_returned", "not_collected"),
    ] == story.events("reason", kind=("put_back", "voided", "cancelled_units", "cancelled", "deposit_returned"))
    assert (5, 0, 0) == (
        story.model.site.inventory.available[1][0],
        story.balance("revenue"),
        story.balance("cash"),
    )


def test_who_comes_too_late_does_not_get_it():
    story = visit(a_shop(Pickup(collect_ms=Fixed(3 * DAY_MS), hold_ms=DAY_MS)), [(at(0, 9), P1)])

    assert (["1 09:03"], []) == (story.times("cancelled"), story.times("delivered"))


@pytest.mark.parametrize(
    ("pickup", "kinds"),
    [
        (Pickup(unavailable="send"), [("0 09:00", "allocated", "far", "")]),
        (Pickup(unavailable="refuse"), [("0 09:00", "refused", "", "not_at_store")]),
    ],
)
def test_what_the_store_does_not_have(pickup: Pickup, kinds: list[tuple]):
    story = visit(a_shop(pickup, ((5, 5), (0, 5))), [(at(0, 9), P1)])

    assert kinds == [(t, k, n or "", r) for t, k, n, r in story.events("node", "reason", kind=("allocated", "refused"))]


def test_a_part_of_the_basket_is_refused_or_all_of_it_is_sent():
    both = [(0, 1, 1_000), (1, 1, 2_500)]
    refused = visit(a_shop(Pickup(unavailable="refuse"), ((5, 5), (0, 5))), [(at(0, 9), both)])
    sent = visit(a_shop(opening=((5, 5), (0, 5))), [(at(0, 9), both)])

    assert ["P2"] == [r["sku"] for r in refused.rows("events", kind="shipped")]
    assert ["far", "far"] == [r["node"] for r in sent.rows("events", kind="shipped")]


def test_a_held_pickup_keeps_its_units_at_the_store():
    """Under review until 9:06; the store's last unit is out of everybody's reach meanwhile."""
    world = a_shop(opening=((5, 5), (1, 5)), payments=(Payment("card", review_share=0.5),))
    story = visit(world, [(at(0, 9), P1), (at(0, 9, 3), P1)], desk_luck=[0.1, 0.9])

    assert [
        ("0 09:00", "node_reserved", "store"),
        ("0 09:03", "allocated", "far"),
        ("0 09:06", "node_reservation_ended", "store"),
        ("0 09:06", "allocated", "store"),
    ] == story.events("node", kind=("node_reserved", "node_reservation_ended", "allocated"))


def test_the_same_customers_with_pickup_and_without():
    """Half of the web's orders are fetched; all others, and who comes when, are as before."""
    world = a_busy_world(200.0)
    network = world.network
    nodes = (replace(network.nodes[0], kind="store"), *network.nodes[1:])
    pickup = Pickup(0.5, no_show_share=0.1)
    plain = replace(world, network=replace(network, nodes=nodes))
    web = replace(network.channels[0], pickup=pickup)
    fetched = replace(plain, network=replace(plain.network, channels=(web, *network.channels[1:])))
    before, after = tell(plain), tell(fetched)

    def orders(story: Story, kind: str) -> set[int]:
        return {r["order"] for r in story.rows("events", kind=kind)}

    ready = orders(after, "ready_for_pickup")
    share = len(ready) / len({r["order"] for r in after.rows("events", kind="captured", channel="web")})
    assert before.manifest["demand_hash"] == after.manifest["demand_hash"]
    assert set() == orders(before, "ready_for_pickup")
    assert 0.2 < share < 0.6
    assert {nodes[0].name} == {r["node"] for r in after.rows("events", kind="ready_for_pickup")}
    assert after.balance("freight") < before.balance("freight")
    assert 0 == len(ready & {r["order"] for r in after.rows("events", kind="manifested", node=nodes[0].name)})


@pytest.mark.parametrize("at", ["capture", "payment"])
def test_pickups_keep_the_books_through_an_outage_of_their_store(at: str, tmp_path: Path):
    """Two entities, reviews, expiring reservations, people who do not come, a store that is shut for a day."""
    world = a_busy_world(150.0)
    network = world.network
    store = replace(network.nodes[0], kind="store", entity=1, quiet_hours=QuietHours(9 * 60, 20 * 60, 5_000))
    pickup = Pickup(0.6, "refuse", Uniform(0, 2 * DAY_MS), 0.1, DAY_MS)
    web = replace(network.channels[0], pickup=pickup, reservation=Reservation(at, expires_ms=2 * HOUR_MS))
    entities = (Entity("company", tax_bp=700), Entity("shops", transfer_markup_bp=500))
    network = replace(
        network, nodes=(store, *network.nodes[1:]), channels=(web, network.channels[1]), entities=entities
    )
    shut = NodeOutage(at_ms=12 * HOUR_MS, duration_ms=20 * HOUR_MS, node=0)
    manifest = Model(replace(world, network=network, disruptions=(shut,)), check=True).run(tmp_path)
    told = pq.read_table(tmp_path / "events.parquet", columns=["kind", "reason"])

    assert [] == reconcile(tmp_path)
    assert {"refused", "cancelled", "closed"} == set(manifest["census"])
    assert {"ready_for_pickup"} <= set(told["kind"].to_pylist())
    assert {"not_at_store", "not_collected"} <= set(told["reason"].to_pylist())


# Quiet hours.


def test_a_store_picks_in_quiet_hours():
    """Ordered at 9:00; quiet from 14:00 to 16:00."""
    quiet = replace(STORE, quiet_hours=QuietHours(14 * 60, 16 * 60))
    usual, later = (visit(a_shop(nodes=(FAR, node)), [(at(0, 9), P1)]) for node in (STORE, quiet))

    assert (["0 09:01"], ["0 14:01"]) == (usual.times("picked"), later.times("picked"))
    assert (["0 09:00"], ["0 14:00"]) == (usual.times("released"), later.times("released"))


def test_work_that_does_not_fit_before_the_end_waits_for_the_next_day():
    """Two people, four lines of 20 minutes a batch: six lines fit in an hour's quiet, the others go on tomorrow."""
    slow = (replace(STORE.stations[0], work_ms=Fixed(20 * 60_000), batch_size=1), *STORE.stations[1:])
    quiet = replace(STORE, stations=slow, quiet_hours=QuietHours(14 * 60, 15 * 60))
    story = visit(a_shop(nodes=(FAR, quiet), opening=((0, 0), (9, 9))), [(at(0, 9), P1)] * 8)

    assert ["0 14:20"] * 2 + ["0 14:40"] * 2 + ["0 15:00"] * 2 + ["1 14:20"] * 2 == story.times("picked")


@pytest.mark.parametrize(("otherwise_bp", "picked"), [(5_000, "0 09:01"), (4_999, "0 14:01")])
def test_a_share_of_them_picks_at_other_hours(otherwise_bp: int, picked: str):
    node = replace(STORE, quiet_hours=QuietHours(14 * 60, 16 * 60, otherwise_bp))

    assert [picked] == visit(a_shop(nodes=(FAR, node)), [(at(0, 9), P1)]).times("picked")
