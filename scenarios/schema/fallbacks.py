"""What the house falls back on while something is out of order, as a scenario file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import model_validator

from scenarios.fields import Count, Duration, Money, Names, PositiveDuration, Section, ShareBp, fault, key, one_of
from scenarios.names import Names as Known
from scenarios.schema.nodes import OvertimeSpec
from sim.plans.fallbacks import (
    SYNC_ACTIONS,
    CutOffChannels,
    Fallbacks,
    LateSuppliers,
    ShortCrews,
    UnsecuredOrders,
)
from sim.plans.labour import Overtime
from sim.world import PolicyChoice


class UnsecuredSpec(Section):
    """Orders that are accepted without an authorisation while the payment gateway is down."""

    accept_up_to: Money = key(description="Orders by card worth so much net, or less.")
    after: Duration = key(0, description="How long the gateway has been down by then.")


class CutOffSpec(Section):
    """What channels do that hear nothing of stock."""

    do: Annotated[str, one_of(*SYNC_ACTIONS)] = key(
        "pause", description="pause: sell nothing; buffer: keep units of each product back."
    )
    buffer_units: Count = key(0, description="How many units of each product are kept back besides their buffer.")
    after: Duration = key(0, description="How long a channel has heard nothing by then.")
    channels: Names | None = key(None, description="Which channels; null: all.")

    @model_validator(mode="after")
    def _has_units(self) -> Self:
        if (self.do == "buffer") != bool(self.buffer_units):
            raise fault("buffer_units of 1 or more, and only where do is buffer")
        return self


class ShortCrewsSpec(Section):
    """What is done for nodes whose people are missing."""

    below: ShareBp = key("80%", description="A node is short where less of a station's people is there.")
    after: Duration = key(0, description="For how long it has been so by then.")
    overtime: OvertimeSpec | None = key(
        None, description="When those who are there stay on; null: as the node's own rule says."
    )
    collections_wait: Duration = key(0, description="How long carriers that call wait at the door.")
    waiting_fee: Money = key(0, description="What a carrier charges each time.")
    policies: dict[str, Any] = key(
        {}, description="Who decides meanwhile: decision point to policy, by name or as {name, parameters}."
    )


class LateSupplierSpec(Section):
    """When a supplier is not relied upon any more."""

    after: PositiveDuration = key(description="How long after its date an order has not come.")


class FallbacksSpec(Section):
    """Rules that act while something is out of order, and are undone when it is back."""

    payment_gateway: UnsecuredSpec | None = key(
        None, description="Orders accepted at risk while the gateway is down; null: they wait."
    )
    stock_sync: CutOffSpec | None = key(
        None, description="What channels do that hear nothing of stock; null: they sell what they saw last."
    )
    labour: ShortCrewsSpec | None = key(None, description="What is done for nodes short of people; null: nothing.")
    late_supplier: LateSupplierSpec | None = key(
        None, description="When alternates are asked instead of a supplier that is late; null: only while it is shut."
    )

    def plan(self, policies: Mapping[str, PolicyChoice], names: Known) -> Fallbacks:
        """What the simulation runs; ``policies`` are those of `labour`."""
        gateway, sync, labour, late = self.payment_gateway, self.stock_sync, self.labour, self.late_supplier
        return Fallbacks(
            payment_gateway=None if gateway is None else UnsecuredOrders(gateway.accept_up_to, gateway.after),
            stock_sync=None if sync is None else _cut_off(sync, names),
            labour=None if labour is None else _short_crews(labour, policies),
            late_supplier=None if late is None else LateSuppliers(late.after),
        )


def _cut_off(spec: CutOffSpec, names: Known) -> CutOffChannels:
    chosen = None if spec.channels is None else frozenset(names.index("channel", name) for name in spec.channels)
    return CutOffChannels(spec.do, spec.buffer_units, spec.after, chosen)


def _short_crews(spec: ShortCrewsSpec, policies: Mapping[str, PolicyChoice]) -> ShortCrews:
    rule = spec.overtime
    overtime = None if rule is None else Overtime(rule.backlog, rule.at_most, rule.step, rule.premium)
    return ShortCrews(spec.below, spec.after, overtime, spec.collections_wait, spec.waiting_fee, policies)
