"""A place with a clock of its own: what happens there at some hour of some day does so by that clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from optimize.allocation.serving import ServingCosts
from sim.agents.customers.customer import Customers, PromiseTable
from sim.agents.floor.crew import Crew
from sim.agents.supply.buckets import Buckets
from sim.calendar import Calendar
from sim.distributions import Fixed
from sim.network import CycleCounts, Dock, Geography, Hub, Node, Promise, Region, Shift, Storage, Supplier
from sim.plans.alerts import AtRiskPlan
from sim.plans.labour import QuietHours
from sim.plans.subscription import Subscription
from sim.roster import rostered_hours
from sim.streams import Streams
from sim.timetable import rounds_of, timetables_of
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, Rules, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_carrier, a_channel, a_node, a_world, stock

NEW_YORK, LOS_ANGELES, PHOENIX = "America/New_York", "America/Los_Angeles", "America/Phoenix"
MANILA, AUCKLAND, KOLKATA = "Asia/Manila", "Pacific/Auckland", "Asia/Kolkata"
P1 = [(0, 1, 1_000)]
BY_DAY = (Shift(ALWAYS, 8 * 60, 18 * 60, (2, 2, 1, 1)),)


def starting(moment: str, zone: str = NEW_YORK) -> Calendar:
    return Calendar(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)))


MONDAY = starting("2026-11-23")


def two_coasts(*, west: Node | None = None, **changes) -> World:
    """A node in the East and one in the West, each with a channel that only it serves."""
    far = a_node("W", 40.0, -75.0, shifts=BY_DAY, timezone=LOS_ANGELES) if west is None else west
    nodes = (
        a_node("E", shifts=BY_DAY, serves_channels=frozenset({0})),
        replace(far, serves_channels=frozenset({1})),
    )
    usual = {
        "nodes": nodes,
        "channels": (a_channel("east"), a_channel("west")),
        "horizon": Horizon(3 * DAY_MS, 0, 30 * DAY_MS),
    }
    return a_world(**usual | changes)


# The calendar.


def test_a_day_is_a_date_everywhere():
    there = MONDAY.in_zone(LOS_ANGELES)

    assert date(2026, 11, 23) == MONDAY.date_of(0) == there.date_of(0)
    assert (0, 0) == (MONDAY.first_day, MONDAY.at(0, 0))
    assert (-1, 3 * HOUR_MS) == (there.first_day, there.at(0, 0))  # it is still Sunday there
    assert (6, 0) == (there.weekday(-1), there.weekday(0))
    assert there.at(4, 540) == MONDAY.at(4, 720)


def test_in_the_east_the_first_day_may_be_the_next():
    start = starting("2026-11-23 06:00", LOS_ANGELES)
    there = start.in_zone(AUCKLAND)

    assert 1 == there.first_day  # three in the morning of Tuesday
    assert -3 * HOUR_MS == there.at(1, 0)
    assert 24 * 1 + 3 == there.hour_of_week(0)


def test_half_hours_count():
    there = MONDAY.in_zone(KOLKATA)  # ten and a half hours ahead

    assert -int(10.5 * HOUR_MS) == there.at(0, 0)
    assert 10 == there.hours_ahead(0, MONDAY)


def test_one_calendar_a_zone():
    node = a_node(timezone=LOS_ANGELES)

    assert MONDAY.of(node) is MONDAY.in_zone(LOS_ANGELES)
    assert MONDAY.of(a_node()) is MONDAY is MONDAY.in_zone(NEW_YORK)
    assert [(MONDAY, [0, 2]), (MONDAY.of(node), [1])] == MONDAY.groups([a_node(), node, a_node(timezone=NEW_YORK)])


def test_a_summer_time_of_one_zone_is_none_of_the_other():
    """On Sunday 8 March 2026 New York loses an hour; Phoenix never does."""
    saturday = starting("2026-03-07")
    here, there = (Crew((Shift(ALWAYS, 480, 960, (1, 1, 1, 1)),), 0, c) for c in (saturday, saturday.in_zone(PHOENIX)))

    def begins(crew: Crew, day: int) -> float:
        crew.size(MINUTE_MS + (24 * day) * HOUR_MS)
        return crew.until_ms / HOUR_MS

    assert [8.0, 31.0, 55.0] == [begins(here, day) for day in range(3)]  # a day of 23 hours between
    assert [10.0, 34.0, 58.0] == [begins(there, day) for day in range(3)]
    assert 23 * HOUR_MS == saturday.at(2, 0) - saturday.at(1, 0)


def test_an_autumn_day_has_25_hours_where_the_law_says_so():
    saturday = starting("2026-10-31")
    there = saturday.in_zone(PHOENIX)
    nights = (Shift(ALWAYS, 0, 1_440, (1, 1, 1, 1)),)

    hours = [rostered_hours(a_node(shifts=nights), c, c.at(1, 0), c.at(2, 0))["pick"] for c in (saturday, there)]
    assert [25.0, 24.0] == hours


# The floor.


def test_a_shift_a_van_and_a_week_begin_three_hours_later_in_the_west():
    story = visit(two_coasts(), [(at(0, 5), P1), (at(0, 5), P1)], channel=[0, 1])

    assert ["0 08:01", "0 11:01"] == story.times("picked")
    assert ["0 17:00", "0 20:00"] == story.times("shipped")


def test_what_was_ordered_in_the_evening_leaves_from_the_west_today():
    """The last van of the East has left, that of the West has not."""
    story = visit(two_coasts(), [(at(0, 17, 30), P1), (at(0, 17, 30), P1)], channel=[0, 1])

    assert ["0 20:00", "1 17:00"] == story.times("shipped")


def test_a_holiday_is_that_of_the_node():
    """Closed on Tuesday: from three in the morning of New York's Tuesday to three of its Wednesday."""
    nights = (Shift(ALWAYS, 0, 1_440, (2, 2, 1, 1), frozenset({1})),)
    west = a_node("W", shifts=nights, timezone=LOS_ANGELES)
    story = visit(two_coasts(west=west), [(at(1, 1), P1), (at(1, 4), P1)], channel=[1, 1])

    assert ["1 01:01", "2 03:01"] == story.times("picked")


def test_who_works_on_sunday_night_works_when_the_clock_starts():
    """The clock starts on Monday at midnight: nine on Sunday in the West, where the shift has two hours to go."""
    sunday = (Shift(frozenset({6}), 20 * 60, 23 * 60, (2, 2, 1, 1)),)
    west = a_node("W", shifts=sunday, timezone=LOS_ANGELES)
    story = visit(two_coasts(west=west), [(at(0, 1), P1), (at(0, 2), P1)], channel=[1, 1])

    assert "0 01:01" == story.times("picked")[0]
    assert at(6, 23, 1) == story.rows("events", kind="picked")[1]["time_ms"]  # next Sunday's


EVERYTHING: dict[str, Any] = {
    "shifts": (Shift(ALWAYS, 8 * 60, 16 * 60, (1, 1, 1, 1)),),
    "paid": "shifts",
    "dock": Dock(1, HOUR_MS, 9 * 60, 12 * 60),
    "storage": Storage(0.5, 100),
    "cycle_counts": CycleCounts((DAY_MS, DAY_MS, DAY_MS)),
    "quiet_hours": QuietHours(10 * 60, 11 * 60),
    "shrinkage_share": 30.0,
    "review_minute": 7 * 60,
}


@cache
def days_of_work(zone: str | None) -> Story:
    """A node with every kind of hour, in one zone or another."""
    world = a_world(
        nodes=(a_node(**EVERYTHING, timezone=zone),),
        suppliers=(Supplier("maker", Fixed(4 * HOUR_MS)),),
        stock=stock([[9, 9]], 8, 9),
        horizon=Horizon(4 * DAY_MS, 0, 5 * DAY_MS),
    )
    return visit(world, [(at(day, 4), P1) for day in range(4)])


KINDS = (
    "picked",
    "packed",
    "shipped",
    "purchase_ordered",
    "truck_docked",
    "storage_rented",
    "counted",
    "shift_paid",
    "shelf_lost",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_hour_of_a_node_is_by_its_clock(kind: str):
    """On two whole days the same happens at the same hours there, three hours later."""
    here, there = (
        {row["time_ms"] - later_ms for row in days_of_work(zone).rows("events", kind=kind)}
        for zone, later_ms in ((None, 0), (LOS_ANGELES, 3 * HOUR_MS))
    )
    days = range(at(1, 0), at(3, 0))

    assert {moment for moment in here if moment in days} == {moment for moment in there if moment in days} != set()


def test_returns_are_handed_over_in_the_morning_of_the_node_that_takes_them():
    later = {"return_delay_ms": [HOUR_MS] * 2, "return_transit_ms": [HOUR_MS] * 2, "return_units": [1, 1]}
    story = visit(two_coasts(), [(at(0, 5), P1), (at(0, 5), P1)], channel=[0, 1], **later)

    assert ["3 08:00", "3 11:00"] == story.times("return_received")


# What is foreseen.


def test_who_looks_ahead_knows_when_the_vans_of_each_coast_leave():
    """Ordered at half past five to leave today: the last van of the East has left, that of the West has not."""
    promise = Promise(18 * 60, 5, ALWAYS)
    channels = (a_channel("east", promise=promise), a_channel("west", promise=promise))
    world = two_coasts(channels=channels, at_risk=AtRiskPlan(every_ms=HOUR_MS, ahead_ms=DAY_MS))
    story = visit(world, [(at(0, 17, 30), P1), (at(0, 17, 30), P1)], channel=[0, 1])

    assert [("0 18:00", 0)] == [(when, order) for when, _, order in story.events("order", kind="shipment_at_risk")]


def test_what_it_costs_to_serve_knows_them_too():
    world = two_coasts()
    costs = ServingCosts(world)
    slot = costs.slot(at(0, 18))  # Monday's van of the West, Tuesday's of the East

    assert at(0, 20) == costs.slot_end_ms(slot)
    assert [at(3, 12), at(2, 12)] == [costs.arrivals(node, slot)[0][0] for node in (0, 1)]


def test_the_manifest_tells_who_lives_elsewhere():
    nodes = visit(two_coasts(), [(at(0, 5), P1)]).manifest["nodes"]

    assert [None, LOS_ANGELES] == [node.get("timezone") for node in nodes]
    assert [20.0 * 3, 20.0 * 3] == [node["rostered_hours"]["pick"] for node in nodes]


# Desks.


def test_a_desk_in_manila_works_while_new_york_sleeps():
    """Nine to six there is eight in the evening to five in the morning here."""
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 9 * 60, 18 * 60, 1),), handling_ms=Fixed(HOUR_MS), timezone=MANILA)
    world = a_world(desks=(desk,), rules=Rules(data_fault_share=1.0), horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    story = visit(world, [(at(0, 9), P1), (at(0, 20), P1)], desk_luck=[0.0, 0.0])

    assert ["0 21:00", "0 22:00"] == story.times("hold_cleared")


# Promises and parcels.


@pytest.mark.parametrize(
    ("zone", "hour", "ships", "arrives"),
    [
        (None, 13, at(1, 0), at(4, 0)),
        (None, 15, at(2, 0), at(5, 0)),
        (LOS_ANGELES, 15, at(1, 3), at(4, 0)),  # noon: its day ends at three
        (LOS_ANGELES, 18, at(2, 3), at(5, 0)),
        (LOS_ANGELES, 1, at(1, 3), at(4, 0)),  # late on Sunday: for Monday
    ],
)
def test_a_cut_off_is_by_the_clock_of_its_channel(zone: str | None, hour: int, ships: int, arrives: int):
    channel = a_channel(promise=Promise(14 * 60, 3, ALWAYS), timezone=zone)
    table = PromiseTable(a_world(channels=(channel,)).network, MONDAY)

    assert (ships, arrives) == table.of_one(0, 0, at(0, hour))


def test_the_day_by_which_something_arrives_is_its_customers():
    regions = (Region("here", 40.0, -75.1, 1.0), Region("there", 34.0, -118.2, 1.0, LOS_ANGELES))
    table = PromiseTable(a_world(regions=regions).network, MONDAY)

    assert [at(6, 0), at(6, 3)] == [table.of_one(0, region, at(0, 9))[1] for region in (0, 1)]
    both = table.of(0, np.array([1, 0]), np.array([at(0, 9), at(0, 9)]))
    assert [at(6, 3), at(6, 0)] == both[1].tolist()


def test_parcels_are_brought_by_the_clock_of_the_region():
    """Two working days after Monday, at noon there."""
    regions = (Region("here", 40.0, -75.1, 1.0), Region("there", 34.0, -118.2, 1.0, LOS_ANGELES))
    story = visit(a_world(regions=regions), [(at(0, 9), P1), (at(0, 9), P1)], region=[0, 1])

    assert ["2 12:00", "2 15:00"] == story.times("delivered")
    quoted = sorted(row["due_ms"] for row in story.rows("events", kind="manifested"))
    assert [at(2, 12), at(2, 15)] == quoted


def test_a_hub_sorts_by_its_own_clock_and_days_count_from_there():
    """Ten in the evening there is one in the morning of Tuesday here, from which two working days count."""
    hub = Hub(100, 22 * 60, timezone=LOS_ANGELES)
    story = visit(a_world(services=(a_carrier(hub=hub),)), [(at(0, 9), P1)])

    assert ["1 01:00"] == story.times("left_hub")
    assert ["3 12:00"] == story.times("delivered")


def test_it_is_tomorrow_already_where_the_parcel_goes():
    """Collected in the West at five is noon of the next day in Auckland (21 hours ahead): days count from that one."""
    network = a_world(
        nodes=(a_node(timezone=LOS_ANGELES),),
        regions=(Region("far", -36.8, 174.8, 1.0, AUCKLAND),),
        services=(a_carrier(quoted_days=(1,) * 7, delivery_minutes=(6 * 60,)),),
    ).network
    rounds = rounds_of(network.services[0], Geography(network), MONDAY)
    (table,) = timetables_of(network.services[0], network.nodes, MONDAY, rounds)
    call = table.next_collection(at(0, 12))

    assert (at(0, 20), 0) == (call.at_ms, call.day)
    there = MONDAY.in_zone(AUCKLAND)
    assert there.at(2, 6 * 60) == table.quoted_ms(call)[0] > call.at_ms


# Demand.


def test_a_day_here_is_other_hours_of_a_channels_week():
    hours = Buckets(MONDAY, DAY_MS).hours_of_week(0, MONDAY.in_zone(LOS_ANGELES))

    assert [24 * 6 + 21, 0, 20] == [hours[0], hours[3], hours[23]]  # from nine on Sunday to nine on Monday


def test_subscriptions_are_renewed_by_the_clock_of_their_channel():
    plan = Subscription(subscribers=1, cadence_ms=Fixed(2 * DAY_MS), renew_minute=6 * 60)
    channel = a_channel("box", kind="subscription", subscription=plan, timezone=LOS_ANGELES)
    story = tell(a_world(channels=(channel,), horizon=Horizon(6 * DAY_MS, 0, 30 * DAY_MS)))

    assert {"09:00"} == {moment[2:] for moment in story.times("renewed")}
    assert 3 == len(story.times("renewed"))


def test_a_channel_gets_its_orders_by_its_own_clock():
    """Open for an hour at noon: noon there, drawn of the same streams."""
    noon = tuple(24.0 * (hour % 24 == 12) for hour in range(168))

    def arrivals(zone: str | None) -> np.ndarray:
        channel = a_channel(orders_per_day=200.0, hour_of_week=noon, timezone=zone)
        offers = Customers(a_world(channels=(channel,)), Streams(3)).offers()
        return np.concatenate([offer.at_ms for offer in offers])

    here, there = arrivals(None), arrivals(LOS_ANGELES)
    assert {12} == set((here // HOUR_MS % 24).tolist())
    assert {15} == set((there // HOUR_MS % 24).tolist())
    assert np.abs(here + 3 * HOUR_MS - there).max() <= 1  # the same customers, three hours later
