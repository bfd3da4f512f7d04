"""What a replayed order file holds besides orders: credit notes, stock corrections, fees.

A credit note takes back units of a sale. Before they have left, it voids them; afterwards it is a return, at the later
of its own time and delivery. What comes back without it, because it was called back, is refunded without it: then it
gives back no more than the difference of its price. What matches no sale is posted to an account of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import DECISION, RETURN, SYNC
from sim.orders import DELIVERED, LINE_OFFERED, LINE_REFUSED, SHIPPED

if TYPE_CHECKING:
    from sim.agents.site import Site

_VOIDED, _RETURNED, _DIFFERENCE, _UNMATCHED, _UP, _DOWN, _REFUSED = (
    NUMBER[k]
    for k in (
        "credit_voided",
        "credit_returned",
        "credit_difference",
        "credit_unmatched",
        "adjusted_up",
        "adjusted_down",
        "adjustment_refused",
    )
)
_CREDIT_NOTE, _CORRECTION, _LOST, _STOCK_SHORT, _RECALLED = (
    REASON_NUMBER[r] for r in ("credit_note", "stock_correction", "lost_in_transit", "stock_short", "recalled")
)


class Replay:
    """Puts a trace's credits, corrections and fees on the clock."""

    def __init__(self, site: Site, actor: int, customer: int) -> None:
        trace = site.world.trace
        assert trace is not None
        self._site, self._trace, self._actor, self._customer = site, trace, actor, customer
        self._credit_line = trace.credit_line.tolist()
        self._credit_units = trace.credit_units.tolist()
        self._credit_cents = trace.credit_cents.tolist()
        self._credit_product = trace.credit_product.tolist()
        self._taken: dict[int, int] = {}
        """By piece: units that credits have claimed."""
        self._sent_back: dict[int, int] = {}
        """By piece: of these, the ones that are coming back."""
        self._served: dict[int, int] = {}
        """By piece: units that came back without a credit, for which one has come since."""
        self._on_delivery: dict[int, list[tuple[int, int, int]]] = {}
        """By shipment under way: (piece, units, cents) to be returned once it is there."""

    def start(self) -> None:
        """Everything at its own time, in file order; a credit in the minute of its sale comes after it."""
        clock, trace = self._site.clock, self._trace
        for i, t in enumerate(trace.credit_ms.tolist()):
            clock.at(max(0, t), DECISION, self._credit, i, rank=i)
        for i, t in enumerate(trace.adjustment_ms.tolist()):
            clock.at(max(0, t), SYNC, self._adjust, i, rank=i)
        for i, t in enumerate(trace.fee_ms.tolist()):
            clock.at(max(0, t), RETURN, self._site.finance.post_fee, i, rank=i)

    # Credits.

    def _credit(self, number: int) -> None:
        line = self._credit_line[number]
        units, cents = self._credit_units[number], self._credit_cents[number]
        if line < 0:
            self._unmatched(-1, -1, self._credit_product[number], units, cents, _CREDIT_NOTE)
            return
        lines = self._site.register.lines
        order = lines.order[line]
        if lines.state[line] in (LINE_OFFERED, LINE_REFUSED):
            self._unmatched(order, line, lines.product[line], units, cents, _CREDIT_NOTE)
            return
        voided = self._void(order, line, units)
        left_units, left_cents = units, cents
        if voided:
            part = _share(left_cents, voided, left_units)
            self._note_void(order, line, voided, part)
            left_units, left_cents = left_units - voided, left_cents - part
        refunded = self._coming_back(order, line, left_units)
        if refunded:
            part = _share(left_cents, refunded, left_units)
            self._note_difference(order, line, refunded, part, _RECALLED)
            left_units, left_cents = left_units - refunded, left_cents - part
        for piece, found in self._returnable(order, line, left_units):
            part = _share(left_cents, found, left_units)
            self._note_return(order, line, piece, found, part)
            left_units, left_cents = left_units - found, left_cents - part
        if left_units:
            self._unmatched(order, line, lines.product[line], left_units, left_cents, _CREDIT_NOTE)

    def _void(self, order: int, line: int, units: int) -> int:
        """Take units back that have not left; whatever had to be unpacked for it is planned again."""
        site = self._site
        register, orchestrator = site.register, site.orchestrator
        lines, states = register.lines, register.shipments.state
        replan = False
        # What the floor has done least for goes first.
        for shipment in sorted(register.shipments_of(order), key=states.__getitem__):
            if lines.open_units[line] >= units:
                break
            if states[shipment] < SHIPPED and any(
                register.pieces.line[p] == line for p in register.pieces_of(shipment)
            ):
                orchestrator.void(shipment, _CREDIT_NOTE)
                replan = True
        voided = min(units, lines.open_units[line])
        if voided:
            orchestrator.cancel_units(line, voided, _CREDIT_NOTE, self._customer)
        if replan:
            site.allocator.allocate(order)
        orchestrator.end_if_empty(order, _CREDIT_NOTE, self._customer)
        return voided

    def _returnable(self, order: int, line: int, units: int) -> list[tuple[int, int]]:
        """Pieces of the line that left, with units that no credit has claimed."""
        register, found = self._site.register, []
        for shipment in self._site.register.shipments_of(order):
            if register.shipments.state[shipment] not in (SHIPPED, DELIVERED):
                continue
            for piece in register.pieces_of(shipment):
                if register.pieces.line[piece] == line and units:
                    claimed = self._taken.get(piece, 0) + self._by_itself(piece)
                    free = min(units, register.pieces.units[piece] - claimed)
                    if free > 0:
                        found.append((piece, free))
                        units -= free
        return found

    def _coming_back(self, order: int, line: int, units: int) -> int:
        """Claim units of the line that came back, or will, without any credit; how many."""
        register, found = self._site.register, 0
        for shipment in register.shipments_of(order):
            for piece in register.pieces_of(shipment):
                free = min(units - found, self._by_itself(piece) - self._served.get(piece, 0))
                if register.pieces.line[piece] == line and free > 0:
                    self._served[piece] = self._served.get(piece, 0) + free
                    found += free
        return found

    def _by_itself(self, piece: int) -> int:
        """Units of a piece that came back, or will, without a credit."""
        return max(0, self._site.returns.spoken_for(piece) - self._sent_back.get(piece, 0))

    def _note_void(self, order: int, line: int, units: int, cents: int) -> None:
        register = self._site.register
        product = register.lines.product[line]
        note = register.notes.add(order=order, line=line, product=product, units=units, value_cents=cents)
        self._site.log.one(_VOIDED, self._customer, _CREDIT_NOTE, note)
        self._note_difference(order, line, units, cents, _CREDIT_NOTE)

    def _note_difference(self, order: int, line: int, units: int, cents: int, reason: int) -> None:
        """What a credit gives back beyond the price that was, or would have been, paid."""
        lines, notes = self._site.register.lines, self._site.register.notes
        difference = cents - units * lines.price_cents[line]
        if difference:
            note = notes.add(order=order, line=line, product=lines.product[line], value_cents=difference)
            self._site.log.one(_DIFFERENCE, self._site.finance.actor, reason, note)

    def _note_return(self, order: int, line: int, piece: int, units: int, cents: int) -> None:
        register = self._site.register
        product = register.lines.product[line]
        note = register.notes.add(order=order, line=line, product=product, units=units, value_cents=cents)
        self._site.log.one(_RETURNED, self._customer, _CREDIT_NOTE, note)
        self._taken[piece] = self._taken.get(piece, 0) + units
        register.orders.pending[order] += 1
        shipment = register.pieces.shipment[piece]
        if register.shipments.state[shipment] == DELIVERED:
            self._send_back(piece, units, cents)
        else:
            self._on_delivery.setdefault(shipment, []).append((piece, units, cents))

    def _send_back(self, piece: int, units: int, cents: int) -> None:
        orders = self._site.register.orders
        order = self._site.register.lines.order[self._site.register.pieces.line[piece]]
        self._sent_back[piece] = self._sent_back.get(piece, 0) + units
        tax = self._site.finance.tax_cents(orders.channel[order], cents)
        self._site.returns.open(piece, units, cents, tax, _CREDIT_NOTE, 0)

    def delivered(self, shipments: list[int]) -> None:
        """Credits that came while a parcel was under way become returns now."""
        for shipment in shipments:
            for piece, units, cents in self._on_delivery.pop(shipment, ()):
                self._send_back(piece, units, cents)

    def lost(self, shipments: list[int]) -> None:
        """Parcels will never arrive and are refunded: that is what a credit for them gives back, but for its price."""
        self._not_delivered(shipments, _LOST)

    def brought_back(self, shipments: list[int]) -> None:
        """Parcels were stopped, and all that is in them comes back: so much for their credits, too."""
        for shipment in shipments:
            for piece, units, _ in self._on_delivery.get(shipment, ()):
                self._taken[piece] -= units
                self._served[piece] = self._served.get(piece, 0) + units
        self._not_delivered(shipments, _RECALLED)

    def _not_delivered(self, shipments: list[int], reason: int) -> None:
        register = self._site.register
        for shipment in shipments:
            for piece, units, cents in self._on_delivery.pop(shipment, ()):
                line = register.pieces.line[piece]
                order = register.lines.order[line]
                self._note_difference(order, line, units, cents, reason)
                register.orders.pending[order] -= 1

    def _unmatched(self, order: int, line: int, product: int, units: int, cents: int, reason: int) -> None:
        note = self._site.register.notes.add(order=order, line=line, product=product, units=units, value_cents=cents)
        self._site.log.one(_UNMATCHED, self._site.finance.actor, reason, note)

    # Stock corrections.

    def _adjust(self, number: int) -> None:
        """Units found go to the first node that carries the product; units missing are taken from the fullest."""
        product, units = (
            int(self._trace.adjustment_product[number]),
            int(self._trace.adjustment_units[number]),
        )
        if units > 0:
            self._found(product, units)
        else:
            self._missing(product, -units)

    def _found(self, product: int, units: int) -> None:
        site = self._site
        carried = site.world.stock.order_up_to[:, product]
        node = int(carried.argmax())
        value = units * site.world.network.products[product].cost_cents
        site.inventory.adjust_up(node, product, units, value)
        site.log.one(_UP, self._actor, _CORRECTION, site.register.goods.add(node, product, units, value))
        site.backorders.stock_came([product])

    def _missing(self, product: int, units: int) -> None:
        site = self._site
        available = site.inventory.available
        for node in sorted(range(len(available)), key=lambda n: (-available[n][product], n)):
            taken = min(units, available[node][product])
            if site.shelf is not None:
                taken = site.shelf.sendable(node, product, taken)
            if taken:
                value = site.inventory.adjust_down(node, product, taken)
                site.log.one(_DOWN, self._actor, _CORRECTION, site.register.goods.add(node, product, taken, value))
                units -= taken
        if units:
            node = int(site.world.stock.order_up_to[:, product].argmax())
            refused = site.register.goods.add(node, product, units, 0)
            site.log.one(_REFUSED, self._actor, _STOCK_SHORT, refused)


def _share(cents: int, part: int, whole: int) -> int:
    """``cents`` for ``part`` of ``whole`` units, half up; all of them for the last part."""
    return (2 * cents * part + whole) // (2 * whole)
