"""Delivery fees of what is cancelled: given back in proportion, or once nothing of the order stays (DOMAIN rule 20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.orders import LOST

if TYPE_CHECKING:
    from sim.agents.site import Site

_REFUNDED = NUMBER["delivery_refunded"]

Ints = NDArray[np.signedinteger]


@dataclass(slots=True)
class _Fee:
    """One order's: what of it was cancelled or came back for that reason, and what of its fee went back."""

    cents: int = 0
    given_cents: int = 0
    unwanted: set[int] = field(default_factory=set)
    """Lines that were cancelled too late."""


class DeliveryFees:
    """Keeps, for orders of which something was cancelled, how much of the delivery fee they are owed.

    The fee is charged with an order's first parcel, whole: so nothing is owed before that has left, and an order that
    is cancelled whole before is never charged. ``whole`` gives the fee back when all that was accepted has been
    cancelled or, cancelled too late, has come back and was refunded; ``prorated``, the part of it that the net value of
    what was cancelled has in the order's. Parts are rounded so that they add up to the fee.
    """

    def __init__(self, site: Site) -> None:
        self._site, self._prorated = site, site.world.rules.delivery_fee == "prorated"
        self._fee_of = [c.shipping_fee_cents for c in site.world.network.channels]
        self._orders: dict[int, _Fee] = {}
        site.register.leaving.forget(site.register.orders, self._orders)

    def cancelled(self, order: int, cents: int) -> None:
        """Open units of an order, worth so much net, are not sent."""
        if self._fee_of[self._site.register.orders.channel[order]]:
            self._orders.setdefault(order, _Fee()).cents += cents
            self._settle(order)

    def too_late(self, order: int, lines: list[int]) -> None:
        """These lines were cancelled when they could not be stopped any more."""
        if self._fee_of[self._site.register.orders.channel[order]]:
            self._orders.setdefault(order, _Fee()).unwanted.update(lines)

    def returned(self, numbers: list[int]) -> None:
        """These returns are refunded."""
        register = self._site.register
        for number in numbers if self._orders else ():
            line, units = register.line_of_return(number), register.returns.units[number]
            order = register.lines.order[line]
            fee = self._orders.get(order)
            if fee is not None and line in fee.unwanted:
                fee.cents += units * register.lines.price_cents[line]
                self._settle(order)

    def invoiced(self, shipments: Ints) -> None:
        """Parcels were invoiced; with its first one, an order's delivery was."""
        if self._orders:
            for order in as_numpy(self._site.register.shipments.order)[shipments].tolist():
                if order in self._orders:
                    self._settle(order)

    def lost(self, shipments: Ints) -> None:
        """Money for lost parcels goes back; if one of them was an order's first, all of the fee: less what had."""
        columns = self._site.register.shipments
        for shipment in shipments.tolist() if self._orders else ():
            fee = self._orders.get(columns.order[shipment])
            if fee is not None and columns.sequence[shipment] == 0:
                self._post(columns.order[shipment], -fee.given_cents)
                fee.given_cents = 0

    def _settle(self, order: int) -> None:
        """Give back what is owed by now, if the fee was charged."""
        site, fee = self._site, self._orders[order]
        channel = site.register.orders.channel[order]
        if not self._was_charged(order):
            return
        lines = site.register.lines
        sold = sum(
            lines.units[n] * lines.price_cents[n] for n in site.register.orders.lines(order) if lines.state[n] > 1
        )
        gone, full = min(fee.cents, sold), site.register.worth(order, self._fee_of[channel])
        if self._prorated and sold:
            due = (2 * full * gone + sold) // (2 * sold)
        else:
            due = full if gone == sold else 0
        if due != fee.given_cents:
            self._post(order, due - fee.given_cents)
            fee.given_cents = due

    def _was_charged(self, order: int) -> bool:
        """Whether the parcel that bears the fee was invoiced, once the house has heard of it, and is not lost."""
        columns, exchange = self._site.register.shipments, self._site.exchange
        if not self._site.register.orders.left[order]:
            return False
        for shipment in self._site.register.shipments_of(order):
            if columns.net_cents[shipment] and columns.sequence[shipment] == 0:
                is_lost = columns.state[shipment] == LOST
                return not is_lost and (exchange is None or not exchange.is_open("ship_confirmation", shipment))
        return False

    def _post(self, order: int, cents: int) -> None:
        if cents:
            note = self._site.register.notes.add(order=order, value_cents=cents)
            self._site.log.one(_REFUNDED, self._site.finance.actor, 0, note)
