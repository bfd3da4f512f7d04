"""Go-lives on a date: a channel, a node with people who have to learn, a country behind a border."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sim.distributions import Fixed
from sim.model import Model
from sim.plans.border import Border
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import at, tell, visit, visited
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]


def captured(world: World) -> list[tuple[int, str, str]]:
    return [(r["time_ms"], r["channel"], r["sku"]) for r in tell(world, 2, check=False).rows("events", kind="captured")]


def test_a_channel_opens_on_its_day_and_shifts_nobody_else():
    """Nobody comes before; from then on the same customers come as if it had always been there."""
    world = a_busy_world(60.0, horizon=Horizon(4 * DAY_MS, 0, 30 * DAY_MS))
    plenty = replace(world, stock=stock([[900] * 40] * 3))
    web, market = plenty.network.channels

    def with_market(**changes) -> World:
        return replace(plenty, network=replace(plenty.network, channels=(web, replace(market, **changes))))

    always, later = captured(with_market()), captured(with_market(opens_ms=2 * DAY_MS))

    assert [row for row in always if row[1] == "web"] == [row for row in later if row[1] == "web"]
    assert [row for row in always if row[1] == "market" and row[0] >= 2 * DAY_MS] == [
        row for row in later if row[1] == "market"
    ]
    assert ["2 00:00"] == tell(with_market(opens_ms=2 * DAY_MS), 2).times("channel_opened")


def two_nodes(**changes) -> World:
    """A far away, B next door to the customer."""
    near = a_node("B", 40.0, -75.1, kind="third_party", **changes)
    return a_world(nodes=(a_node("A", 34.0, -118.0), near), horizon=Horizon(6 * DAY_MS, 0, 40 * DAY_MS))


def test_a_node_serves_from_its_day_on():
    story = visit(two_nodes(opens_ms=2 * DAY_MS), [(at(d, 9), P1) for d in (0, 1, 2, 3)])

    assert ["A", "A", "B", "B"] == [r["node"] for r in story.rows("events", kind="allocated")]
    assert [("2 00:00", "node_opened", "B")] == story.events("node", kind="node_opened")
    assert {"0 00:00", "2 00:00"} == set(story.times("opening_stock"))


def test_stock_of_a_node_that_is_not_open_is_not_for_sale():
    world = replace(two_nodes(opens_ms=2 * DAY_MS), stock=stock([[0, 0], [5, 5]]))
    story = visit(world, [(at(1, 9), P1), (at(2, 9), P1)])

    assert [("1 09:00", "refused", 0), ("2 09:00", "captured", 1)] == story.events(
        "order", kind=("refused", "captured")
    )


def test_new_people_are_slow_at_first():
    """Half of two packers at first, one packer for a night: twenty parcels of two minutes take forty minutes, not
    twenty."""

    def packed(**changes) -> str:
        world = two_nodes(opens_ms=DAY_MS, **changes)
        return max(visit(world, [(at(1, 9), P1)] * 20).times("packed"))

    quick, slow = packed(), packed(ramp_ms=4 * DAY_MS, ramp_from_bp=5_000)

    assert (quick, slow) == ("1 09:24", "1 09:44")


def test_the_crew_is_whole_when_the_ramp_is_over():
    model = visited(two_nodes(opens_ms=DAY_MS, ramp_ms=4 * DAY_MS, ramp_from_bp=2_000), [(at(1, 9), P1)])
    seen = []
    for day in (0, 1, 2, 3, 4, 5):
        model.clock.at(day * DAY_MS + HOUR_MS, 0, lambda _: seen.append(model.site.crew_bp[1]))
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))

    assert [10_000, 2_000, 4_000, 6_000, 8_000, 10_000] == seen


ABROAD = Border("abroad", frozenset({0}), duty_bp=1_200, fee_cents=300, clearance_ms=Fixed(2 * DAY_MS))


@pytest.mark.parametrize(
    ("borders", "delivered", "duties"),
    [((), "2 12:00", 0), ((ABROAD,), "4 12:00", 420), ((replace(ABROAD, nodes=frozenset({0})),), "2 12:00", 0)],
)
def test_a_border_costs_duty_and_days(borders: tuple[Border, ...], delivered: str, duties: int):
    """12% of 10.00, 3.00 a parcel, two days at the customs; nothing for a node on the same side."""
    story = visit(a_world(borders=borders), [(at(0, 9), P1)])

    assert [delivered] == story.times("delivered")
    assert duties == story.balance("duties")


def test_luck_at_the_customs_is_the_customers():
    """Without the border the same customers come."""
    world = a_busy_world(60.0, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS))
    found = set()
    for borders in ((), (ABROAD,)):
        with tempfile.TemporaryDirectory() as folder:
            changed = replace(world, network=replace(world.network, borders=borders))
            found.add(Model(changed, 2, check=True).run(Path(folder))["demand_hash"])

    assert 1 == len(found)
    assert a_channel().opens_ms == 0
