"""Carrier choice: which service takes a packed parcel, one by one or all that stand at a dock together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        """One of ``offers``, cheapest first; ``quoted_ms[service][zone]`` says when each would arrive. With regions of
        several clocks there are as many times the zones (`Geography.quote_index`)."""
        ...


@dataclass(slots=True)
class DockView:
    """What a batch policy may know of a node's dock while a carrier is at the door.

    Attributes
    ----------
    parcels
        That stand there, by number.
    offers
        Of a parcel: (price, service) of those that take it, cheapest first.
    deliver_by_ms, zone
        Of a parcel.
    calls_ms
        By service: its next calls at the node, the first of which may be now; none where it does not call.
    room
        By service: parcels that it takes at one call; None: all.
    arrives_ms
        ``[service][call][zone]``: when it says that a parcel would arrive.
    """

    now_ms: int
    parcels: Sequence[int]
    offers: Callable[[int], Sequence[Offer]]
    deliver_by_ms: Callable[[int], int]
    zone: Callable[[int], int]
    calls_ms: Sequence[Sequence[int]]
    room: Sequence[int | None]
    arrives_ms: Sequence[Sequence[Sequence[int]]]


Placement = tuple[int, Offer, int]
"""(parcel, its offer, for which of the service's next calls it waits)."""


class BatchCarrierPolicy(Protocol):
    """Chooses for all parcels of a dock together, at each carrier's call; each is decided by itself too, when it is
    packed, as by any carrier policy.

    Attributes
    ----------
    turns
        How many of each service's next calls it wants to know.
    """

    turns: int

    def assign(self, view: DockView) -> list[Placement]:
        """Each parcel once. Those of an earlier call are loaded first."""
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
