"""Automation with a bad rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption
from sim.policies.registry import policies

if TYPE_CHECKING:
    from sim.model import Model


@disruption("wrong_rule")
@dataclass(frozen=True, slots=True)
class WrongRule:
    """One decision is taken by another policy while it lasts, with that policy's defaults; then by the one whose turn
    it is.

    Automation amplifies a bad rule: this is how to find out by how much.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    decision: str = "allocation"
    policy: str = "most_stock"

    def begin(self, model: Model) -> None:
        """Put the wrong rule in force."""
        model.put_in_force(self.decision)

    def end(self, model: Model) -> None:
        """Put the right one back."""
        model.put_in_force(self.decision)

    def __post_init__(self) -> None:
        """Raise `ValueError` if there is no such rule."""
        known = policies()
        if self.decision not in known:
            raise ValueError(f"there is no decision point {self.decision!r}; known: {', '.join(known)}")
        if self.policy not in known[self.decision]:
            names = ", ".join(known[self.decision])
            raise ValueError(f"there is no {self.decision} policy {self.policy!r}; known: {names}")
