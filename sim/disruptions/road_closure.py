"""Roads that are closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("road_closure")
@dataclass(frozen=True, slots=True)
class RoadClosure:
    """Nodes are cut off: trucks of suppliers and of transfers, on the road already or not, wait until the road opens,
    and carriers do not collect. People inside work on; orders are still allocated to such a node.
    """

    kind: ClassVar[str]
    nodes: frozenset[int]
    at_ms: int
    duration_ms: int

    def begin(self, model: Model) -> None:
        """Close the roads."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Open them, as far as no other closure holds."""
        self._set(model)

    def _set(self, model: Model) -> None:
        closed = [d.nodes for d in in_force(model, RoadClosure)]
        model.site.roads.close(frozenset[int]().union(*closed))
