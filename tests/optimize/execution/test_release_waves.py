"""Waves: every choice of a tiny floor tried, Moore-Hodgson as the judge of one machine, the same customers in a jam."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimize.execution.release_waves as module
from optimize.execution.release_waves import Waves, WorkClass, in_time_all, most_in_time
from optimize.programs import FAILED, Limits, SolveRecord
from optimize.solver import CpAnswer, solve_cp
from sim.network import Promise, Shift
from sim.policies.release import FloorView
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, World
from tests.sim.telling import Story, tell
from tests.worlds import ALWAYS, POLICIES, a_busy_world, a_carrier, stock

GOLDEN = Path(__file__).parents[2] / "golden" / "release_waves.txt"
EXACT = Limits(gap=0.0)
SECOND_MS = 1_000


def a_room(pick_people: int = 1, pack_people: int = 1):
    """So many people from the start on."""
    return lambda until_ms: (float(pick_people * max(0, until_ms)), float(pack_people * max(0, until_ms)))


def moore_hodgson(jobs: list[tuple[int, int]]) -> int:
    """Fewest late of (due, time) on one machine: by due date, drop the longest whenever one is late (Moore 1968)."""
    held: list[int] = []
    done = 0
    for due, time in sorted(jobs):
        heapq.heappush(held, -time)
        done += time
        if done > due:
            done += heapq.heappop(held)
    return len(jobs) - len(held)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 9)), min_size=1, max_size=25))
def test_on_one_machine_as_few_are_late_as_moore_and_hodgson_say(jobs: list[tuple[int, int]]):
    classes = [WorkClass(due * SECOND_MS, due * SECOND_MS, 0, time, 1, 1) for due, time in jobs]
    counts, record = most_in_time(classes, a_room(), 0, 0, EXACT)

    assert counts is not None
    assert moore_hodgson(jobs) == len(jobs) - sum(soon for soon, _ in counts) == record.objective
    assert (record.objective == 0) == in_time_all(classes, a_room(), 0)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-1, 5),
            st.integers(1, 3),
            st.integers(0, 3),
            st.integers(1, 3),
            st.integers(1, 4),
            st.integers(1, 2),
        ),
        min_size=1,
        max_size=4,
    ),
    pickers=st.integers(1, 2),
    broken=st.integers(0, 3),
)
def test_no_choice_on_a_tiny_floor_has_less_weight_late(rows: list[tuple[int, ...]], pickers: int, broken: int):
    """All counts of each class: what is due until any second must fit at both stations, pick a second before."""
    classes = [WorkClass(a * SECOND_MS, (a + b) * SECOND_MS, *rest) for a, b, *rest in rows]
    best = min(
        late(classes, counts, broken)
        for counts in product(*([(x, y) for x in range(c.count + 1) for y in range(c.count + 1 - x)] for c in classes))
        if all(
            done(classes, counts, t, "pick_seconds") <= max(0, pickers * (t - 1))
            and done(classes, counts, t, "pack_seconds") <= max(0, t)
            for t in {c.due_ms // SECOND_MS for c in classes} | {c.promise_ms // SECOND_MS for c in classes}
        )
    )
    chosen, record = most_in_time(classes, a_room(pickers), SECOND_MS, broken, EXACT)

    assert chosen is not None
    assert best == late(classes, chosen, broken) == pytest.approx(record.objective)


Counts = Sequence[tuple[int, int]]


def late(classes: list[WorkClass], counts: Counts, broken: int) -> int:
    pairs = zip(classes, counts, strict=True)
    return sum(c.weight * (c.count - x + broken * (c.count - x - y)) for c, (x, y) in pairs)


def done(classes: list[WorkClass], counts: Counts, until: int, work: str) -> int:
    """Seconds of what is due until a second."""
    return sum(
        getattr(c, work) * (x * (c.due_ms <= until * SECOND_MS) + y * (c.promise_ms <= until * SECOND_MS))
        for c, (x, y) in zip(classes, counts, strict=True)
    )


def test_the_model_is_what_it_was(monkeypatch: pytest.MonkeyPatch):
    """Renewed by hand where the formulation is meant to change: the text that the assertion shows."""
    seen = []

    def show(model, limits):
        seen.append(str(model.proto))
        return solve_cp(model, limits)

    monkeypatch.setattr(module, "solve_cp", show)
    classes = [WorkClass(2_000, 4_000, 1, 2, 1, 3), WorkClass(5_000, 9_000, 2, 1, 4, 2)]
    most_in_time(classes, a_room(), 1_000, 3, Limits())

    assert GOLDEN.read_text(encoding="utf-8") == seen[0]


def a_floor(
    due_hours: list[float], *, priority: tuple[int, ...] = (), people: int = 1, more_hours: float = 0.0, **changes
) -> FloorView:
    """Shipments of half an hour of packing, due at hours from now and promised so much later; a wave every hour."""
    view = FloorView(
        now_ms=0,
        planned_ms=lambda s: s,
        ship_by_ms=lambda s: round(due_hours[s] * HOUR_MS),
        priority=lambda s: priority[s] if priority else 0,
        lines=lambda s: 1,
        next_cutoff_ms=lambda s: round(due_hours[s] * HOUR_MS),
        due_ms=lambda s: round(due_hours[s] * HOUR_MS),
        promise_ms=lambda s: round((due_hours[s] + more_hours) * HOUR_MS),
        work_ms=lambda s: (float(MINUTE_MS), 30.0 * MINUTE_MS),
        free_ms=a_room(people, people),
        next_wave_ms=HOUR_MS,
    )
    return replace(view, **changes)


def test_what_cannot_make_it_lets_the_others_go_first():
    """Two parcels an hour: of four due in an hour two make it, so that the four due in three hours do too."""
    due = [1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0]

    assert [0, 1, 4, 5] == list(Waves().decide(range(8), a_floor(due)))
    assert [0, 1, 4, 5, 6, 7, 2, 3] == list(Waves(ahead_hours=9.0).decide(range(8), a_floor(due)))


def test_what_misses_its_ship_by_can_keep_its_promise():
    """Of four due in an hour two make it. The others keep a promise of two hours more, or else come last."""
    due = [1.0, 1.0, 1.0, 1.0, 5.0, 5.0]

    assert [0, 1, 2, 3, 4, 5] == list(Waves(ahead_hours=9.0).decide(range(6), a_floor(due, more_hours=2.0)))
    assert [0, 1, 4, 5, 2, 3] == list(Waves(ahead_hours=9.0).decide(range(6), a_floor(due)))


def test_priority_decides_who_makes_it():
    due = [1.0, 1.0, 1.0, 1.0]

    assert [3, 1, 0, 2] == list(Waves().decide(range(4), a_floor(due, priority=(0, 2, 1, 3))))


def test_where_all_make_it_no_solver_is_asked():
    policy = Waves()

    assert [1, 0, 2] == list(policy.decide(range(3), a_floor([4.0, 3.0, 5.0])))
    assert [] == policy.calls.rows


def test_without_an_answer_everything_goes_by_due_time(monkeypatch: pytest.MonkeyPatch):
    record = SolveRecord("cp_sat", FAILED, 0, 0, float("inf"), -float("inf"), 0.0, 0.0, 0.0, reason="made to fail")
    monkeypatch.setattr(module, "solve_cp", lambda model, limits: CpAnswer(record))
    policy = Waves(ahead_hours=9.0)

    assert [2, 1, 3, 0] == list(policy.decide(range(4), a_floor([1.1, 0.9, 0.8, 1.0])))
    assert [("earliest due", "failed")] == [(c.actor, c.status) for c in policy.calls.rows]


def test_thousands_are_a_few_classes():
    """Six thousand parcels at six due times: no more columns than kinds, solved in well under a unit of work."""
    due = [1.0 + s % 6 for s in range(6_000)]
    policy = Waves()
    policy.decide(range(6_000), a_floor(due, priority=tuple(s // 6 % 3 for s in range(6_000)), people=200))

    (call,) = policy.calls.rows
    assert (36, "proven") == (call.columns, call.status)
    assert call.work < 0.1


# In the simulation.


def a_jam(policy: str, **parameters) -> World:
    """One packer for 390 orders a day; of two channels one weighs more and is ordered later; calls at 12 and at 17."""
    world = a_busy_world(260.0, nodes=1, products=20, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    web, market = world.network.channels
    node = replace(world.network.nodes[0], shifts=(Shift(ALWAYS, 480, 1_080, (2, 1, 1, 1)),), wave_interval_ms=HOUR_MS)
    network = replace(
        world.network,
        nodes=(node,),
        channels=(replace(web, priority=2), replace(market, promise=Promise(8 * 60, 5, ALWAYS))),
        services=(a_carrier(collections=tuple((day, hour * 60) for day in range(7) for hour in (12, 17))),),
    )
    chosen = POLICIES | {"release": PolicyChoice(policy, parameters)}
    return replace(world, network=network, stock=stock([[500] * 20]), policies=chosen)


def late_weight(story: Story) -> int:
    """Of validated orders that left after their ship-by: 1 and the priority of each."""
    channel = {r["order"]: r["channel"] for r in story.rows("events", kind="captured")}
    left: dict[int, int] = {}
    for row in story.rows("events", kind="manifested"):
        left.setdefault(row["order"], row["time_ms"])
    due = {r["order"]: r["due_ms"] for r in story.rows("events", kind="validated")}
    return sum(3 if channel[o] == "web" else 1 for o, ms in due.items() if left.get(o, 1 << 60) > ms)


def test_in_a_jam_the_same_customers_are_less_often_late_than_under_any_rule():
    told = {name: tell(a_jam(name), check=False) for name in ("fifo", "earliest_cutoff", "priority", "slack", "waves")}
    late = {name: late_weight(story) for name, story in told.items()}

    assert 1 == len({story.manifest["demand_hash"] for story in told.values()})
    assert late.pop("waves") < 0.6 * min(late.values())
