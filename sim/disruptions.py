"""What can go wrong: each a class that acts on agents through their public levers.

A disruption is a frozen dataclass with ``at_ms`` and ``duration_ms``; its other fields are its parameters and
become its keys in a scenario file (``node: int`` takes a node's name, ``..._ms`` a duration, ``..._bp`` a
share). Declare one here with `@disruption("name")` and it is listed, loaded and tested with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from sim.units import BASIS_POINTS

if TYPE_CHECKING:
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


D = TypeVar("D", bound=type)

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


@disruption("promotion")
@dataclass(frozen=True, slots=True)
class Promotion:
    """Demand times ``multiplier`` while it lasts, with a price cut, on some channels or all of them.

    The customer agent reads it when it draws arrivals; nothing is left to do at its moments but say so.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    multiplier: float = 4.0
    channels: frozenset[int] | None = None
    price_cut_bp: int = 0

    def begin(self, model: Model) -> None:
        """Arrivals already know of it."""

    def end(self, model: Model) -> None:
        """Arrivals already know of it."""


@disruption("node_outage")
@dataclass(frozen=True, slots=True)
class NodeOutage:
    """A node works at ``capacity_share_bp`` of its people (0: not at all); at 0 nothing is sent to it, collected
    from it or received by it either, and work in progress goes back to its queue."""

    kind: ClassVar[str]
    node: int
    at_ms: int
    duration_ms: int
    capacity_share_bp: int = 0

    def begin(self, model: Model) -> None:
        """Close the node, or thin its crew."""
        model.warehouses[self.node].limit_capacity(self._least_capacity(model))

    def end(self, model: Model) -> None:
        """Open it again, as far as no other outage holds it."""
        model.warehouses[self.node].limit_capacity(self._least_capacity(model))

    def _least_capacity(self, model: Model) -> int:
        """The worst of the outages that hold this node now: at one moment, one ends where another begins."""
        now = model.clock.now_ms
        return min(
            (
                other.capacity_share_bp
                for other in model.world.disruptions
                if isinstance(other, NodeOutage) and other.node == self.node
                if other.at_ms <= now < other.at_ms + other.duration_ms
            ),
            default=BASIS_POINTS,
        )
