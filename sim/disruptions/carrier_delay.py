"""A carrier that takes longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.disruptions.services import services_of
from sim.units import DAY_MS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("carrier_delay")
@dataclass(frozen=True, slots=True)
class CarrierDelay:
    """Parcels that a carrier has on its way when it begins, and those collected while it lasts, arrive ``delay``
    later, with the next delivery round after that. Two delays add up.
    """

    kind: ClassVar[str]
    carrier: str
    at_ms: int
    duration_ms: int
    delay_ms: int = DAY_MS

    def begin(self, model: Model) -> None:
        """Slow down what is under way, and what will be."""
        for service in services_of(model, self.carrier):
            if self in in_force(model, CarrierDelay):
                service.slow(self.delay_ms)
        self._set(model)

    def end(self, model: Model) -> None:
        """What is collected from now on is as quick as it was."""
        self._set(model)

    def _set(self, model: Model) -> None:
        delays = [d.delay_ms for d in in_force(model, CarrierDelay) if d.carrier == self.carrier]
        for service in services_of(model, self.carrier):
            service.delay_ms = sum(delays)
