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

from optimize.calls import noted
from optimize.solver import Limits, SolveRecord, solve_cp
from sim.policies.calls import CallBook
from sim.policies.registry import policy
from sim.policies.release import FloorView
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import World

_SECOND_MS = 1_000

Room = Callable[[int], tuple[float, float]]
"""Until a moment: (pick, pack) milliseconds of people that are free."""


@dataclass(frozen=True, slots=True)
class WorkClass:
    """``count`` shipments of one kind: due at a moment, each with so many seconds of work at pick and pack."""

    due_ms: int
    pick_seconds: int
    pack_seconds: int
    weight: int
    count: int


def in_time_all(classes: Sequence[WorkClass], room: Room, lead_ms: int) -> bool:
    """Whether everything is in time, the earliest due first (Jackson 1955: then so is it if anything can be)."""
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
    classes: Sequence[WorkClass], room: Room, lead_ms: int, limits: Limits
) -> tuple[list[int] | None, SolveRecord]:
    """How many of each class to bring in time, so that the weight of the others is least; None without an answer."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [model.new_int_var(0, c.count, f"class_{i}") for i, c in enumerate(classes)]
    for due_ms in sorted({c.due_ms for c in classes}):
        pick_room, pack_room = _seconds_until(room, due_ms, lead_ms)
        due = [(c, x) for c, x in zip(classes, chosen, strict=True) if c.due_ms <= due_ms]
        model.add(sum(c.pick_seconds * x for c, x in due) <= pick_room)
        model.add(sum(c.pack_seconds * x for c, x in due) <= pack_room)
    model.minimize(sum(c.weight * (c.count - x) for c, x in zip(classes, chosen, strict=True)))
    answer = solve_cp(model, limits)
    if not answer.record.has_solution:
        return None, answer.record
    return [answer.value(x) for x in chosen], answer.record


def _seconds_until(room: Room, due_ms: int, lead_ms: int) -> tuple[int, int]:
    """Free seconds of pickers, who must be done a while before, and of packers."""
    return max(0, int(room(due_ms - lead_ms)[0] / _SECOND_MS)), max(0, int(room(due_ms)[1] / _SECOND_MS))


Kind = tuple[int, int, int, int]
"""(due, pick seconds, pack seconds, weight)."""


@policy("release", "waves")
@dataclass(slots=True)
class Waves:
    """First what can still make its carrier's last call before its ship-by, as much weight of it as possible (CP-SAT).

    A shipment weighs 1 and its channel's ``priority``. Those that make it are released by due time, then the others by
    ship-by, as much as the floor can do until the next wave and ``ahead_hours`` more; what is left waits. Picking must
    be done ``lead_minutes`` before the call. ``work`` is in deterministic seconds a wave; without an answer in time,
    everything goes by due time.
    """

    ahead_hours: float = 1.0
    lead_minutes: float = 30.0
    work: float = 0.2
    gap: float = 0.001
    calls: CallBook = field(default_factory=CallBook, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """What goes first, and no more than the floor can take."""
        kinds = {s: self._kind(s, floor) for s in waiting}
        hopeful = [s for s in waiting if floor.now_ms < kinds[s][0] <= floor.ship_by_ms(s)]
        chosen = self._chosen(hopeful, kinds, floor)
        ahead = sorted(chosen, key=lambda s: (kinds[s][0], -kinds[s][3], s))
        behind = sorted((s for s in waiting if s not in chosen), key=lambda s: (floor.ship_by_ms(s), s))
        return self._fitting([*ahead, *behind], kinds, floor)

    def _kind(self, shipment: int, floor: FloorView) -> Kind:
        pick_ms, pack_ms = floor.work_ms(shipment)
        seconds = round(pick_ms / _SECOND_MS), round(pack_ms / _SECOND_MS)
        return floor.due_ms(shipment), *seconds, 1 + floor.priority(shipment)

    def _chosen(self, hopeful: Sequence[int], kinds: dict[int, Kind], floor: FloorView) -> set[int]:
        """Those that are to be in time; of one kind, the first to come."""
        by_kind: dict[Kind, list[int]] = {}
        for shipment in hopeful:
            by_kind.setdefault(kinds[shipment], []).append(shipment)
        members = [by_kind[kind] for kind in sorted(by_kind)]
        classes = [WorkClass(*kind, len(by_kind[kind])) for kind in sorted(by_kind)]
        lead_ms = round(self.lead_minutes * MINUTE_MS)
        if in_time_all(classes, floor.free_ms, lead_ms):
            return set(hopeful)
        counts, record = most_in_time(classes, floor.free_ms, lead_ms, Limits(gap=self.gap, work=self.work))
        noted(self.calls, record, "release", "waves", floor.now_ms, len(hopeful), "earliest due")
        if counts is None:
            return set(hopeful)
        return {s for count, own in zip(counts, members, strict=True) for s in sorted(own)[:count]}

    def _fitting(self, sequence: Sequence[int], kinds: dict[int, Kind], floor: FloorView) -> Sequence[int]:
        """The first of a sequence, until either station has enough to do."""
        until_ms = floor.next_wave_ms + round(self.ahead_hours * HOUR_MS)
        pick_room, pack_room = floor.free_ms(until_ms)
        for place, shipment in enumerate(sequence):
            if pick_room <= 0 or pack_room <= 0:
                return sequence[:place]
            pick_room -= kinds[shipment][1] * _SECOND_MS
            pack_room -= kinds[shipment][2] * _SECOND_MS
        return sequence
