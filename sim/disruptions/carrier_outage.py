"""A carrier on strike, or cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.disruptions.services import services_of

if TYPE_CHECKING:
    from sim.model import Model


@disruption("carrier_outage")
@dataclass(frozen=True, slots=True)
class CarrierOutage:
    """A carrier (all its services) collects nothing; ``holds_transit``: nor does it deliver what is on its way.

    Parcels that wait for it go to another carrier where the rule ``reroute_on_carrier_outage`` says so, and new ones
    are not given to it. What is due meanwhile is delivered with the first round after the end.
    """

    kind: ClassVar[str]
    carrier: str
    at_ms: int
    duration_ms: int
    holds_transit: bool = True

    def begin(self, model: Model) -> None:
        """Stop it, and give its waiting parcels away."""
        self._set(model)
        if model.world.rules.reroute_on_carrier_outage:
            for service in services_of(model, self.carrier):
                model.site.dock.reroute(service.index)

    def end(self, model: Model) -> None:
        """It calls again, as far as no other outage holds it."""
        self._set(model)
        for service in services_of(model, self.carrier):
            service.bring_waiting()

    def _set(self, model: Model) -> None:
        outages = in_force(model, CarrierOutage)
        stopped, holding = {d.carrier for d in outages}, {d.carrier for d in outages if d.holds_transit}
        for service in model.site.carriers:
            service.collects = service.spec.carrier not in stopped
            service.delivers = service.spec.carrier not in holding
        if model.world.rules.reroute_on_carrier_outage:
            model.site.dock.shunned = frozenset(s.index for s in model.site.carriers if not s.collects)
