"""Parcels given to carriers all together: before a carrier is loaded, a policy that can looks at the whole dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import PACKED
from sim.policies.carrier import BatchCarrierPolicy, DockView, Placement
from sim.timetable import Collection

if TYPE_CHECKING:
    from sim.agents.carriers.carrier import Carrier
    from sim.agents.floor.dock import Dock
    from sim.agents.site import Site

_REROUTED, _CARRIER_FULL = NUMBER["rerouted"], REASON_NUMBER["carrier_full"]


class Manifest:
    """Asks a batch policy, at each carrier's call at a node, about all parcels that stand there.

    Labels are printed when a parcel is loaded: until then it may go with another service, as long as nobody hurries it.
    Pallets stay with the service that they were moved out for.
    """

    def __init__(self, site: Site, dock: Dock) -> None:
        self._site, self._dock = site, dock
        self._meant: dict[int, int] = {}
        """By parcel that was decided about together with others: the service that it was packed for."""

    @property
    def policy(self) -> BatchCarrierPolicy | None:
        """The carrier policy, where it can decide about many parcels at once."""
        policy: object = self._site.policies.carrier
        # What `isinstance` would say of the protocol, which is slow and asked with each parcel.
        return cast("BatchCarrierPolicy", policy) if hasattr(policy, "assign") else None

    def settle(self, node: int, service: int) -> None:
        """``service`` is at the door of ``node``: decide what it takes, and what waits for whom."""
        policy = self.policy
        before = {} if policy is None else dict(self._parcels(node))
        if policy is not None and before:
            calls = [self._calls(node, carrier, policy.turns) for carrier in self._site.carriers]
            placed = policy.assign(self._view(node, list(before), calls))
            self._place(node, before, placed)
            self._tell(node, service, placed)

    def expect(self, node: int, from_ms: int) -> None:
        """While anything stands there, each carrier that calls at the node is one that may take it."""
        if self.policy is not None and any(carrier.staged.get(node) for carrier in self._site.carriers):
            for carrier in self._site.carriers:
                if carrier.spec.can_collect_at(node):
                    carrier.expect(node, from_ms)

    def _parcels(self, node: int) -> list[tuple[int, int]]:
        """(parcel, its service so far) of what stands there and is in no hurry."""
        site = self._site
        states, orders = site.shipment_states.column, site.register.shipments.order
        hurried = site.workflow.expedited if site.workflow is not None else frozenset[int]()
        handled = site.register.handled
        return sorted(
            (parcel, carrier.index)
            for carrier in site.carriers
            for parcel in carrier.staged.get(node, [])
            if states[parcel] == PACKED and orders[parcel] not in hurried
            if parcel not in handled or not handled[parcel].pallets
        )

    def _calls(self, node: int, carrier: Carrier, turns: int) -> list[Collection]:
        """A service's next calls at the node, one of this very moment included."""
        if not carrier.spec.can_collect_at(node):
            return []
        timetable = carrier.timetables[node]
        found = [timetable.next_collection(self._site.clock.now_ms)]
        while len(found) < turns:
            found.append(timetable.next_collection(found[-1].at_ms + 1))
        return found

    def _view(self, node: int, parcels: list[int], calls: list[list[Collection]]) -> DockView:
        site = self._site
        orders, order_of = site.register.orders, site.register.shipments.order
        tables = [carrier.timetables[node] for carrier in site.carriers]
        told = [[table.told_ms(call) for call in own] for table, own in zip(tables, calls, strict=True)]
        quotes = site.tariff.quotes[node]
        return DockView(
            now_ms=site.clock.now_ms,
            parcels=parcels,
            offers=lambda parcel: self._dock.offers(node, parcel),
            deliver_by_ms=lambda parcel: orders.deliver_by_ms[order_of[parcel]],
            zone=lambda parcel: quotes[orders.region[order_of[parcel]]],
            calls_ms=[[call.at_ms for call in own] for own in calls],
            room=[carrier.spec.capacity_parcels for carrier in site.carriers],
            arrives_ms=told,
        )

    def _place(self, node: int, before: dict[int, int], placed: list[Placement]) -> None:
        site, columns = self._site, self._site.register.shipments
        for parcel, offer, _ in placed:
            cents, service = self._dock.as_fixed(node, parcel, offer)
            columns.service[parcel], columns.freight_cents[parcel] = service, cents
            self._meant.setdefault(parcel, before[parcel])
        ahead = sorted(placed, key=lambda p: p[2])  # stable: within a call, the policy's sequence
        for carrier in site.carriers:
            stays = [parcel for parcel in carrier.staged.get(node, []) if parcel not in before]
            carrier.restage(node, stays + [parcel for parcel, offer, _ in ahead if offer[1] == carrier.index])

    def _tell(self, node: int, service: int, placed: list[Placement]) -> None:
        """Of what is loaded now, what was packed for another service."""
        loaded = [parcel for parcel, offer, turn in placed if turn == 0 and offer[1] == service]
        moved = [parcel for parcel in loaded if self._meant.pop(parcel) != service]
        self._site.log.add(_REROUTED, self._site.warehouses[node].actor, _CARRIER_FULL, moved)
