"""Disruptions that come by chance: when each of them happens in one run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.disruptions.registry import Disruption
from sim.streams import Streams


@dataclass(frozen=True, slots=True)
class Recurring:
    """A disruption that strikes again and again.

    Time to the next failure, counted from the end of the last repair, and time to repair are exponential (a repairable
    component as in Barlow and Proschan 1965, chapter 4). Both are drawn from streams keyed by ``name``: another policy
    meets the same failures, and another disruption in the file shifts none of them.

    Attributes
    ----------
    name
        What the scenario calls it.
    disruption
        What happens each time; its own moment and duration are replaced.
    mtbf_ms, mttr_ms
        Mean time between failures and mean time to repair.
    """

    name: str
    disruption: Disruption
    mtbf_ms: int
    mttr_ms: int

    @property
    def kind(self) -> str:
        """That of what happens each time."""
        return self.disruption.kind


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One disruption at its moment; ``number`` is its entry in the scenario's list."""

    number: int
    disruption: Disruption


def occurrences(entries: Sequence[Disruption | Recurring], streams: Streams, end_ms: int) -> list[Occurrence]:
    """All that will happen in one run: what is timed, and each failure that begins before ``end_ms``."""
    found: list[Occurrence] = []
    for number, entry in enumerate(entries):
        if isinstance(entry, Recurring):
            found += [Occurrence(number, one) for one in _failures(entry, streams, end_ms)]
        else:
            found.append(Occurrence(number, entry))
    return found


def _failures(entry: Recurring, streams: Streams, end_ms: int) -> Iterator[Disruption]:
    until_failure, until_repair = (streams.counter(p, entry.name) for p in ("failures", "repairs"))
    at_ms, turn = 0, 0
    while True:
        at_ms += _exponential(entry.mtbf_ms, until_failure.at(turn))
        if at_ms >= end_ms:
            return
        duration_ms = _exponential(entry.mttr_ms, until_repair.at(turn))
        made: Any = entry.disruption
        yield replace(made, at_ms=at_ms, duration_ms=duration_ms)
        at_ms += duration_ms
        turn += 1


def _exponential(mean_ms: int, uniform: float) -> int:
    """Whole milliseconds, 1 at least: a failure that mends at once is none."""
    return max(1, round(-mean_ms * math.log1p(-uniform)))
