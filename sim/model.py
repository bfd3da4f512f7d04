"""The model: wires agents, books and policies on one clock, and runs them."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.alerts.at_risk import AtRisk
from sim.agents.alerts.watch import Watch
from sim.agents.carriers.carrier import Carrier
from sim.agents.carriers.claims import Claims
from sim.agents.carriers.customs import Customs
from sim.agents.carriers.merging import Merging
from sim.agents.carriers.pickups import PickupChannel, PickupDock, Pickups, picking_up
from sim.agents.carriers.roads import Roads
from sim.agents.channels.channel import Channel
from sim.agents.channels.cut_off import CutOff, CutOffChannel, cutting_off
from sim.agents.channels.go_live import GoLives
from sim.agents.channels.inbound import Inbound, InboundChannel, promising
from sim.agents.channels.marketplace import Marketplaces, RatedChannel
from sim.agents.channels.paced_channel import pacing
from sim.agents.channels.pending_orders import PendingOrders
from sim.agents.channels.promises import Promises
from sim.agents.channels.replay import Replay
from sim.agents.customers.care import Care
from sim.agents.customers.carts import Carts
from sim.agents.customers.contracts import Contracts
from sim.agents.customers.customer import Customers, Offer, enter
from sim.agents.customers.subscriptions import SubscriptionChannel, Subscriptions
from sim.agents.desks.approvals import Approvals
from sim.agents.desks.exceptions import Exceptions
from sim.agents.desks.judges import Judges
from sim.agents.desks.manual_overrides import ManualOverrides
from sim.agents.desks.screen import Screen
from sim.agents.desks.wrong_addresses import WrongAddresses
from sim.agents.finance.accounting import Accounting
from sim.agents.finance.billing import Billing
from sim.agents.finance.commissions import Commissions
from sim.agents.finance.deferral import Deferral
from sim.agents.finance.delivery_fees import DeliveryFees
from sim.agents.finance.finance import Finance
from sim.agents.finance.held_payouts import HeldPayouts
from sim.agents.finance.intercompany import Intercompany
from sim.agents.finance.wrong_records import WrongRecords
from sim.agents.floor.cross_dock import CrossDock
from sim.agents.floor.dock import Dock
from sim.agents.floor.misplaced import Misplaced
from sim.agents.floor.payroll import Payroll
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
from sim.agents.orders.entry_rules import enforce
from sim.agents.orders.escalations import Escalations
from sim.agents.orders.fast_lane import FastLane
from sim.agents.orders.gates import Gates
from sim.agents.orders.handling import Handling
from sim.agents.orders.holds import Holds
from sim.agents.orders.intake import Intake
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
from sim.agents.site import Site
from sim.agents.supply.forecaster import Forecaster
from sim.agents.supply.late_suppliers import LateSupplierRule
from sim.agents.supply.making import Making
from sim.agents.supply.purchasing import Purchasing
from sim.agents.supply.supplier import Supply
from sim.agents.supply.transfers import Transfers
from sim.books.audit import Auditor
from sim.books.kinds import NUMBER
from sim.books.log import Forgetting, Log
from sim.books.news import StockNews
from sim.books.open_lines import OpenLines
from sim.books.recorder import Recorder
from sim.books.register import Register, as_numpy
from sim.books.solver_calls import in_sequence, summary, write_calls
from sim.clock import BOUNDARY, CAPTURE, Clock
from sim.disruptions import Occurrence, in_force, occurrences
from sim.disruptions.bad_master_data import BadMasterData
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.recall import RecallOfGoods
from sim.disruptions.stock_record_error import StockRecordError
from sim.disruptions.wrong_rule import WrongRule
from sim.messages.agents import connect, is_remote, maker
from sim.messages.exchange import Exchange
from sim.messages.order_in import RemoteChannel, RemoteIntake
from sim.messages.plan import act_twice
from sim.messages.typists import Typists
from sim.network import Network, Reservation
from sim.orders import CAPTURED, HELD, ORDER_STATES, VALIDATED
from sim.plans.master_data import MasterDataPlan
from sim.roster import rostered_hours, standard_seconds
from sim.stall import stall_reason
from sim.streams import Streams
from sim.units import BASIS_POINTS
from sim.world import PolicyChoice, Service, World

_OPENING, _BEGAN, _ENDED, _POLICY_CHANGED, _RUN_ENDED = (
    NUMBER[k] for k in ("opening_stock", "disruption_began", "disruption_ended", "policy_changed", "run_ended")
)

_IDLE = ("none", "fixed")
"""Policies that move no work, no stock and no people."""

Progress = Callable[[float], None]


class Model:
    """One replication of one world.

    Parameters
    ----------
    world
        What to run.
    seed
        Of the random streams; the same world, policies and seed give the same books, bit for bit.
    check
        Compare live positions, ledger and journal at every event (some ten times slower).
    """

    def __init__(self, world: World, seed: int = 1, *, check: bool = False) -> None:
        self.world, self.seed, self.check = world, seed, check
        self.clock = Clock()
        self.log = Log(self.clock, Register())
        self.streams = Streams(seed)
        self.customers = Customers(world, self.streams)
        self.occurrences = occurrences(world.disruptions, self.streams, world.horizon.drain_until_ms)
        """Every disruption of this run, at its moment."""
        self.actors: list[str] = []
        self.site = site = Site(world, self.streams, self.clock, self.log, self.occurrences)
        if check:
            enforce(site)
        self._make = maker(world)
        self.channels: list[Channel] = []
        self.warehouses: list[Warehouse] = []
        self._arrivals = range(0)
        """Numbers of the period's orders that are still to come."""
        self._folder: Path | None = None
        self._recorder: Recorder | None = None
        self._offers = self.customers.offers()
        self._wire(site)
        self.log.sellers, self.log.cashier = tuple(c.actor for c in self.channels), site.finance.actor
        self._lane = FastLane(site) if FastLane.serves(site) and not check else None

    def _actor(self, name: str) -> int:
        """Its number; two things of one name are one actor, for a name is written once."""
        if name not in self.actors:
            self.actors.append(name)
        return self.actors.index(name)

    def _wire(self, site: Site) -> None:
        """Finance and orders, then all rooms in the sequence in which their actors are numbered."""
        make = self._make
        self._house, customer = self._actor("world"), self._actor("customer")
        accounts = sorted(set(self.world.trace.fee_account)) if self.world.trace else []
        self.fee_accounts = [a for a in accounts if a not in Finance.own_accounts()]
        site.finance = make(Finance)(site, self._actor("finance"), self.fee_accounts)
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
        planner = self._actor("planner")
        self._wire_fulfilment(site, planner, customer)
        self._wire_exceptions(site, planner, customer)
        self._wire_house(site, planner)
        self._wire_people(site, planner)

    def _wire_fulfilment(self, site: Site, planner: int, customer: int) -> None:
        """Floors, carriers, suppliers and channels."""
        network, make = self.world.network, self._make
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
        invented = any(isinstance(o.disruption, StockRecordError) and o.disruption.phantom for o in self.occurrences)
        invented |= act_twice(self.world.messages, "receipt")
        if invented or any(n.keeps_shelf for n in network.nodes):
            site.shelf = Shelf(site)
        daily, continuous = (
            (Warehouse, ReviewedWarehouse) if site.shelf is None else (ShelfWarehouse, ReviewedShelfWarehouse)
        )
        site.warehouses = self.warehouses = [
            make(daily if n.review_every_ms else continuous)(i, n, self._actor(f"warehouse:{n.name}"), site)
            for i, n in enumerate(network.nodes)
        ]
        for warehouse in self.warehouses:
            site.register.leaving.ask(warehouse.in_hand)
        site.workload = Workload(site)
        site.carriers = [Carrier(i, s, self._actor(f"carrier:{s.name}"), site) for i, s in enumerate(network.services)]
        suppliers = [self._actor(f"supplier:{s.name}") for s in network.suppliers]
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
        self._wire_channels(site)
        if self.customers.rosters:
            site.subscriptions = Subscriptions(site, self.customers.rosters, customer)

    def _wire_exceptions(self, site: Site, planner: int, customer: int) -> None:
        """What may be wrong with an order, its payment or its parcels, and what the house does about it."""
        network = self.world.network
        payments = [p for c in network.channels for p in c.payments]
        unseen = {d.fault for d in self._struck_records() if not d.checked}
        standing = self.world.master_data or MasterDataPlan()
        if "address" in unseen or standing.addresses is not None:
            site.wrong_addresses = WrongAddresses(site, self._actor("address check"))
        if unseen & {"weight", "cost"} or standing.weights is not None or standing.costs is not None:
            site.wrong_records = WrongRecords(site)
        if self.world.payment_gateway is not None:
            site.gateway = Gateway(site, self.world.payment_gateway, self._actor("gateway"))
        if self.world.fraud is not None:
            site.scoring = Scoring(site, self.world.fraud, self._actor("fraud score"), self.customers.stolen)
        if any(p.chargeback_delay_ms is not None for p in payments):
            site.chargebacks = Chargebacks(site)
        if any(c.credit_limit_cents is not None for c in network.channels):
            site.credit = Credit(site)
        asks = any(s.status_contact_share or s.late_contact_share or s.late_cancel_share for s in network.segments)
        asks |= any(recall.contact_share_bp for recall in self._recalls())
        if asks or act_twice(self.world.messages, "ship_confirmation", "tracking"):
            site.care = Care(site, customer)
        if any(Billing.plans_of(c) for c in network.channels):
            site.billing = Billing(site)
        agreed = [contract.name for c in network.channels for contract in c.contracts]
        if self.world.service != Service():
            site.screen = Screen(site)
        if self.world.manual_overrides:
            names = [self._actor(f"override:{plan.name}") for plan in self.world.manual_overrides]
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
        if self.world.trace is None and any(recall.reaches_customers for recall in self._recalls()):
            site.called_back = CalledBack(site)
        if any(rule.action == "merge" for rule in self.world.workflow):
            site.merging = Merging(site)
        if self.world.rules.breaches:
            site.escalations = Escalations(site, planner)
        hurried = any(breach.action == "expedite" for breach in self.world.rules.breaches)
        if self.world.workflow or self.world.manual_overrides or agreed or hurried:
            site.workflow = Workflow(site, [self._actor(f"rule:{rule.name}") for rule in self.world.workflow])
            if agreed:
                site.contracts = Contracts(site, site.workflow, {n: self._actor(f"contract:{n}") for n in agreed})

    def _wire_house(self, site: Site, planner: int) -> None:
        """Borders, entities, agreements and those who plan."""
        network = self.world.network
        if network.borders:
            site.customs = Customs(site, [self._actor(f"customs:{border.name}") for border in network.borders])
        if Intercompany.is_needed(network):
            site.intercompany = Intercompany(site)
        if any(c.limits is not None for c in network.channels):
            site.marketplaces = Marketplaces(site)
        payments = [p for c in network.channels for p in c.payments]
        if site.credit is not None or any(p.authorisation_ms is not None for p in payments):
            site.release_check = ReleaseCheck(site)
        if self.world.rules.approve_over_cents:
            site.approvals = Approvals(site, planner)
        if self._ever_decides("balancing"):
            site.balancer = Balancer(site)
        if self._ever_decides("transfers"):
            site.transfers = Transfers(site, planner)
        called_in = any(breach.action == "call_in" for breach in self.world.rules.breaches)
        staffed = any(n.temporary_staff is not None for n in network.nodes)
        if called_in or (self._ever_decides("labour") and staffed):
            site.staffing = Staffing(site, planner)
        if (plan := self.world.accounting) is not None:
            site.accounting = Accounting(site, plan, self._actor("accounting"), self._actor("desk:accounting"))

    def _wire_people(self, site: Site, planner: int) -> None:
        """Those who watch, desks, and the systems that they learn from."""
        network = self.world.network
        self._watch = Watch(site, [self._actor(f"alert:{a.name}") for a in self.world.alerts], self.put_in_force)
        if self.world.alerts or self.world.at_risk is not None:
            site.register.opens = OpenLines()
        if self.world.at_risk is not None:
            advice = [self._actor(f"advice:{node.name}") for node in network.nodes]
            site.at_risk = AtRisk(site, self.world.at_risk, self._actor("advice:wait"), advice)
        desks = [self._actor(f"desk:{d.name}") for d in self.world.desks]
        site.exceptions = Exceptions(site, planner, desks)
        site.judges = Judges(site, desks, self._actor)
        if is_remote(self.world):
            site.exchange = Exchange(site, [self._actor(f"interface:{r.name}") for r in self.world.messages])
            connect(site, site.exchange)
        if any(c.pending for c in network.channels):
            site.pending = PendingOrders(site)
        if any(c.rekeying for c in network.channels):
            site.typists = Typists(site)
        if isinstance(site.intake, RemoteIntake):
            for channel in self.channels:
                assert isinstance(channel, RemoteChannel)
                channel.travels = site.intake.travels(channel.index)
        self._disruptors = [
            self._actor(f"disruption:{self.world.disruption_name(n)}") for n in range(len(self.world.disruptions))
        ]
        self._deciders = [
            self._actor(f"policy:{change.decision}={change.choice.name}") for change in self.world.policy_changes
        ]

    def _wire_orders(self, site: Site, customer: int) -> None:
        """Order management, room by room."""
        make, actor = self._make, self._actor("orchestrator")
        site.orchestrator = make(Orchestrator)(site, actor, customer)
        site.intake, site.checks = make(Intake)(site, actor), Checks(site, actor)
        site.holds, site.reviews = Holds(site, actor), make(Reviews)(site)
        site.allocator, site.backorders = Allocator(site, actor), Backorders(site, actor)
        site.batches = Batches(site, site.allocator)

    def _recalls(self) -> list[RecallOfGoods]:
        return [o.disruption for o in self.occurrences if isinstance(o.disruption, RecallOfGoods)]

    def _struck_records(self) -> list[BadMasterData]:
        return [o.disruption for o in self.occurrences if isinstance(o.disruption, BadMasterData)]

    def _wire_channels(self, site: Site) -> None:
        site.promises = Promises(site, self._choices("promise"))
        for i, spec in enumerate(self.world.network.channels):
            if self.world.trace is not None:  # a replayed order was accepted in its day
                spec = replace(spec, accepts_backorders=True)
            reaches_ahead, spec = site.promises.may_reach_ahead(i, spec), site.promises.on_terms(i, spec)
            pool = site.pool_of_channel[i]
            if spec.sync.mode == "events" and site.inventory.news[pool] is None:
                site.inventory.publish(pool, StockNews(self.clock, site.register.moves))
            rated = RatedChannel if spec.limits is not None else Channel
            kind = SubscriptionChannel if i in self.customers.rosters else rated
            if reaches_ahead:
                kind = promising(kind)
            if spec.pickup is not None and site.pickups is not None:
                kind = picking_up(kind)
            if spec.sync.per_minute is not None or spec.sync.retries:
                kind = pacing(kind)
            if site.world.fallbacks.stock_sync is not None:
                kind = cutting_off(kind)
            self.channels.append(
                self._make(kind)(
                    i,
                    spec,
                    pool,
                    self._actor(f"channel:{spec.name}"),
                    self.clock,
                    self.log,
                    site.register,
                    site.inventory,
                    site.order_states,
                    site.line_states,
                    self.streams.counter("messages", spec.name),
                    self.world.horizon.end_ms,
                )
            )
        site.channels = self.channels
        self._wire_fallbacks(site)
        if any(isinstance(c, InboundChannel) for c in self.channels):
            site.inbound = Inbound(site)
        for channel in self.channels:
            if isinstance(channel, InboundChannel) and site.inbound is not None:
                channel.inbound = site.inbound
        for channel in self.channels:
            if isinstance(channel, PickupChannel) and site.pickups is not None:
                channel.pickups = site.pickups
        specs = self.world.network.channels
        if site.pickups is not None or any(c.reservation != Reservation() for c in specs):
            site.reservations = Reservations(site)
        if self.world.trace is None and any(c.checkout_ms is not None for c in specs):
            site.carts = Carts(site)

    def _wire_fallbacks(self, site: Site) -> None:
        """The rules that a scenario chose for what is out of order; none of them costs anything before it is."""
        network, chosen = self.world.network, self.world.fallbacks
        if chosen.payment_gateway is not None:
            site.unsecured = Unsecured(site, chosen.payment_gateway, self._actor("fallback:payment gateway"))
        if (plan := chosen.stock_sync) is not None:
            rule = CutOff(site, plan, [self._actor(f"fallback:{c.name}") for c in network.channels])
            for channel in self.channels:
                if isinstance(channel, CutOffChannel) and (plan.channels is None or channel.index in plan.channels):
                    channel.cut_off = rule
        if chosen.labour is not None:
            names = [self._actor(f"fallback:{n.name}") for n in network.nodes]
            site.short_crews = ShortCrewRule(site, chosen.labour, names, self.put_in_force)
        if chosen.late_supplier is not None:
            names = [self._actor(f"fallback:{s.name}") for s in network.suppliers]
            site.late_suppliers = LateSupplierRule(site, chosen.late_supplier, names)

    # Running.

    def run(self, folder: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
        """Run to the end of the drain and write the books.

        Parameters
        ----------
        folder
            An existing folder; the books appear in it whole, or not at all. None after `open`.
        progress
            Called with the share of the horizon that has passed, about a hundred times.

        Returns
        -------
        dict
            The manifest, as written to ``manifest.json``.
        """
        if folder is not None:
            self.open(folder)
        recorder = self._recorder
        if recorder is None or self._folder is None:
            raise ValueError("run() needs a folder for the books")
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            self._start(progress)
            self._pass_time()
            self.log.one(_RUN_ENDED, self._house, 0, 0)
            if self.log.auditor is not None:
                self.log.auditor.sweep()
            self._write_calls(recorder)
            recorder.close()
        except BaseException:
            recorder.abandon()
            raise
        finally:
            if was_enabled:
                gc.enable()
        return self._manifest(self._folder, recorder)

    def _pass_time(self) -> None:
        """All that is due happens; under ``check``, the auditor sweeps once a day, between two events."""
        end_ms, auditor = self.world.horizon.drain_until_ms, self.log.auditor
        if auditor is None:
            self.clock.run_until(end_ms)
            return

        def sweep(*_: Any) -> bool:
            auditor.sweep_if_due()
            return False

        self.clock.pause_before(end_ms, sweep)

    def open(self, folder: Path) -> None:
        """Open the books in ``folder`` and enter the opening stock."""
        site, network = self.site, self.world.network
        self._folder = folder
        self._recorder = Recorder(
            folder, self.log, site.register, network, self.actors, site.policies.names, self.fee_accounts
        )
        if site.forecaster is not None:
            site.forecaster.record(self._recorder)
        if site.accounting is not None:
            self._recorder.hears_postings = site.accounting.hear
        if self.check:
            site.register.leaving.enabled = False  # the audit recounts all of it
            self.log.auditor = Auditor(site.register, site.inventory, network, self.clock, self.fee_accounts)
        self._open_stock()
        if self.site.subscriptions is not None:
            self.site.subscriptions.open()

    def begin(self) -> None:
        """Enter the opening stock and put everything on the clock, without books: for who moves the clock himself."""
        self.log.recorder = Forgetting(self.log)
        self._open_stock()
        if self.site.subscriptions is not None:
            self.site.subscriptions.open()
        self._start(None)

    def _start(self, progress: Progress | None) -> None:
        GoLives(self, self._house).start()
        for channel in self.channels:
            channel.start()
        if self.site.forecaster is not None:
            self.site.forecaster.start()
        self.site.supply.start()
        if self.site.making is not None:
            self.site.making.start()
        if self.site.exchange is not None:
            self.site.exchange.start()
        if self.site.overrides is not None:
            self.site.overrides.start()
        if self.site.balancer is not None:
            self.site.balancer.start()
        if self.site.transfers is not None:
            self.site.transfers.start()
        if self.site.staffing is not None and self._ever_decides("labour"):
            self.site.staffing.start()
        if any(node.is_paid_by_shift for node in self.world.network.nodes):
            Payroll(self.site).start()
        if self.site.shelf is not None:
            self.site.shelf.start()
        if self.site.replay is not None:
            self.site.replay.start()
        if self.site.marketplaces is not None:
            self.site.marketplaces.start()
        if self.site.accounting is not None:
            self.site.accounting.start()
        if self.site.at_risk is not None:
            self.site.at_risk.start()
        self._watch.start()
        for i, occurrence in enumerate(self.occurrences):
            d = occurrence.disruption
            self.clock.at(d.at_ms, BOUNDARY, self._begin, occurrence, rank=i)
            self.clock.at(d.at_ms + d.duration_ms, BOUNDARY, self._end, occurrence, rank=i)
        for i, change in enumerate(self.world.policy_changes):
            self.clock.at(change.at_ms, BOUNDARY, self._change_policy, i, rank=(1 << 20) + i)
        if progress is not None:
            self._report(progress)
        self._next_offer()

    # What holds at a node: outages, shortages, and that it is not open yet.

    def limit_node(self, node: int) -> None:
        """Let a node work with the share of its people that the worst of its outages leaves; none before it is open."""
        shares = [d.capacity_share_bp for d in in_force(self, NodeOutage) if d.node == node]
        worst = min(shares, default=BASIS_POINTS)
        self.warehouses[node].limit_capacity(0 if node in self.site.not_open else worst)

    def limit_crew(self, node: int) -> None:
        """Let those of a node's people work whom its shortages and its age leave."""
        left = [BASIS_POINTS] * 4
        for d in in_force(self, LabourShortage):
            if d.node == node:
                shares = (d.pick_bp, d.pack_bp, d.receive_bp, d.inspect_bp)
                left = [p * min(s, BASIS_POINTS) // BASIS_POINTS for p, s in zip(left, shares, strict=True)]
        self.warehouses[node].limit_crew([p * self.site.crew_bp[node] // BASIS_POINTS for p in left])
        if self.site.short_crews is not None:
            self.site.short_crews.crew(node, left)

    def stock_node(self, node: int) -> list[int]:
        """Enter the opening stock of a node that goes live; the products that came."""
        goods: list[int] = []
        came: list[int] = []
        for product, units in enumerate(self.world.stock.opening_units[node].tolist()):
            if units > 0:
                value = units * self.world.network.products[product].cost_cents
                self.site.inventory.open(node, product, units, value)
                goods.append(self.site.register.goods.add(node, product, units, value))
                came.append(product)
        self.log.add(_OPENING, self._house, 0, goods)
        return came

    def _open_stock(self) -> None:
        goods: list[int] = []
        products = self.world.network.products
        for node, row in enumerate(self.world.stock.opening_units.tolist()):
            if self.world.network.nodes[node].opens_ms > 0:
                continue  # it comes with the node
            for product, units in enumerate(row):
                if units > 0:
                    value = units * products[product].cost_cents
                    self.site.inventory.open(node, product, units, value)
                    goods.append(self.site.register.goods.add(node, product, units, value))
        if goods:
            self.log.add(_OPENING, self._house, 0, goods)

    # Demand.

    def _next_offer(self) -> None:
        """Put the next period's arrivals on the clock."""
        for offer in self._offers:
            if len(offer):
                self._arrivals = enter(offer, self.site.register, self._smooth(offer))
                if self.site.credit is not None:
                    self.site.credit.expect()
                if self.site.care is not None:
                    self.site.care.expect(self._arrivals.start, offer)
                if self.site.subscriptions is not None:
                    self.site.subscriptions.expect(self._arrivals.start, offer)
                if self.site.marketplaces is not None:
                    self.site.marketplaces.expect(self._arrivals.start, offer)
                if isinstance(self.site.intake, RemoteIntake):
                    self.site.intake.expect(self._arrivals.start, offer)
                self._await_arrival()
                return

    def _smooth(self, offer: Offer) -> NDArray[np.uint8]:
        """Which arrivals no check will hold; while a disruption stands at the door, each is looked at."""
        smooth = self.site.intake.smooth(offer)
        for occurrence in self.occurrences:
            d = occurrence.disruption
            if getattr(d, "checks_orders", False):
                smooth[(offer.at_ms >= d.at_ms) & (offer.at_ms < d.at_ms + d.duration_ms)] = 0
        return smooth

    def _await_arrival(self) -> None:
        if self._arrivals:
            self.clock.expect(self.site.register.orders.at_ms[self._arrivals[0]], CAPTURE, self._meet_customers)
        else:
            self._next_offer()

    def _meet_customers(self, _: None) -> None:
        """Everybody who comes before something else is due."""
        clock, lane, at_ms = self.clock, self._lane, self.site.register.orders.at_ms
        order, stop = self._arrivals.start, self._arrivals.stop
        while order < stop:
            until_ms = clock.free_until(CAPTURE)
            if at_ms[order] > until_ms:
                break
            if lane is not None:
                order, is_odd = lane.admit(order, stop, until_ms)
                if not is_odd:
                    break
            clock.move_to(at_ms[order])
            self._meet(order)
            order += 1
        self._arrivals = range(order, stop)
        self._await_arrival()

    def _meet(self, order: int) -> None:
        register = self.site.register
        channel = self.channels[register.orders.channel[order]]
        basket = channel.offer(order, register.basket(order))
        if basket and channel.spec.checkout_ms is not None and self.site.carts is not None:
            self.site.carts.fill(order, basket, channel)
        elif basket:
            self.site.intake.take(order, basket, channel)
            if channel.keeps_view:
                channel.sold(order, basket)

    # What the scenario puts on the clock.

    def _begin(self, occurrence: Occurrence) -> None:
        self.log.one(_BEGAN, self._disruptors[occurrence.number], 0, occurrence.number)
        occurrence.disruption.begin(self)

    def _end(self, occurrence: Occurrence) -> None:
        occurrence.disruption.end(self)
        self.log.one(_ENDED, self._disruptors[occurrence.number], 0, occurrence.number)

    def _change_policy(self, number: int) -> None:
        self.put_in_force(self.world.policy_changes[number].decision)
        self.log.one(_POLICY_CHANGED, self._deciders[number], 0, number)

    def put_in_force(self, decision: str) -> None:
        """Let the policy decide whose turn it is: a wrong rule's, else that of an alert, else that of a fallback, else
        the last one that the scenario changed to."""
        due = [c.choice for c in self.world.policy_changes if c.decision == decision and c.at_ms <= self.clock.now_ms]
        meanwhile = [] if self.site.short_crews is None else self.site.short_crews.choices(decision)
        alerted = self._watch.choices(decision)
        wrong = [PolicyChoice(d.policy) for d in in_force(self, WrongRule) if d.decides(decision)]
        first = [self.world.policies[decision]] if decision in self.world.policies else []
        # A decision that nobody takes but a wrong rule has none to go back to.
        for choice in [*first, *due, *meanwhile, *alerted, *wrong][-1:]:
            self.site.policies.choose(decision, choice)
        if decision == "promise":
            self.site.promises.renew()

    def _choices(self, decision: str) -> list[PolicyChoice]:
        """Every policy that takes a decision at some moment of the run, or may."""
        world = self.world
        chosen = [world.policies[decision]] if decision in world.policies else []
        chosen += [change.choice for change in world.policy_changes if change.decision == decision]
        chosen += [alert.policies[decision] for alert in world.alerts if decision in alert.policies]
        labour = world.fallbacks.labour
        chosen += [labour.policies[decision]] if labour is not None and decision in labour.policies else []
        wrong = [o.disruption for o in self.occurrences if isinstance(o.disruption, WrongRule)]
        return chosen + [PolicyChoice(d.policy) for d in wrong if d.decides(decision)]

    def _ever_decides(self, decision: str) -> bool:
        """Whether a policy other than one that does nothing takes a decision at any moment of the run."""
        return any(choice.name not in _IDLE for choice in self._choices(decision))

    def _happened(self) -> list[dict[str, Any]]:
        """Every disruption of this run for the manifest, by the name and number that the log refers to it with."""
        return [
            {
                "name": self.world.disruption_name(o.number),
                "kind": o.disruption.kind,
                "number": o.number,
                "at_ms": o.disruption.at_ms,
                "duration_ms": o.disruption.duration_ms,
            }
            for o in self.occurrences
        ]

    def _report(self, progress: Progress) -> None:
        end = max(1, self.world.horizon.drain_until_ms)

        def tell(_: None) -> None:
            progress(min(1.0, self.clock.now_ms / end))
            if self.clock.now_ms + end // 100 < end:
                self.clock.at(self.clock.now_ms + max(1, end // 100), BOUNDARY, tell, rank=1 << 30)

        tell(None)

    # The record of the run.

    def _write_calls(self, recorder: Recorder) -> None:
        """What solvers did, if any policy has one."""
        books = self.site.policies.call_books
        if books and self._folder is not None:
            write_calls(recorder, in_sequence(books), self._folder)

    def census(self) -> dict[str, int]:
        """Orders by state at this moment; open ones by what they wait for."""
        orders = self.site.register.orders
        present = orders.present()
        states = as_numpy(orders.state)[present]
        counts = Counter({ORDER_STATES[s]: n for s, n in enumerate(np.bincount(states).tolist()) if n})
        counts.update(self.site.register.leaving.census)
        for order in present[(states == CAPTURED) | (states == VALIDATED) | (states == HELD)].tolist():
            counts["open: " + stall_reason(self.site.register, order)] += 1
        for state in (CAPTURED, VALIDATED, HELD):
            counts.pop(ORDER_STATES[state], None)
        return dict(sorted(counts.items()))

    def _manifest(self, folder: Path, recorder: Recorder) -> dict[str, Any]:
        world, horizon = self.world, self.world.horizon
        network = world.network
        manifest = {
            "scenario": world.name,
            "seed": self.seed,
            "start": world.calendar.start.isoformat(),
            "timezone": world.calendar.zone_name,
            "warm_up_ms": horizon.warm_up_ms,
            "end_ms": horizon.end_ms,
            "drain_until_ms": horizon.drain_until_ms,
            "cohort": horizon.cohort,
            "demand_hash": self.customers.demand_hash,
            "currency": network.entities[0].currency,
            "policies": {d: {"name": c.name, **c.parameters} for d, c in world.policies.items()},
            "disruptions": self._happened(),
            "nodes": [
                {
                    "name": n.name,
                    "kind": n.kind,
                    "rostered_hours": rostered_hours(n, world.calendar, horizon.warm_up_ms, horizon.end_ms),
                    "standard_seconds": standard_seconds(n),
                }
                for n in network.nodes
            ],
            "channels": [{"name": c.name, "kind": c.kind, "sync": c.sync.mode} for c in network.channels],
            "counters": {
                "orders_offered": len(self.site.register.orders),
                "simpy_events": self.clock.events,
                "oversold_units": sum(c.oversold_units for c in self.channels),
                "rows": {name: book.rows for name, book in recorder.books.items()},
            },
            "census": self.census(),
            "files": {f"{n}.parquet": _digest(folder / f"{n}.parquet") for n in recorder.books},
        }
        calls = in_sequence(self.site.policies.call_books)
        manifest["reproducible"] = not any(call.guard_fired for call in calls)
        if self.site.policies.call_books:
            manifest["solver_calls"] = summary(calls)
        if world.accounting is not None:
            manifest["close_target_ms"] = world.accounting.target_ms
        if len(network.entities) > 1:
            manifest |= _companies(network)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return manifest


def _companies(network: Network) -> dict[str, Any]:
    """Which entity each node and channel belongs to, and what currencies were worth."""
    names = [e.name for e in network.entities]
    return {
        "entities": [{"name": e.name, "currency": e.currency} for e in network.entities],
        "nodes": [{"name": n.name, "kind": n.kind, "entity": names[n.entity]} for n in network.nodes],
        "channels": [
            {"name": c.name, "kind": c.kind, "sync": c.sync.mode, "entity": names[c.entity]} for c in network.channels
        ],
        "fx_rates": [{"currency": r.currency, "from_ms": r.from_ms, "rate": r.rate} for r in network.fx_rates],
    }


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
