"""Public holidays: nobody works at a node or a desk, no truck is unloaded, and promises skip the day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scenarios.load import load
from sim.agents.customers.customer import PromiseTable
from sim.agents.floor.crew import Crew
from sim.calendar import Calendar
from sim.distributions import Fixed
from sim.network import Dock, Promise, Shift, Supplier
from sim.roster import rostered_hours
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, Rules
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
TUESDAY = frozenset({1})
CALENDAR = Calendar(datetime(2026, 11, 23, tzinfo=ZoneInfo("America/New_York")))


def shop(closed_days: frozenset[int], **changes) -> Story:
    """Monday to Wednesday, an order at nine each day; people from eight to eighteen, who are paid by the shift."""
    shift = Shift(ALWAYS, 480, 1_080, (2, 2, 1, 1), closed_days)
    node = a_node(wave_interval_ms=MINUTE_MS, shifts=(shift,), paid="shifts", **changes)
    world = a_world(nodes=(node,), horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    return visit(world, [(at(day, 9), P1) for day in range(3)])


def test_nobody_works_and_nobody_is_paid():
    usual, closed = shop(frozenset()), shop(TUESDAY)

    assert ["0 17:00", "1 17:00", "2 17:00"] == usual.times("shipped")
    assert ["0 17:00", "2 17:00", "2 17:00"] == closed.times("shipped")
    assert ["0 09:03", "2 08:03", "2 09:03"] == closed.times("packed")
    days = {row["time_ms"] // DAY_MS for row in closed.rows("events", kind="shift_paid")}
    assert days & {0, 1, 2} == {0, 2}


def test_a_night_that_runs_into_a_holiday_ends_at_midnight():
    """Two halves of a night are one stretch of work, unless the second falls on a closed day."""
    night = Shift(ALWAYS, 1_200, 1_440, (3, 0, 0, 0), TUESDAY), Shift(ALWAYS, 0, 240, (3, 0, 0, 0), TUESDAY)
    crew = Crew(night, 0, CALENDAR)
    stretches = []
    moment = at(0, 12)
    for _ in range(4):
        size = crew.size(moment)
        stretches.append((size, moment // HOUR_MS, crew.until_ms // HOUR_MS))
        moment = crew.until_ms

    assert [(0, 12, 20), (3, 20, 24), (0, 24, 48), (3, 48, 52)] == stretches


def test_the_roster_counts_the_hours_of_other_days():
    node = a_node(shifts=(Shift(ALWAYS, 480, 960, (2, 1, 0, 0), TUESDAY),))

    assert (2 * 2 * 8, 2 * 1 * 8) == tuple(rostered_hours(node, CALENDAR, 0, 3 * DAY_MS)[s] for s in ("pick", "pack"))


@pytest.mark.parametrize(("closed", "docked"), [(frozenset(), "2 08:00"), (frozenset({2, 3}), "4 08:00")])
def test_a_truck_waits_for_the_next_day_that_is_open(closed: frozenset[int], docked: str):
    """The review of day 0 orders goods that are at the gate two days later at six; the dock opens at eight."""
    world = a_world(
        nodes=(a_node(dock=Dock(1, HOUR_MS, 480, 1_080, closed)),),
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS)),),
        stock=stock([[0, 0]], [[0, 0]], [[20, 5]]),
        horizon=Horizon(DAY_MS, 0, 20 * DAY_MS),
    )
    story = visit(world, [])

    assert "2 06:00" == story.times("truck_arrived")[0]
    assert docked == story.times("truck_docked")[0]


def test_a_case_waits_for_the_people_of_its_desk():
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 480, 1_080, 1, TUESDAY),), handling_ms=Fixed(HOUR_MS))
    world = a_world(desks=(desk,), rules=Rules(data_fault_share=1.0), horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    story = visit(world, [(at(1, 9), P1)], desk_luck=[0.0])

    assert ["1 09:00"] == story.times("held")
    assert ["2 09:00"] == story.times("hold_cleared")


def test_promises_skip_a_holiday():
    """Ordered on Monday before two: ships today, and two working days later is Thursday. On the holiday: tomorrow."""
    promise = Promise(14 * 60, 2, ALWAYS, closed_days=TUESDAY)
    table = PromiseTable(a_world(channels=(a_channel(promise=promise),)).network, CALENDAR)

    def days_of(day: int, hour: int) -> tuple[int, int]:
        ship_by, deliver_by = table.of_one(0, 0, at(day, hour))
        return ship_by // DAY_MS, deliver_by // DAY_MS

    assert (1, 4) == days_of(0, 9)  # the end of Monday is the beginning of Tuesday
    assert (3, 5) == days_of(0, 15)
    assert (3, 5) == days_of(1, 9)
    assert (3, 5) == days_of(2, 9)


def test_a_scenario_names_dates():
    sets = [
        'nodes.AVP.closed_on=["2026-11-26"]',
        "nodes.AVP.dock={doors: 2}",
        'desks=[{name: order desk, closed_on: ["2026-11-26", 4d]}]',
        'channels.web.promise.closed_on=["2026-11-26"]',
    ]
    world = load("peak", sets=sets).world
    avp = world.network.nodes[0]

    assert avp.dock is not None
    assert {frozenset({3})} == {shift.closed_days for shift in avp.shifts} | {avp.dock.closed_days}
    assert frozenset({3, 4}) == world.desks[0].shifts[0].closed_days
    assert frozenset({3}) == world.network.channels[0].promise.closed_days
    assert not world.network.nodes[1].shifts[0].closed_days
