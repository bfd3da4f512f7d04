"""Carrier choice: which service takes a packed parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sim.errors import DecisionError
from sim.policies.registry import policy
from sim.world import World

Offer = tuple[int, int]
"""(price in cents, service)."""


class CarrierPolicy(Protocol):
    """Chooses a service."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(
        self, offers: Sequence[Offer], deliver_by_ms: int, zone: int, quoted_ms: Sequence[Sequence[int]]
    ) -> Offer:
        """One of ``offers``, cheapest first; ``quoted_ms[service][zone]`` says when each would arrive."""
        ...


@policy("carrier", "cheapest")
@dataclass(slots=True)
class CheapestInTime:
    """The cheapest that arrives by the promise; if none does, the fastest."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(
        self, offers: Sequence[Offer], deliver_by_ms: int, zone: int, quoted_ms: Sequence[Sequence[int]]
    ) -> Offer:
        """Walk up the prices until one is in time."""
        for offer in offers:
            if quoted_ms[offer[1]][zone] <= deliver_by_ms:
                return offer
        return min(offers, key=lambda o: (quoted_ms[o[1]][zone], o))


@policy("carrier", "fastest")
@dataclass(slots=True)
class Fastest:
    """The one that arrives first; of equals the cheapest."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(
        self, offers: Sequence[Offer], deliver_by_ms: int, zone: int, quoted_ms: Sequence[Sequence[int]]
    ) -> Offer:
        """Earliest quoted arrival."""
        return min(offers, key=lambda o: (quoted_ms[o[1]][zone], o))


@policy("carrier", "fixed")
@dataclass(slots=True)
class FixedService:
    """Always ``service`` (a name); the first in the file if none is named; the cheapest where it does not call."""

    service: str = ""
    _number: int = field(default=0, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Find the service."""
        names = [s.name for s in world.network.services]
        if self.service and self.service not in names:
            raise DecisionError(f"there is no carrier service {self.service!r}; known: {', '.join(names)}")
        self._number = names.index(self.service) if self.service else 0

    def decide(
        self, offers: Sequence[Offer], deliver_by_ms: int, zone: int, quoted_ms: Sequence[Sequence[int]]
    ) -> Offer:
        """The chosen service where it is on offer."""
        for offer in offers:
            if offer[1] == self._number:
                return offer
        return offers[0]
