"""Shift planning: every plan of a tiny floor tried, the model pinned, its effect on the same customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import optimize.execution.shifts as module
from optimize.execution.shifts import DayPlan, Shift, ShiftPlan, plan_shifts
from optimize.programs import FAILED, Limits, SolveRecord
from optimize.solver import CpAnswer, solve_cp
from sim.distributions import Fixed
from sim.network import Shift as Roster
from sim.network import Station
from sim.plans.labour import TemporaryStaff
from sim.policies.labour import Call, LabourView
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, World
from tests.sim.telling import Story, tell
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_world

AGENCY = TemporaryStaff(people=2, notice_ms=HOUR_MS, longest_ms=4 * HOUR_MS, productivity=0.5)
GOLDEN = Path(__file__).parents[2] / "golden" / "shifts.txt"


def a_day(**changes) -> DayPlan:
    """Six hours: twelve parcels come in the first three, and should be packed by the start of the sixth hour."""
    plan = DayPlan(
        arrivals=(4, 4, 4, 0, 0, 0),
        picked=2,
        seconds=(600, 1_200),
        crew_seconds=((3_600,) * 6, (3_600,) * 6),
        due=((5, 14),),
        starts=(1, 2),
        lengths=(2, 3),
        taken=(0,) * 20,
        terms=AGENCY,
        wage_cents=2_000,
        late_cents=700,
    )
    return replace(plan, **changes)


def missed(plan: DayPlan, shifts: list[Shift]) -> int:
    """Parcels late if everybody works as fast as they can, which nothing can beat."""
    came, done = 0, [0, 0]
    by_hour = []
    for hour, parcels in enumerate(plan.arrivals):
        came += parcels
        for station, waiting in ((0, came - done[0]), (1, None)):
            called = sum(n for s, a, k, n in shifts if s == station and a <= hour < a + k)
            room = plan.crew_seconds[station][hour] + round(3_600 * plan.terms.productivity) * called
            wanted = waiting if waiting is not None else done[0] + plan.picked - done[1]
            done[station] += min(wanted, room // plan.seconds[station])
        by_hour.append(done[1])
    return sum(max(0, wanted - (by_hour[hour - 1] if hour else 0)) for hour, wanted in plan.due)


def cost(plan: DayPlan, shifts: list[Shift]) -> int:
    hour = plan.wage_cents * (10_000 + plan.terms.premium_bp) // 10_000
    return hour * sum(k * n for _, _, k, n in shifts) + plan.late_cents * missed(plan, shifts)


def every(plan: DayPlan) -> Iterator[list[Shift]]:
    """All that the pool allows."""
    kinds = [(s, a, k) for s in (0, 1) for a in plan.starts for k in plan.lengths]
    rest = -(-plan.terms.rest_ms // HOUR_MS)
    for counts in product(range(plan.terms.people + 1), repeat=len(kinds)):
        shifts = [(*kind, n) for kind, n in zip(kinds, counts, strict=True) if n]
        held = [sum(n for _, a, k, n in shifts if a <= h < a + k + rest) for h in range(len(plan.taken))]
        if all(h + t <= plan.terms.people for h, t in zip(held, plan.taken, strict=True)):
            yield shifts


@settings(max_examples=25, deadline=None)
@given(
    arrivals=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    picked=st.integers(0, 3),
    late_cents=st.sampled_from([100, 900, 5_000]),
    taken=st.integers(0, 1),
    crew=st.sampled_from([0, 1_800, 3_600]),
)
@example(arrivals=[0, 6, 0, 5, 0, 0], picked=0, late_cents=900, taken=1, crew=0)  # presolve scales its objective
def test_no_plan_of_a_tiny_floor_is_cheaper(arrivals: list[int], picked: int, late_cents: int, taken: int, crew: int):
    plan = a_day(
        arrivals=arrivals,
        picked=picked,
        due=((3, sum(arrivals[:2])), (5, sum(arrivals[:4]) + picked)),
        late_cents=late_cents,
        taken=(taken,) * 20,
        crew_seconds=((crew,) * 6, (crew,) * 6),
    )
    shifts, answer = plan_shifts(plan, Limits(gap=0.0))

    assert shifts is not None
    assert answer.record.status == "proven"
    assert min(cost(plan, other) for other in every(plan)) == answer.record.objective == cost(plan, shifts)


def test_the_model_is_what_it_was(monkeypatch: pytest.MonkeyPatch):
    """Renewed by hand where the formulation is meant to change: the text that the assertion shows."""
    seen = []

    def show(model, limits):
        seen.append(str(model.proto))
        return solve_cp(model, limits)

    monkeypatch.setattr(module, "solve_cp", show)
    plan_shifts(a_day(), Limits())

    assert GOLDEN.read_text(encoding="utf-8") == seen[0]


def a_view(minute: int = 360, **changes) -> LabourView:
    """One node, at six in the morning of the first day, four parcels an hour ahead, a crew of one at each station."""
    view = LabourView(
        now_ms=minute * 60_000,
        minute=minute,
        terms=[AGENCY],
        wage_cents=[2_000],
        called=[()],
        backlog_hours=[(0.0, 0.0)],
        rostered_hours=lambda node, station, begin, end: (end - begin) / HOUR_MS,
        expected_hours=lambda node, begin, end: (4 / 6, 4 / 3),
        collections=lambda node, begin, end: [t for t in (17 * HOUR_MS, 41 * HOUR_MS) if begin <= t < end],
    )
    return replace(view, **changes)


def a_plan(**parameters) -> ShiftPlan:
    node = a_world().network.nodes[0]
    node = replace(node, stations=(node.stations[0], Station(Fixed(20 * MINUTE_MS)), *node.stations[2:]))
    policy = ShiftPlan(**parameters)
    policy.bind(a_world(nodes=(node,)))
    return policy


def test_people_come_where_the_crew_does_not_keep_up_and_once_a_day():
    """32 parcels ordered from 6:00 to 14:00, eleven hours to the call at 17:00: the packer does 33 of them. With 18
    that wait it takes eleven hours of two temporary people, who work for four and then rest."""
    assert [] == a_plan().decide(a_view())
    calls = a_plan(late_cents=5_000).decide(a_view(backlog_hours=[(0.0, 6.0)]))

    assert {1} == {call.station for call in calls}
    assert 8 == sum((c.end_ms - c.start_ms) // HOUR_MS * c.people for c in calls if c.end_ms <= 17 * HOUR_MS)
    assert [] == a_plan().decide(a_view(minute=420, backlog_hours=[(0.0, 6.0)]))


def test_next_to_nothing_to_pack_is_a_day_of_picking_at_most():
    """A random view found a coefficient that no solver takes: hours of picking for hardly a parcel."""
    view = a_view(backlog_hours=[(5.0, 5.9e-192)], expected_hours=lambda node, begin, end: (0.0, 0.0))

    assert [] == a_plan().decide(view)


def test_a_plan_that_is_renewed_makes_the_calls_that_cannot_wait():
    """Planned every two hours, with an hour's notice: at six those calls are made that begin before nine."""
    view = a_view(backlog_hours=[(0.0, 6.0)])
    whole, first = a_plan(late_cents=5_000).decide(view), a_plan(late_cents=5_000, every_hours=2).decide(view)

    assert [call for call in whole if call.start_ms < 9 * HOUR_MS] == first
    assert a_plan(late_cents=5_000, every_hours=2).decide(a_view(minute=480, backlog_hours=[(0.0, 6.0)]))
    assert [] == a_plan(late_cents=5_000, every_hours=2).decide(a_view(minute=420, backlog_hours=[(0.0, 6.0)]))


def test_a_solver_without_an_answer_leaves_it_to_the_rule(monkeypatch: pytest.MonkeyPatch):
    record = SolveRecord("cp_sat", FAILED, 0, 0, float("inf"), -float("inf"), 0.0, 0.0, 0.0, reason="made to fail")
    monkeypatch.setattr(module, "solve_cp", lambda model, limits: CpAnswer(record))
    policy = a_plan()
    calls = policy.decide(a_view(backlog_hours=[(0.0, 60.0)]))

    assert [Call(0, 1, 7 * HOUR_MS, 11 * HOUR_MS, 2)] == calls
    assert [("backlog_flex", "failed", "made to fail")] == [(c.actor, c.status, c.reason) for c in policy.calls.rows]


def a_tight_world(policy: str) -> World:
    """One node whose crew packs for four hours a day what comes in twenty-four."""
    world = a_busy_world(300.0, nodes=1, horizon=Horizon(4 * DAY_MS, DAY_MS, 30 * DAY_MS))
    agency = TemporaryStaff(people=4, notice_ms=2 * HOUR_MS)
    node = replace(world.network.nodes[0], shifts=(Roster(ALWAYS, 480, 720, (1, 1, 1, 1)),), temporary_staff=agency)
    network = replace(world.network, nodes=(node,))
    return replace(world, network=network, policies=POLICIES | {"labour": PolicyChoice(policy)})


def test_planned_people_serve_the_same_customers_in_time():
    told = {name: tell(a_tight_world(name), check=False) for name in ("fixed", "shifts")}

    assert 1 == len({story.manifest["demand_hash"] for story in told.values()})
    assert in_time(told["shifts"]) > in_time(told["fixed"]) + 0.3
    assert told["shifts"].balance("handling_labour") > told["fixed"].balance("handling_labour")


def in_time(story: Story) -> float:
    """Share of validated orders whose first parcel left by its ship-by."""
    due = {r["order"]: r["due_ms"] for r in story.rows("events", kind="validated")}
    left: dict[int, int] = {}
    for row in story.rows("events", kind="manifested"):
        left.setdefault(row["order"], row["time_ms"])
    return sum(left.get(order, 1 << 60) <= ms for order, ms in due.items()) / len(due)
