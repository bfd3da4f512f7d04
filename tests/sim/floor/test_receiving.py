"""Goods that come in: doors of the dock, and what skips the shelf because orders wait for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.books.reconcile import reconcile
from sim.disruptions import NodeOutage
from sim.distributions import Fixed
from sim.model import Model
from sim.network import Dock, Supplier
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.sim.witness import faults
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

MAKER = Supplier("maker", Fixed(2 * DAY_MS))


# Cross-docking.


def backorders(cross_dock_ms: int | None) -> Story:
    """Twenty of P1 and five of P2 come at 6:00 of the third day; two of P2 are awaited. A line takes an hour to put
    away."""
    base = a_node()
    slow = replace(base.stations[2], work_ms=Fixed(HOUR_MS))
    node = replace(base, stations=(*base.stations[:2], slow, base.stations[3]), cross_dock_ms=cross_dock_ms)
    world = a_world(
        nodes=(node,),
        suppliers=(MAKER,),
        channels=(a_channel(accepts_backorders=True),),
        stock=stock([[0, 0]], [[0, 0]], [[20, 5]]),
        horizon=Horizon(DAY_MS, 0, 40 * DAY_MS),
    )
    return visit(world, [(at(0, 9), [(1, 2, 2_500)])])


RECEIVED = ("received", "cross_docked", "put_away", "allocated")


def test_what_orders_wait_for_skips_the_shelf():
    away, through = backorders(None), backorders(5 * MINUTE_MS)

    assert [
        ("2 06:00", "received", "P1", 20),
        ("2 06:00", "received", "P2", 5),
        ("2 07:00", "put_away", "P1", 20),
        ("2 08:00", "put_away", "P2", 5),
        ("2 08:00", "allocated", "P2", 2),
    ] == away.events("sku", "quantity", kind=RECEIVED)
    assert [
        ("2 06:00", "received", "P1", 20),
        ("2 06:00", "received", "P2", 5),
        ("2 06:05", "cross_docked", "P2", 2),
        ("2 06:05", "allocated", "P2", 2),
        ("2 07:00", "put_away", "P1", 20),
        ("2 08:00", "put_away", "P2", 3),
    ] == through.events("sku", "quantity", kind=RECEIVED)


def test_cross_docking_serves_the_same_customers_sooner(tmp_path: Path):
    """A shop that runs short: backorders wait less for the same customers, and the books agree."""
    waited = []
    for cross_dock_ms in (None, 15 * MINUTE_MS):
        folder = tmp_path / str(cross_dock_ms)
        folder.mkdir()
        world = a_busy_world(
            orders_per_day=200.0,
            products=10,
            horizon=Horizon(5 * DAY_MS, 0, 30 * DAY_MS),
            rules=Rules(backorder_retry_ms=DAY_MS),
            stock=stock([[4] * 10] * 3, 4, 12),
        )
        web = replace(world.network.channels[0], accepts_backorders=True)
        slow = replace(world.network.nodes[0].stations[2], work_ms=Fixed(2 * HOUR_MS))
        nodes = tuple(
            replace(
                n,
                cross_dock_ms=cross_dock_ms,
                stations=(*n.stations[:2], slow, n.stations[3]),
                review_every_ms=2 * HOUR_MS,
            )
            for n in world.network.nodes
        )
        network = replace(
            world.network, nodes=nodes, channels=(web,), suppliers=(replace(MAKER, lead_ms=Fixed(HOUR_MS)),)
        )
        model = Model(replace(world, network=network), 2, check=True)
        model.run(folder)
        assert ([], []) == (faults(folder), reconcile(folder))
        waited.append(_waiting_hours(tell(replace(world, network=network), 2, check=False)))

    assert waited[1] < 0.8 * waited[0]


def _waiting_hours(story: Story) -> float:
    """From the first backorder of each line to its last allocation, on average."""
    began: dict[int, int] = {}
    ended: dict[int, int] = {}
    for row in story.rows("events", kind=("backordered", "allocated")):
        if row["kind"] == "backordered":
            began.setdefault(row["line"], row["time_ms"])
        elif row["line"] in began:
            ended[row["line"]] = row["time_ms"]
    assert len(ended) > 20
    return sum(ended[line] - began[line] for line in ended) / len(ended) / HOUR_MS


# Doors.


def trucks(dock: Dock | None) -> list[tuple[str, str]]:
    """Three suppliers bring one SKU each, all at 6:00 of the third day."""
    suppliers = tuple(replace(MAKER, name=f"maker {n}") for n in range(3))
    products = tuple(replace(a_world().network.products[0], sku=f"P{n}", supplier=n) for n in range(3))
    world = a_world(
        nodes=(a_node(dock=dock),),
        products=products,
        suppliers=suppliers,
        stock=stock([[0] * 3], [[0] * 3], [[5] * 3]),
        horizon=Horizon(DAY_MS, 0, 40 * DAY_MS),
    )
    return list(visit(world, []).events(kind=("truck_arrived", "truck_docked", "received")))


def test_without_doors_trucks_are_unloaded_as_they_come():
    assert [("2 06:00", "received")] * 3 == trucks(None)


@pytest.mark.parametrize(
    ("dock", "docked", "received"),
    [
        (Dock(1, HOUR_MS), ["2 06:00", "2 07:00", "2 08:00"], ["2 07:00", "2 08:00", "2 09:00"]),
        (Dock(2, HOUR_MS), ["2 06:00", "2 06:00", "2 07:00"], ["2 07:00", "2 07:00", "2 08:00"]),
        (Dock(1, HOUR_MS, 480, 630), ["2 08:00", "2 09:00", "3 08:00"], ["2 09:00", "2 10:00", "3 09:00"]),
    ],
    ids=["one door", "two doors", "hours"],
)
def test_trucks_wait_for_a_door_and_for_its_hours(dock: Dock, docked: list[str], received: list[str]):
    told = trucks(dock)

    assert ["2 06:00"] * 3 == [moment for moment, kind in told if kind == "truck_arrived"]
    assert docked == [moment for moment, kind in told if kind == "truck_docked"]
    assert received == [moment for moment, kind in told if kind == "received"]


def test_a_truck_waits_at_its_door_while_the_node_is_closed():
    """An outage does not unload: what stood at the door is let in when it is over."""
    world = a_world(
        nodes=(a_node(dock=Dock(1, HOUR_MS)),),
        suppliers=(MAKER,),
        stock=stock([[0, 100]], [[0, 0]], [[5, 0]]),
        horizon=Horizon(DAY_MS, 0, 40 * DAY_MS),
        disruptions=(NodeOutage(0, at(2, 6, 30), 5 * HOUR_MS),),
    )

    assert ["2 11:30"] == visit(world, []).times("received")
