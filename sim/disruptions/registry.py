"""Disruptions by name; a module of this package that declares one makes it known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from sim.clock import Clock
    from sim.disruptions.recurring import Occurrence
    from sim.model import Model


class Disruption(Protocol):
    """Something that begins at a moment, lasts, and ends."""

    kind: ClassVar[str]

    @property
    def at_ms(self) -> int:
        """When it begins."""
        ...

    @property
    def duration_ms(self) -> int:
        """How long it lasts."""
        ...

    def begin(self, model: Model) -> None:
        """Pull the levers."""
        ...

    def end(self, model: Model) -> None:
        """Let them go."""
        ...


class Timeline(Protocol):
    """Who has a clock, and knows every disruption of the run."""

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def occurrences(self) -> Sequence[Occurrence]:
        """Every disruption, at its moment."""
        ...


D = TypeVar("D", bound=type)
Kind = TypeVar("Kind", bound=Disruption)

DISRUPTIONS: dict[str, type[Disruption]] = {}
"""Every disruption by its name in scenario files."""


def disruption(name: str) -> Callable[[D], D]:
    """Class decorator that makes a disruption known by ``name``."""

    def register(cls: D) -> D:
        if name in DISRUPTIONS:
            raise ValueError(f"two disruptions are called {name!r}")
        cls.kind = name  # type: ignore[attr-defined]  # the decorator's own contract
        DISRUPTIONS[name] = cls
        return cls

    return register


def in_force(run: Timeline, kind: type[Kind]) -> list[Kind]:
    """All disruptions of one kind that hold at this moment, in the order of the scenario.

    A lever is set from all of them at each beginning and end, so that they nest: what two outages closed opens when
    the second has ended too, and at one moment one may end where another begins.
    """
    now = run.clock.now_ms
    found = [occurrence.disruption for occurrence in run.occurrences]
    return [d for d in found if isinstance(d, kind) and d.at_ms <= now < d.at_ms + d.duration_ms]
