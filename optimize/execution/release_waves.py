"""Waves against cut-offs: which shipments can still make their carrier, and how much of that to release now (CP-SAT).

To choose the jobs that are in time, given that those of the earliest due date go first, is the problem of the weighted
number of late jobs (Lawler and Moore 1969; Moore 1968 where all weigh the same), here on two stations whose people come
and go. Shipments of one due time, work and weight are one class, of which a whole number is chosen: thousands that wait
are a few dozen integers. What is beyond what the floor can do until the next wave is held back, so that what comes
in the meantime and is more urgent need not queue behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from optimize.calls import Calls, calls_by
from optimize.programs import Limits, SolveRecord
from optimize.solver import solve_cp
from sim.policies.registry import policy
from sim.policies.release import FloorView
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import World

_SECOND_MS = 1_000

Room = Callable[[int], tuple[float, float]]
"""Until a moment: (pick, pack) milliseconds of people that are free."""


@dataclass(frozen=True, slots=True)
class WorkClass:
    """``count`` shipments of one kind: due by ship-by at one moment and by the promise at another (before now: too late
    for that), each with so many seconds of work at pick and pack."""

    due_ms: int
    promise_ms: int
    pick_seconds: int
    pack_seconds: int
    weight: int
    count: int


def in_time_all(classes: Sequence[WorkClass], room: Room, lead_ms: int) -> bool:
    """Whether everything is shipped by its ship-by, the earliest due first (Jackson 1955: then so is it if anything can
    be)."""
    pick = pack = 0
    ordered = sorted(classes, key=lambda c: c.due_ms)
    for place, kind in enumerate(ordered):
        pick, pack = pick + kind.count * kind.pick_seconds, pack + kind.count * kind.pack_seconds
        if place + 1 < len(ordered) and ordered[place + 1].due_ms == kind.due_ms:
            continue
        pick_room, pack_room = _seconds_until(room, kind.due_ms, lead_ms)
        if pick > pick_room or pack > pack_room:
            return False
    return True


def most_in_time(
    classes: Sequence[WorkClass], room: Room, lead_ms: int, broken: int, limits: Limits
) -> tuple[list[tuple[int, int]] | None, SolveRecord]:
    """How many of each class to ship by ship-by, and how many more by the promise; None without an answer.

    The weight of what is late is least, one that breaks its promise counting ``broken`` times more than one that is
    shipped late.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    soon = [model.new_int_var(0, c.count, f"soon_{i}") for i, c in enumerate(classes)]
    later = [model.new_int_var(0, c.count, f"later_{i}") for i, c in enumerate(classes)]
    due = [(c.due_ms, c, x) for c, x in zip(classes, soon, strict=True)]
    due += [(c.promise_ms, c, y) for c, y in zip(classes, later, strict=True)]
    for at_ms in sorted({moment for moment, _, _ in due}):
        pick_room, pack_room = _seconds_until(room, at_ms, lead_ms)
        model.add(sum(c.pick_seconds * n for moment, c, n in due if moment <= at_ms) <= pick_room)
        model.add(sum(c.pack_seconds * n for moment, c, n in due if moment <= at_ms) <= pack_room)
    late = []
    for kind, x, y in zip(classes, soon, later, strict=True):
        model.add(x + y <= kind.count)
        late.append(kind.weight * ((kind.count - x) + broken * (kind.count - x - y)))
    model.minimize(sum(late))
    answer = solve_cp(model, limits)
    if not answer.record.has_solution:
        return None, answer.record
    return [(answer.value(x), answer.value(y)) for x, y in zip(soon, later, strict=True)], answer.record


def _seconds_until(room: Room, due_ms: int, lead_ms: int) -> tuple[int, int]:
    """Free seconds of pickers, who must be done a while before, and of packers."""
    return max(0, int(room(due_ms - lead_ms)[0] / _SECOND_MS)), max(0, int(room(due_ms)[1] / _SECOND_MS))


Kind = tuple[int, int, int, int, int]
"""(due by ship-by, due by the promise, pick seconds, pack seconds, weight)."""
_PAST = -1


@policy("release", "waves")
@dataclass(slots=True)
class Waves:
    """First what can still make its carrier's last call before its ship-by or promise, the most weight of it (CP-SAT).

    A shipment weighs 1 and its channel's ``priority``; one that breaks its promise counts ``broken_promise`` times more
    than one that is shipped late. What makes it is released by due time, then the rest by ship-by, as much as the floor
    can do until the next wave and ``ahead_hours`` more; what is left waits. Picking must be done ``lead_minutes``
    before a call. ``work`` is in deterministic seconds a wave; without an answer in time, or within ``guard_seconds``
    of wall time, all goes by due time.
    """

    ahead_hours: float = 1.0
    lead_minutes: float = 30.0
    broken_promise: int = 3
    work: float = 0.2
    gap: float = 0.001
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("release", "waves", "earliest due"), init=False, repr=False)

    def bind(self, world: World) -> None:
        """Where to solve."""
        self.calls.bind(world)

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """What goes first, and no more than the floor can take."""
        kinds = {s: self._kind(s, floor) for s in waiting}
        hopeful = [s for s in waiting if max(kinds[s][:2]) > floor.now_ms]
        due = self._due(hopeful, kinds, floor)
        ahead = sorted(due, key=lambda s: (due[s], -kinds[s][4], s))
        behind = sorted((s for s in waiting if s not in due), key=lambda s: (floor.ship_by_ms(s), s))
        return self._fitting([*ahead, *behind], kinds, floor)

    def _kind(self, shipment: int, floor: FloorView) -> Kind:
        """Of no use to carriers: what is due at this very moment or before."""
        due_ms, promise_ms = floor.due_ms(shipment), floor.promise_ms(shipment)
        if not floor.now_ms < due_ms <= floor.ship_by_ms(shipment):
            due_ms = _PAST
        pick_ms, pack_ms = floor.work_ms(shipment)
        seconds = round(pick_ms / _SECOND_MS), round(pack_ms / _SECOND_MS)
        return due_ms, max(promise_ms, due_ms), *seconds, 1 + floor.priority(shipment)

    def _due(self, hopeful: Sequence[int], kinds: dict[int, Kind], floor: FloorView) -> dict[int, int]:
        """When each of those that are to be in time is due; of one kind, the first to come are due by ship-by."""
        by_kind: dict[Kind, list[int]] = {}
        for shipment in hopeful:
            by_kind.setdefault(kinds[shipment], []).append(shipment)
        members = [sorted(by_kind[kind]) for kind in sorted(by_kind)]
        classes = [WorkClass(*kind, len(by_kind[kind])) for kind in sorted(by_kind)]
        lead_ms = round(self.lead_minutes * MINUTE_MS)
        counts: list[tuple[int, int]] | None = [(c.count, 0) for c in classes]
        if not in_time_all(classes, floor.free_ms, lead_ms):
            limits = Limits(gap=self.gap, work=self.work, guard_seconds=self.guard_seconds, apart=self.calls.apart)
            counts, record = most_in_time(classes, floor.free_ms, lead_ms, self.broken_promise, limits)
            self.calls.keep(record, floor.now_ms, len(hopeful))
        if counts is None:
            counts = [(c.count, 0) if c.due_ms > _PAST else (0, c.count) for c in classes]
        found: dict[int, int] = {}
        for (soon, later), kind, own in zip(counts, classes, members, strict=True):
            found |= dict.fromkeys(own[:soon], kind.due_ms) | dict.fromkeys(own[soon : soon + later], kind.promise_ms)
        return found

    def _fitting(self, sequence: Sequence[int], kinds: dict[int, Kind], floor: FloorView) -> Sequence[int]:
        """The first of a sequence, until either station has enough to do."""
        until_ms = floor.next_wave_ms + round(self.ahead_hours * HOUR_MS)
        pick_room, pack_room = floor.free_ms(until_ms)
        for place, shipment in enumerate(sequence):
            if pick_room <= 0 or pack_room <= 0:
                return sequence[:place]
            pick_room -= kinds[shipment][2] * _SECOND_MS
            pack_room -= kinds[shipment][3] * _SECOND_MS
        return sequence
