"""Labour beyond the roster: overtime with its premium, floors that are too full, crews around the clock."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.distributions import Fixed
from sim.errors import DecisionError
from sim.model import Model
from sim.network import Node, Shift, Station
from sim.plans.labour import Congestion, Overtime, TemporaryStaff
from sim.policies.labour import Call, most_together
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import PolicyChoice
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_carrier, a_node, a_world

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


# Temporary people.

AGENCY = TemporaryStaff(people=3, notice_ms=HOUR_MS, shortest_ms=2 * HOUR_MS, longest_ms=4 * HOUR_MS, productivity=0.5)
FLEX = POLICIES | {"labour": PolicyChoice("backlog_flex", {"hours": 1.0, "stay_hours": 2.0})}


def helped(node: Node, orders: int, policies: dict[str, PolicyChoice] = FLEX) -> Story:
    """Orders that all come at 7:30; the labour policy looks every hour."""
    return visit(a_world(nodes=(node,), policies=policies), [(at(0, 7, 30), P1)] * orders)


def test_people_are_called_for_what_the_crew_does_not_do_in_time():
    """At 8:00 nine parcels of twenty minutes wait, three hours of work, of which the packer does one in an hour.
    Two hours beyond it, at half her pace for two hours, are two people, who come at 9:00 and are paid until 11:00."""
    story = helped(a_day_shift(temporary_staff=AGENCY), 9)

    assert [
        ("0 08:00", "temporary_called", "warehouse:A", 240),
        ("0 11:00", "temporary_worked", "warehouse:A", 240),
    ] == story.events("actor", "quantity", kind=("temporary_called", "temporary_worked"))
    assert ["0 08:24", "0 08:44", "0 09:04", "0 09:24", "0 09:40", "0 09:40", "0 09:44", "0 10:20", "0 10:20"] == (
        story.times("packed")
    )


def test_temporary_people_are_paid_for_their_hours_and_what_they_did_is_not_paid_twice():
    """Four hours at 25.00 and 30% are 130.00; four parcels were charged to their shipments with 8.33 each."""
    story = helped(a_day_shift(temporary_staff=AGENCY), 9)
    standard = 4 * 833

    assert [("handling_labour", 13_000 - standard), ("accrued_operations", standard - 13_000)] == story.postings(
        kind="temporary_worked"
    )


def test_where_shifts_are_paid_a_call_is_paid_in_full():
    story = helped(a_day_shift(temporary_staff=AGENCY, paid="shifts"), 9)

    assert [("handling_labour", 13_000), ("accrued_operations", -13_000)] == story.postings(kind="temporary_worked")


def test_the_agency_has_so_many_people_who_rest():
    """One person, who may not come again the same day."""
    story = helped(a_day_shift(temporary_staff=replace(AGENCY, people=1)), 40)

    calls = [row["time_ms"] for row in story.rows("events", kind="temporary_called")]
    assert len(calls) >= 2
    assert all(b - a >= AGENCY.rest_ms + 2 * HOUR_MS for a, b in pairwise(calls))


def test_nobody_is_called_where_the_roster_is_fixed_or_there_is_no_agency():
    assert [] == helped(a_day_shift(temporary_staff=AGENCY), 9, POLICIES).times("temporary_called")
    assert [] == helped(a_day_shift(), 9).times("temporary_called")


def test_temporary_people_who_pick_are_given_a_wave_out_of_hours():
    """A line takes an hour: at 20:00 the crew is at home; who is called then picks from 21:00 on."""
    stations = a_node().stations
    slow = a_day_shift(temporary_staff=AGENCY)
    slow = replace(slow, stations=(Station(Fixed(HOUR_MS)), *stations[1:]))
    story = visit(a_world(nodes=(slow,), policies=FLEX), [(at(0, 19, 30), P1)] * 6)

    assert ("0 20:00", "temporary_called") in story.events(kind="temporary_called")
    assert "0 21:00" in story.times("released")


def test_a_call_outside_the_terms_is_an_error_of_the_policy():
    model = Model(a_world(nodes=(a_day_shift(temporary_staff=AGENCY),), policies=FLEX))
    assert model.site.staffing is not None
    for call, what in (
        (Call(0, 1, 0, 2 * HOUR_MS, 1), "outside the terms"),
        (Call(0, 1, HOUR_MS, 2 * HOUR_MS, 1), "outside the terms"),
        (Call(0, 1, HOUR_MS, 3 * HOUR_MS, 4), "more people"),
    ):
        with pytest.raises(DecisionError, match=what):
            model.site.staffing._check(call)


def test_flex_labour_buys_time_for_the_same_customers():
    world = a_busy_world(400.0, nodes=1)
    agency = TemporaryStaff(people=3, notice_ms=2 * HOUR_MS)
    node = replace(world.network.nodes[0], shifts=(Shift(ALWAYS, 480, 720, (1, 1, 1, 1)),), temporary_staff=agency)
    world = replace(world, network=replace(world.network, nodes=(node,)))

    def run(policy: str) -> Story:
        return tell(replace(world, policies=POLICIES | {"labour": PolicyChoice(policy)}))

    without, with_it = run("fixed"), run("backlog_flex")

    assert without.manifest["demand_hash"] == with_it.manifest["demand_hash"]
    assert mean_ms(with_it, "packed") < mean_ms(without, "packed") - HOUR_MS
    assert with_it.balance("handling_labour") > without.balance("handling_labour")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(1, 3)), max_size=6), st.integers(0, 3))
def test_as_many_people_as_overlap_at_once_are_enough(spans: list[tuple[int, int, int]], rest: int):
    """Hour by hour: whoever of the calls is at work or at rest in an hour of the new one and its rest."""
    calls = [Call(0, 0, a, a + n, people) for a, n, people in spans]
    by_hour = [sum(c.people for c in calls if c.start_ms <= t < c.end_ms + rest) for t in range(5, 9 + rest)]

    assert max(by_hour) == most_together(calls, 5, 9, rest)
