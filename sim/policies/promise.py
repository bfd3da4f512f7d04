"""Promise: what a channel may sell of a product: what is in stock, less a buffer, or what is on order too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sim.policies.registry import policy
from sim.units import DAY_MS
from sim.world import World


class Terms(NamedTuple):
    """On what terms a channel promises: ``buffer_units`` of each SKU are withheld from it; what it does not show is
    promised from purchase orders whose date is within ``inbound_within_ms`` (None: it is refused)."""

    buffer_units: int = 0
    inbound_within_ms: int | None = None


class PromisePolicy(Protocol):
    """Says on what terms channels promise, for as long as it is in force."""

    def bind(self, world: World) -> None:
        """Learn the network, once."""
        ...

    def decide(self, channel: int) -> Terms:
        """The terms of a channel."""
        ...


@policy("promise", "by_channel")
@dataclass(slots=True)
class ByChannel:
    """Each channel as its own keys say: ``buffer_units`` and ``promise.inbound_within``."""

    _terms: list[Terms] = field(default_factory=list, init=False, repr=False)

    def bind(self, world: World) -> None:
        """Read the channels' own terms."""
        self._terms = [Terms(c.buffer_units, c.promise.inbound_within_ms) for c in world.network.channels]

    def decide(self, channel: int) -> Terms:
        """Its own."""
        return self._terms[channel]


@policy("promise", "on_hand")
@dataclass(slots=True)
class OnHand:
    """Every channel promises what is in stock, to the last unit, and nothing else."""

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, channel: int) -> Terms:
        """All that is there."""
        return Terms()


@policy("promise", "with_buffer")
@dataclass(slots=True)
class WithBuffer:
    """Every channel promises what is in stock but for the last ``units`` of each SKU, which may be sold elsewhere."""

    units: int = 2

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, channel: int) -> Terms:
        """All but the last ones."""
        return Terms(self.units)


@policy("promise", "with_inbound")
@dataclass(slots=True)
class WithInbound:
    """Every channel promises what is in stock, and what suppliers have confirmed to bring ``within`` so long."""

    within_ms: int = 7 * DAY_MS

    def bind(self, world: World) -> None:
        """Nothing to learn."""

    def decide(self, channel: int) -> Terms:
        """What is there, and what comes soon."""
        return Terms(0, self.within_ms)
