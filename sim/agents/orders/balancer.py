"""Node balancing: on a schedule, work that has not been released is given to another node where the policy says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from sim.agents.floor.movable import movable
from sim.agents.floor.workload import Hours, Ints
from sim.agents.orders.able_nodes import able_nodes
from sim.books.columns import as_numpy
from sim.books.reasons import REASON_NUMBER
from sim.clock import DECISION
from sim.policies.balancing import Goods, Move, WorkView
from sim.policies.release import in_sequence

if TYPE_CHECKING:
    from sim.agents.site import Site

_CONGESTED = REASON_NUMBER["congested"]


class Balancer:
    """Asks the balancing policy every ``rules.balance_every``, before the waves of that instant.

    A shipment may be moved that waits for a wave, whose order waits for nothing else and is bound to no node by a rule.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._load = site.workload
        self._every_ms = site.world.rules.balance_every_ms

    def start(self) -> None:
        """Put the first look on the clock."""
        self._call()

    def _call(self) -> None:
        clock = self._site.clock
        at_ms = (clock.now_ms // self._every_ms + 1) * self._every_ms
        if at_ms < self._site.world.horizon.drain_until_ms:
            clock.at(at_ms, DECISION, self._balance, rank=-1)  # waves have the ranks of their nodes, from 0

    def _balance(self, _: None) -> None:
        waiting = [self._load.waiting(node) for node in range(len(self._site.warehouses))]
        if any(map(len, waiting)):
            for move in self._site.policies.balancing.decide(self._view(waiting)):
                self._propose(move)
        self._call()

    def _propose(self, move: Move) -> None:
        """Move a shipment, or have that approved first."""
        approvals = self._site.approvals
        if approvals is None:
            self._move(move)
            return
        products, goods = self._site.world.network.products, self._goods(move[0])
        cents = sum(units * products[product].cost_cents for product, units in goods)
        approvals.propose("balancing", ("balancing", move[0]), cents, self._move_yet, _nothing, move)

    def _move_yet(self, move: Move) -> None:
        """What was approved is done if it still can be."""
        if self.may_move(np.array([move[0]]))[0] and move[1] in able_nodes(self._site, move[0]):
            self._move(move)

    def _move(self, move: Move) -> None:
        shipment, node = move
        self._site.orchestrator.move(shipment, node, _CONGESTED)
        self._sign(shipment)

    def _sign(self, shipment: int) -> None:
        """The decision that sends the goods from where they now are bears the name of the rule that took it."""
        site, register = self._site, self._site.register
        moved = register.orders.last_shipment[register.shipments.order[shipment]]
        register.shipments.policy[moved] = site.policies.label("balancing")

    def _view(self, waiting: list[Ints]) -> WorkView:
        site, load = self._site, self._load
        load.look(range(len(waiting)))
        orders, shipments = site.register.orders, site.register.shipments
        begun = _WhenAsked(len(waiting), load.begun)
        return WorkView(
            now_ms=site.clock.now_ms,
            waiting=self._in_sequence(waiting),
            work_hours=_WhenAsked(len(waiting), lambda node: self._with_all(node, waiting[node], begun[node])),
            begun_hours=begun,
            adds_hours=lambda shipment, node: load.of(node, shipment),
            goods=self._goods,
            ship_by_ms=lambda queue: as_numpy(orders.ship_by_ms)[as_numpy(shipments.order)[queue]],
            candidates=partial(able_nodes, site),
            zones_farther=self._zones_farther,
            available=site.inventory.available,
            done_ms=load.done_ms,
            in_turn=load.in_turn,
        )

    def _with_all(self, node: int, queue: Ints, begun: Hours) -> Hours:
        if not len(queue):
            return begun
        pick, pack = self._load.behind(node, queue, begun)
        return float(pick[-1]), float(pack[-1])

    def _in_sequence(self, waiting: list[Ints]) -> list[Ints]:
        """What may be moved of each node's queue, in the sequence in which waves will take it."""
        sequences = [self._to_come(node, queue) if len(queue) else queue for node, queue in enumerate(waiting)]
        may, found, first = self.may_move(np.concatenate(sequences)), list[Ints](), 0
        for sequence in sequences:
            found.append(sequence[may[first : first + len(sequence)]])
            first += len(sequence)
        return found

    def _to_come(self, node: int, queue: Ints) -> Ints:
        """A node's queue as waves will take it."""
        site = self._site
        sequence = in_sequence(site.policies.release, queue, partial(site.dock.floor_view, node))
        if site.workflow is not None and site.workflow.expedited:
            sequence = np.array(site.workflow.expedited_first(sequence.tolist()), dtype=np.int64)
        return sequence

    def may_move(self, shipments: Ints) -> NDArray[np.bool_]:
        """Which shipments wait for a wave, and their orders for nothing else."""
        register, workflow = self._site.register, self._site.workflow
        orders, lines = register.orders, register.lines
        of_shipments = as_numpy(register.shipments.state), as_numpy(register.shipments.order)
        of_orders = as_numpy(orders.state), as_numpy(orders.first_line), as_numpy(lines.open_units)
        free: NDArray[np.bool_] = movable(shipments, *of_shipments, *of_orders)
        if workflow is not None and workflow.node_of:
            free &= ~np.isin(as_numpy(register.shipments.order)[shipments], list(workflow.node_of))
        return free

    def _goods(self, shipment: int) -> Goods:
        return self._site.register.contents((shipment,))

    def _zones_farther(self, shipment: int, node: int) -> int:
        register, zones = self._site.register, self._site.tariff.zones
        region = register.orders.region[register.shipments.order[shipment]]
        return zones[node][region] - zones[register.shipments.node[shipment]][region]


class _WhenAsked(Sequence[Hours]):
    """Hours of each node, worked out when somebody asks first."""

    def __init__(self, nodes: int, hours: Callable[[int], Hours]) -> None:
        self._nodes, self._hours = nodes, cache(hours)

    def __len__(self) -> int:
        return self._nodes

    @overload
    def __getitem__(self, node: int) -> Hours: ...
    @overload
    def __getitem__(self, node: slice) -> list[Hours]: ...
    def __getitem__(self, node: int | slice) -> Hours | list[Hours]:
        numbers = range(self._nodes)[node]
        return self._hours(numbers) if isinstance(numbers, int) else [self._hours(n) for n in numbers]


def _nothing(move: Move) -> None:
    """A shipment that is not moved stays where it is."""
