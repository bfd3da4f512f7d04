"""A carrier with too few vans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.disruptions.services import services_of

if TYPE_CHECKING:
    from sim.model import Model


@disruption("carrier_capacity")
@dataclass(frozen=True, slots=True)
class CarrierCapacity:
    """Each service of a carrier takes at most ``parcels`` with a collection at a node; the rest waits for the next."""

    kind: ClassVar[str]
    carrier: str
    at_ms: int
    duration_ms: int
    parcels: int = 100

    def begin(self, model: Model) -> None:
        """Cut its capacity."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Give it back, as far as no other cut holds it."""
        self._set(model)

    def _set(self, model: Model) -> None:
        caps = [d.parcels for d in in_force(model, CarrierCapacity) if d.carrier == self.carrier]
        for service in services_of(model, self.carrier):
            service.capacity = min(caps, default=None)
