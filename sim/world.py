"""A world ready to run: the network, its stock, its demand, its policies, its disruptions, its clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.calendar import Calendar
from sim.disruptions import Disruption, Recurring
from sim.distributions import Distribution, Fixed
from sim.messages.plan import MessageRoute, Reconciliation
from sim.network import Network
from sim.plans.delay_notice import DelayNotice
from sim.plans.escalation import Breach
from sim.plans.fallbacks import Fallbacks
from sim.plans.fraud import FraudPlan
from sim.plans.gateway import GatewayPlan
from sim.plans.master_data import MasterDataPlan
from sim.plans.return_rules import ReturnRules
from sim.rules import ManualOverride, Rule
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.plans.accounting import AccountingPlan
    from sim.plans.alerts import AlertPlan, AtRiskPlan
    from sim.plans.treasury import TreasuryPlan


COHORTS = ("capture", "promise")
"""What puts an order into the measured time: that it was captured, or was to be delivered, in it."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """When things are measured: demand runs from 0 to ``end_ms``, measures cover orders captured from
    ``warm_up_ms`` on, and the run drains until ``drain_until_ms``. With a ``cohort`` by ``promise`` they cover orders
    whose first promise falls between ``warm_up_ms`` and ``end_ms``."""

    end_ms: int
    warm_up_ms: int = 0
    drain_until_ms: int = 0
    cohort: str = "capture"


@dataclass(frozen=True, slots=True)
class StockPlan:
    """Per node and SKU, arrays of shape (nodes, products): opening units on hand, and the (s, S) levels;
    ``order_up_to`` 0 means that the node does not carry the SKU."""

    opening_units: NDArray[np.int64]
    reorder_point: NDArray[np.int64]
    order_up_to: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trace:
    """Orders that really happened, replayed at their own times. All arrays; a line belongs to the order whose
    index it bears and lines are sorted by order, orders by time.

    Credits are taken-back units: ``credit_line`` is the line they match, or -1 where no sale was found.
    Adjustments are stock corrections, fees are money without goods (account names in ``fee_account``;
    a positive amount is charged to the customer or earned, a negative one is paid).
    """

    order_ref: tuple[str, ...]
    order_ms: NDArray[np.int64]
    order_channel: NDArray[np.int32]
    order_region: NDArray[np.int32]
    order_customer: tuple[str, ...]
    line_order: NDArray[np.int32]
    line_product: NDArray[np.int32]
    line_units: NDArray[np.int32]
    line_price_cents: NDArray[np.int64]
    credit_ms: NDArray[np.int64]
    credit_line: NDArray[np.int32]
    credit_product: NDArray[np.int32]
    credit_units: NDArray[np.int32]
    credit_cents: NDArray[np.int64]
    adjustment_ms: NDArray[np.int64]
    adjustment_product: NDArray[np.int32]
    adjustment_units: NDArray[np.int32]
    fee_ms: NDArray[np.int64]
    fee_account: tuple[str, ...]
    fee_cents: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A policy by its registered name, with its parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """From ``at_ms`` on, ``decision`` is taken by another policy."""

    at_ms: int
    decision: str
    choice: PolicyChoice


EXCEPTION_KINDS = (
    "payment",
    "fraud",
    "data_fault",
    "approval",
    "credit",
    "ticket",
    "message",
    "dispute",
    "rekeying",
    "override",
    "carrier",
    "decision",
    "return",
    "short_payment",
    "breach",
)
"""What people are asked to look at."""

ROLES = (
    "order_desk",
    "fraud_analyst",
    "credit_controller",
    "data_steward",
    "customer_service",
    "operations_manager",
    "inventory_planner",
    "warehouse_leader",
    "transport_planner",
    "finance",
)
"""Who owns an exception, or hears of it."""


@dataclass(frozen=True, slots=True)
class DeskShift:
    """``staff`` people on ``weekdays`` (Monday 0) but for ``closed_days`` (numbers of local days), between two minutes
    of the local day."""

    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4, 5, 6})
    start_minute: int = 8 * 60
    end_minute: int = 20 * 60
    staff: int = 4
    closed_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """A desk: people of one role who clear exceptions of some kinds, in a ``sequence`` of `DESK_SEQUENCES`.

    ``handles`` are members of `EXCEPTION_KINDS`; of the desks that handle a kind, the one that handles fewest kinds
    gets it (of equals the first), so that a desk of specialists relieves one for everything. A case that is open for
    ``limit_ms`` (None: the lifecycle table's limit of a held order) is a breach, and goes to desk number
    ``escalates_to`` where there is one.

    Where no rule decides, each of its people may do so by a share of their own, drawn once: of approvals that they
    reject (``rejects``; None: as the order's channel says), of fraud that they catch and of honest orders that they
    turn away (``catches``, ``false_rejects``; None: as the payment says), of disputes that they uphold (``upholds``;
    None: as the rules of returns say), of decisions of a wrong rule that they see through and of the company's own that
    they reject all the same (``overrules``, ``mistrusts``; None: all, and none). ``decided_by`` is one of `DECIDERS`:
    whoever is drawn by the order's moment, or who took the case.
    """

    name: str = "order desk"
    role: str = "order_desk"
    handles: tuple[str, ...] = EXCEPTION_KINDS
    shifts: tuple[DeskShift, ...] = (DeskShift(),)
    handling_ms: Distribution = field(default_factory=lambda: Fixed(6 * MINUTE_MS))
    wage_cents_per_hour: int = 0
    rejects: Distribution | None = None
    catches: Distribution | None = None
    false_rejects: Distribution | None = None
    upholds: Distribution | None = None
    overrules: Distribution | None = None
    mistrusts: Distribution | None = None
    decided_by: str = "drawn"
    sequence: str = "arrival"
    limit_ms: int | None = None
    escalates_to: int | None = None
    timezone: str | None = None
    """The zone of the clock that its shifts go by; None: the scenario's."""


DECIDERS = ("drawn", "taker")
DESK_SEQUENCES = ("arrival", "ship_by", "value")


SYSTEMS = ("orders", "floor", "carrier")
"""What knows where an order is: order management until it is allocated, the floor until it leaves, then the carrier."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the people who answer customers see. Where an order is in none of the systems that they ``sees``, or two
    systems hold different statuses of it, a ticket takes ``blind_effort`` handling times, and ``blind_repeat_share`` of
    the answers bring the customer back."""

    sees: tuple[str, ...] = SYSTEMS
    blind_effort: int = 1
    blind_repeat_share: float = 0.0
    blind_repeat_delay_ms: Distribution = field(default_factory=lambda: Fixed(DAY_MS))


APPROVED = ("balancing", "transfers", "replenishment")
"""Decision points whose decisions people may be asked to approve."""


@dataclass(frozen=True, slots=True)
class Rules:
    """House rules of order management."""

    allocate_every_ms: int = 0
    """0 allocates each order as it is validated; otherwise in batches of that interval."""
    backorder_retry_ms: int = HOUR_MS
    backorder_patience_ms: int | None = None
    """How long a line without stock waits before the company cancels it (None: until the drain ends)."""
    balance_every_ms: int = 15 * MINUTE_MS
    """How often a balancing policy looks at what waits at the nodes."""
    approve_over_cents: Mapping[str, int] = field(default_factory=dict)
    """By decision point of `APPROVED`: what moves goods worth more waits for people (else: full automation)."""
    labour_every_ms: int = HOUR_MS
    """How often a labour policy looks at the work of all nodes."""
    transfer_every_ms: int = DAY_MS
    """How often a transfer policy looks at the stock of all nodes; a truck takes ``transfer_truck_weight_kg``, costs
    ``transfer_truck_cost_cents`` and ``transfer_mile_cost_cents`` a mile, and arrives ``transfer_loading_ms`` and its
    miles later; loading costs ``transfer_handling_cents`` a unit."""
    transfer_truck_weight_kg: float = 10_000.0
    transfer_truck_cost_cents: int = 25_000
    transfer_mile_cost_cents: int = 200
    transfer_miles_per_hour: float = 45.0
    transfer_loading_ms: int = 4 * HOUR_MS
    transfer_handling_cents: int = 15
    isolate_solvers: bool = False
    """Whether each policy's solver runs in a process of its own, which is killed when a call is overdue."""
    reallocate_on_outage: bool = True
    """Whether what a closed node has not begun is allocated anew at once."""
    reroute_on_carrier_outage: bool = True
    """Whether parcels that a stopped carrier does not fetch are given to another one."""
    reroute_refused: bool = False
    """Whether parcels that a full carrier leaves behind are given to another one, if there is one that takes them."""
    alternate_suppliers: bool = True
    """Whether a supplier's alternates are asked while it is shut."""
    cancel_until: str = "release"
    """Until when a customer's cancellation always succeeds: ``release``, or the beginning of the ``pick``."""
    intercept_share: float = 0.0
    """Later, the chance that the parcel is found before it leaves; what is not found comes back."""
    delivery_fee: str = "kept"
    """What becomes of the delivery fee of a charged order when something of it is cancelled: ``kept``; given back when
    the ``whole`` order is; or ``prorated`` by value."""
    closed_region_orders: str = "hold"
    """What becomes of orders from a closed region: ``hold`` until it opens, or ``cancel``."""
    substitute_accepted_share: float = 0.8
    """Share of customers who take a substitute that they are offered."""
    delay_notice: DelayNotice | None = None
    """Whether and how customers who wait for stock are told; None: they find out themselves."""
    trace_ms: int = 7 * DAY_MS
    """How long after its quoted date a missing parcel is searched for."""
    lost_parcels: str = "refund"
    """What becomes of one that is not found: ``refund``, or ``resend`` where there is stock for all of it."""
    merge_every_ms: int = 4 * HOUR_MS
    """How often vans with parts of orders that are merged leave each node; a part's trip costs
    ``merge_part_cost_cents`` and ``merge_kg_cost_cents`` a kilogram, putting it to the others
    ``merge_handling_cents``."""
    merge_wait_ms: int = 2 * DAY_MS
    """How long the first part waits for the others; then what is there ships."""
    merge_part_cost_cents: int = 100
    merge_kg_cost_cents: int = 15
    merge_handling_cents: int = 60
    protect_reservations: bool = False
    """Whether an order that may use more nodes leaves alone what is reserved for orders that may not."""
    revenue_at: str = "shipment"
    """When a sale counts, and its goods are spent: at ``shipment`` or at ``delivery``."""
    return_window_ms: int = 30 * DAY_MS
    sweep_ms: int = HOUR_MS
    data_fault_share: float = 0.0
    limits_ms: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the lifecycle table's time limits, by state name."""
    breaches: tuple[Breach, ...] = ()
    """What is done about those who breach them."""


@dataclass(frozen=True, slots=True)
class ForecastPlan:
    """What a company's forecaster sees, where there is one; *buckets* of ``every_ms`` are local days if that is a day.

    When a run begins it remembers ``history_buckets`` of sales, drawn from the channels' expected demand without
    promotions (none where orders are replayed), and is judged on the last ``backtest_buckets`` of them. ``uncensor`` is
    ``none`` or ``in_stock``: sales of a bucket in which a channel was out of stock for a while are divided by the share
    of its usual traffic that came while it was not. ``shared`` lets a node that feeds others forecast what their
    customers buy; else it sees what they order. The mean squared error of a forecast moves by ``error_smoothing`` of
    each new one.
    """

    every_ms: int = DAY_MS
    history_buckets: int = 28
    backtest_buckets: int = 14
    uncensor: str = "none"
    shared: bool = False
    error_smoothing: float = 0.1


@dataclass(frozen=True, slots=True)
class World:
    """What `sim.model.Model` runs. ``policies`` maps a decision point to its choice."""

    name: str
    network: Network
    calendar: Calendar
    horizon: Horizon
    stock: StockPlan
    policies: Mapping[str, PolicyChoice]
    rules: Rules = Rules()
    returns: ReturnRules = field(default_factory=ReturnRules)
    desks: tuple[DeskPlan, ...] = (DeskPlan(),)
    service: Service = Service()
    master_data: MasterDataPlan | None = None
    fraud: FraudPlan | None = None
    payment_gateway: GatewayPlan | None = None
    fallbacks: Fallbacks = field(default_factory=Fallbacks)
    workflow: tuple[Rule, ...] = ()
    manual_overrides: tuple[ManualOverride, ...] = ()
    messages: tuple[MessageRoute, ...] = ()
    reconciliation: Reconciliation | None = None
    accounting: AccountingPlan | None = None
    treasury: TreasuryPlan | None = None
    alerts: tuple[AlertPlan, ...] = ()
    at_risk: AtRiskPlan | None = None
    trace: Trace | None = None
    disruptions: tuple[Disruption | Recurring, ...] = ()
    policy_changes: tuple[PolicyChange, ...] = ()
    forecast: ForecastPlan = ForecastPlan()
    disruption_names: tuple[str, ...] = ()
    """What the scenario calls each disruption; without one, it goes by its kind."""

    def disruption_name(self, number: int) -> str:
        """What people call the disruption of this number."""
        named = number < len(self.disruption_names)
        return self.disruption_names[number] if named else self.disruptions[number].kind
