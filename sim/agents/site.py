"""What all agents of one run share: the clock, the books, the policies, and one another."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.agents.company import Company
from sim.books.inventory import Inventory
from sim.books.log import Log
from sim.calendar import Calendar
from sim.clock import Clock
from sim.disruptions import Occurrence
from sim.disruptions.door import Door
from sim.lifecycle import Lifecycle
from sim.network import Geography
from sim.orders import (
    LINE_MOVES,
    LINE_STATES,
    ORDER_MOVES,
    ORDER_STATES,
    RETURN_MOVES,
    RETURN_STATES,
    SHIPMENT_MOVES,
    SHIPMENT_STATES,
)
from sim.policies.allocation import AllocationPolicy
from sim.policies.balancing import BalancingPolicy
from sim.policies.calls import CallBook
from sim.policies.carrier import CarrierPolicy
from sim.policies.company import CompanyView, Watcher
from sim.policies.forecast import ForecastPolicy
from sim.policies.labour import LabourPolicy
from sim.policies.promise import PromisePolicy
from sim.policies.registry import make
from sim.policies.release import ReleasePolicy
from sim.policies.replenishment import ReplenishmentPolicy
from sim.policies.transfers import TransferPolicy
from sim.streams import Streams
from sim.tariff import Tariff
from sim.units import BASIS_POINTS
from sim.world import PolicyChoice, World

if TYPE_CHECKING:
    from sim.agents.alerts.at_risk import AtRisk
    from sim.agents.carriers.carrier import Carrier
    from sim.agents.carriers.claims import Claims
    from sim.agents.carriers.customs import Customs
    from sim.agents.carriers.merging import Merging
    from sim.agents.carriers.pickups import Pickups
    from sim.agents.carriers.roads import Roads
    from sim.agents.channels.channel import Channel
    from sim.agents.channels.inbound import Inbound
    from sim.agents.channels.marketplace import Marketplaces
    from sim.agents.channels.pending_orders import PendingOrders
    from sim.agents.channels.promises import Promises
    from sim.agents.channels.replay import Replay
    from sim.agents.customers.care import Care
    from sim.agents.customers.carts import Carts
    from sim.agents.customers.contracts import Contracts
    from sim.agents.customers.subscriptions import Subscriptions
    from sim.agents.desks.approvals import Approvals
    from sim.agents.desks.exceptions import Exceptions
    from sim.agents.desks.judges import Judges
    from sim.agents.desks.manual_overrides import ManualOverrides
    from sim.agents.desks.screen import Screen
    from sim.agents.desks.wrong_addresses import WrongAddresses
    from sim.agents.finance.accounting import Accounting
    from sim.agents.finance.billing import Billing
    from sim.agents.finance.carrier_bills import CarrierBills
    from sim.agents.finance.commissions import Commissions
    from sim.agents.finance.deferral import Deferral
    from sim.agents.finance.delivery_fees import DeliveryFees
    from sim.agents.finance.exchange_rates import ExchangeRates
    from sim.agents.finance.finance import Finance
    from sim.agents.finance.held_payouts import HeldPayouts
    from sim.agents.finance.intercompany import Intercompany
    from sim.agents.finance.treasury import Treasury
    from sim.agents.finance.wrong_records import WrongRecords
    from sim.agents.floor.cross_dock import CrossDock
    from sim.agents.floor.dock import Dock
    from sim.agents.floor.misplaced import Misplaced
    from sim.agents.floor.quality import QualityHolds
    from sim.agents.floor.recall import Recall
    from sim.agents.floor.shelf import Shelf
    from sim.agents.floor.short_crews import ShortCrewRule
    from sim.agents.floor.staffing import Staffing
    from sim.agents.floor.warehouse import Warehouse
    from sim.agents.floor.windows import Windows
    from sim.agents.floor.workload import Workload
    from sim.agents.orders.allocator import Allocator
    from sim.agents.orders.backorders import Backorders
    from sim.agents.orders.balancer import Balancer
    from sim.agents.orders.batches import Batches
    from sim.agents.orders.cancellations import Cancellations
    from sim.agents.orders.checks import Checks
    from sim.agents.orders.completion import Completion
    from sim.agents.orders.escalations import Escalations
    from sim.agents.orders.gates import Gates
    from sim.agents.orders.handling import Handling
    from sim.agents.orders.holds import Holds
    from sim.agents.orders.intake import Intake
    from sim.agents.orders.lane.fast_lane import FastLane
    from sim.agents.orders.limits import Limits
    from sim.agents.orders.notices import Notices
    from sim.agents.orders.orchestrator import Orchestrator
    from sim.agents.orders.replacements import Replacements
    from sim.agents.orders.resending import Resending
    from sim.agents.orders.reservations import Reservations
    from sim.agents.orders.reviews import Reviews
    from sim.agents.orders.substitution import Substitution
    from sim.agents.orders.workflow import Workflow
    from sim.agents.payments.chargebacks import Chargebacks
    from sim.agents.payments.credit import Credit
    from sim.agents.payments.gateway import Gateway
    from sim.agents.payments.release_check import ReleaseCheck
    from sim.agents.payments.scoring import Scoring
    from sim.agents.payments.unsecured import Unsecured
    from sim.agents.returns.called_back import CalledBack
    from sim.agents.returns.returns import ReturnsDesk
    from sim.agents.supply.forecaster import Forecaster
    from sim.agents.supply.late_suppliers import LateSupplierRule
    from sim.agents.supply.making import Making
    from sim.agents.supply.purchasing import Purchasing
    from sim.agents.supply.supplier import Supply
    from sim.agents.supply.transfers import Transfers
    from sim.messages.exchange import Exchange
    from sim.messages.typists import Typists


class Policies:
    """The policy in force at each decision point; looked up at each decision, so that one can be swapped."""

    allocation: AllocationPolicy
    release: ReleasePolicy
    carrier: CarrierPolicy
    forecast: ForecastPolicy
    replenishment: ReplenishmentPolicy
    balancing: BalancingPolicy
    transfers: TransferPolicy
    labour: LabourPolicy
    promise: PromisePolicy

    def __init__(self, world: World, company: CompanyView) -> None:
        self._world, self._company = world, company
        self.call_books: list[CallBook] = []
        """Of the policies that solve, whether in force or not any more."""
        self.names: list[str] = []
        """Labels of all policies that have sent shipments so far; decisions refer to them by number."""
        self._chosen: dict[str, str] = {}
        self.allocation_number = 0
        for decision, choice in world.policies.items():
            self.choose(decision, choice)

    def choose(self, decision: str, choice: PolicyChoice) -> Any:
        """Put a fresh policy in force."""
        policy = make(decision, choice.name, choice.parameters)
        policy.bind(self._world)
        if isinstance(policy, Watcher):
            policy.watch(self._company)
        if isinstance(calls := getattr(policy, "calls", None), CallBook):
            self.call_books.append(calls)
        setattr(self, decision, policy)
        self._chosen[decision] = choice.name
        if decision == "allocation":
            self.allocation_number = self._number(choice.name)
        return policy

    def decides(self, decision: str) -> bool:
        """Whether any policy is in force there."""
        return decision in self._chosen

    def label(self, decision: str) -> int:
        """Number of the policy in force at another decision point that has sent a shipment from where it is."""
        return self._number(f"{decision}={self._chosen[decision]}")

    def _number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class Site:
    """The shared ground of one run; `sim.model.Model` sets it up."""

    channels: list[Channel]
    warehouses: list[Warehouse]
    workload: Workload
    carriers: list[Carrier]
    orchestrator: Orchestrator
    intake: Intake
    checks: Checks
    holds: Holds
    reviews: Reviews
    allocator: Allocator
    batches: Batches
    backorders: Backorders
    completion: Completion
    claims: Claims
    dock: Dock
    exceptions: Exceptions
    judges: Judges
    returns: ReturnsDesk
    supply: Supply
    purchasing: Purchasing
    promises: Promises
    finance: Finance
    limits: Limits
    gates: Gates
    cancellations: Cancellations
    roads: Roads
    recall: Recall
    misplaced: Misplaced
    rates: ExchangeRates
    replay: Replay | None = None
    wrong_addresses: WrongAddresses | None = None
    wrong_records: WrongRecords | None = None
    gateway: Gateway | None = None
    scoring: Scoring | None = None
    chargebacks: Chargebacks | None = None
    credit: Credit | None = None
    care: Care | None = None
    workflow: Workflow | None = None
    substitution: Substitution | None = None
    merging: Merging | None = None
    notices: Notices | None = None
    escalations: Escalations | None = None
    windows: Windows | None = None
    replacements: Replacements | None = None
    resending: Resending | None = None
    release_check: ReleaseCheck | None = None
    subscriptions: Subscriptions | None = None
    contracts: Contracts | None = None
    customs: Customs | None = None
    intercompany: Intercompany | None = None
    treasury: Treasury | None = None
    carrier_bills: CarrierBills | None = None
    marketplaces: Marketplaces | None = None
    forecaster: Forecaster | None = None
    approvals: Approvals | None = None
    balancer: Balancer | None = None
    transfers: Transfers | None = None
    staffing: Staffing | None = None
    shelf: Shelf | None = None
    reservations: Reservations | None = None
    carts: Carts | None = None
    pickups: Pickups | None = None
    inbound: Inbound | None = None
    quality: QualityHolds | None = None
    cross_dock: CrossDock | None = None
    exchange: Exchange | None = None
    screen: Screen | None = None
    typists: Typists | None = None
    overrides: ManualOverrides | None = None
    accounting: Accounting | None = None
    at_risk: AtRisk | None = None
    unsecured: Unsecured | None = None
    deferral: Deferral | None = None
    delivery_fees: DeliveryFees | None = None
    called_back: CalledBack | None = None
    pending: PendingOrders | None = None
    billing: Billing | None = None
    held_payouts: HeldPayouts | None = None
    commissions: Commissions | None = None
    making: Making | None = None
    short_crews: ShortCrewRule | None = None
    late_suppliers: LateSupplierRule | None = None
    handling: Handling | None = None
    lane: FastLane | None = None

    def __init__(
        self, world: World, streams: Streams, clock: Clock, log: Log, occurrences: Sequence[Occurrence] = ()
    ) -> None:
        network = world.network
        self.occurrences = occurrences
        """Every disruption of this run, at its moment; planned ones are known to all."""
        self.door = Door(occurrences)
        self.world, self.streams, self.clock, self.log = world, streams, clock, log
        self.calendar: Calendar = world.calendar
        self.geography = Geography(network)
        self.tariff = Tariff(network, self.geography)
        self.register = log.register
        self.policies = Policies(world, Company(self).view)
        self.open_nodes = bytearray(b"\1" * len(network.nodes))
        """By node: 1 where it is open."""
        self.wave_ms = array("q", [-1] * len(network.nodes))
        """By node: when its next wave is due; -1 where none is called."""
        self.not_open: set[int] = set()
        """Nodes that have not gone live yet."""
        self.crew_bp = [BASIS_POINTS] * len(network.nodes)
        """What each node's crew is worth while it learns."""
        self.pools, self.pool_of_channel = _pools(world)
        self.inventory = Inventory(len(network.nodes), len(network.products), self.pools, log.register)
        register = self.register
        self.order_states = Lifecycle("order", ORDER_STATES, ORDER_MOVES, register.orders.whole("state"))
        self.line_states = Lifecycle("line", LINE_STATES, LINE_MOVES, register.lines.whole("state"))
        self.shipment_states = Lifecycle("shipment", SHIPMENT_STATES, SHIPMENT_MOVES, register.shipments.state)
        self.return_states = Lifecycle("return", RETURN_STATES, RETURN_MOVES, register.returns.state)


def _pools(world: World) -> tuple[list[frozenset[int]], list[int]]:
    """The different sets of nodes that channels may be served from, and each channel's."""
    nodes = world.network.nodes
    eligible = [
        frozenset(n for n, spec in enumerate(nodes) if spec.can_serve(c)) for c in range(len(world.network.channels))
    ]
    pools = list(dict.fromkeys(eligible))
    return pools, [pools.index(e) for e in eligible]
