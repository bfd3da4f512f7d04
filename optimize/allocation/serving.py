"""What it costs a company to serve: freight at the service that a parcel will go with, handling, packaging, lateness.

Freight is what the house's carrier policy will pay for a parcel that is packed at a moment: the cheapest service that
arrives by the promise, say, and a dearer one when time is short. So work that waits costs freight, and a node with a
long queue is a dear one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from sim.network import ZONES, Geography
from sim.policies.registry import make
from sim.tariff import Tariff
from sim.timetable import Collection, rounds_of, timetables_of
from sim.units import HOUR_MS
from sim.world import PolicyChoice, World

Parcel = tuple[float, bool]
"""(freight in cents, whether it arrives after the promise)."""
NOBODY: Parcel = (1e7, True)
"""No service takes it: worse than anything that one does."""
LATE_CENTS = 600.0
"""A guess: what a late order costs besides freight. One contact with service costs 5 to 8 dollars; lost goodwill is not
in any ledger."""
_DAYS_AHEAD = 60


class ServingCosts:
    """Costs of shipments by node, region, weight, channel, and the moment at which they are packed.

    Attributes
    ----------
    fixed_cents
        By node: packing, packaging and the fee of one shipment.
    line_cents
        By node: picking and the fee of one line of it.
    serving
        By channel: the nodes that may serve it.
    """

    def __init__(self, world: World) -> None:
        network = world.network
        geography, calendar = Geography(network), world.calendar
        self.tariff = Tariff(network, geography)
        self._to_home = [channel.residential for channel in network.channels]
        carrier = world.policies.get("carrier", PolicyChoice("cheapest"))
        self._carrier = make("carrier", carrier.name, carrier.parameters)
        self._carrier.bind(world)
        wages = [n.wage_cents_per_hour / HOUR_MS for n in network.nodes]
        self.fixed_cents = [
            round(wage * n.stations[1].work_ms.mean) + n.order_fee_cents + n.packaging_cents
            for n, wage in zip(network.nodes, wages, strict=True)
        ]
        self.line_cents = [
            round(wage * n.stations[0].work_ms.mean) + n.line_fee_cents
            for n, wage in zip(network.nodes, wages, strict=True)
        ]
        self.serving = [
            [n for n, node in enumerate(network.nodes) if node.can_serve(channel)]
            for channel in range(len(network.channels))
        ]
        self.weight_kg = [p.weight_kg for p in network.products]
        clocks = calendar.groups(network.nodes)
        self._clock_of = {node: number for number, (_, nodes) in enumerate(clocks) for node in nodes}
        timetables = [
            timetables_of(s, network.nodes, calendar, rounds_of(s, geography, calendar)) for s in network.services
        ]
        self._timetables = [[own[nodes[0]] for own in timetables] for _, nodes in clocks]
        """By clock of the nodes and service."""
        self._calls_ms = sorted(
            {
                own.at(day, minute)
                for own, _ in clocks
                for service in network.services
                for weekday, minute in service.collections
                for day in range(own.first_day, own.days_until(world.horizon.drain_until_ms) + _DAYS_AHEAD)
                if own.weekday(day) == weekday
            }
        )
        self._quoted: dict[tuple[int, int], list[list[int]]] = {}
        self._parcels: dict[tuple[int, int, int, int, int, bool], Parcel] = {}

    def slot(self, ready_ms: int) -> int:
        """Number of the next call of any carrier at or after a moment: parcels packed in one slot fare alike."""
        return bisect_left(self._calls_ms, ready_ms)

    def slot_end_ms(self, slot: int) -> int:
        """When a slot ends: that call."""
        return self._calls_ms[min(slot, len(self._calls_ms) - 1)]

    def arrivals(self, node: int, slot: int) -> list[list[int]]:
        """By service and `Geography.quote_index`: when a parcel that is packed in the slot should arrive."""
        key = (self._clock_of[node], slot)
        found = self._quoted.get(key)
        if found is None:
            moment, timetables = self.slot_end_ms(slot), self._timetables[key[0]]
            calls: list[Collection] = [t.next_collection(moment) for t in timetables]
            found = self._quoted[key] = [t.quoted_ms(call) for t, call in zip(timetables, calls, strict=True)]
        return found

    def parcel(self, node: int, region: int, channel: int, weight_kg: float, slot: int, deliver_by_ms: int) -> Parcel:
        """Freight of a parcel packed in ``slot``, and whether it will be late."""
        quote, to_home = self.tariff.quotes[node][region], self._to_home[channel]
        key = (node, quote, self.tariff.bucket(weight_kg), slot, deliver_by_ms, to_home)
        found = self._parcels.get(key)
        if found is None:
            found = self._parcels[key] = self._ask(node, quote, weight_kg, slot, deliver_by_ms, to_home)
        return found

    def _ask(self, node: int, quote: int, weight_kg: float, slot: int, deliver_by_ms: int, to_home: bool) -> Parcel:
        """The carrier policy's answer."""
        offers = self.tariff.offers(node, quote % ZONES, weight_kg, to_home=to_home)
        if not offers:
            return NOBODY
        arrivals = self.arrivals(node, slot)
        price, service = self._carrier.decide(offers, deliver_by_ms, quote, arrivals)
        return float(price), arrivals[service][quote] > deliver_by_ms

    def weight_of(self, lines: Sequence[tuple[int, int, int]]) -> float:
        """Kilograms of (line, product, units)."""
        kg = 0.0
        for _, product, units in lines:
            kg += units * self.weight_kg[product]
        return kg
