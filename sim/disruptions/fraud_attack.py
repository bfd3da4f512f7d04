"""Orders with stolen cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("fraud_attack")
@dataclass(frozen=True, slots=True)
class FraudAttack:
    """A share of the orders that come while it lasts looks suspicious on top of the usual ones and goes to the order
    desk; ``fraud_share`` of these is fraud, which the desk cancels.
    """

    kind: ClassVar[str]
    checks_orders: ClassVar[bool] = True
    at_ms: int
    duration_ms: int
    review_share_bp: int = 2_000
    fraud_share_bp: int = 5_000

    def begin(self, model: Model) -> None:
        """The attack begins."""
        self._set(model)

    def end(self, model: Model) -> None:
        """It is over."""
        self._set(model)

    def _set(self, model: Model) -> None:
        model.site.gates.attacks = [
            (d.review_share_bp / BASIS_POINTS, d.fraud_share_bp / BASIS_POINTS) for d in in_force(model, FraudAttack)
        ]
