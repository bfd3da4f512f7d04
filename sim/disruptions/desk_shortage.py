"""People who are missing at desks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("desk_shortage")
@dataclass(frozen=True, slots=True)
class DeskShortage:
    """Only a share of the people of desks (all of them, if none is named) is at work, rounded down; the cases that the
    missing had in hand go back to the queue. Two shortages multiply.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    present_bp: int = 5_000
    desks: frozenset[int] | None = None

    def begin(self, model: Model) -> None:
        """Send them home."""
        self._set(model)

    def end(self, model: Model) -> None:
        """They are back, as far as no other shortage holds."""
        self._set(model)

    def _set(self, model: Model) -> None:
        shortages = in_force(model, DeskShortage)
        for number, desk in enumerate(model.site.exceptions.desks):
            present_bp = BASIS_POINTS
            for shortage in shortages:
                if shortage.desks is None or number in shortage.desks:
                    present_bp = present_bp * min(shortage.present_bp, BASIS_POINTS) // BASIS_POINTS
            desk.cases.limit_capacity(present_bp)
