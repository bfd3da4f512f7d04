"""Messages that come twice to a receiver that forgets: what it books, picks or tells a second time, and who undoes it.

An order that comes twice is `sim.messages.order_in`'s, a return `sim.messages.money`'s. The others:

==================  ==================================================================================================
release             A second pick list: the units are picked, packed and sent once more, for nothing, if they are there.
receipt             The goods are put away on record once more: units that are on no shelf, until somebody counts.
ship_confirmation   Invoiced twice, and what is paid by card or in advance captured twice, until somebody credits it.
posting             A payout is on the books twice, until somebody takes it off.
tracking            The status is set to what it is; but the customer is told of a parcel twice, and some ask.
==================  ==================================================================================================

A second invoice or payout is found when statuses are compared, or when a customer who sees it calls; the desk that
mends messages takes it off the books.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.finance import Finance
from sim.books.amounts import CARD, INVOICE, PREPAID
from sim.books.copies import append_copy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import CAPTURE
from sim.messages.order_in import RemoteIntake
from sim.messages.twins import BACK_MS, SENT_BACK_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

_INVOICED, _CAPTURED, _SETTLED, _LINKED = (
    NUMBER[k] for k in ("invoiced_again", "captured_again", "settled_again", "exchange_ordered")
)
_UNDO_INVOICE, _UNDO_CAPTURE, _UNDO_SETTLED = (
    NUMBER[k] for k in ("invoice_reversed", "capture_reversed", "payout_reversed")
)
_RELEASE, _CONFIRMATION, _RECEIPT, _POSTING, _CHARGED_TWICE = (
    REASON_NUMBER[r] for r in ("release", "ship_confirmation", "receipt", "posting", "charged_twice")
)

Double = tuple[str, int]
"""(kind of message, shipment): what is on the books twice."""


class Doubles:
    """What copies of messages did, and what of it is still to be undone."""

    def __init__(self, site: Site, finance: Finance) -> None:
        self._site, self._finance = site, finance
        self._open: dict[Double, int] = {}
        """Since when each is on the books."""
        self._of: dict[int, list[Double]] = {}
        """The same by order."""
        self._acted: dict[str, set[int]] = {}
        """By kind: records of which a copy came before; a third is known."""
        site.register.leaving.ask(self._of.keys)

    def _fresh(self, kind: str, records: list[int]) -> list[int]:
        if kind not in self._acted:
            register = self._site.register
            self._acted[kind] = set()
            register.leaving.forget(register.goods if kind == "receipt" else register.shipments, self._acted[kind])
        fresh = [record for record in records if record not in self._acted[kind]]
        self._acted[kind].update(fresh)
        return fresh

    def _order_of(self, shipment: int) -> int:
        return self._site.register.shipments.order[shipment]

    # The floor.

    def release(self, shipments: list[int]) -> None:
        """Pick lists came once more: what is there is sent again."""
        for shipment in self._fresh("release", shipments):
            if self._is_there(shipment):
                self._send_again(shipment)

    def _is_there(self, shipment: int) -> bool:
        site, node = self._site, self._site.register.shipments.node[shipment]
        wanted: dict[int, int] = {}
        for product, units in site.register.contents((shipment,)):
            wanted[product] = wanted.get(product, 0) + units
        return bool(site.open_nodes[node]) and all(site.inventory.available[node][p] >= u for p, u in wanted.items())

    def _send_again(self, shipment: int) -> None:
        """As an order of its own, for nothing, that its customer sends back."""
        site, register = self._site, self._site.register
        order, node, own = self._order_of(shipment), register.shipments.node[shipment], register.pieces_of(shipment)
        basket = self._copy(order, own)
        for line, _, units in basket:
            assert site.replacements is not None
            site.replacements.owe(line, units)
        first = basket[0][0]
        note = register.notes.add(order=order, line=first, product=register.lines.product[first], units=basket[0][2])
        site.log.one(_LINKED, site.warehouses[node].actor, _RELEASE, note)
        channel, intake = site.channels[register.orders.channel[order]], site.intake
        assert isinstance(intake, RemoteIntake)
        intake.take_picked(register.lines.order[first], basket, channel, node, _RELEASE)

    def _copy(self, order: int, pieces: range) -> list[tuple[int, int, int]]:
        """Write the linked order of these pieces; its lines as (number, product, units)."""
        register = self._site.register
        orders, lines, linked, basket = register.orders, register.lines, len(register.orders), []
        register.moves.announce()
        for piece in pieces:
            line, units = register.pieces.line[piece], register.pieces.units[piece]
            append_copy(lines, line, order=linked, units=units, return_units=units, price_cents=0)
            register.luck.copied(len(lines) - 1, line)
            basket.append((len(lines) - 1, lines.product[line], units))
        append_copy(
            orders,
            order,
            at_ms=self._site.clock.now_ms,
            first_line=len(lines),
            return_delay_ms=SENT_BACK_MS,
            return_transit_ms=max(orders.return_transit_ms[order], BACK_MS),
            returning=1,
            left=1,  # delivery was charged with the first parcel
        )
        return basket

    def receipt(self, goods: list[int]) -> None:
        """Goods were put away once more, on record alone."""
        shelf, column = self._site.shelf, self._site.register.goods
        assert shelf is not None
        for record in self._fresh("receipt", goods):
            shelf.book_again(column.node[record], column.product[record], column.units[record], _RECEIPT)

    # Money.

    def confirm(self, shipments: list[int]) -> None:
        """Confirmations came once more: invoice and capture again; who sees it calls."""
        fresh = np.array(self._fresh("ship_confirmation", shipments), dtype=np.int64)
        charged = fresh[self._finance.gross_cents(fresh) > 0].tolist() if len(fresh) else []
        self._begin("ship_confirmation", charged)
        self._site.log.add(_INVOICED, self._finance.actor, _CONFIRMATION, charged)
        self._site.log.add(_CAPTURED, self._finance.actor, _CONFIRMATION, self._captured(charged))
        self._count(self._on_invoice(charged), owed=True)
        for shipment in charged:
            if self._kind(shipment) in (CARD, INVOICE):
                self._will_be_seen(shipment)

    def _captured(self, shipments: list[int]) -> list[int]:
        return [s for s in shipments if self._kind(s) <= PREPAID]

    def _on_invoice(self, shipments: list[int]) -> list[int]:
        """Those that are owed for until somebody pays."""
        return [s for s in shipments if self._kind(s) == INVOICE]

    def _count(self, shipments: list[int], *, owed: bool) -> None:
        """Credit is what the books say that an account owes, right or wrong."""
        credit, channel_of = self._site.credit, self._site.register.orders.channel
        if credit is None:
            return
        for shipment in shipments:
            channel, one = channel_of[self._order_of(shipment)], np.array([shipment], dtype=np.int64)
            if owed:
                credit.owed_again(channel, one)
            else:
                credit.paid(channel, one)

    def _kind(self, shipment: int) -> int:
        return self._finance.payment_kind(self._order_of(shipment))

    def _will_be_seen(self, shipment: int) -> None:
        site, register = self._site, self._site.register
        orders, order = register.orders, self._order_of(shipment)
        segment = site.world.network.segments[site.world.network.channels[orders.channel[order]].segment]
        luck = site.streams.counter("charged twice", site.world.network.channels[orders.channel[order]].name)
        delay_ms = round(segment.statement_delay_ms.at(luck.at(orders.at_ms[order])))
        site.clock.gather(site.clock.now_ms + delay_ms, CAPTURE, self._is_seen, (shipment,), rank=1 << 29)

    def _is_seen(self, shipments: list[int]) -> None:
        """The statement came, or the second invoice: a call, unless it was mended before."""
        assert self._site.care is not None
        for shipment in shipments:
            if ("ship_confirmation", shipment) in self._open:
                self._site.care.complain(self._order_of(shipment), _CHARGED_TWICE)

    def post(self, shipments: list[int]) -> None:
        """Notices of payouts came once more: the money is on the books twice, and in the bank once."""
        fresh = self._fresh("posting", shipments)
        self._begin("posting", fresh)
        self._site.log.add(_SETTLED, self._finance.actor, _POSTING, fresh)
        self._count(self._on_invoice(fresh), owed=False)

    def track(self, shipments: list[int]) -> None:
        """Statuses are what they were; customers read of their parcel twice."""
        assert self._site.care is not None
        for shipment in self._fresh("tracking", shipments):
            self._site.care.told_again(self._order_of(shipment))

    # What is undone.

    def _begin(self, kind: str, shipments: list[int]) -> None:
        for shipment in shipments:
            self._open[kind, shipment] = self._site.clock.now_ms
            self._of.setdefault(self._order_of(shipment), []).append((kind, shipment))

    def since(self, until_ms: int) -> list[Double]:
        """What is on the books twice since a moment, or longer."""
        return [double for double, from_ms in self._open.items() if from_ms <= until_ms]

    def of(self, order: int) -> list[Double]:
        """What is on the books twice of an order."""
        return self._of.get(order, [])

    def undo(self, order: int, actor: int) -> None:
        """Somebody takes off what is on the books twice of an order."""
        log = self._site.log
        for kind, shipment in self._of.pop(order, []):
            del self._open[kind, shipment]
            if kind == "posting":
                log.one(_UNDO_SETTLED, actor, _POSTING, shipment)
                self._count(self._on_invoice([shipment]), owed=True)
                continue
            log.add(_UNDO_CAPTURE, actor, _CONFIRMATION, self._captured([shipment]))
            log.one(_UNDO_INVOICE, actor, _CONFIRMATION, shipment)
            self._count(self._on_invoice([shipment]), owed=False)
