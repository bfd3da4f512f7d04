"""What a scenario file may say of alerts, and of orders at risk."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import model_validator

from scenarios.fields import Duration, Name, Number, PositiveDuration, Section, fault, key, one_of
from sim.plans.alerts import OF_NODES, QUANTITIES, AtRiskPlan
from sim.world import ROLES


class AlertSpec(Section):
    """An alert: one role hears of it while a quantity is over its threshold."""

    name: Name = key(description="Name of the alert, as the event log tells it.")
    role: Annotated[str, one_of(*ROLES)] = key("operations_manager", description="Who hears of it.")
    quantity: Annotated[str, one_of(*QUANTITIES)] = key(description="What is watched.")
    node: Name | None = key(None, description="Of one node only, where the quantity is one of a node; null: of all.")
    over: Number = key(description="It is raised by a report above this.")
    clears_at: Number | None = key(None, description="It is cleared by a report of at most this; null: as `over`.")
    every: PositiveDuration = key("15min", description="How often the quantity is taken.")
    lag: Duration = key(0, description="How much later it is reported.")
    policies: dict[str, Any] = key(
        {}, description="Who decides while it is raised: decision point to policy, by name or as {name, parameters}."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.clears_at is not None and self.clears_at > self.over:
            raise fault("clears_at of at most over")
        if self.node is not None and self.quantity not in OF_NODES:
            raise fault(f"a node only with one of {', '.join(OF_NODES)}")
        return self


class AtRiskSpec(Section):
    """Which orders will be late, asked while there is time."""

    every: PositiveDuration = key("30min", description="How often open orders are looked at.")
    ahead: PositiveDuration = key("24h", description="Only those whose ship-by is so near.")

    def plan(self) -> AtRiskPlan:
        """What the simulation runs."""
        return AtRiskPlan(self.every, self.ahead)
