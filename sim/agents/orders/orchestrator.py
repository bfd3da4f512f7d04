"""Changes to orders that are under way: shipments taken apart, moved or joined, units cancelled, orders ended.

How orders come in is `intake`; what stops them, `checks`, `holds` and `reviews`; where they are served from,
`allocator` and `backorders`; how they close, `completion`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.agents.orders.allocator import OF_A_SHIPMENT
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.books.register import Line
from sim.clock import SWEEP
from sim.orders import (
    ALLOCATED,
    CANCELLED,
    CAPTURED,
    HELD,
    LINE_CANCELLED,
    OPEN,
    PLANNED,
    RELEASED,
    VALIDATED,
    VOIDED,
)

if TYPE_CHECKING:
    from sim.agents.site import Site

_DEALLOCATED, _PUT_BACK, _VOIDED = (NUMBER[k] for k in ("deallocated", "put_back", "voided"))
_CANCELLED_UNITS, _CANCELLED = NUMBER["cancelled_units"], NUMBER["cancelled"]
_OUT_OF_PATIENCE, _NODE_OUTAGE, _NO_CARRIER = (
    REASON_NUMBER[r] for r in ("out_of_patience", "node_outage", "no_carrier")
)


class Orchestrator:
    """The ERP's order management, once an order is in it: voids, moves, cancels, and places anew."""

    def __init__(self, site: Site, actor: int, customer: int) -> None:
        self._site, self.actor, self._customer = site, actor, customer
        self._register, self._log, self._clock = site.register, site.log, site.clock
        self._inventory = site.inventory
        self._orders, self._pieces, self._shipments = (
            site.register.orders,
            site.register.pieces,
            site.register.shipments,
        )
        self._sweep_ms = -1
        """When the next sweep is due; -1 where none is."""

    # Voiding and planning anew.

    def void(self, shipment: int, reason: int) -> None:
        """Take a shipment that has not left apart: its units are open again."""
        site, register = self._site, self._register
        shipments = register.shipments
        order, node, state = shipments.order[shipment], shipments.node[shipment], shipments.state[shipment]
        pool = site.pool_of_channel[register.orders.channel[order]]
        site.shipment_states.move(shipment, VOIDED)
        undo, kind = (
            (self._inventory.uncommit, _DEALLOCATED)
            if state in (PLANNED, RELEASED)
            else (self._inventory.put_back, _PUT_BACK)
        )
        own = register.pieces_of(shipment)
        register.orders.pending[order] -= OF_A_SHIPMENT
        undo(pool, node, register.contents((shipment,)))
        if site.handling is not None:
            site.handling.undone(shipment, picked=state not in (PLANNED, RELEASED))
        self._open_again(order, own)
        self._log.add(kind, self.actor, reason, own)
        self._log.one(_VOIDED, self.actor, reason, shipment)
        if site.merging is not None:
            site.merging.look_again(order)

    def _open_again(self, order: int, own: range) -> None:
        """The units of these pieces want a node once more."""
        register = self._register
        pieces, lines = register.pieces, register.lines
        for piece in own:
            line, units = pieces.line[piece], pieces.units[piece]
            if not lines.open_units[line]:
                self._site.line_states.move(line, OPEN)
                register.orders.pending[order] += 1
            lines.open_units[line] += units
            if self._site.backorders.is_owed(line):
                self._site.backorders.owe(order, line, lines.product[line], lines.open_units[line])
        register.opened([pieces.line[piece] for piece in own])

    def want_again(self, shipment: int) -> None:
        """What was in a shipment that left will not arrive, and is sent once more."""
        register, order = self._register, self._shipments.order[shipment]
        channel, own = register.orders.channel[order], register.pieces_of(shipment)
        self._inventory.reserve(self._site.pool_of_channel[channel], self._goods(own), channel)
        self._open_again(order, own)
        self._site.allocator.allocate(order)

    def move(self, shipment: int, node: int, reason: int) -> None:
        """Give a shipment that has not been released to another node, whole."""
        goods = self._goods(self._register.pieces_of(shipment))
        self.void(shipment, reason)
        self._site.allocator.commit(self._shipments.order[shipment], node, goods, alone=False)

    def _goods(self, own: Iterable[int]) -> list[Line]:
        pieces = self._pieces
        return [(pieces.line[p], pieces.product[p], pieces.units[p]) for p in own]

    def join(self, order: int, node: int, parts: list[int]) -> int:
        """Write one shipment that takes the place of several, which are picked and lie at one node; its number."""
        own = [p for s in parts for p in self._register.pieces_of(s)]
        whole = self._site.allocator.plan(order, self._orders.channel[order], node, self._goods(own))
        self._orders.pending[order] += OF_A_SHIPMENT * (1 - len(parts))
        if self._site.shelf is not None:
            for piece, into in zip(own, self._register.pieces_of(whole), strict=True):
                self._site.shelf.repacked(piece, into)
        return whole

    def strand(self, shipment: int) -> None:
        """No carrier takes a parcel: it is unpacked, and its order waits for somebody who knows what to do. One that is
        held already comes back here when that is over."""
        order = self._shipments.order[shipment]
        self.void(shipment, _NO_CARRIER)
        if self._orders.state[order] == VALIDATED:
            self._site.holds.hold_for_desk(order, _NO_CARRIER, "carrier")

    def node_closed(self, node: int, waiting: list[int]) -> None:
        """A node stopped: what it has not begun goes elsewhere, if the house rules say so."""
        if not self._site.world.rules.reallocate_on_outage:
            return
        states, order_of = self._register.shipments.state, self._register.shipments.order
        for shipment in waiting:
            if states[shipment] == PLANNED:
                self.void(shipment, _NODE_OUTAGE)
                self._site.allocator.allocate(order_of[shipment])

    # Cancelling.

    def cancel_units(self, line: int, units: int, reason: int, actor: int) -> None:
        """Some of a line's open units are not wanted any more."""
        site, register = self._site, self._register
        lines = register.lines
        order, product = lines.order[line], lines.product[line]
        channel = register.orders.channel[order]
        if site.reservations is not None:
            site.reservations.restore(order, wanted=False)
        self._inventory.unreserve(site.pool_of_channel[channel], product, units)
        if site.backorders.is_owed(line):
            site.backorders.pay_off(line, units)
        paid = 0 if site.replacements is None else site.replacements.cancelled(line, units, reason)
        left = lines.open_units[line] - units
        lines.open_units[line] = left
        lines.cancelled_units[line] += units
        if not left:
            whole = lines.cancelled_units[line] == lines.units[line]
            site.line_states.move(line, LINE_CANCELLED if whole else ALLOCATED)
            register.orders.pending[order] -= 1
        note = register.notes.add(
            order=order, line=line, product=product, units=units, value_cents=units * lines.price_cents[line]
        )
        self._log.one(_CANCELLED_UNITS, actor, reason, note)
        if site.marketplaces is not None:
            site.marketplaces.cancelled_units(order, reason)
        if site.delivery_fees is not None:
            site.delivery_fees.cancelled(order, units * lines.price_cents[line])
        if site.credit is not None:
            site.credit.cancelled(order, (units - paid) * register.asked(order, lines.price_cents[line]))

    def cancel(self, order: int, reason: int, actor: int) -> None:
        """Cancel all open units; the order itself, if nothing of it is on its way."""
        lines = self._register.lines
        for line in self._register.orders.lines(order):
            if lines.open_units[line] and lines.state[line] > 1:
                self.cancel_units(line, lines.open_units[line], reason, actor)
        self.end_if_empty(order, reason, actor)

    def end_if_empty(self, order: int, reason: int, actor: int) -> None:
        """An order of which nothing is open, on its way or sent is cancelled; one that only waited for this closes."""
        orders = self._register.orders
        if orders.pending[order]:
            return
        if self._site.completion.close_if_late(order):
            return
        if orders.left[order] == 0 and orders.state[order] in (CAPTURED, HELD, VALIDATED):
            self._site.order_states.move(order, CANCELLED)
            if self._register.holds:
                self._site.holds.end(order)
            self._log.one(_CANCELLED, actor, reason, order)
            if self._site.marketplaces is not None:
                self._site.marketplaces.cancelled(order, reason)
            self._site.finance.return_deposit(order, reason)

    def customer_tires(self, order: int) -> None:
        """Nobody has looked at a held order for longer than its customer bears."""
        self.cancel(order, _OUT_OF_PATIENCE, self._customer)

    # By hand.

    def cancel_by_hand(self, order: int, reason: int, actor: int) -> None:
        """Somebody cancels what has not begun of an order."""
        for shipment in self._register.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self.void(shipment, reason)
        if self._orders.state[order] == HELD:
            self._site.holds.give_up(order, reason, actor)
        else:
            self.cancel(order, reason, actor)

    def place_anew(self, order: int, reason: int) -> None:
        """What has not begun of an order is allocated again; a held one, when it is cleared."""
        for shipment in self._register.shipments_of(order):
            if self._shipments.state[shipment] == PLANNED:
                self.void(shipment, reason)
        if self._orders.state[order] == VALIDATED:
            self._site.allocator.allocate(order)

    # What comes due.

    def call_sweep(self) -> None:
        """Come back when the next return window or backorder patience ends."""
        ends = (self._site.completion.next_due_ms, self._site.backorders.next_due_ms)
        due = [moment for moment in ends if moment is not None]
        if due:
            step = self._site.world.rules.sweep_ms
            at_ms = -(-max(min(due), self._clock.now_ms + 1) // step) * step
            if self._sweep_ms < 0 or at_ms < self._sweep_ms:
                self._sweep_ms = at_ms
                self._clock.at(at_ms, SWEEP, self._sweep, rank=2)

    def _sweep(self, _: None) -> None:
        """Close what is complete and past its return window; give up backorders that waited too long."""
        if self._clock.now_ms != self._sweep_ms:  # an earlier one was called meanwhile, and took over
            return
        self._sweep_ms = -1
        self._site.completion.close_due()
        self._site.backorders.give_up_due()
        self.call_sweep()
