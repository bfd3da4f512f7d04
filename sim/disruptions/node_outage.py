"""A node that stops, or works with a part of its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption

if TYPE_CHECKING:
    from sim.model import Model


@disruption("node_outage")
@dataclass(frozen=True, slots=True)
class NodeOutage:
    """A node works at ``capacity_share`` of its people (0: not at all); at 0 nothing is sent to it, collected
    from it or received by it either, and work in progress goes back to its queue."""

    kind: ClassVar[str]
    node: int
    at_ms: int
    duration_ms: int
    capacity_share_bp: int = 0

    def begin(self, model: Model) -> None:
        """Close the node, or thin its crew."""
        self._limit(model)

    def end(self, model: Model) -> None:
        """Open it again, as far as no other outage holds it."""
        self._limit(model)

    def _limit(self, model: Model) -> None:
        model.limit_node(self.node)
