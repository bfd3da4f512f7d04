"""Shifts of temporary people, planned once a day from the work that waits and the work that is expected (CP-SAT).

Hours are covered by shifts after Dantzig (1954, "A comment on Edie's 'Traffic delays at toll booths'"), but work may
wait: parcels come hour by hour, are picked, then packed, and those that were ordered in time should be packed at the
last carrier's call of their day. People, hours and parcels are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from optimize.calls import Calls, calls_by
from optimize.programs import Limits
from optimize.solver import CpAnswer, solve_cp
from sim.plans.labour import TemporaryStaff
from sim.policies.labour import BacklogFlex, Call, LabourView
from sim.policies.registry import policy
from sim.units import BASIS_POINTS, DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import World

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_DAY_HOURS = 24
_PICK, _PACK = 0, 1
_SECONDS, _DAY_SECONDS = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What is to be planned for one node, hour by hour from now.

    Attributes
    ----------
    arrivals
        Parcels that come in each hour; the first has besides what waits to be picked.
    picked
        Parcels that are picked and wait to be packed.
    seconds
        Of one of the crew for a parcel, (pick, pack).
    crew_seconds
        By station and hour: what the crew and those who are called already do.
    due
        (hour at whose start the last carrier calls, parcels that should have been packed by then), rising.
    starts, lengths
        Hours at which a call may begin, and how long it may be.
    taken
        By hour: people who are at work or at rest of calls made before.
    terms, wage_cents, late_cents
        What people do and cost; what a parcel costs that is not packed at a call.
    """

    arrivals: Sequence[int]
    picked: int
    seconds: tuple[int, int]
    crew_seconds: tuple[Sequence[int], Sequence[int]]
    due: Sequence[tuple[int, int]]
    starts: Sequence[int]
    lengths: Sequence[int]
    taken: Sequence[int]
    terms: TemporaryStaff
    wage_cents: int
    late_cents: int


Shift = tuple[int, int, int, int]
"""(station, first hour, hours, people)."""


def plan_shifts(plan: DayPlan, limits: Limits) -> tuple[list[Shift] | None, CpAnswer]:
    """The cheapest shifts, late parcels counted; None where the solver has no answer."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    people = {
        (station, start, length): model.new_int_var(0, plan.terms.people, f"people_{station}_{start}_{length}")
        for station in (_PICK, _PACK)
        for start in plan.starts
        for length in plan.lengths
    }
    _share_the_pool(model, plan, people)
    late = _flow(model, plan, people)
    hour_cents = plan.wage_cents * (BASIS_POINTS + plan.terms.premium_bp) // BASIS_POINTS
    model.minimize(
        sum(hour_cents * length * count for (_, _, length), count in people.items()) + plan.late_cents * sum(late)
    )
    answer = solve_cp(model, limits)
    if not answer.record.has_solution:
        return None, answer
    found = [(*key, answer.value(count)) for key, count in people.items()]
    return [shift for shift in found if shift[3]], answer


def _share_the_pool(
    model: cp_model.CpModel, plan: DayPlan, people: dict[tuple[int, int, int], cp_model.IntVar]
) -> None:
    """At no hour are more people at work or at rest than there are."""
    rest = -(-plan.terms.rest_ms // HOUR_MS)
    for hour, taken in enumerate(plan.taken):
        held = [count for (_, start, length), count in people.items() if start <= hour < start + length + rest]
        if held:
            model.add(sum(held) <= plan.terms.people - taken)


def _flow(
    model: cp_model.CpModel, plan: DayPlan, people: dict[tuple[int, int, int], cp_model.IntVar]
) -> list[cp_model.IntVar]:
    """Parcels through both stations, hour by hour; how many miss each carrier's last call."""
    total = sum(plan.arrivals) + plan.picked
    done: list[list[cp_model.IntVar]] = []
    for station in (_PICK, _PACK):
        cumulative = [model.new_int_var(0, total, f"done_{station}_{h}") for h in range(len(plan.arrivals))]
        for hour, until in enumerate(cumulative):
            before = cumulative[hour - 1] if hour else 0
            own = plan.crew_seconds[station][hour]
            temporary = sum(
                round(_SECONDS * plan.terms.productivity) * count
                for (s, start, length), count in people.items()
                if s == station and start <= hour < start + length
            )
            model.add((until - before) * plan.seconds[station] <= own + temporary)
            model.add(until >= before)
        done.append(cumulative)
    came = 0
    for hour, parcels in enumerate(plan.arrivals):
        came += parcels
        model.add(done[_PICK][hour] <= came)
        model.add(done[_PACK][hour] <= done[_PICK][hour] + plan.picked)
    late = []
    for hour, wanted in plan.due:
        missing = model.new_int_var(0, total, f"late_{hour}")
        model.add(missing >= wanted - (done[_PACK][hour - 1] if hour else 0))
        late.append(missing)
    return late


@policy("labour", "shifts")
@dataclass(slots=True)
class ShiftPlan:
    """At ``plan_minute`` and every ``every_hours``, calls at the least cost for a day, late parcels counted (CP-SAT).

    What waits and what is expected in ``ahead_hours`` is picked and packed by the crew and by those who are called; of
    what is ordered in time, a parcel that is not packed at the last carrier's call of the day costs ``late_cents``.
    Those calls are made that cannot wait for the next plan. ``work`` is in deterministic seconds a node; without an
    answer in time, or within ``guard_seconds`` of wall time, `backlog_flex` decides.
    """

    plan_minute: int = 6 * 60
    every_hours: int = 24
    ahead_hours: int = 48
    late_cents: int = 1_000
    work: float = 1.0
    gap: float = 0.01
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("labour", "shifts", "backlog_flex"), init=False, repr=False)
    _order_by_minute: int = field(default=14 * 60, init=False, repr=False)
    _pack_seconds: list[float] = field(default_factory=list, init=False, repr=False)
    _fallback: BacklogFlex = field(default_factory=BacklogFlex, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Until when orders are to leave on their day: the channels' order-by, by their demand."""
        self.calls.bind(world)
        channels = world.network.channels
        weights = [c.orders_per_day or 1e-9 for c in channels]
        by_weight = sum(w * c.promise.order_by_minute for w, c in zip(weights, channels, strict=True))
        self._order_by_minute = round(by_weight / sum(weights))
        packs = [n.stations[_PACK] for n in world.network.nodes]
        self._pack_seconds = [(s.work_ms.mean + s.setup_ms / s.batch_size) / 1_000 for s in packs]

    def decide(self, view: LabourView) -> list[Call]:
        """At the hour of planning, node by node."""
        if (view.minute - self.plan_minute) % (self.every_hours * 60) >= 60:
            return []
        found: list[Call] = []
        for node, terms in enumerate(view.terms):
            if terms is not None:
                found += self._plan(view, node, terms)
        return found

    def _plan(self, view: LabourView, node: int, terms: TemporaryStaff) -> list[Call]:
        plan = self._day(view, node, terms)
        if plan is None:
            return []
        limits = Limits(gap=self.gap, work=self.work, guard_seconds=self.guard_seconds, apart=self.calls.apart)
        shifts, answer = plan_shifts(plan, limits)
        self.calls.keep(answer.record, view.now_ms, sum(plan.arrivals))
        if shifts is None:
            return [call for call in self._fallback.decide(view) if call.node == node]
        return [
            Call(node, station, view.now_ms + start * HOUR_MS, view.now_ms + (start + hours) * HOUR_MS, people)
            for station, start, hours, people in shifts
            if start < plan.starts[0] + self.every_hours
        ]

    def _day(self, view: LabourView, node: int, terms: TemporaryStaff) -> DayPlan | None:
        """The hours from now on, in whole parcels and seconds; None where there is nothing to do."""
        hours = range(self.ahead_hours)
        starts = [view.now_ms + h * HOUR_MS for h in hours]
        coming = [view.expected_hours(node, t, t + HOUR_MS) for t in starts]
        each = self._seconds(node, [*coming, view.backlog_hours[node]])
        if each is None:
            return None
        waiting = round(view.backlog_hours[node][_PACK] * _SECONDS / each[_PACK])
        to_pick = min(waiting, round(view.backlog_hours[node][_PICK] * _SECONDS / each[_PICK]))
        arrivals = _whole([pack * _SECONDS / each[_PACK] for _, pack in coming])
        arrivals[0] += to_pick
        picked = waiting - to_pick
        notice, called = -(-terms.notice_ms // HOUR_MS), view.called[node]
        shortest, longest = -(-terms.shortest_ms // HOUR_MS), terms.longest_ms // HOUR_MS
        horizon = self.ahead_hours + longest + -(-terms.rest_ms // HOUR_MS)
        return DayPlan(
            arrivals=arrivals,
            picked=picked,
            seconds=each,
            crew_seconds=(
                [self._crew_seconds(view, node, _PICK, t, terms) for t in starts],
                [self._crew_seconds(view, node, _PACK, t, terms) for t in starts],
            ),
            due=self._due(view, node, arrivals, picked),
            starts=range(notice, notice + _DAY_HOURS),
            lengths=sorted({*range(shortest, longest + 1, 2), longest}),
            taken=[_held(called, view.now_ms + h * HOUR_MS, terms.rest_ms) for h in range(horizon)],
            terms=terms,
            wage_cents=view.wage_cents[node],
            late_cents=self.late_cents,
        )

    def _seconds(self, node: int, work: Sequence[tuple[float, float]]) -> tuple[int, int] | None:
        """Of one of the crew for a parcel, lines picked as there are on average; None where nothing is to be done."""
        pick, pack = (sum(hours[station] for hours in work) for station in (_PICK, _PACK))
        if not pack:
            return None
        each = self._pack_seconds[node]
        return max(1, round(min(_DAY_SECONDS, each * pick / pack))), max(1, round(each))

    def _crew_seconds(self, view: LabourView, node: int, station: int, from_ms: int, terms: TemporaryStaff) -> int:
        """What the crew and those who are called already do in an hour."""
        until_ms = from_ms + HOUR_MS
        called_ms = sum(
            c.people * max(0, min(c.end_ms, until_ms) - max(c.start_ms, from_ms))
            for c in view.called[node]
            if c.station == station
        )
        crew = view.rostered_hours(node, station, from_ms, until_ms) * _SECONDS
        return int(crew + called_ms / HOUR_MS * terms.productivity * _SECONDS)

    def _due(self, view: LabourView, node: int, arrivals: Sequence[int], picked: int) -> list[tuple[int, int]]:
        """Each day's last call, and what was ordered in time for it."""
        midnight_ms = view.now_ms - view.minute * MINUTE_MS
        last: dict[int, int] = {}
        for at_ms in view.collections(node, view.now_ms, view.now_ms + len(arrivals) * HOUR_MS):
            last[(at_ms - midnight_ms) // DAY_MS] = at_ms
        found = []
        for day, at_ms in last.items():
            ends_ms = min(at_ms, midnight_ms + day * DAY_MS + self._order_by_minute * MINUTE_MS)
            until = max(0, (ends_ms - view.now_ms) // HOUR_MS)
            waits = arrivals[0] if not until else 0  # what waits already was ordered in time
            found.append(((at_ms - view.now_ms) // HOUR_MS, picked + waits + sum(arrivals[:until])))
        return found


def _whole(parcels: Sequence[float]) -> list[int]:
    """Whole numbers whose running total is that of ``parcels``, rounded."""
    totals = [round(total) for total in accumulate(parcels)]
    return [b - a for a, b in pairwise([0, *totals])]


def _held(calls: Sequence[Call], from_ms: int, rest_ms: int) -> int:
    """People of ``calls`` who are at work or at rest in an hour."""
    return sum(c.people for c in calls if c.start_ms < from_ms + HOUR_MS and from_ms < c.end_ms + rest_ms)
