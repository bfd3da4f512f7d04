"""Desks, alerts, service and the interfaces between systems, from what a scenario file says of them."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.building.names_to_numbers import positions_of
from scenarios.names import Names
from scenarios.schema.alerts import AlertSpec
from scenarios.schema.messages import CustomerServiceSpec, MessageSpec, ReconciliationSpec
from scenarios.schema.scenario import DeskSpec
from sim.messages.plan import MessageRoute, Reconciliation
from sim.plans.alerts import AlertPlan
from sim.world import (
    DeskPlan,
    DeskShift,
    PolicyChoice,
    Service,
)


def route_of(spec: MessageSpec, names: Names) -> MessageRoute:
    """An interface between systems."""
    return MessageRoute(
        name=spec.name,
        kinds=tuple(spec.kinds),
        channels=positions_of(names, "channel", spec.channels),
        nodes=positions_of(names, "node", spec.nodes),
        mode=spec.mode,
        interval_ms=spec.interval,
        latency_ms=spec.latency,
        loss_share=spec.loss_share,
        duplicate_share=spec.duplicate_share,
        per_minute=spec.per_minute,
        retries=spec.retries,
        retry_ms=spec.retry,
        idempotent=spec.idempotent,
    )


def reconciliation_of(spec: ReconciliationSpec) -> Reconciliation:
    """When two systems are compared."""
    return Reconciliation(spec.at, spec.every, spec.older_than)


def service_of(spec: CustomerServiceSpec) -> Service:
    """What service agents see."""
    return Service(
        sees=tuple(spec.sees),
        blind_effort=spec.blind_effort,
        blind_repeat_share=spec.blind_repeat_share,
        blind_repeat_delay_ms=spec.blind_repeat_delay,
    )


def alert_of(spec: AlertSpec, policies: Mapping[str, PolicyChoice], names: Names) -> AlertPlan:
    """An alert, with the policies that it puts in force."""
    return AlertPlan(
        name=spec.name,
        role=spec.role,
        quantity=spec.quantity,
        over=spec.over,
        clears_at=spec.over if spec.clears_at is None else spec.clears_at,
        node=None if spec.node is None else names.index("node", spec.node),
        every_ms=spec.every,
        lag_ms=spec.lag,
        policies=policies,
    )


def desk_of(spec: DeskSpec, names: Names, closed_days: frozenset[int]) -> DeskPlan:
    """A desk that has ``closed_days``."""
    return DeskPlan(
        name=spec.name,
        role=spec.role,
        timezone=spec.timezone,
        handles=tuple(spec.handles),
        shifts=tuple(DeskShift(shift.days, shift.start, shift.end, shift.staff, closed_days) for shift in spec.shifts),
        handling_ms=spec.handling,
        wage_cents_per_hour=spec.wage,
        rejects=spec.rejects,
        catches=spec.catches,
        false_rejects=spec.false_rejects,
        upholds=spec.upholds,
        overrules=spec.overrules,
        mistrusts=spec.mistrusts,
        decided_by=spec.decided_by,
        sequence=spec.sequence,
        limit_ms=spec.limit,
        escalates_to=None if spec.escalates_to is None else names.index("desk", spec.escalates_to),
    )
