"""Returns: from the customer's request to the parcel on the inspectors' table. What becomes of the goods is
`sim.agents.returns.disposition`, what becomes of the money `sim.agents.returns.refunds`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.agents.customers.disputes import Disputes
from sim.agents.orders.exchanges import Exchanges
from sim.agents.orders.replacements import Replacements
from sim.agents.returns.disposition import Dispositions
from sim.agents.returns.refunds import Refunds
from sim.agents.returns.return_ways import ReturnWays
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import RETURN
from sim.orders import (
    CLOSED,
    REFUNDED,
    RETURN_LABELLED,
    RETURN_LOST,
    RETURN_RECEIVED,
    RETURN_REFUSED,
    RETURN_REQUESTED,
)
from sim.plans.return_rules import RETURN_REASONS
from sim.units import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.streams import CounterStream

_REQUESTED, _LABELLED, _KEPT, _REFUSED, _LOST, _RECEIVED, _EMPTY, _HANDLED = (
    NUMBER[k]
    for k in (
        "return_requested",
        "return_labelled",
        "return_kept",
        "return_refused",
        "return_lost",
        "return_received",
        "empty_box_received",
        "return_handled",
    )
)
_CREDIT_NOTE, _DEFECT, _LATE, _BROKEN, _WINDOW_PASSED, _NOT_WORTH_FREIGHT, _LOST_IN_TRANSIT = (
    REASON_NUMBER[r]
    for r in (
        "credit_note",
        "defect",
        "late",
        "damaged_in_transit",
        "window_passed",
        "not_worth_freight",
        "lost_in_transit",
    )
)
_UNDELIVERABLE = REASON_NUMBER["undeliverable"]
_CERTAIN = (_CREDIT_NOTE, _UNDELIVERABLE)
"""Reasons of returns that arrive, and are what they are said to be."""
_FAULTS = {_DEFECT: "defective", REASON_NUMBER["wrong_item"]: "wrong_item"}
"""Reasons that a marketplace may hold against its seller, as it calls them."""
_REASONS = tuple(REASON_NUMBER[r] for r in RETURN_REASONS)
_CHANGED_MIND = _REASONS[0]

RETURN_MINUTE = 8 * 60
"""When, on every day, the parcels that came back are handed over at the dock."""

TRACE_MS = 7 * DAY_MS
"""How long a parcel that should be back is searched for."""

_QUARTER_MS = 15 * MINUTE_MS


class ReturnsDesk:
    """All returns of one run."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        self._rules = site.world.returns
        self._given: dict[int, tuple[int, int]] = {}
        """By piece: units and cost that came back in part so far."""
        self._categories = site.world.network.categories
        self._rounds: list[int] = []
        """When returns are handed over, day by day."""
        self._unwanted: dict[int, int] = {}
        """By piece of which only a part was cancelled too late: how many units its customer does not want."""
        self._missing: set[int] = set()
        """Returns that are lost, and not given up yet."""
        self._spoken_for: dict[int, int] | None = None
        """By piece: units that came back, or will; None where nobody asks."""
        self._broken: set[int] = set()
        """Shipments that arrived broken: all of them comes back, whatever their customers meant to keep."""
        site.register.leaving.forget(site.register.pieces, self._given, self._unwanted)
        site.register.leaving.forget(site.register.shipments, self._broken)
        self._condition = site.streams.counter("condition", "returns")
        self._why = site.streams.counter("reason", "returns")
        self._pace = site.streams.counter("pace", "returns")
        self._road = site.streams.counter("road", "returns")
        self._contents = site.streams.counter("contents", "returns")
        self.disposition = Dispositions(site)
        self.disputes = Disputes(site, customer)
        self.refunds = Refunds(site, self.disputes)
        self.ways: ReturnWays | None = None
        self.exchanges: Exchanges | None = None

    def wire(self) -> None:
        """Set up what the rules ask for; replayed returns come as their file says."""
        site, rules = self._site, self._rules
        if site.world.trace is not None:
            return
        if rules.at_store_share or rules.blind_share:
            self.ways = self.refunds.ways = ReturnWays(site, self)
        if rules.exchange_share:
            site.replacements = site.replacements or Replacements(site)
            self.exchanges = self.refunds.exchanges = Exchanges(site, site.replacements)

    # Requests.

    def after_delivery(self, shipment: int, order: int) -> None:
        """The customer has the parcel and means to send some of it back, after a while."""
        register, now = self._site.register, self._site.clock.now_ms
        if shipment in self._broken:
            return
        wanted = register.lines.return_units
        moment = now + register.orders.return_delay_ms[order]
        for piece in register.pieces_of(shipment):
            units = min(register.pieces.units[piece], wanted[register.pieces.line[piece]])
            if self._unwanted:
                units = max(units, self._unwanted.pop(piece, 0))
            if units:
                reason = self._reason(piece, units, late=now > register.orders.deliver_by_ms[order])
                self._announce(order, moment, piece, units, reason)

    def broken(self, shipment: int, order: int) -> None:
        """A parcel arrived broken: its customer sends all of it back at once."""
        register = self._site.register
        self._broken.add(shipment)
        for piece in register.pieces_of(shipment):
            self._announce(order, self._site.clock.now_ms, piece, register.pieces.units[piece], _BROKEN)

    def undelivered(self, shipment: int) -> None:
        """Nobody took a parcel: it comes back as it left, and is refunded without a request."""
        register = self._site.register
        order = register.shipments.order[shipment]
        for piece in register.pieces_of(shipment):
            register.orders.pending[order] += 1
            line, units = register.pieces.line[piece], register.pieces.units[piece]
            net = units * register.lines.price_cents[line]
            tax = self._site.finance.tax_cents(register.orders.channel[order], net)
            self.open(piece, units, net, tax, _UNDELIVERABLE, self._road_ms(order))

    def unwanted(self, order: int, lines: Iterable[int]) -> None:
        """Customers who cancelled these lines too late send them back, whole, as soon as they have them."""
        columns = self._site.register.lines
        self._will_return(order)
        for line in lines:
            columns.return_units[line] = columns.units[line]

    def unwanted_part(self, order: int, piece: int, units: int) -> None:
        """The same of some units of a piece."""
        self._will_return(order)
        self._unwanted[piece] = units

    def _will_return(self, order: int) -> None:
        orders = self._site.register.orders
        if not orders.returning[order]:
            orders.return_transit_ms[order] = self._road_ms(order)
            orders.returning[order], orders.return_delay_ms[order] = 1, 0

    def is_broken(self, shipment: int) -> bool:
        """Whether all of it comes back because it arrived broken."""
        return shipment in self._broken

    def is_restocked(self, number: int) -> bool:
        """Whether a return that was inspected is on the shelf again, as new."""
        return not self._is_empty(number) and self.disposition.is_as_new(number, self._product_of(number))

    def track(self) -> None:
        """Somebody may call goods back: remember what comes back by itself."""
        self._spoken_for = {}
        self._site.register.leaving.forget(self._site.register.pieces, self._spoken_for)

    def call_back(self, piece: int, moment_ms: int, reason: int) -> None:
        """The customer will send all of a piece back that does not come back anyway."""
        site, register = self._site, self._site.register
        assert self._spoken_for is not None
        units = register.pieces.units[piece] - self._spoken_for.get(piece, 0)
        comes_back = site.shelf is not None and site.shelf.is_something_else(piece)
        if site.typists is not None and site.typists.is_wrong(register.pieces.line[piece]):
            comes_back = True
        if units > 0 and not comes_back:
            order = register.lines.order[register.pieces.line[piece]]
            if register.orders.state[order] == CLOSED:
                site.completion.reopen(order, reason)
            register.orders.pending[order] += 1
            self._speak_for(piece, units)
            site.clock.gather(_quarter(moment_ms), RETURN, self._send_called_back, [(piece, units, reason)])

    def _send_called_back(self, what: list[tuple[int, int, int]]) -> None:
        register = self._site.register
        for piece, units, reason in what:
            line = register.pieces.line[piece]
            order = register.lines.order[line]
            net = units * register.lines.price_cents[line]
            tax = self._site.finance.tax_cents(register.orders.channel[order], net)
            self._send_off(self._record(piece, units, net, tax, reason), self._transit_ms(order))

    def _speak_for(self, piece: int, units: int) -> None:
        if self._spoken_for is not None:
            self._spoken_for[piece] = self._spoken_for.get(piece, 0) + units

    def _announce(self, order: int, moment_ms: int, piece: int, units: int, reason: int) -> None:
        self._speak_for(piece, units)
        self._site.register.orders.pending[order] += 1
        self._site.clock.gather(_quarter(moment_ms), RETURN, self._request, [(piece, units, reason)])

    def _reason(self, piece: int, units: int, *, late: bool) -> int:
        """What the customer says, by the weights of the goods' category; only who got them late can say so."""
        line = self._site.register.pieces.line[piece]
        weights = self._categories[self._category_of(line)].disposition.reasons
        if weights is None:
            return _CHANGED_MIND
        possible = [w if late or r != _LATE else 0.0 for r, w in zip(_REASONS, weights, strict=True)]
        left = self._why.at(self._site.register.luck.of_units(line, units)) * sum(possible)
        for reason, weight in zip(_REASONS, possible, strict=True):
            left -= weight
            if left < 0:
                return reason
        return _CHANGED_MIND

    def _category_of(self, line: int) -> int:
        return self._site.world.network.products[self._site.register.lines.product[line]].category

    def _request(self, wanted: list[tuple[int, int, int]]) -> None:
        register, rules = self._site.register, self._rules
        for piece, units, reason in wanted:
            line = register.pieces.line[piece]
            order = register.lines.order[line]
            net = units * register.lines.price_cents[line]
            tax = self._site.finance.tax_cents(register.orders.channel[order], net)
            key, store, is_blind = register.luck.of_units(line, units), None, False
            if self.ways is not None:
                store, is_blind = self.ways.store_of(order, key), self.ways.is_blind(key)
            number = self._record(piece, units, net, tax, reason, store)
            if self.ways is not None and is_blind:
                self.ways.announce_nothing(number)
                self._send_off(number, self._transit_ms(order))
            elif not rules.accepts_late_requests and self._is_past_window(order, reason):
                self._refuse(number)
            elif net < rules.keep_below_cents:
                self._leave_with_customer(number)
            elif self.ways is not None and store is not None:
                self._accept(number, key)
                self.ways.bring(number, store, _quarter(self._site.clock.now_ms + rules.store_visit_ms))
            elif rules.has_label:
                self._accept(number, key)
                what = (number, self._transit_ms(order))
                self._site.clock.gather(self._site.clock.now_ms + rules.label_after_ms, RETURN, self._label, [what])
            else:
                self._accept(number, key)
                self._send_off(number, self._transit_ms(order))

    def _accept(self, number: int, key: int) -> None:
        """The house takes a return, and may be asked for something else instead of money."""
        if self.exchanges is not None:
            self.exchanges.ask(number, key)
            self.refunds.due("request", [number])

    def _transit_ms(self, order: int) -> int:
        """How long the parcel back takes, also for who meant to send none."""
        orders = self._site.register.orders
        return orders.return_transit_ms[order] if orders.returning[order] else self._road_ms(order)

    def _road_ms(self, order: int) -> int:
        orders = self._site.register.orders
        network = self._site.world.network
        segment = network.segments[network.channels[orders.channel[order]].segment]
        return round(segment.return_transit_ms.at(self._pace.at(orders.at_ms[order])))

    def _is_past_window(self, order: int, reason: int) -> bool:
        """What arrived broken is asked for at once, however long the window is."""
        delay_ms = self._site.register.orders.return_delay_ms[order]
        return reason != _BROKEN and delay_ms > self._site.world.rules.return_window_ms

    def _refuse(self, number: int) -> None:
        site = self._site
        site.return_states.move(number, RETURN_REFUSED)
        site.log.one(_REFUSED, site.orchestrator.actor, _WINDOW_PASSED, number)
        self.refunds.finish(number)

    def _leave_with_customer(self, number: int) -> None:
        """What is worth less than its way back is refunded and kept."""
        site = self._site
        site.return_states.move(number, REFUNDED)
        site.log.one(_KEPT, site.orchestrator.actor, _NOT_WORTH_FREIGHT, number)
        self.refunds.pay([number])
        self.refunds.finish(number)

    def open(self, piece: int, units: int, net_cents: int, tax_cents: int, reason: int, transit_ms: int) -> None:
        """Put a return on record and on its way, without a question."""
        self._speak_for(piece, units)
        self._send_off(self._record(piece, units, net_cents, tax_cents, reason), transit_ms)

    def _record(
        self, piece: int, units: int, net_cents: int, tax_cents: int, reason: int, store: int | None = None
    ) -> int:
        site, register = self._site, self._site.register
        line = register.pieces.line[piece]
        node = self._rules.node if store is None else store
        luck = self._condition.at(register.luck.of_units(line, units))
        if reason in (_DEFECT, _BROKEN):
            as_new = self._categories[self._category_of(line)].restock_share
            luck = as_new + luck * (1 - as_new)
        elif reason == _UNDELIVERABLE:  # never opened
            luck = 0.0
        number = register.returns.add(
            piece,
            register.shipments.node[register.pieces.shipment[piece]] if node is None else node,
            units,
            cost_cents=self._cost_of(piece, units),
            net_cents=net_cents,
            tax_cents=tax_cents,
            luck=luck,
        )
        register.returns.reason[number] = reason
        if site.marketplaces is not None and reason in _FAULTS:
            site.marketplaces.defect(register.lines.order[line], _FAULTS[reason], reason)
        site.log.one(_REQUESTED, self._customer, reason, number)
        site.limits.returns_entered(RETURN_REQUESTED, (number,))
        return number

    def _cost_of(self, piece: int, units: int) -> int:
        """The part of the piece's cost that comes back; the last unit takes the rest."""
        pieces = self._site.register.pieces
        before, cost_before = self._given.get(piece, (0, 0))
        after = before + units
        cost_after = (2 * pieces.cost_cents[piece] * after + pieces.units[piece]) // (2 * pieces.units[piece])
        self._given[piece] = (after, cost_after)
        return cost_after - cost_before

    # Parcels on their way back.

    def _label(self, what: list[tuple[int, int]]) -> None:
        """The customer has a label and hands the parcel to the carrier, who scans it."""
        site, returns = self._site, self._site.register.returns
        numbers = [number for number, _ in what]
        site.return_states.advance(numbers, RETURN_LABELLED)
        site.limits.returns_entered(RETURN_LABELLED, numbers)
        for number in numbers:
            returns.label_cents[number] = self._rules.label_cents
        site.log.add(_LABELLED, site.orchestrator.actor, 0, numbers)
        self.refunds.due("scan", numbers)
        for number, transit_ms in what:
            self._send_off(number, transit_ms)

    def _send_off(self, number: int, transit_ms: int) -> None:
        clock = self._site.clock
        if self._befalls(self._road, self._rules.lost_share, number):
            self._missing.add(number)
            clock.gather(_quarter(clock.now_ms + transit_ms + TRACE_MS), RETURN, self._lose, [number])
        else:
            clock.gather(self._round_after(clock.now_ms + transit_ms), RETURN, self._arrive, [number])

    def _befalls(self, luck: CounterStream, share: float, number: int) -> bool:
        """Whether this happens to a return; what an order file says came back did come back."""
        if not share:
            return False
        returns = self._site.register.returns
        line = self._site.register.pieces.line[returns.piece[number]]
        of_units = self._site.register.luck.of_units
        return returns.reason[number] not in _CERTAIN and luck.at(of_units(line, returns.units[number])) < share

    def _round_after(self, time_ms: int) -> int:
        """Carriers bring returns back once a day."""
        rounds = self._rounds
        while not rounds or rounds[-1] < time_ms:
            rounds.append(self._site.calendar.at(len(rounds), RETURN_MINUTE))
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
        self.refunds.pay(numbers)
        for number in numbers:
            self.refunds.finish(number)

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
        full = [n for n in numbers if not self._is_empty(n)]
        for number in full:
            site.inventory.receive(node, self._product_of(number), returns.units[number], returns.cost_cents[number])
        site.log.add(_RECEIVED, site.warehouses[node].actor, 0, full)
        if site.intercompany is not None:
            site.intercompany.came_back(node, full)
        site.log.add(_EMPTY, site.warehouses[node].actor, 0, [n for n in numbers if self._is_empty(n)])
        self.refunds.due("receipt", numbers)
        site.warehouses[node].take_back(numbers)

    def _is_empty(self, number: int) -> bool:
        """Whether the box holds nothing, which nobody sees before it is opened."""
        return self._befalls(self._contents, self._rules.empty_box_share, number)

    def key_of(self, number: int) -> int:
        """The number of a return's luck."""
        register = self._site.register
        returns = register.returns
        return register.luck.of_units(register.pieces.line[returns.piece[number]], returns.units[number])

    def order_of(self, number: int) -> int:
        """The order to which a return belongs."""
        register = self._site.register
        return register.lines.order[register.pieces.line[register.returns.piece[number]]]

    def _product_of(self, number: int) -> int:
        register = self._site.register
        return register.lines.product[register.pieces.line[register.returns.piece[number]]]

    # On the inspectors' table.

    def inspected(self, node: int, actor: int, numbers: list[int]) -> None:
        """Each is opened: its goods go where they belong, and its refund is settled."""
        goods = [(n, self._product_of(n)) for n in numbers if not self._is_empty(n)]
        saleable = self.disposition.dispose(node, actor, goods)
        self._site.log.add(_HANDLED, actor, 0, numbers)
        self.refund(numbers)
        if saleable:
            self._site.backorders.stock_came(saleable)

    def refund(self, numbers: list[int]) -> None:
        """The house knows what was inspected."""
        self.settle(numbers)

    def settle(self, numbers: list[int]) -> None:
        """Customers get their money for what was inspected, or learn that they get less."""
        self.refunds.settle(numbers, {n for n in numbers if self._is_empty(n)})


def _quarter(time_ms: int) -> int:
    """Customers act at the next quarter of an hour."""
    return -(-time_ms // _QUARTER_MS) * _QUARTER_MS
