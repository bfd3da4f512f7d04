"""Returns: from the customer's request to inspection, disposition and refund."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER, REASON_NUMBER
from sim.clock import RETURN
from sim.orders import REFUNDED, RETURN_RECEIVED
from sim.units import MINUTE_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_REQUESTED, _RECEIVED, _RESTOCKED, _SCRAPPED, _HANDLED, _REFUNDED = (
    NUMBER[k] for k in ("return_requested", "return_received", "restocked", "scrapped", "return_handled", "refunded")
)
_CHANGED_MIND = REASON_NUMBER["changed_mind"]

RETURN_MINUTE = 8 * 60
"""When, on every day, the parcels that came back are handed over at the dock."""

_QUARTER_MS = 15 * MINUTE_MS


class ReturnsDesk:
    """All returns of one run."""

    def __init__(self, site: Site, customer: int) -> None:
        self._site, self._customer = site, customer
        self._given: dict[int, tuple[int, int]] = {}
        """By piece: units and cost that came back in part so far."""
        self._restock_share = [c.restock_share for c in site.world.network.categories]
        self._rounds: list[int] = []
        """When returns are handed over, day by day."""
        self._condition = site.streams.counter("condition", "returns")

    def after_delivery(self, shipment: int, order: int) -> None:
        """The customer has the parcel and means to send some of it back, after a while."""
        register = self._site.register
        wanted = register.lines.return_units
        moment = self._site.clock.now_ms + register.orders.return_delay_ms[order]
        for piece in register.pieces_of(shipment):
            units = min(register.pieces.units[piece], wanted[register.pieces.line[piece]])
            if units:
                register.orders.pending[order] += 1
                self._site.clock.gather(_quarter(moment), RETURN, self._request, [(piece, units)])

    def _request(self, wanted: list[tuple[int, int]]) -> None:
        register = self._site.register
        for piece, units in wanted:
            line = register.pieces.line[piece]
            order = register.lines.order[line]
            net = units * register.lines.price_cents[line]
            tax = self._site.finance.tax_cents(register.orders.channel[order], net)
            self.open(piece, units, net, tax, _CHANGED_MIND, register.orders.return_transit_ms[order])

    def open(self, piece: int, units: int, net_cents: int, tax_cents: int, reason: int, transit_ms: int) -> None:
        """Put a return on record and on its way."""
        site = self._site
        register = site.register
        returns = register.returns
        number = len(returns)
        line = register.pieces.line[piece]
        luck = self._condition.at((line << 4) + units % 16)
        category = site.world.network.products[register.lines.product[line]].category
        returns.piece.append(piece)
        returns.node.append(register.shipments.node[register.pieces.shipment[piece]])
        returns.units.append(units)
        returns.cost_cents.append(self._cost_of(piece, units))
        returns.net_cents.append(net_cents)
        returns.tax_cents.append(tax_cents)
        returns.restock.append(luck < self._restock_share[category])
        returns.scrap_cents.append(0)
        returns.state.append(0)
        site.log.one(_REQUESTED, self._customer, reason, number)
        site.clock.gather(self._round_after(site.clock.now_ms + transit_ms), RETURN, self._arrive, [number])

    def _round_after(self, time_ms: int) -> int:
        """Carriers bring returns back once a day."""
        rounds = self._rounds
        while not rounds or rounds[-1] < time_ms:
            rounds.append(self._site.calendar.at(len(rounds), RETURN_MINUTE))
        return rounds[bisect_left(rounds, time_ms)]

    def _cost_of(self, piece: int, units: int) -> int:
        """The part of the piece's cost that comes back; the last unit takes the rest."""
        pieces = self._site.register.pieces
        before, cost_before = self._given.get(piece, (0, 0))
        after = before + units
        cost_after = (2 * pieces.cost_cents[piece] * after + pieces.units[piece]) // (2 * pieces.units[piece])
        self._given[piece] = (after, cost_after)
        return cost_after - cost_before

    def _arrive(self, numbers: list[int]) -> None:
        """Parcels are back at the nodes they came from."""
        node_of = self._site.register.returns.node
        by_node: dict[int, list[int]] = {}
        for number in numbers:
            by_node.setdefault(node_of[number], []).append(number)
        for node, group in by_node.items():
            self._site.warehouses[node].when_open(self._scan, (node, group))

    def _scan(self, what: tuple[int, list[int]]) -> None:
        node, numbers = what
        site, returns = self._site, self._site.register.returns
        site.return_states.advance(numbers, RETURN_RECEIVED)
        for number in numbers:
            site.inventory.receive(node, self._product_of(number), returns.units[number], returns.cost_cents[number])
        site.log.add(_RECEIVED, site.warehouses[node].actor, 0, numbers)
        site.warehouses[node].take_back(numbers)

    def _product_of(self, number: int) -> int:
        register = self._site.register
        return register.lines.product[register.pieces.line[register.returns.piece[number]]]

    def inspected(self, node: int, actor: int, numbers: list[int]) -> None:
        """Each is put back to stock or scrapped, and refunded."""
        site, register = self._site, self._site.register
        returns = register.returns
        good = [n for n in numbers if returns.restock[n]]
        bad = [n for n in numbers if not returns.restock[n]]
        products = [self._product_of(n) for n in good]
        for number, product in zip(good, products, strict=True):
            site.inventory.put_away(node, product, returns.units[number])
        if good:
            site.log.add(_RESTOCKED, actor, 0, good)
            if site.recall.held:
                site.recall.catch(node, products)
        for number in bad:  # after the good ones are on record: a batch may hold both of one product
            returns.scrap_cents[number] = site.inventory.scrap(node, self._product_of(number), returns.units[number])
        if bad:
            site.log.add(_SCRAPPED, actor, 0, bad)
        site.log.add(_HANDLED, actor, 0, numbers)
        self.refund(numbers)
        if good:
            site.orchestrator.stock_came(products)

    def refund(self, numbers: list[int]) -> None:
        """Customers get their money for what was inspected."""
        site, register = self._site, self._site.register
        site.return_states.advance(numbers, REFUNDED)
        site.log.add(_REFUNDED, site.finance.actor, 0, numbers)
        for number in numbers:
            site.completion.settle_piece(register.lines.order[register.pieces.line[register.returns.piece[number]]])


def _quarter(time_ms: int) -> int:
    """Customers act at the next quarter of an hour."""
    return -(-time_ms // _QUARTER_MS) * _QUARTER_MS
