"""Labour beyond the roster: overtime with its premium, floors that are too full, crews around the clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.distributions import Fixed
from sim.labour import Congestion, Overtime
from sim.network import Node, Shift, Station
from sim.units import HOUR_MS, MINUTE_MS
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_node, a_world

P1 = [(0, 1, 1_000)]


def a_day_shift(**changes) -> Node:
    """One picker and one packer from 8:00 to 10:00; a line takes a minute, a parcel twenty."""
    stations = a_node().stations
    return a_node(
        wave_interval_ms=MINUTE_MS,
        shifts=(Shift(ALWAYS, 480, 600, (1, 1, 1, 1)),),
        stations=(stations[0], Station(Fixed(20 * MINUTE_MS)), *stations[2:]),
        **changes,
    )


def packed(node: Node, orders: int) -> Story:
    """Orders that all come at 7:00."""
    return visit(a_world(nodes=(node,)), [(at(0, 7), P1)] * orders)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, ["0 09:44", "1 08:20", "1 08:40"]),
        (Overtime(2), ["0 09:44", "0 10:20", "0 10:40"]),
        (Overtime(3), ["0 09:44", "1 08:20", "1 08:40"]),
        (Overtime(1, at_most_ms=30 * MINUTE_MS, step_ms=30 * MINUTE_MS), ["0 09:44", "0 10:20", "1 08:20"]),
    ],
)
def test_people_stay_on_while_a_backlog_waits(rule: Overtime | None, expected: list[str]):
    """Four parcels are packed by 9:44 less what was picked first; two are left at ten."""
    story = packed(a_day_shift(overtime=rule), 7)

    assert expected == story.times("packed")[-3:]


def test_overtime_is_paid_at_a_premium():
    """One packer at 25.00 an hour stays for an hour: half of that on top. Pickers and the others go home."""
    story = packed(a_day_shift(overtime=Overtime(2)), 7)

    assert [("0 10:00", "overtime_worked", "warehouse:A", 60, 1_250)] == story.events(
        "actor", "quantity", "value_cents", kind="overtime_worked"
    )
    assert [("handling_labour", 1_250), ("accrued_operations", -1_250)] == story.postings(kind="overtime_worked")


def test_overtime_buys_time_for_the_same_customers():
    world = a_busy_world(400.0, nodes=1)
    short = replace(world.network.nodes[0], shifts=(Shift(ALWAYS, 480, 720, (1, 1, 1, 1)),))

    def run(rule: Overtime | None) -> Story:
        nodes = (replace(short, overtime=rule),)
        return tell(replace(world, network=replace(world.network, nodes=nodes)))

    without, with_it = run(None), run(Overtime(5))

    assert without.manifest["demand_hash"] == with_it.manifest["demand_hash"]
    assert mean_ms(with_it, "packed") < mean_ms(without, "packed") - HOUR_MS
    assert with_it.times("overtime_worked")


def mean_ms(story: Story, kind: str) -> float:
    moments = [r["time_ms"] for r in story.rows("events", kind=kind)]
    return sum(moments) / len(moments)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(None, "0 08:05"), (Congestion(4), "0 08:05"), (Congestion(2), "0 08:09"), (Congestion(1, 3.0), "0 08:13")],
)
def test_a_crowded_floor_is_slower(rule: Congestion | None, expected: str):
    """Four lines are picked together, in four minutes of work, which four shipments on a floor for two make eight."""
    node = replace(a_day_shift(congestion=rule), wave_interval_ms=60 * MINUTE_MS + MINUTE_MS)
    story = packed(replace(node, shifts=(Shift(ALWAYS, 481, 600, (1, 1, 1, 1)),)), 4)

    assert [expected] * 4 == story.times("picked")


def test_congestion_costs_the_same_customers_time():
    world = a_busy_world(600.0, nodes=1)

    def run(rule: Congestion | None) -> Story:
        nodes = (replace(world.network.nodes[0], congestion=rule),)
        return tell(replace(world, network=replace(world.network, nodes=nodes)))

    free, full = run(None), run(Congestion(5, 2.0))

    assert free.manifest["demand_hash"] == full.manifest["demand_hash"]
    assert mean_ms(free, "packed") < mean_ms(full, "packed")


def test_work_goes_on_over_midnight():
    """A parcel of forty minutes that is picked at 23:42 is packed at 0:22; a crew that goes home packs it at 8:40."""
    stations = a_node().stations
    slow = a_node(wave_interval_ms=MINUTE_MS, stations=(stations[0], Station(Fixed(40 * MINUTE_MS)), *stations[2:]))
    evening = replace(slow, shifts=(Shift(ALWAYS, 480, 1_440, (2, 2, 1, 1)),))

    def times(node: Node) -> list[str]:
        story = visit(a_world(nodes=(node,), services=(a_carrier(),)), [(at(0, 23, 41), P1)])
        return story.times("picked") + story.times("packed")

    assert ["0 23:42", "1 00:22"] == times(slow)
    assert ["0 23:42", "1 08:40"] == times(evening)
