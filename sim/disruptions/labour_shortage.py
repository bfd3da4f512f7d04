"""People who do not come to work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("labour_shortage")
@dataclass(frozen=True, slots=True)
class LabourShortage:
    """Some of a node's people are missing: the share that is at work, station by station.

    What is left of a crew is rounded down; work that the missing had in hand goes back to its queue. Two shortages
    multiply, and an outage of the node takes its share of the rest.
    """

    kind: ClassVar[str]
    node: int
    at_ms: int
    duration_ms: int
    pick_bp: int = 5_000
    pack_bp: int = 5_000
    receive_bp: int = BASIS_POINTS
    inspect_bp: int = BASIS_POINTS
    refurbish_bp: int = BASIS_POINTS

    @property
    def present_bp(self) -> tuple[int, ...]:
        """The share that is at work at each station, and at the bench."""
        shares = (self.pick_bp, self.pack_bp, self.receive_bp, self.inspect_bp, self.refurbish_bp)
        return tuple(min(share, BASIS_POINTS) for share in shares)

    def begin(self, model: Model) -> None:
        """Send them home."""
        self._limit(model)

    def end(self, model: Model) -> None:
        """They are back, as far as no other shortage holds."""
        self._limit(model)

    def _limit(self, model: Model) -> None:
        model.limit_crew(self.node)
