"""The house's rules, from what a scenario file says of them."""

from __future__ import annotations

from scenarios.moments import moment_ms
from scenarios.names import Names
from scenarios.rule_fields import ABOUT_A_NODE
from scenarios.schema.notices import delay_notice
from scenarios.schema.returns import ReturnsSpec
from scenarios.schema.scenario import ManualOverrideSpec, RuleSpec, RulesSpec
from scenarios.schema.supply import ForecastSpec
from sim.calendar import Calendar
from sim.plans.escalation import Breach
from sim.plans.return_rules import ReturnRules
from sim.rules import ManualOverride, Rule
from sim.world import (
    ForecastPlan,
    Rules,
)


def returns_of(spec: ReturnsSpec, names: Names) -> ReturnRules:
    """How returns are handled."""
    return ReturnRules(
        refund_on=spec.refund_on,
        accepts_late_requests=spec.accepts_late_requests,
        label_after_ms=spec.label_after,
        label_cents=spec.label,
        lost_share=spec.lost_share,
        empty_box_share=spec.empty_box_share,
        used_share=spec.used_share,
        used_deduction_bp=spec.used_deduction,
        dispute_share=spec.dispute_share,
        dispute_upheld_share=spec.dispute_upheld_share,
        keep_below_cents=spec.keep_below,
        exchange_share=spec.exchange_share,
        exchange_on=spec.exchange_on,
        at_store_share=spec.at_store_share,
        store_visit_ms=spec.store_visit,
        store_miles=spec.store_miles,
        blind_share=spec.blind_share,
        no_receipt_share=spec.no_receipt_share,
        no_receipt_refund_bp=spec.no_receipt_refund,
        node=None if spec.node is None else names.index("node", spec.node),
    )


def rules_of(spec: RulesSpec) -> Rules:
    """The house's own rules."""
    return Rules(
        allocate_every_ms=spec.allocate_every,
        backorder_retry_ms=spec.backorder_retry,
        backorder_patience_ms=spec.backorder_patience,
        balance_every_ms=spec.balance_every,
        approve_over_cents=dict(spec.approve_over),
        labour_every_ms=spec.labour_every,
        transfer_every_ms=spec.transfer_every,
        transfer_truck_weight_kg=spec.transfer_truck_weight,
        transfer_truck_cost_cents=spec.transfer_truck_cost,
        transfer_mile_cost_cents=spec.transfer_mile_cost,
        transfer_miles_per_hour=spec.transfer_miles_per_hour,
        transfer_loading_ms=spec.transfer_loading,
        transfer_handling_cents=spec.transfer_handling,
        isolate_solvers=spec.isolate_solvers,
        reallocate_on_outage=spec.reallocate_on_outage,
        reroute_on_carrier_outage=spec.reroute_on_carrier_outage,
        reroute_refused=spec.reroute_refused,
        alternate_suppliers=spec.alternate_suppliers,
        cancel_until=spec.cancel_until,
        intercept_share=spec.intercept_share,
        delivery_fee=spec.delivery_fee,
        closed_region_orders=spec.closed_region_orders,
        substitute_accepted_share=spec.substitute_accepted_share,
        delay_notice=delay_notice(spec.delay_notice),
        trace_ms=spec.trace,
        lost_parcels=spec.lost_parcels,
        merge_every_ms=spec.merge_every,
        merge_wait_ms=spec.merge_wait,
        merge_part_cost_cents=spec.merge_part_cost,
        merge_kg_cost_cents=spec.merge_kg_cost,
        merge_handling_cents=spec.merge_handling,
        protect_reservations=spec.protect_reservations,
        revenue_at=spec.revenue_at,
        return_window_ms=spec.return_window,
        sweep_ms=spec.sweep,
        data_fault_share=spec.data_fault_share,
        limits_ms=spec.limits,
        breaches=tuple(Breach(b.state, b.action, b.owner, b.by) for b in spec.breaches),
    )


def forecast_of(spec: ForecastSpec) -> ForecastPlan:
    """When and how demand is forecast."""
    return ForecastPlan(
        every_ms=spec.every,
        history_buckets=spec.history_buckets,
        backtest_buckets=spec.backtest_buckets,
        uncensor=spec.uncensor,
        shared=spec.shared,
        error_smoothing=spec.error_smoothing,
    )


def rule_of(spec: RuleSpec, names: Names) -> Rule:
    """A rule of the order workflow."""
    action, target = spec.then
    node = names.index("node", target) if action in ABOUT_A_NODE and target else None
    return Rule(spec.name, spec.when, action, kind=target if action == "hold" else "", node=node)


def override_of(spec: ManualOverrideSpec, names: Names, calendar: Calendar, end_ms: int) -> ManualOverride:
    """What somebody does by hand at a moment."""
    action, target = spec.then
    return ManualOverride(
        name=spec.name,
        at_ms=moment_ms(spec.at, calendar),
        orders=spec.orders,
        action=action,
        node=names.index("node", target) if target else None,
        every_ms=spec.every,
        until_ms=end_ms if spec.until is None else moment_ms(spec.until, calendar),
    )
