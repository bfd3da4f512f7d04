"""Parcels on their way back: labelled, searched for where they are lost, handed over at a node."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import RETURN
from sim.orders import REFUNDED, RETURN_LABELLED, RETURN_LOST, RETURN_RECEIVED
from sim.units import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.returns.refunds import Refunds
    from sim.agents.site import Site
    from sim.calendar import Calendar
    from sim.streams import CounterStream

_LABELLED, _LOST, _RECEIVED, _EMPTY = (
    NUMBER[k] for k in ("return_labelled", "return_lost", "return_received", "empty_box_received")
)
_LOST_IN_TRANSIT = REASON_NUMBER["lost_in_transit"]
_CERTAIN = (REASON_NUMBER["credit_note"], REASON_NUMBER["undeliverable"])
"""Reasons of returns that arrive, and are what they are said to be."""

RETURN_MINUTE = 8 * 60
"""When, on every day, the parcels that came back are handed over at the dock."""

TRACE_MS = 7 * DAY_MS
"""How long a parcel that should be back is searched for."""

_QUARTER_MS = 15 * MINUTE_MS


class ReturnParcels:
    """All parcels of one run that come back."""

    def __init__(self, site: Site, refunds: Refunds) -> None:
        self._site, self._refunds, self._rules = site, refunds, site.world.returns
        self._rounds: dict[Calendar, list[int]] = {}
        """By clock of the nodes: when returns are handed over there, day by day."""
        self._missing: set[int] = set()
        """Returns that are lost, and not given up yet."""
        self._pace, self._road, self._contents = (
            site.streams.counter(purpose, "returns") for purpose in ("pace", "road", "contents")
        )

    def road_ms(self, order: int) -> int:
        """How long a customer's parcel takes to come back."""
        orders = self._site.register.orders
        network = self._site.world.network
        segment = network.segments[network.channels[orders.channel[order]].segment]
        return round(segment.return_transit_ms.at(self._pace.at(orders.at_ms[order])))

    def label(self, what: list[tuple[int, int]]) -> None:
        """The customer has a label and hands the parcel to the carrier, who scans it."""
        site, returns = self._site, self._site.register.returns
        numbers = [number for number, _ in what]
        site.return_states.advance(numbers, RETURN_LABELLED)
        site.limits.returns_entered(RETURN_LABELLED, numbers)
        for number in numbers:
            returns.label_cents[number] = self._rules.label_cents
        site.log.add(_LABELLED, site.orchestrator.actor, 0, numbers)
        self._refunds.due("scan", numbers)
        for number, transit_ms in what:
            self.send_off(number, transit_ms)

    def send_off(self, number: int, transit_ms: int) -> None:
        """A parcel is on its way, and will be handed over, or lost."""
        clock = self._site.clock
        if self._befalls(self._road, self._rules.lost_share, number):
            self._missing.add(number)
            clock.gather(next_quarter(clock.now_ms + transit_ms + TRACE_MS), RETURN, self._lose, [number])
        else:
            clock.gather(self._round_after(number, clock.now_ms + transit_ms), RETURN, self._arrive, [number])

    def _befalls(self, luck: CounterStream, share: float, number: int) -> bool:
        """Whether this happens to a return; what an order file says came back did come back."""
        if not share:
            return False
        returns = self._site.register.returns
        line = self._site.register.line_of_return(number)
        of_units = self._site.register.luck.of_units
        return returns.reason[number] not in _CERTAIN and luck.at(of_units(line, returns.units[number])) < share

    def _round_after(self, number: int, time_ms: int) -> int:
        """Carriers bring returns back once a day, by the clock of the node that takes them."""
        calendar = self._site.warehouses[self._site.register.returns.node[number]].calendar
        rounds = self._rounds.setdefault(calendar, [])
        while not rounds or rounds[-1] < time_ms:
            rounds.append(calendar.at(calendar.first_day + len(rounds), RETURN_MINUTE))
        return rounds[bisect_left(rounds, time_ms)]

    def trace(self, number: int) -> bool:
        """Look for a parcel that should be back: one that is lost is given up at once; whether it was."""
        if number not in self._missing:
            return False
        self._lose([number])
        return True

    def _lose(self, numbers: list[int]) -> None:
        """Searched for in vain: the customers, who can show the scan, get their money."""
        site = self._site
        numbers = [number for number in numbers if number in self._missing]  # else somebody had it traced before
        self._missing.difference_update(numbers)
        site.return_states.advance(numbers, RETURN_LOST)
        site.log.add(_LOST, site.finance.actor, _LOST_IN_TRANSIT, numbers)
        site.return_states.advance(numbers, REFUNDED)
        self._refunds.pay(numbers)
        for number in numbers:
            self._refunds.finish(number)

    def _arrive(self, numbers: list[int]) -> None:
        """Parcels are back at the nodes that take them."""
        node_of = self._site.register.returns.node
        by_node: dict[int, list[int]] = {}
        for number in numbers:
            by_node.setdefault(node_of[number], []).append(number)
        for node, group in by_node.items():
            self._site.warehouses[node].when_open(self.scan, (node, group))

    def scan(self, what: tuple[int, list[int]]) -> None:
        """Returned goods are handed over at a node."""
        node, numbers = what
        site, returns = self._site, self._site.register.returns
        site.return_states.advance(numbers, RETURN_RECEIVED)
        site.limits.returns_entered(RETURN_RECEIVED, numbers)
        full = [n for n in numbers if not self.is_empty(n)]
        for number in full:
            site.inventory.receive(node, self.product_of(number), returns.units[number], returns.cost_cents[number])
        site.log.add(_RECEIVED, site.warehouses[node].actor, 0, full)
        if site.intercompany is not None:
            site.intercompany.came_back(node, full)
        site.log.add(_EMPTY, site.warehouses[node].actor, 0, [n for n in numbers if self.is_empty(n)])
        self._refunds.due("receipt", numbers)
        site.warehouses[node].take_back(numbers)

    def is_empty(self, number: int) -> bool:
        """Whether the box holds nothing, which nobody sees before it is opened."""
        return self._befalls(self._contents, self._rules.empty_box_share, number)

    def key_of(self, number: int) -> int:
        """The number of a return's luck."""
        register = self._site.register
        returns = register.returns
        return register.luck.of_units(register.line_of_return(number), returns.units[number])

    def product_of(self, number: int) -> int:
        """What it holds."""
        register = self._site.register
        return register.lines.product[register.line_of_return(number)]


def next_quarter(time_ms: int) -> int:
    """Customers act at the next quarter of an hour."""
    return -(-time_ms // _QUARTER_MS) * _QUARTER_MS
