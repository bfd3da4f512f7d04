"""Automation with a bad rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.errors import FieldError
from sim.policies.registry import policies
from sim.rules import Condition, ConditionError

if TYPE_CHECKING:
    from sim.model import Model


@disruption("wrong_rule")
@dataclass(frozen=True, slots=True)
class WrongRule:
    """One decision is taken by another policy while it lasts, with that policy's defaults; then by the one whose turn
    it is. Or, where it names a ``rule`` of the house, that one acts wherever ``when`` holds instead of its own
    condition, and all decisions are taken as ever.

    Automation amplifies a bad rule: this is how to find out by how much.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    decision: str = "allocation"
    policy: str = "most_stock"
    rule: str = ""
    when: str = "units >= 1"

    def begin(self, model: Model) -> None:
        """Put the wrong rule in force."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Put the right one back."""
        self._set(model)

    @property
    def checks_orders(self) -> bool:
        """Whether each order is looked at while it lasts: no order knows beforehand what a bad condition says."""
        return bool(self.rule)

    def decides(self, decision: str) -> bool:
        """Whether its policy takes the decisions of a point."""
        return not self.rule and self.decision == decision

    def _set(self, model: Model) -> None:
        if not self.rule:
            model.turns.put_in_force(self.decision)
        elif model.site.workflow is not None:
            model.site.workflow.replace({d.rule: d.when for d in in_force(model, WrongRule) if d.rule})

    def __post_init__(self) -> None:
        """Raise `ValueError` if there is no such policy, or the condition is none."""
        try:
            Condition(self.when)
        except ConditionError as error:
            raise FieldError("when", self.when, str(error)) from None
        known = policies()
        if self.decision not in known:
            message = f"there is no decision point {self.decision!r}"
            raise FieldError("decision", self.decision, message, tuple(known))
        if self.policy not in known[self.decision]:
            message = f"there is no {self.decision} policy {self.policy!r}"
            raise FieldError("policy", self.policy, message, tuple(known[self.decision]))
