"""Roads, interfaces and desks that fail: trucks, messages and cases wait, and go on in their sequence."""

from __future__ import annotations

from sim.disruptions.desk_shortage import DeskShortage
from sim.disruptions.interface_outage import InterfaceOutage
from sim.disruptions.road_closure import RoadClosure
from sim.distributions import Fixed
from sim.messages.plan import MessageRoute
from sim.network import Payment
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift
from tests.sim.telling import at, visit
from tests.worlds import ALWAYS, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]


def cut_off(begins: int, lasts: int) -> RoadClosure:
    return RoadClosure(nodes=frozenset({0}), at_ms=begins, duration_ms=lasts)


def test_trucks_wait_for_the_road():
    """Ordered on day 0 at six, due on day 2 at six; the road opens on day 3 at noon. Two closures nest."""
    plan = {"stock": stock([[0, 100]], 1, 5), "channels": (a_channel(accepts_backorders=True),)}
    first, second = cut_off(at(1, 12), 2 * DAY_MS), cut_off(at(3, 6), DAY_MS)
    came = [
        visit(a_world(disruptions=closures, **plan), [(at(0, 5), P1)]).times("received")
        for closures in ((), (first,), (first, second))
    ]

    assert [["2 06:00"], ["3 12:00"], ["4 06:00"]] == came


def test_a_van_does_not_reach_a_node_that_is_cut_off():
    """Packed in time for 17:00; the van of the next day takes it."""
    story = visit(a_world(disruptions=(cut_off(at(0, 12), 12 * HOUR_MS),)), [(at(0, 9), P1)])

    assert [("0 17:00", "missed_cutoff", "road_closed")] == story.events("reason", kind="missed_cutoff")
    assert ["1 17:00"] == story.times("shipped")


def test_messages_wait_for_their_interface():
    """Shipped at 17:00 of day 0 and 1; the interface is down from noon to midnight of day 0. Another one is not."""
    route = MessageRoute("line", ("ship_confirmation",), latency_ms=Fixed(10 * MINUTE_MS))
    down = InterfaceOutage(at_ms=at(0, 12), duration_ms=12 * HOUR_MS)
    orders = [(at(0, 9), P1), (at(1, 9), P1)]
    story = visit(a_world(messages=(route,), disruptions=(down,)), orders)
    other = visit(a_world(messages=(route,), disruptions=(InterfaceOutage(at(0, 12), DAY_MS, frozenset({7})),)), orders)

    assert ["1 00:10", "1 17:10"] == story.times("message_received")
    assert ["0 17:10", "1 17:10"] == other.times("message_received")


def test_half_the_desk_takes_twice_as_long():
    """Two reviews of an hour at nine by two people, then by one."""
    desk = DeskPlan("desk", shifts=(DeskShift(ALWAYS, 0, 1_440, 2),), handling_ms=Fixed(HOUR_MS))
    shop = a_channel(payments=(Payment("card", review_share=1.0),))
    orders = [(at(0, 9), P1), (at(0, 9, 1), P1)]
    shortage = DeskShortage(at_ms=at(0, 8), duration_ms=DAY_MS)
    full, half = (
        visit(a_world(desks=(desk,), channels=(shop,), disruptions=d), orders).times("hold_cleared")
        for d in ((), (shortage,))
    )

    assert (["0 10:00", "0 10:01"], ["0 10:00", "0 11:00"]) == (full, half)
