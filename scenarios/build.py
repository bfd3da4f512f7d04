"""From a checked scenario to the world that the simulation runs: names become positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scenarios.catalogue import products_of
from scenarios.moments import moment_ms
from scenarios.names import Names
from scenarios.rate_cards import service
from scenarios.rule_fields import ABOUT_A_NODE
from scenarios.schema.agreements import contract, pending, rating_limits
from scenarios.schema.alerts import AlertSpec
from scenarios.schema.billing import billing
from scenarios.schema.demand import ChannelSpec, PaymentSpec, SegmentSpec
from scenarios.schema.entities import BorderSpec
from scenarios.schema.floor import loading, outbound, pick_face, put_wall
from scenarios.schema.handling_units import handling_plan
from scenarios.schema.messages import CustomerServiceSpec, MessageSpec, ReconciliationSpec
from scenarios.schema.nodes import CycleCountsSpec, NodeSpec, OvertimeSpec, ShiftSpec, StationSpec, TemporaryStaffSpec
from scenarios.schema.notices import delay_notice
from scenarios.schema.pickup import pickup
from scenarios.schema.products import CategorySpec
from scenarios.schema.regions import RegionSpec
from scenarios.schema.returns import ReturnsSpec
from scenarios.schema.scenario import DeskSpec, ManualOverrideSpec, RuleSpec, RulesSpec, Scenario
from scenarios.schema.stock import LaneSpec
from scenarios.schema.subscription import subscription
from scenarios.schema.suppliers import MakingSpec, SupplierSpec
from scenarios.schema.supply import ForecastSpec
from scenarios.settings import Settings
from scenarios.stock import StockRows, stock_plan, with_extra
from scenarios.trace import until
from sim.calendar import Calendar
from sim.distributions import Fixed
from sim.messages.plan import MessageRoute, Reconciliation
from sim.network import (
    Category,
    Channel,
    CycleCounts,
    Dock,
    Entity,
    FxRate,
    Network,
    Node,
    Payment,
    Product,
    Promise,
    Region,
    Rekeying,
    Reservation,
    Segment,
    Shift,
    Station,
    Storage,
    Supplier,
    Sync,
)
from sim.plans.alerts import AlertPlan
from sim.plans.border import Border
from sim.plans.escalation import Breach
from sim.plans.labour import Congestion, Overtime, QuietHours, TemporaryStaff
from sim.plans.making import MakingPlan
from sim.plans.return_rules import Disposition, ReturnRules
from sim.rules import ManualOverride, Rule
from sim.units import HOUR_MS
from sim.world import (
    DeskPlan,
    DeskShift,
    ForecastPlan,
    Horizon,
    PolicyChoice,
    Rules,
    Service,
    StockPlan,
    Trace,
    World,
)


@dataclass(frozen=True, slots=True)
class Tables:
    """What a scenario takes from files beside it; None where it takes nothing."""

    products: tuple[Product, ...] | None
    regions: tuple[Region, ...] | None
    stock: StockRows | None
    extra_stock: NDArray[np.int64] | None
    trace: Trace | None


def build(scenario: Scenario, names: Names, calendar: Calendar, settings: Settings, tables: Tables) -> World:
    """The world of a scenario that has no faults."""
    network = _network(scenario, names, tables, calendar)
    horizon = _horizon(scenario, calendar)
    return World(
        name=scenario.name,
        network=network,
        calendar=calendar,
        horizon=horizon,
        stock=_stock(scenario, tables, network, names),
        policies=settings.policies,
        rules=_rules(scenario.rules),
        returns=_returns(scenario.returns, names),
        service=_service(scenario.service),
        master_data=None if scenario.master_data is None else scenario.master_data.plan(),
        fraud=None if scenario.fraud is None else scenario.fraud.plan(),
        payment_gateway=None if scenario.payment_gateway is None else scenario.payment_gateway.plan(),
        fallbacks=scenario.fallbacks.plan(settings.fallback_policies, names),
        workflow=tuple(_rule(spec, names) for spec in scenario.workflow),
        manual_overrides=tuple(_override(o, names, calendar, horizon.end_ms) for o in scenario.manual_overrides),
        messages=tuple(_route(spec, names) for spec in scenario.messages),
        reconciliation=None if scenario.reconciliation is None else _reconciliation(scenario.reconciliation),
        desks=tuple(_desk(spec, names) for spec in scenario.desks),
        accounting=None if scenario.accounting is None else scenario.accounting.plan(),
        alerts=tuple(map(partial(_alert, names=names), scenario.alerts, settings.alert_policies)),
        at_risk=None if scenario.at_risk is None else scenario.at_risk.plan(),
        trace=None if tables.trace is None else until(tables.trace, horizon.end_ms),
        disruptions=tuple(settings.disruptions),
        policy_changes=tuple(settings.changes),
        forecast=_forecast(scenario.forecast),
        disruption_names=tuple(settings.disruption_names),
    )


def _stock(scenario: Scenario, tables: Tables, network: Network, names: Names) -> StockPlan:
    plan = stock_plan(scenario.stock, tables.stock, network, names)
    return plan if tables.extra_stock is None else with_extra(plan, tables.extra_stock)


def _network(scenario: Scenario, names: Names, tables: Tables, calendar: Calendar) -> Network:
    regions = tables.regions or tuple(_region(r) for r in scenario.regions if isinstance(r, RegionSpec))
    sources = {lane.to: lane for lane in scenario.lanes if lane.transit is not None}
    products = products_of(scenario, names) if tables.products is None else tables.products
    units = scenario.handling_units
    return Network(
        products=products,
        handling_units=None if units is None else handling_plan(units, products, names),
        regions=regions,
        nodes=tuple(
            replace(
                _node(spec, names, regions, sources),
                opens_ms=max(0, moment_ms(spec.opens, calendar)),
                ramp_ms=spec.ramp,
                ramp_from_bp=spec.ramp_from,
            )
            for spec in scenario.nodes
        ),
        services=tuple(
            service(carrier.name, spec, names, calendar) for carrier in scenario.carriers for spec in carrier.services
        ),
        suppliers=tuple(_supplier(spec, names) for spec in scenario.suppliers),
        channels=tuple(
            replace(_channel(spec, names), opens_ms=max(0, moment_ms(spec.opens, calendar)))
            for spec in scenario.channels
        ),
        borders=tuple(_border(spec, names) for spec in scenario.borders),
        segments=tuple(_segment(spec, names) for spec in scenario.segments),
        entities=tuple(Entity(spec.name, spec.currency, spec.tax, spec.transfer_markup) for spec in scenario.entities),
        fx_rates=tuple(
            FxRate(spec.currency, max(0, moment_ms(spec.at, calendar)), spec.rate) for spec in scenario.fx_rates
        ),
        categories=tuple(map(_category, scenario.categories)),
        miles_override=tuple(
            (names.index("node", lane.source), names.index("region", lane.to), lane.miles)
            for lane in scenario.lanes
            if lane.miles is not None
        ),
    )


def _supplier(spec: SupplierSpec, names: Names) -> Supplier:
    supplier = Supplier(
        name=spec.name,
        lead_ms=spec.lead_time,
        quoted_lead_time_ms=spec.quoted_lead_time,
        min_order_units=spec.min_order_units,
        lot_units=spec.lot_units,
        fill_share=spec.fill_share,
        payment_terms_ms=spec.payment_terms,
        alternates=tuple(names.index("supplier", name) for name in spec.alternates),
        confirmation_ms=spec.confirmation,
        confirmed_share=spec.confirmed_share,
        min_order_cents=spec.min_order,
        price_breaks=tuple(sorted((step.units, step.discount) for step in spec.price_breaks)),
        price_bp=spec.price,
        freight_cents_per_kg=spec.freight_per_kg,
        duty_bp=spec.duty,
        capacity_units_per_day=spec.capacity_units_per_day,
        quality_hold_ms=spec.quality_hold,
        sampled_share=spec.sampled_share,
        rejected_share=spec.rejected_share,
        making=None if spec.making is None else _making(spec.making),
    )
    if spec.partial is not None:
        supplier = replace(
            supplier,
            partial_share=spec.partial.share,
            partial_first=spec.partial.first,
            partial_delay_ms=spec.partial.delay,
        )
    if spec.expedite is not None:
        supplier = replace(
            supplier,
            expedited_lead_ms=spec.expedite.lead_time,
            expedite_surcharge_bp=spec.expedite.surcharge,
            expedite_below_bp=spec.expedite.below,
        )
    if spec.second_source is None:
        return supplier
    second = names.index("supplier", spec.second_source.supplier)
    return replace(supplier, second_source=second, second_share_bp=spec.second_source.share)


def _making(spec: MakingSpec) -> MakingPlan:
    return MakingPlan(spec.takes, spec.every, spec.window, spec.safety_units, spec.opening_units, spec.sees)


def _horizon(scenario: Scenario, calendar: Calendar) -> Horizon:
    end_ms = moment_ms(scenario.horizon.end, calendar)
    return Horizon(end_ms, scenario.horizon.warm_up, end_ms + scenario.horizon.drain, scenario.horizon.cohort)


def _region(spec: RegionSpec) -> Region:
    return Region(spec.name, spec.latitude, spec.longitude, spec.population)


def _category(spec: CategorySpec) -> Category:
    disposition = Disposition(
        reasons=spec.return_reasons,
        refurbish_share=spec.refurbish_share,
        refurbish_ms=spec.refurbish_time,
        refurbish_cents=spec.refurbish_cost,
        vendor_share=spec.vendor_share,
        vendor_credit_bp=spec.vendor_credit,
    )
    return Category(spec.name, spec.return_share, spec.restock_share, disposition)


def _returns(spec: ReturnsSpec, names: Names) -> ReturnRules:
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


def _position(names: Names, kind: str, name: str | None) -> int:
    """The first of its kind stands in where a file does not say."""
    return 0 if name is None else names.index(kind, name)


def _positions(names: Names, kind: str, chosen: tuple[str, ...] | None) -> frozenset[int] | None:
    return None if chosen is None else frozenset(names.index(kind, name) for name in chosen)


def _node(spec: NodeSpec, names: Names, regions: tuple[Region, ...], sources: Mapping[str, LaneSpec]) -> Node:
    latitude, longitude = spec.latitude, spec.longitude
    if spec.place is not None:
        region = regions[names.index("region", spec.place)]
        latitude, longitude = region.latitude, region.longitude
    assert latitude is not None
    assert longitude is not None
    lane = sources.get(spec.name)
    stations = spec.stations
    node = Node(
        name=spec.name,
        latitude=latitude,
        longitude=longitude,
        shifts=tuple(_shift(shift) for shift in spec.shifts),
        stations=(
            _station(stations.pick),
            _station(stations.pack),
            _station(stations.receive),
            _station(stations.inspect),
        ),
        kind=spec.kind,
        entity=_position(names, "entity", spec.entity),
        priority=spec.priority,
        wave_interval_ms=spec.wave_interval,
        wave_capacity=spec.wave_capacity,
        wage_cents_per_hour=spec.wage,
        paid=spec.paid,
        packaging_cents=spec.packaging,
        order_fee_cents=spec.order_fee,
        line_fee_cents=spec.line_fee,
        serves_channels=_positions(names, "channel", spec.serves_channels),
        review_minute=spec.review_at,
        review_every_ms=spec.review_every,
        overtime=None if spec.overtime is None else _overtime(spec.overtime),
        temporary_staff=None if spec.temporary_staff is None else _temporary(spec.temporary_staff),
        congestion=None if spec.congestion is None else Congestion(spec.congestion.above, spec.congestion.slowest),
        quiet_hours=None if (q := spec.quiet_hours) is None else QuietHours(q.start, q.end, q.otherwise),
        shrinkage_share=spec.shrinkage_share,
        mispick_share=spec.mispick_share,
        receiving_error_share=spec.receiving_error_share,
        cycle_counts=None if spec.cycle_counts is None else _counts(spec.cycle_counts),
        dock=None if (dock := spec.dock) is None else Dock(dock.doors, dock.unload, dock.open, dock.close),
        put_wall=put_wall(spec.put_wall),
        pick_face=pick_face(spec.pick_face),
        outbound=outbound(spec.outbound),
        loading=loading(spec.loading),
        storage=None if (room := spec.storage) is None else Storage(room.volume, room.rent),
        cross_dock_ms=spec.cross_dock,
    )
    if lane is None or lane.transit is None:
        return node
    return replace(node, source=names.index("node", lane.source), transfer_ms=lane.transit)


def _counts(spec: CycleCountsSpec) -> CycleCounts:
    return CycleCounts((spec.a, spec.b, spec.c), spec.after_short_pick, spec.staff, HOUR_MS / spec.per_hour)


def _overtime(spec: OvertimeSpec) -> Overtime:
    return Overtime(spec.backlog, spec.at_most, spec.step, spec.premium)


def _temporary(spec: TemporaryStaffSpec) -> TemporaryStaff:
    return TemporaryStaff(
        people=spec.people,
        notice_ms=spec.notice,
        shortest_ms=spec.shortest,
        longest_ms=spec.longest,
        rest_ms=spec.rest,
        productivity=spec.productivity,
        premium_bp=spec.premium,
    )


def _border(spec: BorderSpec, names: Names) -> Border:
    return Border(
        name=spec.name,
        regions=_positions(names, "region", spec.regions) or frozenset(),
        nodes=_positions(names, "node", spec.nodes) or frozenset(),
        duty_bp=spec.duty,
        fee_cents=spec.fee,
        clearance_ms=spec.clearance,
    )


def _shift(spec: ShiftSpec) -> Shift:
    staff = (spec.pick, spec.pack, spec.receive, spec.inspect)
    return Shift(spec.days, spec.start, spec.end, staff)


def _station(spec: StationSpec) -> Station:
    work = Fixed(HOUR_MS / spec.per_hour) if spec.per_hour else spec.work
    assert work is not None
    return Station(work, spec.batch, spec.setup)


def _weights(names: Names, kind: str, given: Mapping[str, float] | None) -> tuple[float, ...] | None:
    """Weights by position; what is not named has none."""
    return None if given is None else tuple(given.get(name, 0.0) for name in names.of(kind) or ())


def _segment(spec: SegmentSpec, names: Names) -> Segment:
    return Segment(
        name=spec.name,
        region_weights=_weights(names, "region", spec.region_weights),
        return_factor=spec.return_factor,
        return_delay_ms=spec.return_delay,
        return_transit_ms=spec.return_transit,
        cancel_share=spec.cancel_share,
        cancel_delay_ms=spec.cancel_delay,
        cancel_line_share=spec.cancel_line_share,
        cancel_units_share=spec.cancel_units_share,
        hold_patience_ms=spec.hold_patience,
        status_contact_share=spec.status_contact_share,
        status_contact_delay_ms=spec.status_contact_delay,
        late_contact_share=spec.late_contact_share,
        late_contact_delay_ms=spec.late_contact_delay,
        late_cancel_share=spec.late_cancel_share,
        refuse_late_share=spec.refuse_late_share,
        late_cancel_delay_ms=spec.late_cancel_delay,
        statement_delay_ms=spec.statement_delay,
        repeated_notice_contact_share=spec.repeated_notice_contact_share,
    )


def _channel(spec: ChannelSpec, names: Names) -> Channel:
    promise, sync = spec.promise, spec.sync
    return Channel(
        name=spec.name,
        kind=spec.kind,
        entity=_position(names, "entity", spec.entity),
        segment=_position(names, "segment", spec.segment),
        orders_per_day=spec.orders_per_day,
        hour_of_week=spec.hour_of_week,
        weekly_growth=spec.weekly_growth,
        line_count=spec.lines,
        quantity=spec.quantity,
        category_weights=_weights(names, "category", spec.category_weights),
        price_bp=spec.price,
        shipping_fee_cents=spec.shipping_fee,
        payments=tuple(_payment(payment) for payment in spec.payments),
        promise=Promise(promise.order_by, promise.transit_days, promise.working_days, promise.inbound_within),
        sync=Sync(
            sync.mode,
            sync.interval,
            sync.latency,
            sync.loss_share,
            sync.per_minute,
            sync.retries,
            sync.retry,
            sync.refresh,
            sync.duplicate_share,
        ),
        share=spec.stock_share,
        buffer_units=spec.buffer_units,
        protected_units=spec.protected_units,
        priority=spec.priority,
        commission_bp=spec.commission,
        settlement_ms=spec.settlement,
        settlement_interval_ms=spec.settlement_interval,
        settlement_from=spec.settlement_from,
        commission_kept_on_refund_bp=spec.commission_kept_on_refund,
        accepts_backorders=spec.accepts_backorders,
        refuses=spec.refuses,
        rekeying=None
        if spec.rekeying is None
        else Rekeying(spec.rekeying.wrong_address_share, spec.rekeying.wrong_item_share),
        ship_complete=spec.ship_complete,
        accounts=spec.accounts,
        credit_limit_cents=spec.credit_limit,
        credit_tolerance_share=spec.credit_tolerance_share,
        approval_over_cents=spec.approval_over,
        approval_rejected_share=spec.approval_rejected_share,
        residential=spec.kind != "b2b" if spec.residential is None else spec.residential,
        absent_share=spec.absent_share,
        subscription=subscription(spec.subscription),
        contracts=tuple(contract(agreed, names) for agreed in spec.contracts),
        limits=rating_limits(spec.limits),
        pending=pending(spec.pending),
        billing=billing(spec.billing),
        sales_lag_ms=spec.sales_lag,
        reservation=Reservation(spec.reservation.at, spec.reservation.level, spec.reservation.expires),
        checkout_ms=spec.checkout,
        abandoned_share=spec.abandoned_share,
        pickup=pickup(spec.pickup),
    )


def _payment(spec: PaymentSpec) -> Payment:
    return Payment(
        kind=spec.kind,
        share=spec.share,
        declined_share=spec.declined_share,
        recovered_share=spec.recovered_share,
        retry_ms=spec.retry,
        review_share=spec.review_share,
        fraud_share=spec.fraud_share,
        fee_bp=spec.fee_share,
        fee_cents=spec.fee,
        caught_share=spec.caught_share,
        false_reject_share=spec.false_reject_share,
        unnoticed_fraud_share=spec.unnoticed_fraud_share,
        chargeback_delay_ms=spec.chargeback_delay,
        chargeback_fee_cents=spec.chargeback_fee,
        authorisation_ms=spec.authorisation,
        renewal_declined_share=spec.renewal_declined_share,
    )


def _rules(spec: RulesSpec) -> Rules:
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


def _forecast(spec: ForecastSpec) -> ForecastPlan:
    return ForecastPlan(
        every_ms=spec.every,
        history_buckets=spec.history_buckets,
        backtest_buckets=spec.backtest_buckets,
        uncensor=spec.uncensor,
        shared=spec.shared,
        error_smoothing=spec.error_smoothing,
    )


def _rule(spec: RuleSpec, names: Names) -> Rule:
    action, target = spec.then
    node = names.index("node", target) if action in ABOUT_A_NODE and target else None
    return Rule(spec.name, spec.when, action, kind=target if action == "hold" else "", node=node)


def _override(spec: ManualOverrideSpec, names: Names, calendar: Calendar, end_ms: int) -> ManualOverride:
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


def _route(spec: MessageSpec, names: Names) -> MessageRoute:
    return MessageRoute(
        name=spec.name,
        kinds=tuple(spec.kinds),
        channels=_positions(names, "channel", spec.channels),
        nodes=_positions(names, "node", spec.nodes),
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


def _reconciliation(spec: ReconciliationSpec) -> Reconciliation:
    return Reconciliation(spec.at, spec.every, spec.older_than)


def _service(spec: CustomerServiceSpec) -> Service:
    return Service(
        sees=tuple(spec.sees),
        blind_effort=spec.blind_effort,
        blind_repeat_share=spec.blind_repeat_share,
        blind_repeat_delay_ms=spec.blind_repeat_delay,
    )


def _alert(spec: AlertSpec, policies: Mapping[str, PolicyChoice], names: Names) -> AlertPlan:
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


def _desk(spec: DeskSpec, names: Names) -> DeskPlan:
    return DeskPlan(
        name=spec.name,
        role=spec.role,
        handles=tuple(spec.handles),
        shifts=tuple(DeskShift(shift.days, shift.start, shift.end, shift.staff) for shift in spec.shifts),
        handling_ms=spec.handling,
        wage_cents_per_hour=spec.wage,
        rejects=spec.rejects,
        catches=spec.catches,
        false_rejects=spec.false_rejects,
        upholds=spec.upholds,
        decided_by=spec.decided_by,
        limit_ms=spec.limit,
        escalates_to=None if spec.escalates_to is None else names.index("desk", spec.escalates_to),
    )
