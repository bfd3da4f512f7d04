"""Labour: which temporary people are called to which node and station, for which hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, Protocol

from sim.plans.labour import TemporaryStaff
from sim.policies.registry import policy
from sim.units import HOUR_MS
from sim.world import World


class Call(NamedTuple):
    """``people`` are to work at a station (a place in `sim.network.STATION_NAMES`) of ``node`` between two moments."""

    node: int
    station: int
    start_ms: int
    end_ms: int
    people: int


@dataclass(slots=True)
class LabourView:
    """What a labour policy may know. Work is in person-hours of the node's own crew, (pick, pack), at expected times.

    Attributes
    ----------
    minute
        Of the local day.
    terms
        By node: on what terms people can be called there; None where there are none.
    wage_cents
        By node: what an hour of its crew costs.
    called
        By node: calls that are not over, or whose people still rest.
    backlog_hours
        By node: work of shipments that wait there or are begun.
    rostered_hours
        (node, station, from, until): hours of the crew on the roster between two moments.
    expected_hours
        (node, from, until): work that orders will bring which come between two moments: the forecaster's, where there
        is one, else the pace of the last week, by hour of the day.
    collections
        (node, from, until): moments, rising, at which carriers call there.
    """

    now_ms: int
    minute: int
    terms: Sequence[TemporaryStaff | None]
    wage_cents: Sequence[int]
    called: Sequence[Sequence[Call]]
    backlog_hours: Sequence[tuple[float, float]]
    rostered_hours: Callable[[int, int, int, int], float]
    expected_hours: Callable[[int, int, int], tuple[float, float]]
    collections: Callable[[int, int, int], Sequence[int]]


class LabourPolicy(Protocol):
    """Calls people beyond the roster."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, view: LabourView) -> list[Call]:
        """New calls, within the terms: notice, hours, and people who are neither at work there nor at rest."""
        ...


def most_together(calls: Sequence[Call], start_ms: int, end_ms: int, rest_ms: int) -> int:
    """The most people of ``calls`` who are at work or at rest at one moment of a call and the rest after it.

    Calls are intervals, rest included: as many people as overlap at once are enough for all (interval graphs are
    perfect), so that nobody need be told apart.
    """
    spans = [(c.start_ms, c.end_ms + rest_ms, c.people) for c in calls]
    until_ms = end_ms + rest_ms
    moments = [start_ms, *(begin for begin, _, _ in spans if start_ms < begin < until_ms)]
    return max(sum(people for begin, end, people in spans if begin <= at < end) for at in moments)


@policy("labour", "fixed")
@dataclass(slots=True)
class FixedRoster:
    """Nobody is called: the roster does what it can."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: LabourView) -> list[Call]:
        """No calls."""
        return []


@policy("labour", "backlog_flex")
@dataclass(slots=True)
class BacklogFlex:
    """Where more work waits than the crew does in ``hours``, temporary people come as soon as they can.

    They stay for ``stay_hours`` (no less than the agency's shortest call, no more than its longest), as many as do what
    is beyond the crew's ``hours`` in that time, those who are called already counted.
    """

    hours: float = 8.0
    stay_hours: float = 8.0

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, view: LabourView) -> list[Call]:
        """Node by node, pick before pack."""
        found: list[Call] = []
        for node, terms in enumerate(view.terms):
            if terms is None:
                continue
            for station, backlog in enumerate(view.backlog_hours[node]):
                call = self._call(view, node, station, backlog, terms, found)
                if call is not None:
                    found.append(call)
        return found

    def _call(
        self, view: LabourView, node: int, station: int, backlog: float, terms: TemporaryStaff, found: list[Call]
    ) -> Call | None:
        crew = view.rostered_hours(node, station, view.now_ms, view.now_ms + round(self.hours * HOUR_MS))
        coming = sum(
            (c.end_ms - max(c.start_ms, view.now_ms)) / HOUR_MS * c.people
            for c in view.called[node]
            if c.station == station and c.end_ms > view.now_ms
        )
        beyond = backlog - crew - coming * terms.productivity
        if beyond <= 0:
            return None
        stay_ms = min(max(round(self.stay_hours * HOUR_MS), terms.shortest_ms), terms.longest_ms)
        start_ms = view.now_ms + terms.notice_ms
        calls = [*view.called[node], *(c for c in found if c.node == node)]
        idle = terms.people - most_together(calls, start_ms, start_ms + stay_ms, terms.rest_ms)
        people = min(idle, ceil(beyond / (terms.productivity * stay_ms / HOUR_MS)))
        return Call(node, station, start_ms, start_ms + stay_ms, people) if people > 0 else None
