"""Suppliers, from what a scenario file says of them."""

from __future__ import annotations

from dataclasses import replace

from scenarios.names import Names
from scenarios.schema.suppliers import MakingSpec, SupplierSpec
from sim.network import (
    Supplier,
)
from sim.plans.making import MakingPlan


def supplier_of(spec: SupplierSpec, names: Names) -> Supplier:
    """A supplier."""
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
        currency=spec.currency,
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
