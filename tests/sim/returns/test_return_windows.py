"""An order that came in two parcels may be sent back until the window of the last one ends."""

from __future__ import annotations

from dataclasses import replace

from sim.distributions import Fixed
from sim.network import Region
from sim.units import DAY_MS
from tests.sim.telling import at, visit
from tests.worlds import a_carrier, a_node, a_world, stock


def test_an_order_closes_with_the_window_of_its_last_parcel():
    """One line lies nearby, the other far away, so that its parcel arrives days later."""
    world = a_world(
        nodes=(a_node("A"), a_node("B", 34.1, -118.2)),
        regions=(Region("here", 40.0, -75.1, 1.0),),
        services=(a_carrier(transit_days=tuple(Fixed(d) for d in (1, 1, 2, 3, 5, 6, 7))),),
        stock=stock([[5, 0], [0, 5]]),
    )
    world = replace(world, rules=replace(world.rules, return_window_ms=10 * DAY_MS))
    story = visit(world, [(at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])])
    delivered = [row["time_ms"] for row in story.rows("events", kind="delivered")]
    closed = [row["time_ms"] for row in story.rows("events", kind="closed")]

    assert 2 == len(set(delivered))
    assert [max(delivered) + 10 * DAY_MS] == closed
