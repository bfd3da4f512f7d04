"""The wiring of a run: which agents there are, and the sequence in which they are numbered."""

from __future__ import annotations

from sim.agents.alerts.at_risk import AtRisk
from sim.agents.alerts.watch import Watch
from sim.agents.carriers.carrier import Carrier
from sim.agents.carriers.claims import Claims
from sim.agents.carriers.customs import Customs
from sim.agents.carriers.merging import Merging
from sim.agents.carriers.pickups import PickupDock, Pickups
from sim.agents.carriers.roads import Roads
from sim.agents.channels.channel import Channel
from sim.agents.channels.cut_off import CutOff, CutOffChannel
from sim.agents.channels.marketplace import Marketplaces
from sim.agents.channels.pending_orders import PendingOrders
from sim.agents.channels.replay import Replay
from sim.agents.customers.care import Care
from sim.agents.customers.contracts import Contracts
from sim.agents.customers.customer import Customers
from sim.agents.customers.foreign_prices import ForeignPrices
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
from sim.agents.floor.shelf_floor import ReviewedShelfWarehouse, ShelfWarehouse
from sim.agents.floor.short_crews import ShortCrewRule
from sim.agents.floor.staffing import Staffing
from sim.agents.floor.warehouse import ReviewedWarehouse, Warehouse
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
from sim.agents.orders.limits import Limits
from sim.agents.orders.notices import Notices
from sim.agents.orders.orchestrator import Orchestrator
from sim.agents.orders.replacements import Replacements
from sim.agents.orders.resending import Resending
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
from sim.agents.site import Site
from sim.agents.supply.forecaster import Forecaster
from sim.agents.supply.late_suppliers import LateSupplierRule
from sim.agents.supply.making import Making
from sim.agents.supply.purchasing import Purchasing
from sim.agents.supply.supplier import Supply
from sim.agents.supply.transfers import Transfers
from sim.books.open_lines import OpenLines
from sim.channel_wiring import introduce_channels, make_channels
from sim.disruptions.bad_master_data import BadMasterData
from sim.disruptions.recall import RecallOfGoods
from sim.disruptions.stock_record_error import StockRecordError
from sim.messages.agents import connect, is_remote, maker
from sim.messages.exchange import Exchange
from sim.messages.order_in import RemoteChannel, RemoteIntake
from sim.messages.plan import act_twice
from sim.messages.typists import Typists
from sim.plans.master_data import MasterDataPlan
from sim.turns import Turns
from sim.world import Service, World


class Wiring:
    """Makes the agents of one world and introduces them to one another.

    Parameters
    ----------
    world
        What it says switches agents on; those that nothing asks for are not made.
    site
        Where agents find one another; it has clock, books and streams.
    customers
        Who order.
    turns
        Says which policies decide at some moment of the run.

    Attributes
    ----------
    actors
        Names of the log's actors, by number.
    house, disruptors, deciders
        Actors: the world itself; by disruption; by change of policy.
    """

    def __init__(self, world: World, site: Site, customers: Customers, turns: Turns) -> None:
        self.world, self.site, self.customers, self.turns = world, site, customers, turns
        self.actors: list[str] = []
        self.channels: list[Channel] = []
        self.warehouses: list[Warehouse] = []
        self.make = maker(world)
        """The class to make an agent of, which may stand behind an interface."""
        self._wire(site)

    def actor(self, name: str) -> int:
        """Its number; two things of one name are one actor, for a name is written once."""
        if name not in self.actors:
            self.actors.append(name)
        return self.actors.index(name)

    def _wire(self, site: Site) -> None:
        """Finance and orders, then all rooms in the sequence in which their actors are numbered."""
        make = self.make
        self.house, customer = self.actor("world"), self.actor("customer")
        accounts = sorted(set(self.world.trace.fee_account)) if self.world.trace else []
        self.fee_accounts = [a for a in accounts if a not in Finance.own_accounts()]
        abroad = ForeignPrices(self.world, site.streams)
        site.register.abroad = abroad if abroad else None
        site.finance = make(Finance)(site, self.actor("finance"), self.fee_accounts)
        self._wire_orders(site, customer)
        site.completion = make(Completion)(site)
        if self.world.rules.revenue_at == "delivery":
            site.deferral = Deferral(site)
        if self.world.rules.delivery_fee != "kept" and self.world.trace is None:
            site.delivery_fees = DeliveryFees(site)
        if any(c.settlement_from == "delivery" for c in self.world.network.channels):
            site.held_payouts = HeldPayouts(site)
        if Commissions.are_given_back(self.world.network):
            site.commissions = Commissions(site)
        planner = self.actor("planner")
        self._wire_fulfilment(site, planner, customer)
        self._wire_checks(site)
        self._wire_answers(site, customer)
        self._wire_rules(site, planner)
        self._wire_house(site, planner)
        self._wire_people(site, planner)

    def _wire_fulfilment(self, site: Site, planner: int, customer: int) -> None:
        """Floors, carriers, suppliers and channels."""
        network, make = self.world.network, self.make
        site.limits = Limits(site, planner)
        site.returns = make(ReturnsDesk)(site, customer)
        site.claims = Claims(site)
        if any(c.pickup is not None for c in network.channels) and self.world.trace is None:
            site.pickups = Pickups(site, customer)
        if network.handling_units is not None:
            site.handling = Handling(site, network.handling_units)
        site.dock = Dock(site) if site.pickups is None else PickupDock(site)
        site.gates, site.recall, site.misplaced = Gates(site), Recall(site), Misplaced(site)
        site.roads, site.cancellations = Roads(site), Cancellations(site, customer)
        invented = any(
            isinstance(o.disruption, StockRecordError) and o.disruption.phantom for o in self.site.occurrences
        )
        invented |= act_twice(self.world.messages, "receipt")
        if invented or any(n.keeps_shelf for n in network.nodes):
            site.shelf = Shelf(site)
        daily, continuous = (
            (Warehouse, ReviewedWarehouse) if site.shelf is None else (ShelfWarehouse, ReviewedShelfWarehouse)
        )
        site.warehouses = self.warehouses = [
            make(daily if n.review_every_ms else continuous)(i, n, self.actor(f"warehouse:{n.name}"), site)
            for i, n in enumerate(network.nodes)
        ]
        for warehouse in self.warehouses:
            site.register.leaving.ask(warehouse.in_hand)
        site.workload = Workload(site)
        site.carriers = [Carrier(i, s, self.actor(f"carrier:{s.name}"), site) for i, s in enumerate(network.services)]
        suppliers = [self.actor(f"supplier:{s.name}") for s in network.suppliers]
        site.supply, site.purchasing = Supply(site, planner), Purchasing(site, suppliers)
        if any(s.making is not None for s in network.suppliers):
            site.making = Making(site, suppliers)
        if any(s.quality_hold_ms is not None for s in network.suppliers):
            site.quality = QualityHolds(site)
        if any(n.cross_dock_ms is not None for n in network.nodes):
            site.cross_dock = CrossDock(site)
        if "forecast" in self.world.policies:
            site.forecaster = Forecaster(site)
        if self.world.trace is not None:
            site.replay = Replay(site, planner, customer)
            site.register.leaving.enabled = False  # all that will ever come is in the register from the beginning
        make_channels(self, site)
        self._wire_fallbacks(site)
        introduce_channels(self.channels, site)
        if self.customers.rosters:
            site.subscriptions = Subscriptions(site, self.customers.rosters, customer)

    def _wire_checks(self, site: Site) -> None:
        """What may be wrong with an order's records or its payment, and who looks."""
        network = self.world.network
        payments = [p for c in network.channels for p in c.payments]
        unseen = {d.fault for d in self._struck_records() if not d.checked}
        standing = self.world.master_data or MasterDataPlan()
        if "address" in unseen or standing.addresses is not None:
            site.wrong_addresses = WrongAddresses(site, self.actor("address check"))
        if unseen & {"weight", "cost"} or standing.weights is not None or standing.costs is not None:
            site.wrong_records = WrongRecords(site)
        if self.world.payment_gateway is not None:
            site.gateway = Gateway(site, self.world.payment_gateway, self.actor("gateway"))
        if self.world.fraud is not None:
            site.scoring = Scoring(site, self.world.fraud, self.actor("fraud score"), self.customers.stolen)
        if any(p.chargeback_delay_ms is not None for p in payments):
            site.chargebacks = Chargebacks(site)
        if any(c.credit_limit_cents is not None for c in network.channels):
            site.credit = Credit(site)

    def _wire_answers(self, site: Site, customer: int) -> None:
        """What customers ask and want back, and what else they may get."""
        network = self.world.network
        asks = any(s.status_contact_share or s.late_contact_share or s.late_cancel_share for s in network.segments)
        asks |= any(recall.contact_share_bp for recall in self._recalls())
        if asks or act_twice(self.world.messages, "ship_confirmation", "tracking"):
            site.care = Care(site, customer)
        if any(Billing.plans_of(c) for c in network.channels):
            site.billing = Billing(site)
        if self.world.service != Service():
            site.screen = Screen(site)
        if self.world.manual_overrides:
            names = [self.actor(f"override:{plan.name}") for plan in self.world.manual_overrides]
            site.overrides = ManualOverrides(site, names)
        if any(rule.action == "substitute" for rule in self.world.workflow):
            site.substitution = Substitution(site)
        if self.world.rules.lost_parcels == "resend" and self.world.trace is None:
            site.replacements = Replacements(site)
            site.resending = Resending(site, site.replacements)
        if act_twice(self.world.messages, "release"):
            site.replacements = site.replacements or Replacements(site)
        if self.world.rules.delay_notice is not None and self.world.trace is None:
            site.notices = Notices(site, self.world.rules.delay_notice, customer)
        if any(c.window is not None and c.window.hold for channel in network.channels for c in channel.contracts):
            site.windows = Windows(site)
        site.returns.wire()
        if any(recall.reaches_customers for recall in self._recalls()):
            site.called_back = CalledBack(site)
        if any(rule.action == "merge" for rule in self.world.workflow):
            site.merging = Merging(site)

    def _wire_rules(self, site: Site, planner: int) -> None:
        """The house's own rules, and what it has agreed on with its customers."""
        agreed = [contract.name for c in self.world.network.channels for contract in c.contracts]
        if self.world.rules.breaches:
            site.escalations = Escalations(site, planner)
        hurried = any(breach.action == "expedite" for breach in self.world.rules.breaches)
        if self.world.workflow or self.world.manual_overrides or agreed or hurried:
            site.workflow = Workflow(site, [self.actor(f"rule:{rule.name}") for rule in self.world.workflow])
            if agreed:
                site.contracts = Contracts(site, site.workflow, {n: self.actor(f"contract:{n}") for n in agreed})

    def _wire_house(self, site: Site, planner: int) -> None:
        """Borders, entities, agreements and those who plan."""
        network = self.world.network
        if network.borders:
            site.customs = Customs(site, [self.actor(f"customs:{border.name}") for border in network.borders])
        site.rates = ExchangeRates(network, self.world.calendar, site.streams, self.world.horizon.drain_until_ms)
        if Intercompany.is_needed(network):
            site.intercompany = Intercompany(site)
        if self.world.treasury is not None:
            site.treasury = Treasury(site, self.world.treasury, self.actor)
            site.dock.freight = site.treasury.freight
        if CarrierBills.is_needed(network):
            site.carrier_bills = CarrierBills(site, self.actor)
        if any(c.limits is not None for c in network.channels):
            site.marketplaces = Marketplaces(site)
        payments = [p for c in network.channels for p in c.payments]
        if site.credit is not None or any(p.authorisation_ms is not None for p in payments):
            site.release_check = ReleaseCheck(site)
        if self.world.rules.approve_over_cents:
            site.approvals = Approvals(site, planner)
        if self.turns.ever_decides("balancing"):
            site.balancer = Balancer(site)
        if self.turns.ever_decides("transfers"):
            site.transfers = Transfers(site, planner)
        called_in = any(breach.action == "call_in" for breach in self.world.rules.breaches)
        staffed = any(n.temporary_staff is not None for n in network.nodes)
        if called_in or (self.turns.ever_decides("labour") and staffed):
            site.staffing = Staffing(site, planner)
        if (plan := self.world.accounting) is not None:
            site.accounting = Accounting(site, plan, self.actor("accounting"), self.actor("desk:accounting"))

    def _wire_people(self, site: Site, planner: int) -> None:
        """Those who watch, desks, and the systems that they learn from."""
        network = self.world.network
        names = [self.actor(f"alert:{a.name}") for a in self.world.alerts]
        self.watch = self.turns.watch = Watch(site, names, self.turns.put_in_force)
        if self.world.alerts or self.world.at_risk is not None:
            site.register.opens = OpenLines()
        if self.world.at_risk is not None:
            advice = [self.actor(f"advice:{node.name}") for node in network.nodes]
            site.at_risk = AtRisk(site, self.world.at_risk, self.actor("advice:wait"), advice)
        desks = [self.actor(f"desk:{d.name}") for d in self.world.desks]
        site.exceptions = Exceptions(site, planner, desks)
        site.judges = Judges(site, desks, self.actor)
        if is_remote(self.world):
            site.exchange = Exchange(site, [self.actor(f"interface:{r.name}") for r in self.world.messages])
            connect(site, site.exchange)
        if any(c.pending for c in network.channels):
            site.pending = PendingOrders(site)
        if any(c.rekeying for c in network.channels):
            site.typists = Typists(site)
        if isinstance(site.intake, RemoteIntake):
            for channel in self.channels:
                assert isinstance(channel, RemoteChannel)
                channel.travels = site.intake.travels(channel.index)
        self.disruptors = [
            self.actor(f"disruption:{self.world.disruption_name(n)}") for n in range(len(self.world.disruptions))
        ]
        self.deciders = [
            self.actor(f"policy:{change.decision}={change.choice.name}") for change in self.world.policy_changes
        ]

    def _wire_orders(self, site: Site, customer: int) -> None:
        """Order management, room by room."""
        make, actor = self.make, self.actor("orchestrator")
        site.orchestrator = make(Orchestrator)(site, actor, customer)
        site.intake, site.checks = make(Intake)(site, actor), Checks(site, actor)
        site.holds, site.reviews = Holds(site, actor), make(Reviews)(site)
        site.allocator, site.backorders = Allocator(site, actor), Backorders(site, actor)
        site.batches = Batches(site, site.allocator)

    def _recalls(self) -> list[RecallOfGoods]:
        return [o.disruption for o in self.site.occurrences if isinstance(o.disruption, RecallOfGoods)]

    def _struck_records(self) -> list[BadMasterData]:
        return [o.disruption for o in self.site.occurrences if isinstance(o.disruption, BadMasterData)]

    def _wire_fallbacks(self, site: Site) -> None:
        """The rules that a scenario chose for what is out of order; none of them costs anything before it is."""
        network, chosen = self.world.network, self.world.fallbacks
        if chosen.payment_gateway is not None:
            site.unsecured = Unsecured(site, chosen.payment_gateway, self.actor("fallback:payment gateway"))
        if (plan := chosen.stock_sync) is not None:
            rule = CutOff(site, plan, [self.actor(f"fallback:{c.name}") for c in network.channels])
            for channel in self.channels:
                if isinstance(channel, CutOffChannel) and (plan.channels is None or channel.index in plan.channels):
                    channel.cut_off = rule
        if chosen.labour is not None:
            names = [self.actor(f"fallback:{n.name}") for n in network.nodes]
            site.short_crews = ShortCrewRule(site, chosen.labour, names, self.turns.put_in_force)
        if chosen.late_supplier is not None:
            names = [self.actor(f"fallback:{s.name}") for s in network.suppliers]
            site.late_suppliers = LateSupplierRule(site, chosen.late_supplier, names)
