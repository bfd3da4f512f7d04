"""Merge before ship: parts of an order that lie at several nodes travel to one of them, and leave as one parcel."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DECISION, DELIVERY, DEPARTURE
from sim.orders import MERGED, PICKED, PLANNED, RELEASED, SENT_TO_MERGE, WAITS_TO_MERGE
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_SENT, _WAITS, _MERGED, _CONSOLIDATED, _LOADED, _UNLOADED, _FREIGHT, _HANDLED = (
    NUMBER[k]
    for k in (
        "sent_to_merge",
        "waits_to_merge",
        "merged",
        "consolidated",
        "merge_loaded",
        "merge_unloaded",
        "merge_freight_charged",
        "merge_handled",
    )
)
_TIME_UP = REASON_NUMBER["merge_limit"]


class Merging:
    """Sorts what is picked of orders that a rule merges: parts to the van, parts to the shelf where they wait; whole
    pallets go by themselves.

    A part is one of several shipments of an order that have a node and have not left. The first part that is picked
    decides where they meet: where the rule says, else where most of the weight is. What is backordered is not waited
    for. After ``rules.merge_wait`` from the arrival of the first, what is there ships, and whatever comes later ships
    alone.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._meets: dict[int, int] = {}
        """By order: the node at which its parts meet."""
        site.register.leaving.forget(site.register.orders, self._meets)
        self._here: dict[int, list[int]] = {}
        """By order: parts that wait for the others."""
        self._for_van: set[int] = set()
        """Parts that wait for a van."""
        self._to_pick = site.shipment_states.path(PLANNED, RELEASED, PICKED)

    def sort(self, node: int, shipments: array[int]) -> array[int]:
        """Picked at ``node``: those that go on to be packed."""
        workflow, order_of = self._site.workflow, self._site.register.shipments.order
        assert workflow is not None
        if not workflow.merges:
            return shipments
        batch, alone = set(shipments), array("i")
        for shipment in shipments:
            order = order_of[shipment]
            if order in workflow.merges and (order in self._here or self._others(order, shipment, batch)):
                self._set_aside(order, node, shipment)
            else:
                alone.append(shipment)
        return alone

    def _others(self, order: int, shipment: int, batch: set[int] | frozenset[int] = frozenset()) -> list[int]:
        """Parts of an order, besides this one, that may still be merged with it and do not wait for that yet."""
        states, workflow = self._site.shipment_states.column, self._site.workflow
        assert workflow is not None
        handling = self._site.handling
        coming = (PLANNED, RELEASED, SENT_TO_MERGE) if order in workflow.merges else (SENT_TO_MERGE,)
        return [
            other
            for other in self._site.register.shipments_of(order)
            if other != shipment
            and (handling is None or not handling.on_pallets(other))
            and (states[other] in coming or other in self._for_van or other in batch)
        ]

    def _set_aside(self, order: int, node: int, shipment: int) -> None:
        meets = self._meets.get(order)
        if meets is None:
            meets = self._meets[order] = self._choose(order, node)
        if meets == node:
            self._wait(order, shipment)
            return
        every, now = self._site.world.rules.merge_every_ms, self._site.clock.now_ms
        self._for_van.add(shipment)
        self._site.clock.gather((now // every + 1) * every, DEPARTURE, self._leave, [(shipment, meets)], rank=node << 8)

    def _choose(self, order: int, node: int) -> int:
        """Where a rule says, if that node may serve the channel; else where most of it is, of equals the first."""
        site, columns = self._site, self._site.register.shipments
        assert site.workflow is not None
        named = site.workflow.merges[order]
        if named is not None and named in site.pools[site.pool_of_channel[site.register.orders.channel[order]]]:
            return named
        weight_kg: dict[int, float] = {node: 0.0}
        states = site.shipment_states.column
        for part in site.register.shipments_of(order):
            if states[part] in (PLANNED, RELEASED, PICKED):
                at = columns.node[part]
                weight_kg[at] = weight_kg.get(at, 0.0) + columns.weight_kg[part]
        return min(weight_kg, key=lambda n: (-weight_kg[n], n))

    # On the road.

    def _leave(self, parts: list[tuple[int, int]]) -> None:
        """A van calls at each node, or waits for its road."""
        site, columns = self._site, self._site.register.shipments
        for shipment, meets in parts:
            site.roads.when_open(columns.node[shipment], self._load, (shipment, meets))

    def _load(self, what: tuple[int, int]) -> None:
        shipment, meets = what
        site, register = self._site, self._site.register
        self._for_van.discard(shipment)
        if site.shipment_states.column[shipment] != PICKED:
            return
        node = register.shipments.node[shipment]
        goods = []
        for product, units in register.contents((shipment,)):
            value = site.inventory.send_picked(node, product, units, meets)
            goods.append(register.goods.add(node, product, units, value, other=meets))
        site.shipment_states.move(shipment, SENT_TO_MERGE)
        actor = site.warehouses[node].actor
        site.log.one(_SENT, actor, 0, shipment)
        register.goods.hold(goods)
        site.log.add(_LOADED, actor, 0, goods)
        if site.intercompany is not None:
            site.intercompany.transferred(node, meets, goods)
        rules = site.world.rules
        kg = register.shipments.weight_kg[shipment]
        self._charge(_FREIGHT, shipment, node, rules.merge_part_cost_cents + rules.merge_kg_cost_cents * kg)
        hours = site.geography.node_miles[node][meets] / rules.transfer_miles_per_hour
        site.clock.at(
            site.clock.now_ms + round(hours * HOUR_MS), DELIVERY, self._arrive, (shipment, meets, goods), rank=shipment
        )

    def _charge(self, kind: int, shipment: int, node: int, cents: float) -> None:
        register = self._site.register
        if round(cents):
            note = register.notes.add(order=register.shipments.order[shipment], value_cents=round(cents))
            self._site.log.one(kind, self._site.warehouses[node].actor, 0, note)

    def _arrive(self, what: tuple[int, int, list[int]]) -> None:
        self._site.roads.when_open(what[1], self._at_gate, what)

    def _at_gate(self, what: tuple[int, int, list[int]]) -> None:
        self._site.warehouses[what[1]].when_open(self._unload, what)

    def _unload(self, what: tuple[int, int, list[int]]) -> None:
        shipment, meets, sent = what
        site, goods = self._site, self._site.register.goods
        came = []
        for record in sent:
            product, units, value = goods.product[record], goods.units[record], goods.value_cents[record]
            site.inventory.receive_picked(meets, product, units, value)
            came.append(goods.add(meets, product, units, value, other=goods.node[record]))
        goods.free(sent)
        site.log.add(_UNLOADED, site.warehouses[meets].actor, 0, came)
        self._wait(site.register.shipments.order[shipment], shipment)

    # Where they meet.

    def _wait(self, order: int, shipment: int) -> None:
        """A part is put to the others; the last one ends the wait of all."""
        site, meets = self._site, self._meets[order]
        site.shipment_states.move(shipment, WAITS_TO_MERGE)
        site.log.one(_WAITS, site.warehouses[meets].actor, 0, shipment)
        self._charge(_HANDLED, shipment, meets, site.world.rules.merge_handling_cents)
        parts = self._here.setdefault(order, [])
        parts.append(shipment)
        if len(parts) == 1:
            until_ms = site.clock.now_ms + site.world.rules.merge_wait_ms
            site.clock.at(until_ms, DECISION, self._time_up, (order, shipment), rank=order)
        self._look(order)

    def look_again(self, order: int) -> None:
        """A shipment of an order was taken apart; whether another takes its place is known at the end of the moment."""
        if order in self._here:
            clock = self._site.clock
            clock.at(clock.now_ms, DECISION, self._look, order, rank=order)

    def _look(self, order: int) -> None:
        if order in self._here and not self._others(order, -1):
            self._go_on(order, 0)

    def _time_up(self, what: tuple[int, int]) -> None:
        """Whoever is not there yet ships alone."""
        order, first = what
        workflow, parts = self._site.workflow, self._here.get(order)
        if workflow is not None and parts and parts[0] == first:
            workflow.merges.pop(order, None)
            self._go_on(order, _TIME_UP)

    def _go_on(self, order: int, reason: int) -> None:
        parts, meets = self._here.pop(order), self._meets[order]
        if not self._others(order, -1):
            del self._meets[order]
        self._site.warehouses[meets].when_open(self._join, (order, meets, parts, reason))

    def _join(self, what: tuple[int, int, list[int], int]) -> None:
        """What is there becomes one shipment, which is packed next; a part that is alone goes on as it is."""
        order, meets, parts, reason = what
        site, columns = self._site, self._site.register.shipments
        states = site.shipment_states
        actor = site.warehouses[meets].actor
        if len(parts) == 1 and columns.node[parts[0]] == meets:
            whole = parts[0]
            states.move(whole, PICKED)
        else:
            whole = site.orchestrator.join(order, meets, parts)
            states.go_along(whole, self._to_pick, PICKED)
            states.advance(parts, MERGED)
            site.log.add(_MERGED, actor, reason, parts)
        site.log.one(_CONSOLIDATED, actor, reason, whole)
        if not site.recall.stops(whole):
            site.limits.entered(PICKED, [whole])
            site.warehouses[meets].pack.put([whole])
