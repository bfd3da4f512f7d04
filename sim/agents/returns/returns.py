"""Returns: what customers send back and why, and what the house answers.

The parcel's way to the inspectors' table is `sim.agents.returns.return_parcels`, what becomes of the goods
`sim.agents.returns.disposition`, what becomes of the money `sim.agents.returns.refunds`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.agents.customers.disputes import Disputes
from sim.agents.orders.exchanges import Exchanges
from sim.agents.orders.replacements import Replacements
from sim.agents.returns.disposition import Dispositions
from sim.agents.returns.refunds import Refunds
from sim.agents.returns.return_parcels import ReturnParcels, next_quarter
from sim.agents.returns.return_ways import ReturnWays
from sim.agents.returns.wear import Wear
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import RETURN
from sim.orders import CLOSED, REFUNDED, RETURN_REFUSED, RETURN_REQUESTED
from sim.plans.return_rules import RETURN_REASONS

if TYPE_CHECKING:
    from sim.agents.site import Site

_REQUESTED, _KEPT, _REFUSED, _HANDLED = (
    NUMBER[k] for k in ("return_requested", "return_kept", "return_refused", "return_handled")
)
_DEFECT, _LATE, _BROKEN, _WINDOW_PASSED, _NOT_WORTH_FREIGHT, _UNDELIVERABLE = (
    REASON_NUMBER[r]
    for r in ("defect", "late", "damaged_in_transit", "window_passed", "not_worth_freight", "undeliverable")
)
_FAULTS = {_DEFECT: "defective", REASON_NUMBER["wrong_item"]: "wrong_item"}
"""Reasons that a marketplace may hold against its seller, as it calls them."""
_REASONS = tuple(REASON_NUMBER[r] for r in RETURN_REASONS)
_CHANGED_MIND = _REASONS[0]


class ReturnsDesk:
    """All returns of one run."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        self._rules = site.world.returns
        self._given: dict[int, tuple[int, int]] = {}
        """By piece: units and cost that came back in part so far."""
        self._categories = site.world.network.categories
        self._unwanted: dict[int, int] = {}
        """By piece of which only a part was cancelled too late: how many units its customer does not want."""
        self._spoken_for: dict[int, int] | None = None
        """By piece: units that came back, or will; None where nobody asks."""
        self._broken: set[int] = set()
        """Shipments that arrived broken: all of them comes back, whatever their customers meant to keep."""
        site.register.leaving.forget(site.register.pieces, self._given, self._unwanted)
        site.register.leaving.forget(site.register.shipments, self._broken)
        self._condition = site.streams.counter("condition", "returns")
        self._why = site.streams.counter("reason", "returns")
        self.disposition = Dispositions(site)
        self.disputes = Disputes(site, customer)
        self._wear = Wear(site)
        self.refunds = Refunds(site, self.disputes, self._wear)
        self.parcels = ReturnParcels(site, self.refunds)
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
            units = register.pieces.units[piece]
            net, tax = self._site.finance.charged(register.pieces.line[piece], units)
            self.open(piece, units, net, tax, _UNDELIVERABLE, self.parcels.road_ms(order))

    def mistaken(self, piece: int, reason: int, luck: float) -> None:
        """What came is not what was ordered, and goes back; ``luck`` says how quickly."""
        register, network = self._site.register, self._site.world.network
        line, units = register.pieces.line[piece], register.pieces.units[piece]
        channel = network.channels[register.orders.channel[register.lines.order[line]]]
        net, tax = self._site.finance.charged(line, units)
        transit_ms = round(network.segments[channel.segment].return_transit_ms.at(luck))
        self.open(piece, units, net, tax, reason, transit_ms)

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
            orders.return_transit_ms[order] = self.parcels.road_ms(order)
            orders.returning[order], orders.return_delay_ms[order] = 1, 0

    def is_broken(self, shipment: int) -> bool:
        """Whether all of it comes back because it arrived broken."""
        return shipment in self._broken

    def is_restocked(self, number: int) -> bool:
        """Whether a return that was inspected is on the shelf again, as new."""
        return not self.parcels.is_empty(number) and self.disposition.is_as_new(number, self.parcels.product_of(number))

    def track(self) -> None:
        """Somebody may call goods back: remember what comes back by itself."""
        self._spoken_for = {}
        self._site.register.leaving.forget(self._site.register.pieces, self._spoken_for)

    def spoken_for(self, piece: int) -> int:
        """How many units of a piece came back, or will, where somebody may call goods back."""
        return 0 if self._spoken_for is None else self._spoken_for.get(piece, 0)

    def call_back(self, piece: int, moment_ms: int, reason: int) -> None:
        """The customer will send all of a piece back that does not come back anyway."""
        site, register = self._site, self._site.register
        units = register.pieces.units[piece] - self.spoken_for(piece)
        comes_back = site.shelf is not None and site.shelf.is_something_else(piece)
        if site.typists is not None and site.typists.is_wrong(register.pieces.line[piece]):
            comes_back = True
        if units > 0 and not comes_back:
            order = register.lines.order[register.pieces.line[piece]]
            if register.orders.state[order] == CLOSED:
                site.completion.reopen(order, reason)
            register.orders.pending[order] += 1
            self._speak_for(piece, units)
            site.clock.gather(next_quarter(moment_ms), RETURN, self._send_called_back, [(piece, units, reason)])

    def _send_called_back(self, what: list[tuple[int, int, int]]) -> None:
        register = self._site.register
        for piece, units, reason in what:
            line = register.pieces.line[piece]
            order = register.lines.order[line]
            net, tax = self._site.finance.charged(line, units)
            self.parcels.send_off(self._record(piece, units, net, tax, reason), self._transit_ms(order))

    def _speak_for(self, piece: int, units: int) -> None:
        if self._spoken_for is not None:
            self._spoken_for[piece] = self._spoken_for.get(piece, 0) + units

    def _announce(self, order: int, moment_ms: int, piece: int, units: int, reason: int) -> None:
        self._speak_for(piece, units)
        self._site.register.orders.pending[order] += 1
        self._site.clock.gather(next_quarter(moment_ms), RETURN, self._request, [(piece, units, reason)])

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
            net, tax = self._site.finance.charged(line, units)
            key, store, is_blind = register.luck.of_units(line, units), None, False
            if self.ways is not None:
                store, is_blind = self.ways.store_of(order, key), self.ways.is_blind(key)
            number = self._record(piece, units, net, tax, reason, store)
            if self.ways is not None and is_blind:
                self.ways.announce_nothing(number)
                self.parcels.send_off(number, self._transit_ms(order))
            elif not rules.accepts_late_requests and self._is_past_window(order, reason):
                self._refuse(number)
            elif net < rules.keep_below_cents:
                self._leave_with_customer(number)
            elif self.ways is not None and store is not None:
                self._accept(number, key)
                self.ways.bring(number, store, next_quarter(self._site.clock.now_ms + rules.store_visit_ms))
            elif rules.has_label:
                self._accept(number, key)
                what = (number, self._transit_ms(order))
                self._site.clock.gather(
                    self._site.clock.now_ms + rules.label_after_ms, RETURN, self.parcels.label, [what]
                )
            else:
                self._accept(number, key)
                self.parcels.send_off(number, self._transit_ms(order))

    def _accept(self, number: int, key: int) -> None:
        """The house takes a return, and may be asked for something else instead of money."""
        if self.exchanges is not None:
            self.exchanges.ask(number, key)
            self.refunds.due("request", [number])

    def _transit_ms(self, order: int) -> int:
        """How long the parcel back takes, also for who meant to send none."""
        orders = self._site.register.orders
        return orders.return_transit_ms[order] if orders.returning[order] else self.parcels.road_ms(order)

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
        self.parcels.send_off(self._record(piece, units, net_cents, tax_cents, reason), transit_ms)

    def _record(
        self, piece: int, units: int, net_cents: int, tax_cents: int, reason: int, store: int | None = None
    ) -> int:
        site, register = self._site, self._site.register
        line = register.pieces.line[piece]
        node = self._rules.node if store is None else store
        luck = self._condition.at(register.luck.of_units(line, units))
        if reason in (_DEFECT, _BROKEN) or self._wear.is_used(line, units, reason):  # no more to be sold as new
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

    # On the inspectors' table.

    def inspected(self, node: int, actor: int, numbers: list[int]) -> None:
        """Each is opened: its goods go where they belong, and its refund is settled."""
        goods = [(n, self.parcels.product_of(n)) for n in numbers if not self.parcels.is_empty(n)]
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
        self.refunds.settle(numbers, {n for n in numbers if self.parcels.is_empty(n)})
