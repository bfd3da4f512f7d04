"""Parcels of a dock to carriers' calls under their capacity: a flow of least cost, late days counted.

A transportation problem (Hitchcock 1941): parcels of one kind (what they may go with, zone, promise) are a source, each
of the next calls of each service is a sink with the room that it has, and what finds no room in time waits for a
call beyond those. Whole rooms give whole parcels, so that no integer programme is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optimize.calls import Calls, calls_by
from optimize.programs import USUAL, Limits
from optimize.solver import FlowAnswer, solve_flow
from sim.policies.carrier import CheapestInTime, DockView, Offer, Placement
from sim.policies.registry import policy
from sim.units import DAY_MS
from sim.world import World

Kind = tuple[tuple[Offer, ...], int, int]
"""(offers, zone, deliver-by) of like parcels."""
Slot = tuple[int, int]
"""(service, which of its next calls)."""

_LAST, _OFFERS = 100, 10
"""Costs are scaled by their product, so that of equal ones the earlier call is taken, then the offer named first."""


@dataclass(frozen=True, slots=True)
class Option:
    """A way to send a parcel of a kind: its offer (and its place among them) and its call, at a cost in cents; ``slot``
    None: beyond all calls."""

    offer: Offer
    place: int
    slot: Slot | None
    cents: int


def options(view: DockView, kind: Kind, late_cents: int) -> list[Option]:
    """Every call of every service that takes such a parcel; each day, begun, after the promise costs ``late_cents``."""
    offers, zone, due_ms = kind
    found = []
    for place, (cents, service) in enumerate(offers):
        arrivals = [by_zone[zone] for by_zone in view.arrives_ms[service]]
        for turn, arrives_ms in enumerate(arrivals):
            late = late_cents * _days_late(arrives_ms, due_ms)
            found.append(Option((cents, service), place, (service, turn), cents + late))
        if arrivals:
            later_ms = arrivals[-1] + DAY_MS
            late = late_cents * (1 + _days_late(later_ms, due_ms))
            found.append(Option((cents, service), place, None, cents + late))
    return found


def _days_late(arrives_ms: int, due_ms: int) -> int:
    return max(0, -(-(arrives_ms - due_ms) // DAY_MS))


def cheapest_flow(
    counts: Sequence[int],
    ways: Sequence[Sequence[Option]],
    room: Sequence[int | None],
    limits: Limits = USUAL,
) -> tuple[list[list[int]], FlowAnswer]:
    """How many of each kind go each way; ``room`` by service, for each of its calls. Empty without an answer."""
    slots = sorted({option.slot for own in ways for option in own if option.slot is not None})
    number = {slot: len(counts) + i for i, slot in enumerate(slots)}
    beyond, sink = len(counts) + len(slots), len(counts) + len(slots) + 1
    total = sum(counts)
    arcs: list[tuple[int, int, int, int]] = []
    for kind, own in enumerate(ways):
        for option in own:
            turn = _LAST if option.slot is None else option.slot[1]
            head = beyond if option.slot is None else number[option.slot]
            tie = min(turn, _LAST - 1) * _OFFERS + min(option.place, _OFFERS - 1)
            arcs.append((kind, head, counts[kind], option.cents * _LAST * _OFFERS + tie))
    for slot in slots:
        limit = room[slot[0]]
        arcs.append((number[slot], sink, total if limit is None else min(limit, total), 0))
    arcs.append((beyond, sink, total, 0))
    supply = np.zeros(sink + 1, dtype=np.int64)
    supply[: len(counts)], supply[sink] = counts, -total
    table = np.array(arcs, dtype=np.int64)
    tail, head, capacity, cost = np.ascontiguousarray(table.T)
    answer = solve_flow(tail, head, capacity, cost, supply, limits)
    scale = _LAST * _OFFERS
    in_cents = replace(answer.record, objective=answer.record.objective / scale, bound=answer.record.bound / scale)
    answer = replace(answer, record=in_cents)
    if not answer.record.has_solution:
        return [], answer
    units = iter(answer.units.tolist())
    return [[next(units) for _ in own] for own in ways], answer


@policy("carrier", "assignment")
@dataclass(slots=True)
class Assignment:
    """When a carrier calls, all parcels of the dock to the ``turns`` next calls of all services, at the least cost.

    Rooms are kept, each day after the promise costs ``late_cents``. When it is packed, a parcel goes with the cheapest
    in time, and stays with it where rooms suffice or there is no answer. ``guard_seconds`` of wall time bind the solver
    only in a process of its own.
    """

    late_cents: int = 1_000
    turns: int = 3
    guard_seconds: float = 60.0
    calls: Calls = field(default_factory=calls_by("carrier", "assignment", "cheapest"), init=False, repr=False)
    _single: CheapestInTime = field(default_factory=CheapestInTime, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Where to solve."""
        self.calls.bind(world)

    def decide(
        self, offers: Sequence[Offer], deliver_by_ms: int, zone: int, quoted_ms: Sequence[Sequence[int]]
    ) -> Offer:
        """One parcel by itself."""
        return self._single.decide(offers, deliver_by_ms, zone, quoted_ms)

    def assign(self, view: DockView) -> list[Placement]:
        """All parcels together; of like ones, the first to come have the first calls."""
        kinds: dict[Kind, list[int]] = {}
        for parcel in view.parcels:
            kind = tuple(view.offers(parcel)), view.zone(parcel), view.deliver_by_ms(parcel)
            kinds.setdefault(kind, []).append(parcel)
        ways = [options(view, kind, self.late_cents) for kind in kinds]
        counts = [len(own) for own in kinds.values()]
        limits = Limits(guard_seconds=self.guard_seconds, apart=self.calls.apart)
        flows, answer = cheapest_flow(counts, ways, view.room, limits)
        self.calls.keep(answer.record, view.now_ms, len(view.parcels))
        if not flows:
            return [self._alone(view, parcel) for parcel in view.parcels]
        placed: list[Placement] = []
        for parcels, own, flow in zip(kinds.values(), ways, flows, strict=True):
            line = iter(parcels)
            for option, count in sorted(zip(own, flow, strict=True), key=lambda pair: self._turn(pair[0])):
                placed += [(next(line), option.offer, self._turn(option)) for _ in range(count)]
        return placed

    def _turn(self, option: Option) -> int:
        return self.turns if option.slot is None else option.slot[1]

    def _alone(self, view: DockView, parcel: int) -> Placement:
        quoted = [calls[0] if calls else () for calls in view.arrives_ms]
        return parcel, self.decide(view.offers(parcel), view.deliver_by_ms(parcel), view.zone(parcel), quoted), 0
