"""Release: in which sequence a wave takes the shipments that wait at a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.policies.registry import policy
from sim.world import World


@dataclass(slots=True)
class FloorView:
    """What a release policy may know of waiting shipments, each by its number.

    ``planned_ms``, ``ship_by_ms``, ``priority``, ``lines`` and ``next_cutoff_ms`` look one up.
    """

    now_ms: int
    planned_ms: Callable[[int], int]
    ship_by_ms: Callable[[int], int]
    priority: Callable[[int], int]
    lines: Callable[[int], int]
    next_cutoff_ms: Callable[[int], int]


class ReleasePolicy(Protocol):
    """Puts waiting shipments in sequence."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """The same shipments, first to be released first."""
        ...


@policy("release", "fifo")
@dataclass(slots=True)
class FirstInFirstOut:
    """In the sequence in which they were allocated."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """As they came."""
        return waiting


@policy("release", "earliest_cutoff")
@dataclass(slots=True)
class EarliestCutoff:
    """Those first whose carrier leaves first; then in sequence."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """By next cut-off."""
        return sorted(waiting, key=lambda s: (floor.next_cutoff_ms(s), s))


@policy("release", "priority")
@dataclass(slots=True)
class ByPriority:
    """By the channel's priority (highest first), then by ship-by, then in sequence."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """Who matters most first."""
        return sorted(waiting, key=lambda s: (-floor.priority(s), floor.ship_by_ms(s), s))


@policy("release", "slack")
@dataclass(slots=True)
class LeastSlack:
    """Those first whose ship-by is nearest, work still to do counted at ``minutes_per_line``."""

    minutes_per_line: float = 1.0

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """Least time to spare first."""
        work = self.minutes_per_line * 60_000
        return sorted(waiting, key=lambda s: (floor.ship_by_ms(s) - work * floor.lines(s), s))
