"""A payment gateway that does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("payment_outage")
@dataclass(frozen=True, slots=True)
class PaymentOutage:
    """No payment is authorised: orders by card or in advance are held and tried again, each at its payment's own retry
    interval, until the gateway answers. Where its pace has a limit (`payment_gateway`), they come back as a storm.

    ``captures``: nor is any card captured for what leaves, or its authorisation renewed. Captures wait, and are made in
    their sequence when it is over; a shipment whose authorisation has run out waits for a wave at which there is an
    answer.
    """

    kind: ClassVar[str]
    checks_orders: ClassVar[bool] = True
    at_ms: int
    duration_ms: int
    captures: bool = True

    def begin(self, model: Model) -> None:
        """Switch the gateway off."""
        self._set(model)

    def end(self, model: Model) -> None:
        """It answers, as far as no other outage holds it."""
        self._set(model)

    def _set(self, model: Model) -> None:
        outages = in_force(model, PaymentOutage)
        model.site.gates.close_gateway(bool(outages), captures=any(d.captures for d in outages))
