"""The model: agents, books and policies on one clock, and how they are run."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.agents.channels.go_live import GoLives
from sim.agents.customers.customer import Customers
from sim.agents.floor.payroll import Payroll
from sim.agents.orders.entry_rules import enforce
from sim.agents.orders.lane.fast_lane import FastLane
from sim.agents.site import Site
from sim.arrivals import Arrivals
from sim.books.audit import Auditor
from sim.books.documents import Postings
from sim.books.kinds import NUMBER
from sim.books.log import Forgetting, Log
from sim.books.recorder import Recorder
from sim.books.register import Register
from sim.books.solver_calls import in_sequence, write_calls
from sim.books.unwritten import Unwritten
from sim.clock import BOUNDARY, Clock
from sim.disruptions import Occurrence, in_force, occurrences
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.node_outage import NodeOutage
from sim.leftovers import LEFTOVERS
from sim.manifest import write_manifest
from sim.network import STATION_NAMES
from sim.streams import Streams
from sim.turns import Turns
from sim.units import BASIS_POINTS
from sim.wiring import Wiring
from sim.world import World

_OPENING, _BEGAN, _ENDED, _POLICY_CHANGED, _RUN_ENDED = (
    NUMBER[k] for k in ("opening_stock", "disruption_began", "disruption_ended", "policy_changed", "run_ended")
)

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
        self.site = site = Site(world, self.streams, self.clock, self.log, self.occurrences)
        if check:
            enforce(site)
        self.turns = Turns(world, site)
        self.wiring = wiring = Wiring(world, site, self.customers, self.turns)
        self.actors, self.channels, self.warehouses = wiring.actors, wiring.channels, wiring.warehouses
        self.log.sellers, self.log.cashier = tuple(c.actor for c in self.channels), site.finance.actor
        self.log.tellers = self._interfaces("release", len(self.warehouses))
        self.log.feeds = self._interfaces("order_in", len(self.channels))
        site.lane = FastLane(site) if FastLane.serves(site) and not check else None
        self.arrivals = Arrivals(site, self.customers.offers(), site.lane)
        self._folder: Path | None = None
        self._recorder: Recorder | None = None

    def _interfaces(self, kind: str, owners: int) -> tuple[int, ...]:
        """By channel or node: the actor who carries a kind of message from it; -1 where it takes no time."""
        exchange = self.site.exchange
        found = [None if exchange is None else exchange.interface(kind, owner) for owner in range(owners)]
        return tuple(-1 if interface is None else interface[0] for interface in found)

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
        LEFTOVERS.clear()
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            self._start(progress)
            self._pass_time()
            self.log.one(_RUN_ENDED, self.wiring.house, 0, 0)
            if self.log.auditor is not None:
                self.log.auditor.sweep()
            self._write_calls(recorder)
            recorder.close()
        except BaseException:
            recorder.abandon()
            raise
        finally:
            LEFTOVERS.note(self.site.register.orders.count)
            if was_enabled:
                gc.enable()
        return write_manifest(self, self._folder, recorder)

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
            folder, self.log, site.register, network, self.actors, site.policies.names, self.wiring.fee_accounts
        )
        if site.forecaster is not None:
            site.forecaster.record(self._recorder)
        self._recorder.hear_postings.extend(self._readers())
        if self.check:
            site.register.leaving.enabled = False  # the audit recounts all of it
            rates = None if self.world.treasury is None else site.rates
            self.log.auditor = Auditor(
                site.register, site.inventory, network, self.clock, self.wiring.fee_accounts, rates
            )
        self._open_stock()
        if self.site.subscriptions is not None:
            self.site.subscriptions.open()

    def _readers(self) -> list[Callable[[Postings], None]]:
        """Who read the journal while the clock runs."""
        site = self.site
        found: list[Callable[[Postings], None]] = []
        if site.accounting is not None:
            found.append(site.accounting.hear)
        if site.treasury is not None and site.treasury.sales is not None:
            found.append(site.treasury.sales.hear)
        return found

    def begin(self) -> None:
        """Enter the opening stock and put everything on the clock, without books: for who moves the clock himself."""
        readers = self._readers()
        self.log.recorder = Unwritten(self.log, self.world.network, readers) if readers else Forgetting(self.log)
        self._open_stock()
        if self.site.subscriptions is not None:
            self.site.subscriptions.open()
        self._start(None)

    def _start(self, progress: Progress | None) -> None:
        GoLives(self, self.wiring.house).start()
        for channel in self.channels:
            channel.start()
        if self.site.forecaster is not None:
            self.site.forecaster.start()
        self.site.supply.start()
        if self.site.making is not None:
            self.site.making.start()
        if self.site.exchange is not None:
            self.site.exchange.mending.start()
        if self.site.overrides is not None:
            self.site.overrides.start()
        if self.site.balancer is not None:
            self.site.balancer.start()
        if self.site.transfers is not None:
            self.site.transfers.start()
        if self.site.staffing is not None and self.turns.ever_decides("labour"):
            self.site.staffing.start()
        if any(node.is_paid_by_shift for node in self.world.network.nodes):
            Payroll(self.site).start()
        if self.site.shelf is not None:
            self.site.shelf.start()
        if self.site.replay is not None:
            self.site.replay.start()
        if self.site.marketplaces is not None:
            self.site.marketplaces.start()
        if self.site.treasury is not None:
            self.site.treasury.start()
        if self.site.carrier_bills is not None:
            self.site.carrier_bills.start()
        if self.site.accounting is not None:
            self.site.accounting.start()
        if self.site.at_risk is not None:
            self.site.at_risk.start()
        self.wiring.watch.start()
        for i, occurrence in enumerate(self.occurrences):
            d = occurrence.disruption
            self.clock.at(d.at_ms, BOUNDARY, self._begin, occurrence, rank=i)
            self.clock.at(d.at_ms + d.duration_ms, BOUNDARY, self._end, occurrence, rank=i)
        for i, change in enumerate(self.world.policy_changes):
            self.clock.at(change.at_ms, BOUNDARY, self._change_policy, i, rank=(1 << 20) + i)
        if progress is not None:
            self._report(progress)
        self.arrivals.next_period()

    # What holds at a node: outages, shortages, and that it is not open yet.

    def limit_node(self, node: int) -> None:
        """Let a node work with the share of its people that the worst of its outages leaves; none before it is open."""
        shares = [d.capacity_share_bp for d in in_force(self, NodeOutage) if d.node == node]
        worst = min(shares, default=BASIS_POINTS)
        self.warehouses[node].limit_capacity(0 if node in self.site.not_open else worst)

    def limit_crew(self, node: int) -> None:
        """Let those of a node's people work whom its shortages and its age leave."""
        left = [BASIS_POINTS] * (len(STATION_NAMES) + 1)
        for d in in_force(self, LabourShortage):
            if d.node == node:
                left = [p * s // BASIS_POINTS for p, s in zip(left, d.present_bp, strict=True)]
        self.warehouses[node].limit_crew([p * self.site.crew_bp[node] // BASIS_POINTS for p in left])
        if self.site.short_crews is not None:
            self.site.short_crews.crew(node, left)

    def stock_node(self, node: int) -> list[int]:
        """Enter the opening stock of a node; the products that came."""
        goods: list[int] = []
        came: list[int] = []
        for product, units in enumerate(self.world.stock.opening_units[node].tolist()):
            if units > 0:
                value = units * self.world.network.products[product].cost_cents
                self.site.inventory.open(node, product, units, value)
                goods.append(self.site.register.goods.add(node, product, units, value))
                came.append(product)
        self.log.add(_OPENING, self.wiring.house, 0, goods)
        return came

    def _open_stock(self) -> None:
        for number, node in enumerate(self.world.network.nodes):
            if node.opens_ms <= 0:  # else it comes with the node
                self.stock_node(number)

    # What the scenario puts on the clock.

    def _begin(self, occurrence: Occurrence) -> None:
        self.log.one(_BEGAN, self.wiring.disruptors[occurrence.number], 0, occurrence.number)
        occurrence.disruption.begin(self)

    def _end(self, occurrence: Occurrence) -> None:
        occurrence.disruption.end(self)
        self.log.one(_ENDED, self.wiring.disruptors[occurrence.number], 0, occurrence.number)

    def _change_policy(self, number: int) -> None:
        self.turns.put_in_force(self.world.policy_changes[number].decision)
        self.log.one(_POLICY_CHANGED, self.wiring.deciders[number], 0, number)

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
