"""The page of every key is the one that the schema writes, and every fact of the world has a key."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from scenarios.reference import reference
from scenarios.schema.agreements import PendingSpec, RatingLimitsSpec
from scenarios.schema.billing import BillingSpec
from scenarios.schema.carriers import PalletsSpec, ServiceSpec
from scenarios.schema.demand import ChannelSpec, PaymentSpec, PromiseSpec, RekeyingSpec, SegmentSpec, SyncSpec
from scenarios.schema.entities import EntitySpec
from scenarios.schema.fallbacks import CutOffSpec, FallbacksSpec, LateSupplierSpec, ShortCrewsSpec, UnsecuredSpec
from scenarios.schema.master_data import AddressFaultsSpec, MasterDataSpec, RecordFaultsSpec
from scenarios.schema.messages import CustomerServiceSpec, MessageSpec, ReconciliationSpec
from scenarios.schema.nodes import CongestionSpec, NodeSpec, OvertimeSpec, ShiftSpec, StationSpec
from scenarios.schema.payments import FraudSpec, GatewaySpec, RiskSpec, ScoreRuleSpec
from scenarios.schema.products import CategorySpec, ProductSpec
from scenarios.schema.regions import RegionSpec
from scenarios.schema.returns import ReturnsSpec
from scenarios.schema.scenario import DeskShiftSpec, DeskSpec, HorizonSpec, ManualOverrideSpec, RulesSpec, Scenario
from scenarios.schema.suppliers import MakingSpec, SupplierSpec
from scenarios.schema.supply import ForecastSpec
from sim import network, world
from sim.messages.plan import MessageRoute, Reconciliation
from sim.plans import fallbacks, fraud, gateway, labour, master_data, return_rules
from sim.plans.billing import BillingPlan
from sim.plans.making import MakingPlan
from sim.plans.pending import Pending
from sim.plans.rating_limits import RatingLimits
from sim.rules import ManualOverride

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scenario-file.md"

ELSEWHERE = {
    "World": {"network", "calendar", "disruption_names"},  # most of the keys at the top; start and timezone
    "Category": {"disposition"},  # keys of the category itself
    "Node": {"source", "transfer_ms"},  # lanes
    "CarrierService": {"carrier", "currency", "billing", "remote_regions"},  # the carrier above it; a key of remote
    "ManualOverride": {"node"},  # part of what is done
    "Shift": {"staff", "closed_days"},  # a key for each station; a key of the node
    "DeskShift": {"closed_days"},  # a key of the desk
    "Supplier": {  # keys of partial, expedite and second_source
        *("partial_share", "partial_first", "partial_delay_ms", "second_share_bp"),
        *("expedited_lead_ms", "expedite_surcharge_bp", "expedite_below_bp"),
    },
}
OTHER_KEYS = {
    "Node": {"stations": "stations", "wage_cents_per_hour": "wage", "review_minute": "review_at"},
    "CarrierService": {
        "delivery_minutes": "delivery_times",
        "extra_kg_cents": "extra_kg",
        "closed_days": "closed_on",
    },
    "Supplier": {"lead_ms": "lead_time", "freight_cents_per_kg": "freight_per_kg"},
    "Disposition": {"reasons": "return_reasons", "refurbish_ms": "refurbish_time", "refurbish_cents": "refurbish_cost"},
    "Payment": {"fee_bp": "fee_share"},
    "Promise": {"order_by_minute": "order_by", "closed_days": "closed_on"},
    "Channel": {"line_count": "lines", "share": "stock_share"},
    "Shift": {"weekdays": "days"},
    "Station": {"work_ms": "work", "batch_size": "batch"},
    "DeskShift": {"weekdays": "days"},
    "DeskPlan": {"wage_cents_per_hour": "wage"},
    "Reconciliation": {"minute": "at"},
    "ManualOverride": {"action": "then"},
    "Horizon": {"drain_until_ms": "drain"},
    "RatingLimits": {
        **{f"{what}_share": what for what in ("late", "cancelled")},
        "defect_share": "defects",
        "review_ms": "review_every",
    },
    "UnsecuredOrders": {"up_to_cents": "accept_up_to"},
    "CutOffChannels": {"action": "do"},
    "ShortCrews": {"waiting_cents": "waiting_fee"},
    "GatewayPlan": {"per_minute": "per_minute"},
    "Sync": {"per_minute": "per_minute"},
    "MessageRoute": {"per_minute": "per_minute"},
}
PAIRS: list[tuple[type[Any], type[Any]]] = [
    (network.Entity, EntitySpec), (network.Category, CategorySpec), (network.Product, ProductSpec),
    (return_rules.Disposition, CategorySpec), (return_rules.ReturnRules, ReturnsSpec),
    (network.Region, RegionSpec), (network.Shift, ShiftSpec), (network.Station, StationSpec),
    (network.Node, NodeSpec), (network.Pallets, PalletsSpec), (labour.Overtime, OvertimeSpec),
    (labour.Congestion, CongestionSpec), (network.CarrierService, ServiceSpec),
    (network.Supplier, SupplierSpec),
    (network.Payment, PaymentSpec), (network.Promise, PromiseSpec), (network.Sync, SyncSpec),
    (network.Segment, SegmentSpec), (network.Channel, ChannelSpec), (world.Horizon, HorizonSpec),
    (world.Rules, RulesSpec), (world.DeskPlan, DeskSpec), (world.DeskShift, DeskShiftSpec), (world.World, Scenario),
    (world.ForecastPlan, ForecastSpec),
    (MessageRoute, MessageSpec), (Reconciliation, ReconciliationSpec), (world.Service, CustomerServiceSpec),
    (fraud.FraudPlan, FraudSpec), (fraud.Risk, RiskSpec), (fraud.ScoreRule, ScoreRuleSpec),
    (gateway.GatewayPlan, GatewaySpec), (master_data.MasterDataPlan, MasterDataSpec),
    (master_data.AddressFaults, AddressFaultsSpec), (master_data.RecordFaults, RecordFaultsSpec),
    (fallbacks.Fallbacks, FallbacksSpec), (fallbacks.UnsecuredOrders, UnsecuredSpec),
    (fallbacks.CutOffChannels, CutOffSpec), (fallbacks.ShortCrews, ShortCrewsSpec),
    (fallbacks.LateSuppliers, LateSupplierSpec),
    (MakingPlan, MakingSpec), (BillingPlan, BillingSpec), (Pending, PendingSpec), (RatingLimits, RatingLimitsSpec),
    (network.Rekeying, RekeyingSpec), (ManualOverride, ManualOverrideSpec),
]  # fmt: skip


def stripped(name: str) -> str:
    for unit in ("_ms", "_points", "_bp", "_cents", "_minute", "_kg", "_l"):
        if name.endswith(unit):
            return name.removesuffix(unit)
    return name


def test_the_page_is_the_one_that_the_schema_writes():
    assert reference() == PAGE.read_text(encoding="utf-8"), "run: python -m scenarios.reference docs/scenario-file.md"


@pytest.mark.parametrize(("fact", "section"), PAIRS, ids=[fact.__name__ for fact, _ in PAIRS])
def test_every_fact_of_the_world_has_a_key(fact: type[Any], section: type[Any]):
    other = OTHER_KEYS.get(fact.__name__, {})
    keys = {
        other.get(f.name, stripped(f.name))
        for f in dataclasses.fields(fact)
        if f.name not in ELSEWHERE.get(fact.__name__, set())
    }

    assert set() == keys - set(section.model_fields)
