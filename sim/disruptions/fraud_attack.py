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
    """With ``orders_per_day``, so many orders come while it lasts beyond those of the customers, all of them fraud: on
    some channels or all where a stolen card pays, in proportion to their trade, for products of some categories or all.
    The scenario's fraud score meets them like any order, and so do reviewers who err; those that pass are charged back.

    Without, a share of the customers' own orders looks suspicious on top of the usual ones and goes to the order desk;
    ``fraud_share`` of these is fraud. Reviewers find of it, and turn away of the others, what they usually do: the
    payment's shares, or those of the desk's people. What they let pass is charged back.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    review_share_bp: int = 2_000
    fraud_share_bp: int = 5_000
    orders_per_day: float = 0.0
    channels: frozenset[int] | None = None
    categories: frozenset[int] | None = None

    @property
    def checks_orders(self) -> bool:
        """Whether each order is looked at while it lasts; those of its own are scored anyway."""
        return not self.orders_per_day

    def begin(self, model: Model) -> None:
        """The attack begins."""
        self._set(model)

    def end(self, model: Model) -> None:
        """It is over."""
        self._set(model)

    def _set(self, model: Model) -> None:
        model.site.gates.attacks = [
            (d.review_share_bp / BASIS_POINTS, d.fraud_share_bp / BASIS_POINTS)
            for d in in_force(model, FraudAttack)
            if not d.orders_per_day
        ]
