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
    Lifecycle,
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
    from sim.agents.accounting import Accounting
    from sim.agents.approvals import Approvals
    from sim.agents.at_risk import AtRisk
    from sim.agents.balancer import Balancer
    from sim.agents.billing import Billing
    from sim.agents.cancellations import Cancellations
    from sim.agents.care import Care
    from sim.agents.carrier import Carrier
    from sim.agents.carts import Carts
    from sim.agents.channel import Channel
    from sim.agents.chargebacks import Chargebacks
    from sim.agents.claims import Claims
    from sim.agents.completion import Completion
    from sim.agents.contracts import Contracts
    from sim.agents.credit import Credit
    from sim.agents.cross_dock import CrossDock
    from sim.agents.customs import Customs
    from sim.agents.deferral import Deferral
    from sim.agents.dock import Dock
    from sim.agents.exceptions import Exceptions
    from sim.agents.finance import Finance
    from sim.agents.forecaster import Forecaster
    from sim.agents.gates import Gates
    from sim.agents.gateway import Gateway
    from sim.agents.inbound import Inbound
    from sim.agents.intercompany import Intercompany
    from sim.agents.judges import Judges
    from sim.agents.late_suppliers import LateSupplierRule
    from sim.agents.limits import Limits
    from sim.agents.making import Making
    from sim.agents.manual_overrides import ManualOverrides
    from sim.agents.marketplace import Marketplaces
    from sim.agents.merging import Merging
    from sim.agents.misplaced import Misplaced
    from sim.agents.notices import Notices
    from sim.agents.orchestrator import Orchestrator
    from sim.agents.pending_orders import PendingOrders
    from sim.agents.pickups import Pickups
    from sim.agents.promises import Promises
    from sim.agents.purchasing import Purchasing
    from sim.agents.quality import QualityHolds
    from sim.agents.recall import Recall
    from sim.agents.release_check import ReleaseCheck
    from sim.agents.replacements import Replacements
    from sim.agents.replay import Replay
    from sim.agents.resending import Resending
    from sim.agents.reservations import Reservations
    from sim.agents.returns import ReturnsDesk
    from sim.agents.roads import Roads
    from sim.agents.scoring import Scoring
    from sim.agents.screen import Screen
    from sim.agents.shelf import Shelf
    from sim.agents.short_crews import ShortCrewRule
    from sim.agents.staffing import Staffing
    from sim.agents.subscriptions import Subscriptions
    from sim.agents.substitution import Substitution
    from sim.agents.supplier import Supply
    from sim.agents.transfers import Transfers
    from sim.agents.unsecured import Unsecured
    from sim.agents.warehouse import Warehouse
    from sim.agents.windows import Windows
    from sim.agents.workflow import Workflow
    from sim.agents.workload import Workload
    from sim.agents.wrong_addresses import WrongAddresses
    from sim.agents.wrong_records import WrongRecords
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
    windows: Windows | None = None
    replacements: Replacements | None = None
    resending: Resending | None = None
    release_check: ReleaseCheck | None = None
    subscriptions: Subscriptions | None = None
    contracts: Contracts | None = None
    customs: Customs | None = None
    intercompany: Intercompany | None = None
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
    pending: PendingOrders | None = None
    billing: Billing | None = None
    making: Making | None = None
    short_crews: ShortCrewRule | None = None
    late_suppliers: LateSupplierRule | None = None

    def __init__(
        self, world: World, streams: Streams, clock: Clock, log: Log, occurrences: Sequence[Occurrence] = ()
    ) -> None:
        network = world.network
        self.occurrences = occurrences
        """Every disruption of this run, at its moment; planned ones are known to all."""
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
