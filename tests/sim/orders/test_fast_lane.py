"""The compiled lane writes the very books that the agents write one order at a time, and takes what is usual."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from sim.agents.channels.channel import Channel
from sim.agents.customers.carts import Carts
from sim.agents.orders.holds import Holds
from sim.agents.orders.lane.fast_lane import FastLane
from sim.agents.site import Site
from sim.model import Model
from sim.network import Sync
from sim.world import StockPlan, World
from tests.sim.test_invariants import WORLDS, changed
from tests.worlds import a_busy_world


def thin(refuses: str) -> World:
    """Little in stock, shown as it is: many find a part of their basket, or nothing; some pay in advance."""
    world = a_busy_world()
    shape = world.stock.opening_units.shape
    channels = tuple(replace(c, sync=Sync("live"), refuses=refuses) for c in world.network.channels)
    plan = StockPlan(np.full(shape, 6), np.full(shape, 4), np.full(shape, 12))
    return replace(changed(world, channels=channels), stock=plan)


def run(world: World, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    return Model(world, 4).run(folder)["files"]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders the lane took, call by call."""
    counts: list[int] = []
    admit = FastLane.admit

    def counted(self: FastLane, order: int, stop: int, until_ms: int) -> tuple[int, int]:
        after, is_odd = admit(self, order, stop, until_ms)
        counts.append(after - order)
        return after, is_odd

    monkeypatch.setattr(FastLane, "admit", counted)
    return counts


@pytest.mark.parametrize("name", WORLDS)
def test_the_books_do_not_tell_which_lane_an_order_took(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with_lane = run(WORLDS[name](), tmp_path / "with")

    def never(site: Site) -> bool:
        return False

    monkeypatch.setattr(FastLane, "serves", staticmethod(never))

    assert with_lane == run(WORLDS[name](), tmp_path / "without")


def test_the_lane_takes_many_orders_of_a_busy_shop(taken: list[int], tmp_path: Path):
    folder = tmp_path / "run"
    folder.mkdir()
    manifest = Model(a_busy_world(), 4).run(folder)

    assert sum(taken) > manifest["counters"]["orders_offered"] / 4
    assert max(taken) > 1, "an order at a time is no lane"


def test_the_lane_takes_carts_as_they_come_to_the_till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    by_hand: list[int] = []
    come = Carts._come_to_till

    def counted(self: Carts, what: tuple[int, Any, Any]) -> None:
        by_hand.append(what[0])
        come(self, what)

    monkeypatch.setattr(Carts, "_come_to_till", counted)
    run(WORLDS["at_the_till"](), tmp_path / "run")
    events = tmp_path / "run" / "events.parquet"
    query = f"select distinct \"order\" from '{events}' where kind = 'captured' and channel = 'web'"
    captured = {order for (order,) in duckdb.connect().execute(query).fetchall()}

    assert by_hand, "some leave their carts, or find them emptied"
    assert len(captured.difference(by_hand)) > len(captured) / 4, "the lane took no carts to speak of"


def test_the_lane_sets_aside_what_is_not_paid_at_the_till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    by_hand: list[int] = []
    come = Holds.card_declined

    def counted(self: Holds, order: int) -> None:
        by_hand.append(order)
        come(self, order)

    monkeypatch.setattr(Holds, "card_declined", counted)
    run(WORLDS["declined"](), tmp_path / "run")
    events = tmp_path / "run" / "events.parquet"

    def orders_of(kind: str) -> set[int]:
        found = duckdb.connect().execute(f"select distinct \"order\" from '{events}' where kind = '{kind}'").fetchall()
        return {order for (order,) in found}

    assert len(orders_of("held")) > 100
    assert len(by_hand) < len(orders_of("held")) / 2, "most are set aside by the lane"
    assert orders_of("reservation_expired") <= orders_of("held")
    assert len(orders_of("reservation_expired")) > 50


def test_the_lane_enters_orders_that_are_heard_of_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    entered: list[int] = []
    enter = FastLane.enter

    def counted(self: FastLane, orders: list[int]) -> int:
        entered.append(enter(self, orders))
        return entered[-1]

    monkeypatch.setattr(FastLane, "enter", counted)
    run(WORLDS["told"](), tmp_path / "run")

    assert sum(entered) > len(entered), "more than one in each call"


def test_a_run_under_check_does_without_it(taken: list[int], tmp_path: Path):
    Model(a_busy_world(), 4, check=True).run(tmp_path)

    assert not taken


@pytest.mark.parametrize("refuses", ["line", "order"])
def test_the_lane_refuses_what_is_not_shown(refuses: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    without = Channel._without

    def counted(self: Channel, order: int, basket: Any, missing: Any, reason: int) -> Any:
        asked.extend([order] if missing else [])
        return without(self, order, basket, missing, reason)

    monkeypatch.setattr(Channel, "_without", counted)
    with_lane = run(thin(refuses), tmp_path / "with")
    events = tmp_path / "with" / "events.parquet"
    query = f"select count(distinct \"order\") from '{events}' where kind = 'refused'"
    refused = duckdb.connect().execute(query).fetchall()[0][0]

    assert len(asked) < refused / 2, "most are refused by the lane"

    def never(site: Site) -> bool:
        return False

    monkeypatch.setattr(FastLane, "serves", staticmethod(never))
    asked.clear()

    assert with_lane == run(thin(refuses), tmp_path / "without")
    assert len(set(asked)) == refused
