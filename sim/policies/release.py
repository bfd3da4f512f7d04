"""Release: in which sequence a wave takes the shipments that wait at a node, and which it leaves for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policies.registry import policy
from sim.world import World

Ints = NDArray[np.int64]


@dataclass(slots=True)
class FloorView:
    """What a release policy may know of waiting shipments, each by its number, and of the floor.

    ``planned_ms``, ``ship_by_ms``, ``priority``, ``lines`` and ``next_cutoff_ms`` look a shipment up, and so do:

    Attributes
    ----------
    due_ms
        The last call of its carrier by its ship-by; the next one, where there is none before it.
    promise_ms
        The last call with which it arrives by its promise, of the cheapest carrier that still can; -1 where none can.
    work_ms
        (pick, pack) time that it takes one of the crew.
    free_ms
        Until a moment: (pick, pack) time of the people on the roster, less what is on the floor already.
    next_wave_ms
        When the next wave will be, if something is left for it.
    """

    now_ms: int
    planned_ms: Callable[[int], int]
    ship_by_ms: Callable[[int], int]
    priority: Callable[[int], int]
    lines: Callable[[int], int]
    next_cutoff_ms: Callable[[int], int]
    due_ms: Callable[[int], int]
    promise_ms: Callable[[int], int]
    work_ms: Callable[[int], tuple[float, float]]
    free_ms: Callable[[int], tuple[float, float]]
    next_wave_ms: int


class ReleasePolicy(Protocol):
    """Puts waiting shipments in sequence."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, waiting: Sequence[int], floor: FloorView) -> Sequence[int]:
        """Shipments to be released, the first one first; what it leaves out waits for the next wave."""
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


def in_sequence(policy: ReleasePolicy, waiting: Ints, floor: Callable[[], FloorView]) -> Ints:
    """All that waits, in the sequence in which it would go: what the policy leaves out comes last, as it came."""
    if isinstance(policy, FirstInFirstOut):
        return waiting
    numbers = waiting.tolist()
    first = list(policy.decide(numbers, floor()))
    if len(first) < len(numbers):
        taken = set(first)
        first += [s for s in numbers if s not in taken]
    return np.array(first, dtype=np.int64)


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
