"""What a scenario file may say: the canonical data model in the user's words.

A scenario is one YAML file. Where several sources say different things, the order of precedence is::

    extends  <  the file itself  <  named overrides  <  --set and --policy

``extends`` names a library scenario or a file beside this one. Mappings are merged key by key; the named
things of a collection (``nodes``, ``channels``, ...) are merged by name, and a name with the value null is
removed; any other list, and any random quantity, is replaced as a whole. Collections are mappings by name, or
lists whose entries have a ``name`` (``sku`` for products, ``kind`` for payments). Keys that begin with ``x-``
are ignored: a place for YAML anchors. Tables are found relative to the file that names them.
"""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from scenarios.fields import (
    Clock,
    Count,
    Duration,
    Flag,
    Moment,
    Money,
    Name,
    Names,
    PositiveCount,
    PositiveDuration,
    PositiveWeight,
    RandomDuration,
    RandomNumber,
    RandomShare,
    Section,
    Share,
    Text,
    TimeZone,
    Weekdays,
    fault,
    key,
    one_of,
)
from scenarios.rule_fields import Action, Condition, Override, Selection
from scenarios.schema.accounting import AccountingSpec
from scenarios.schema.alerts import AlertSpec, AtRiskSpec
from scenarios.schema.carriers import CarrierSpec
from scenarios.schema.demand import ChannelSpec, SegmentSpec
from scenarios.schema.entities import BorderSpec, EntitySpec, FxRateSpec, TreasurySpec
from scenarios.schema.fallbacks import FallbacksSpec
from scenarios.schema.handling_units import HandlingUnitsSpec
from scenarios.schema.master_data import MasterDataSpec
from scenarios.schema.messages import CustomerServiceSpec, MessageSpec, ReconciliationSpec
from scenarios.schema.nodes import NodeSpec
from scenarios.schema.notices import DelayNoticeSpec
from scenarios.schema.payments import FraudSpec, GatewaySpec
from scenarios.schema.products import CategorySpec, GeneratedProductsSpec, ProductSpec, ProductTableSpec
from scenarios.schema.regions import RegionSpec, RegionTableSpec
from scenarios.schema.returns import ReturnsSpec
from scenarios.schema.stock import LaneSpec, StockSpec
from scenarios.schema.suppliers import SupplierSpec
from scenarios.schema.supply import ForecastSpec
from sim.plans.escalation import BREACH_ACTIONS, BREACH_BY
from sim.world import APPROVED, COHORTS, DECIDERS, DESK_SEQUENCES, EXCEPTION_KINDS, ROLES

DEFAULT_POLICIES = {
    "promise": "by_channel",
    "allocation": "closest",
    "release": "fifo",
    "carrier": "cheapest",
    "replenishment": "s_S",
    "balancing": "none",
    "transfers": "none",
    "labour": "fixed",
}
"""Who decides where a scenario does not say."""


class HorizonSpec(Section):
    """What time is simulated, and what of it is measured."""

    warm_up: Duration = key(0, description="Orders captured before this are not measured.")
    end: Moment = key(description="When demand ends.")
    drain: Duration = key("30d", description="How long after the end open orders may still be finished.")
    cohort: Annotated[str, one_of(*COHORTS)] = key(
        "capture",
        description="Which orders are measured: captured, or with their first promise, between warm-up and end.",
    )


class PolicyChangeSpec(Section):
    """From a moment on, other policies decide."""

    at: Moment = key(description="When.")
    policies: dict[str, Any] = key(description="Decision point: name of a policy, or {name, parameters}.")


class DeskShiftSpec(Section):
    """A shift at a desk."""

    days: Weekdays = key("daily", description="The days on which it works.")
    start: Clock = key("08:00", description="When it begins.")
    end: Clock = key("20:00", description="When it ends.")
    staff: Count = key(4, description="How many people.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise fault("a start before the end")
        return self


class DeskSpec(Section):
    """People of one role who clear exceptions: of the desks that handle a kind, the one that handles fewest gets it."""

    name: Name = key(description="Name of the desk.")
    role: Annotated[str, one_of(*ROLES)] = key("order_desk", description="Who sits there.")
    handles: list[Annotated[str, one_of(*EXCEPTION_KINDS)]] = key(
        list(EXCEPTION_KINDS), description="The kinds of exception that it takes."
    )
    shifts: list[DeskShiftSpec] = key([{}], description="When its people work.")
    timezone: TimeZone | None = key(
        None, description="Where it sits: the time zone of the clock that its shifts go by; null: `timezone`."
    )
    closed_on: list[Moment] = key([], description="Days on which none of them does, as public holidays.")
    handling: RandomDuration = key("6min", description="How long one case takes.")
    rejects: RandomNumber | None = key(
        None,
        description="Share of approvals that its people reject, drawn once for each person; null: as the channel says.",
    )
    catches: RandomShare | None = key(
        None,
        description="Share of the fraud before them that its people catch, drawn once for each person; null: "
        "the payment's `caught_share`.",
    )
    false_rejects: RandomShare | None = key(
        None,
        description="Share of the honest orders before them that its people turn away, drawn once for each person; "
        "null: the payment's `false_reject_share`.",
    )
    upholds: RandomShare | None = key(
        None,
        description="Share of disputes in which its people find for the customer, drawn once for each person; null: as "
        "`returns` says.",
    )
    overrules: RandomShare | None = key(
        None,
        description="Share of the decisions of a `wrong_rule` before them that its people see through and reject, "
        "drawn once for each person; null: all.",
    )
    mistrusts: RandomShare | None = key(
        None,
        description="Share of the company's own decisions before them that its people reject, drawn once for each "
        "person; null: none.",
    )
    decided_by: Annotated[str, one_of(*DECIDERS)] = key(
        "drawn", description="Which of its people decides: one drawn by the order's moment, or who took the case."
    )
    sequence: Annotated[str, one_of(*DESK_SEQUENCES)] = key(
        "arrival",
        description="Which case is taken first: the one that came first, that of the order that is due to leave first, "
        "or of the one that is worth most.",
    )
    wage: Money = key(0, description="What an hour of its people costs while they handle a case.")
    limit: Duration | None = key(
        None, description="How long a case may be open; null: as `rules.limits` says of held orders, or a day."
    )
    escalates_to: Name | None = key(None, description="The desk that gets what is open for longer.")


class BreachSpec(Section):
    """What is done about those who stay in a state for longer than its limit."""

    state: Annotated[str, one_of(*BREACH_ACTIONS)] = key(
        description="The state, as `limits` has it; held orders are their desk's alone."
    )
    action: Annotated[str, one_of(*dict.fromkeys(chain(*BREACH_ACTIONS.values())))] = key(
        description="What is done: chase (a message), expedite (first in the next wave; a supplier in a hurry), "
        "reallocate (another node), call_in (a temporary person), reroute (another carrier), trace (what is lost is "
        "given up now), refund (before anybody has looked), cancel. Not each is possible in each state."
    )
    owner: Annotated[str, one_of(*ROLES)] | None = key(
        None, description="Role that hears of it; null: that of the lifecycle's table."
    )
    by: Annotated[str, one_of(*BREACH_BY)] = key(
        "desk", description="Whether a desk that handles `breach` (the owner's, if it does) acts, or a rule at once."
    )

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        possible = BREACH_ACTIONS[self.state]
        if self.action not in possible:
            raise fault(f"{self.state}: {' or '.join(possible)}")
        return self


class RulesSpec(Section):
    """House rules of order management."""

    allocate_every: Duration = key(0, description="Batches of allocation; 0: each order at once.")
    backorder_retry: PositiveDuration = key("1h", description="How often lines without stock are tried again.")
    backorder_patience: Duration | None = key(
        None, description="How long such a line waits before it is cancelled; null: until the end."
    )
    balance_every: PositiveDuration = key(
        "15min", description="How often a balancing policy looks at what waits at the nodes."
    )
    approve_over: dict[str, Money] = key(
        {},
        description=f"By decision point ({', '.join(APPROVED)}): what moves goods worth more, at cost, waits for the "
        "desk that handles `decision`.",
    )
    labour_every: PositiveDuration = key("1h", description="How often a labour policy looks at the work of all nodes.")
    transfer_every: PositiveDuration = key(
        "1d", description="How often a transfer policy looks at the stock of all nodes."
    )
    transfer_truck_weight: PositiveWeight = key("10000 kg", description="What a truck between nodes carries.")
    transfer_truck_cost: Money = key(250, description="What such a truck costs, however far it goes.")
    transfer_mile_cost: Money = key(2, description="What a mile of it costs besides.")
    transfer_miles_per_hour: PositiveCount = key(45, description="How fast it is, rests included.")
    transfer_loading: Duration = key("4h", description="From the decision to the departure of the truck.")
    transfer_handling: Money = key("0.15", description="What loading a unit costs at the node that sends it.")
    isolate_solvers: Flag = key(
        False,
        description="Whether a policy's solver runs in a process of its own, so that one that hangs can be killed.",
    )
    reallocate_on_outage: Flag = key(
        True, description="Whether what a closed node has not begun is allocated anew at once."
    )
    reroute_on_carrier_outage: Flag = key(
        True, description="Whether parcels that a stopped carrier does not fetch are given to another one."
    )
    reroute_refused: Flag = key(
        False, description="Whether parcels that a full carrier leaves behind are given to another one."
    )
    alternate_suppliers: Flag = key(True, description="Whether a supplier's alternates are asked while it is shut.")
    cancel_until: Annotated[str, one_of("release", "pick")] = key(
        "release", description="Until when cancelling always works: until release, or until somebody begins to pick."
    )
    intercept_share: Share = key(
        "0%",
        description="Later: share of the parcels that are found in the house; others are sent back. 0%: nobody looks.",
    )
    delivery_fee: Annotated[str, one_of("kept", "whole", "prorated")] = key(
        "kept",
        description="What becomes of the delivery fee when something of an order that was charged is cancelled: kept; "
        "given back once the whole order is, also too late; or in proportion to the value.",
    )
    closed_region_orders: Annotated[str, one_of("hold", "cancel")] = key(
        "hold", description="What becomes of orders from a closed region."
    )
    substitute_accepted_share: Share = key(
        "80%", description="Share of customers who take a substitute that a rule offers them."
    )
    delay_notice: DelayNoticeSpec | None = key(
        None, description="How customers whose goods are not in stock are told in time; null: they find out themselves."
    )
    trace: Duration = key("7d", description="How long after its quoted date a missing parcel is searched for.")
    lost_parcels: Annotated[str, one_of("refund", "resend")] = key(
        "refund",
        description="What becomes of a parcel that is not found: refunded, or sent again if there is stock for all.",
    )
    merge_every: PositiveDuration = key(
        "4h", description="How often vans take parts of orders that a rule merges from each node."
    )
    merge_wait: PositiveDuration = key(
        "2d", description="How long the first part of such an order waits for the others; then what is there ships."
    )
    merge_part_cost: Money = key(1, description="What the trip of a part to its node costs.")
    merge_kg_cost: Money = key("0.15", description="What a kilogram of it costs besides.")
    merge_handling: Money = key("0.60", description="What putting a part to the others costs.")
    protect_reservations: Flag = key(
        False, description="Whether orders with more nodes to choose from leave alone what others have reserved."
    )
    revenue_at: Annotated[str, one_of("shipment", "delivery")] = key(
        "shipment",
        description="When a sale counts, also one between entities: until delivery its goods are their sender's and "
        "its revenue is deferred.",
    )
    return_window: Duration = key("30d", description="How long after delivery a return is accepted.")
    sweep: PositiveDuration = key("1h", description="How often time limits are checked.")
    data_fault_share: Share = key("0%", description="Share of orders with a fault in address or master data.")
    limits: dict[str, Duration] = key({}, description="Time limits of lifecycle states, by name.")
    breaches: list[BreachSpec] = key([], description="What is done about who breaches them, by state.")

    @model_validator(mode="after")
    def _may_be_approved(self) -> Self:
        if not set(self.approve_over) <= set(APPROVED):
            raise fault(f"{', '.join(APPROVED)} in approve_over")
        return self


class RuleSpec(Section):
    """One rule of the house: where its condition holds for an order that passed payment and data checks, it acts."""

    name: Name = key(description="Name of the rule, as the event log tells it.")
    when: Condition = key(description="The condition: an expression over what is known of the order.")
    then: Action = key(description="What it does.")


class ManualOverrideSpec(Section):
    """What people do to open orders by hand: each order that the expression finds is a case of kind `override`."""

    name: Name = key(description="Name of the rule under which they act, as the event log tells it.")
    at: Moment = key(description="When the orders are looked for.")
    every: PositiveDuration | None = key(None, description="How often again; null: once.")
    until: Moment | None = key(None, description="Until when; null: the end of demand.")
    orders: Selection = key(description="Which open orders: an expression over what is known of them.")
    then: Override = key(description="What is done to what has not begun of them; release: to what is held.")


class TraceSpec(Section):
    """Orders that really happened, from CSV or Parquet files. Times without an offset are local."""

    orders: Text = key(description="Columns order_ref, placed_at, channel, region, customer.")
    lines: Text = key(description="Columns order_ref, sku, units, unit_price_cents.")
    credits: Text | None = key(
        None,
        description="Columns credit_ref, credited_at, order_ref, line_number, sku, units, credit_cents.",
    )
    adjustments: Text | None = key(None, description="Columns adjusted_at, sku, units.")
    fees: Text | None = key(None, description="Columns charged_at, account, amount_cents, order_ref.")


def _form(*keys: str) -> Discriminator:
    """Tells a mapping with one of ``keys`` from a list; the tags cannot be keys of a file."""

    def form(value: Any) -> str:
        if isinstance(value, dict):
            return next((f"<{key}>" for key in keys if key in value), f"<{keys[0]}>")
        return "<list>"

    return Discriminator(form)


class Scenario(Section):
    """A scenario file, after `extends` and overrides have been merged into it."""

    name: Text = key(description="What the scenario is called.")
    description: Text | None = key(None, description="What it is for, in a sentence or two.")
    start: Text = key(description="Local date and time at which the clock begins, such as 2026-11-23 00:00.")
    timezone: Text | None = key(
        None,
        description="Name of the local time zone, such as Europe/Berlin; needed if start has no offset. "
        "Nodes, desks, channels and regions may have their own.",
    )
    horizon: HorizonSpec = key(description="What time is simulated and measured.")
    entities: list[EntitySpec] = key([{"name": "company"}], description="Legal entities.", min_length=1)
    fx_rates: list[FxRateSpec] = key(
        [], description="What currencies of entities are worth in the first entity's, by date."
    )
    treasury: TreasurySpec | None = key(
        None,
        description="How entities settle what they owe one another; null: debts stay open, at the rates of their day.",
    )
    borders: list[BorderSpec] = key([], description="Borders that parcels cross, with duties and time at the customs.")
    categories: list[CategorySpec] = key([{"name": "all"}], description="Kinds of products.", min_length=1)
    products: Annotated[
        Annotated[list[ProductSpec], Field(min_length=1), Tag("<list>")]
        | Annotated[ProductTableSpec, Tag("<table>")]
        | Annotated[GeneratedProductsSpec, Tag("<generate>")],
        _form("table", "generate"),
    ] = key(description="What is sold: a list, {table: file} or {generate: rule}.")
    regions: Annotated[
        Annotated[list[RegionSpec], Field(min_length=1), Tag("<list>")] | Annotated[RegionTableSpec, Tag("<table>")],
        _form("table"),
    ] = key(description="Where customers live: a list or {table: file}.")
    nodes: list[NodeSpec] = key(description="Places that hold stock and ship orders.", min_length=1)
    carriers: list[CarrierSpec] = key(description="Who delivers parcels.", min_length=1)
    suppliers: list[SupplierSpec] = key(description="Who delivers products.", min_length=1)
    handling_units: HandlingUnitsSpec | None = key(
        None, description="Cases and pallets: sizes, and who buys by them; null: all is single units."
    )
    lanes: list[LaneSpec] = key([], description="Which node replenishes which, and distances by hand.")
    channels: list[ChannelSpec] = key(description="Where orders come from.", min_length=1)
    segments: list[SegmentSpec] = key([{"name": "everyone"}], description="Kinds of customers.", min_length=1)
    stock: StockSpec = key({}, description="Opening stock and reorder levels.")
    policies: dict[str, Any] = key(
        {}, description="Who decides what: decision point to policy, by name or as {name, parameters}."
    )
    policy_changes: list[PolicyChangeSpec] = key([], description="Other policies from a moment on.")
    disruptions: list[dict[str, Any]] = key([], description="What goes wrong, or is planned, and when.")
    forecast: ForecastSpec = key({}, description="What the forecaster sees, where there is one.")
    rules: RulesSpec = key({}, description="House rules of order management.")
    returns: ReturnsSpec = key({}, description="How goods come back.")
    master_data: MasterDataSpec | None = key(None, description="What is wrong in master data; null: nothing.")
    fraud: FraudSpec | None = key(
        None, description="Fraud, and the score that looks for it; null: as payments say, by chance alone."
    )
    payment_gateway: GatewaySpec | None = key(
        None, description="The gateway that authorises cards and prepayments; null: one that answers all at once."
    )
    fallbacks: FallbacksSpec = key(
        {}, description="Rules that act while something is out of order, and are undone when it is back."
    )
    desks: list[DeskSpec] = key([{"name": "order desk"}], description="Who clears exceptions.", min_length=1)
    service: CustomerServiceSpec = key({}, description="What the people who answer customers see.")
    workflow: list[RuleSpec] = key([], description="Rules of the house, applied in their order to each order.")
    manual_overrides: list[ManualOverrideSpec] = key(
        [], description="What people do to orders by hand, on the clock; the desk that handles `override` does it."
    )
    messages: list[MessageSpec] = key(
        [], description="How messages between systems travel; of those for a kind and sender, the first counts."
    )
    reconciliation: ReconciliationSpec | None = key(
        None, description="When two systems' statuses of orders are compared; null: never."
    )
    alerts: list[AlertSpec] = key([], description="What is watched while the run goes on, and who hears of it.")
    at_risk: AtRiskSpec | None = key(None, description="Whether orders at risk are looked for; null: no.")
    accounting: AccountingSpec | None = key(None, description="An accounting system of its own; null: none.")
    trace: TraceSpec | None = key(None, description="Orders that really happened, instead of drawn ones.")
    extends: Text | None = key(None, description="A library scenario's name or another file's path.")
    overrides: dict[str, Any] = key({}, description="Named lists of overrides: dotted key to value.")
    use: Names = key([], description="Which of them to apply.")
