"""Between the shelf and the vans: the put wall, pick faces, the staging area and its doors."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.model import Model
from sim.plans.floor import Outbound, PickFace, PutWall
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_node, a_world

ONE, BOTH = [(0, 1, 1_000)], [(0, 1, 1_000), (1, 1, 2_500)]


def floor(orders: list[tuple[int, Any]], node: Any = None, **changes: Any) -> Story:
    return visit(a_world(nodes=(a_node(**(node or {})),), **changes), orders)


def test_what_has_several_lines_is_sorted_before_it_is_packed():
    """Both are picked by 9:03 (two people); the wall has one, who takes ten minutes for each of the two lines."""
    wall = PutWall(staff=1, work_ms=10 * MINUTE_MS)
    story = floor([(at(0, 9), ONE), (at(0, 9), BOTH)], {"put_wall": wall})

    assert {"0 09:03": {0, 1}} == {t: {r["order"] for r in story.rows("events", kind="picked")}
                                   for t in story.times("picked")}  # fmt: skip
    assert [("0 09:23", "sorted", 2, 833)] == story.events("quantity", "value_cents", kind="sorted")
    assert [("0 09:05", "packed", 0), ("0 09:25", "packed", 1)] == story.events("order", kind="packed")


def test_what_is_not_on_the_face_waits_until_it_is_filled():
    """The face holds three: the second order of two waits for one of them, half an hour."""
    face = PickFace(units=3, work_ms=30 * MINUTE_MS)
    story = floor([(at(0, 9), [(0, 2, 1_000)]), (at(0, 9), [(0, 2, 1_000)])], {"pick_face": face})

    assert [("0 09:30", "face_filled", 2)] == story.events("quantity", kind="face_filled")
    assert [("0 09:01", "picked", 0), ("0 09:31", "picked", 1)] == story.events("order", kind="picked")


def test_a_face_is_filled_before_it_is_empty():
    face = PickFace(units=3, below_units=2, work_ms=30 * MINUTE_MS)
    story = floor([(at(0, 9), [(0, 2, 1_000)]), (at(0, 10), [(0, 2, 1_000)])], {"pick_face": face})

    assert [("0 09:30", 2), ("0 10:30", 2)] == [(t, q) for t, _, q in story.events("quantity", kind="face_filled")]
    assert ["0 09:01", "0 10:01"] == story.times("picked")


def test_more_than_a_face_holds_is_brought_at_once():
    story = floor([(at(0, 9), [(0, 20, 1_000)])], {"pick_face": PickFace(units=3, work_ms=30 * MINUTE_MS)})

    assert [("0 09:30", "face_filled", 17)] == story.events("quantity", kind="face_filled")
    assert ["0 09:31"] == story.times("picked")


def test_a_full_staging_area_stops_the_packers():
    """Room for two: the third parcel is packed when the van of 17:00 has left, and leaves a day later."""
    story = floor([(at(0, 9), ONE)] * 3, {"outbound": Outbound(parcels=2)})

    assert [("0 09:05", "staging_full")] == [(t[:7], k) for t, k in story.events(kind="staging_full")][:1]
    assert ["0 17:02"] == [t for t in story.times("packed") if t > "0 12"]
    assert ["0 17:00", "0 17:00", "1 17:00"] == story.times("manifested")


def test_vans_wait_for_a_door():
    """Three carriers call at 17:00 at one door; each stands there for twenty minutes."""
    services = tuple(a_carrier(n, max_weight_kg=w) for n, w in (("light", 0.7), ("middle", 1.7), ("heavy", 99.0)))
    cheap = tuple(
        replace(s, rates_cents=tuple((100 * k, 100 * k) for _ in range(7))) for k, s in enumerate(services, start=1)
    )
    story = floor([(at(0, 9), ONE), (at(0, 9), [(1, 1, 2_500)]), (at(0, 9), BOTH)],
                  {"outbound": Outbound(doors=1)}, services=cheap)  # fmt: skip

    assert ["0 17:00", "0 17:20", "0 17:40"] == story.times("manifested")
    assert 2 <= len(story.times("van_waited"))


def test_the_days_of_a_van_that_waited_run_from_when_it_left():
    """A random world found a parcel that was delivered before its van had left: it waits thirty hours for the door."""
    services = tuple(a_carrier(name, max_weight_kg=kg) for name, kg in (("light", 0.7), ("heavy", 99.0)))
    story = floor([(at(0, 9), ONE), (at(0, 9), [(1, 1, 2_500)])],
                  {"outbound": Outbound(doors=1, load_ms=30 * HOUR_MS)}, services=services)  # fmt: skip

    assert ["0 17:00", "1 23:00"] == story.times("manifested")
    assert ["2 12:00", "3 12:00"] == story.times("delivered")


def shop(**node: Any) -> World:
    plain = a_busy_world(300.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))
    nodes = tuple(replace(n, **node) for n in plain.network.nodes)
    return replace(plain, network=replace(plain.network, nodes=nodes))


@pytest.mark.parametrize(
    "node",
    [
        {"put_wall": PutWall(work_ms=20 * MINUTE_MS)},
        {"pick_face": PickFace(units=6, work_ms=HOUR_MS)},
        {"outbound": Outbound(parcels=10, doors=1)},
    ],
    ids=["wall", "face", "outbound"],
)
def test_the_same_customers_wait_longer_and_the_books_hold_together(node: dict[str, Any]):
    plain, other = tell(shop(), 3, check=False), tell(shop(**node), 3)

    def hours_to_leave(story: Story) -> float:
        left = [r["time_ms"] for r in story.rows("events", kind="manifested")]
        return sum(left) / len(left) / HOUR_MS

    assert plain.model.customers.demand_hash == other.model.customers.demand_hash
    assert hours_to_leave(other) > hours_to_leave(plain)
    assert abs(len(plain.times("delivered")) - len(other.times("delivered"))) <= 10
    with tempfile.TemporaryDirectory() as name:
        Model(shop(**node), 3, check=True).run(Path(name))
        assert [] == reconcile(Path(name))
