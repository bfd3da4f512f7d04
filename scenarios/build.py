"""From a checked scenario to the world that the simulation runs: names become positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scenarios.building.channels import channel_of, segment_of
from scenarios.building.names_to_numbers import positions_of
from scenarios.building.nodes import node_of
from scenarios.building.people import alert_of, desk_of, reconciliation_of, route_of, service_of
from scenarios.building.rules import forecast_of, override_of, returns_of, rule_of, rules_of
from scenarios.building.suppliers import supplier_of
from scenarios.catalogue import products_of
from scenarios.moments import days_of, moment_ms
from scenarios.names import Names
from scenarios.rate_cards import service
from scenarios.schema.entities import BorderSpec
from scenarios.schema.handling_units import handling_plan
from scenarios.schema.nodes import NodeSpec
from scenarios.schema.products import CategorySpec
from scenarios.schema.regions import RegionSpec
from scenarios.schema.scenario import Scenario
from scenarios.settings import Settings
from scenarios.stock import StockRows, stock_plan, with_extra
from scenarios.trace import until
from sim.calendar import Calendar
from sim.network import (
    Category,
    Entity,
    FxRate,
    Network,
    Node,
    Product,
    Region,
)
from sim.plans.border import Border
from sim.plans.return_rules import Disposition
from sim.world import (
    Horizon,
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
        rules=rules_of(scenario.rules),
        returns=returns_of(scenario.returns, names),
        service=service_of(scenario.service),
        master_data=None if scenario.master_data is None else scenario.master_data.plan(),
        fraud=None if scenario.fraud is None else scenario.fraud.plan(),
        payment_gateway=None if scenario.payment_gateway is None else scenario.payment_gateway.plan(),
        fallbacks=scenario.fallbacks.plan(settings.fallback_policies, names),
        workflow=tuple(rule_of(spec, names) for spec in scenario.workflow),
        manual_overrides=tuple(override_of(o, names, calendar, horizon.end_ms) for o in scenario.manual_overrides),
        messages=tuple(route_of(spec, names) for spec in scenario.messages),
        reconciliation=None if scenario.reconciliation is None else reconciliation_of(scenario.reconciliation),
        desks=tuple(desk_of(spec, names, days_of(spec.closed_on, calendar)) for spec in scenario.desks),
        accounting=None if scenario.accounting is None else scenario.accounting.plan(),
        treasury=None if scenario.treasury is None else scenario.treasury.plan(),
        alerts=tuple(map(partial(alert_of, names=names), scenario.alerts, settings.alert_policies)),
        at_risk=None if scenario.at_risk is None else scenario.at_risk.plan(),
        trace=None if tables.trace is None else until(tables.trace, horizon.end_ms),
        disruptions=tuple(settings.disruptions),
        policy_changes=tuple(settings.changes),
        forecast=forecast_of(scenario.forecast),
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
            _opening(spec, node_of(spec, names, regions, sources, days_of(spec.closed_on, calendar)), calendar)
            for spec in scenario.nodes
        ),
        services=tuple(
            service(carrier, spec, names, calendar) for carrier in scenario.carriers for spec in carrier.services
        ),
        suppliers=tuple(supplier_of(spec, names) for spec in scenario.suppliers),
        channels=tuple(
            replace(
                channel_of(spec, names, days_of(spec.promise.closed_on, calendar)),
                opens_ms=max(0, moment_ms(spec.opens, calendar.of(spec))),
            )
            for spec in scenario.channels
        ),
        borders=tuple(_border(spec, names) for spec in scenario.borders),
        segments=tuple(segment_of(spec, names) for spec in scenario.segments),
        entities=tuple(Entity(e.name, e.currency, e.tax, e.transfer_markup, e.stock_markup) for e in scenario.entities),
        fx_rates=tuple(
            FxRate(spec.currency, max(0, moment_ms(spec.at, calendar)), spec.rate, spec.volatility)
            for spec in sorted(scenario.fx_rates, key=lambda spec: moment_ms(spec.at, calendar))
        ),
        categories=tuple(map(_category, scenario.categories)),
        miles_override=tuple(
            (names.index("node", lane.source), names.index("region", lane.to), lane.miles)
            for lane in scenario.lanes
            if lane.miles is not None
        ),
    )


def _opening(spec: NodeSpec, node: Node, calendar: Calendar) -> Node:
    opens_ms = max(0, moment_ms(spec.opens, calendar.of(node)))
    return replace(node, opens_ms=opens_ms, ramp_ms=spec.ramp, ramp_from_bp=spec.ramp_from)


def _horizon(scenario: Scenario, calendar: Calendar) -> Horizon:
    end_ms = moment_ms(scenario.horizon.end, calendar)
    return Horizon(end_ms, scenario.horizon.warm_up, end_ms + scenario.horizon.drain, scenario.horizon.cohort)


def _region(spec: RegionSpec) -> Region:
    return Region(spec.name, spec.latitude, spec.longitude, spec.population, spec.timezone)


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


def _border(spec: BorderSpec, names: Names) -> Border:
    return Border(
        name=spec.name,
        regions=positions_of(names, "region", spec.regions) or frozenset(),
        nodes=positions_of(names, "node", spec.nodes) or frozenset(),
        duty_bp=spec.duty,
        fee_cents=spec.fee,
        clearance_ms=spec.clearance,
    )
