"""Commissions that come back: who owns a channel gives part of its commission back when a customer is refunded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.network import Channel, Network
from sim.orders import RESENT
from sim.units import BASIS_POINTS, share_of

if TYPE_CHECKING:
    from sim.agents.site import Site

_RETURNED = NUMBER["commission_returned"]

Ints = NDArray[np.signedinteger]


class Commissions:
    """Gives back the commission on what is refunded, less the share that the channel's owner keeps.

    It is in with the refund, or with the payout of its shipment where that comes later: nobody gives back what was not
    taken yet. Each cent of a shipment's commission is given back once: what several refunds bring is rounded together.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._terms = [_terms(channel) for channel in site.world.network.channels]
        self._unpaid: set[int] = set()
        """Shipments whose payout is to come."""
        self._refunded: dict[int, int] = {}
        """By shipment: what of it was refunded so far."""
        self._waiting: dict[int, list[tuple[int, int, int, int]]] = {}
        """By shipment that is not paid out: order, line, product and cents of what will come back."""
        site.register.leaving.forget(site.register.shipments, self._refunded)

    @staticmethod
    def are_given_back(network: Network) -> bool:
        """Whether any channel does so."""
        return any(_terms(channel) is not None for channel in network.channels)

    # Payouts.

    def owed(self, channel: int, shipments: Ints) -> None:
        """The channel will pay for these."""
        if self._terms[channel] is not None:
            self._unpaid.update(shipments.tolist())

    def paid(self, shipments: Ints) -> None:
        """It did."""
        if self._unpaid:
            self._unpaid.difference_update(shipments.tolist())
        if self._waiting:
            for shipment in shipments.tolist():
                for about in self._waiting.pop(shipment, ()):
                    self._post(*about)

    # Refunds.

    def refunded(self, numbers: list[int]) -> None:
        """Returns were refunded."""
        returns = self._site.register.returns
        for number in numbers:
            self._give_back(returns.piece[number], returns.net_cents[number] + returns.tax_cents[number])

    def topped_up(self, number: int) -> None:
        """A dispute added to a refund."""
        returns = self._site.register.returns
        self._give_back(returns.piece[number], returns.extra_net_cents[number] + returns.extra_tax_cents[number])

    def lost(self, shipments: Ints) -> None:
        """The customers have their money back for these."""
        order_of = self._site.register.shipments.order
        for shipment, gross in zip(shipments.tolist(), self._site.finance.gross_cents(shipments).tolist(), strict=True):
            self._of_shipment(shipment, gross, (order_of[shipment], -1, -1))

    def not_replaced(self, line: int, cents: int) -> None:
        """What was to be sent in place of goods was refunded: it was charged with the parcel that was lost."""
        register = self._site.register
        order = register.lines.order[line]
        about = (order, line, register.lines.product[line])
        for shipment in register.shipments_of(order):
            if register.shipments.state[shipment] == RESENT and any(
                register.pieces.line[p] == line for p in register.pieces_of(shipment)
            ):
                self._of_shipment(shipment, cents, about)
                return
        if cents := self._share(order, cents):  # in exchange for what is of another order, which is paid for
            self._post(*about, cents)

    def _give_back(self, piece: int, cents: int) -> None:
        pieces, lines = self._site.register.pieces, self._site.register.lines
        line = pieces.line[piece]
        self._of_shipment(pieces.shipment[piece], cents, (lines.order[line], line, lines.product[line]))

    def _of_shipment(self, shipment: int, cents: int, about: tuple[int, int, int]) -> None:
        order, before = about[0], self._refunded.get(shipment, 0)
        back = self._share(order, before + cents) - self._share(order, before)
        if not back:
            return
        self._refunded[shipment] = before + cents
        if shipment in self._unpaid:
            self._waiting.setdefault(shipment, []).append((*about, back))
        else:
            self._post(*about, back)

    def _share(self, order: int, cents: int) -> int:
        """What is given back for so much that was refunded."""
        terms = self._terms[self._site.register.orders.channel[order]]
        return 0 if terms is None else share_of(share_of(cents, terms[0]), terms[1])

    def _post(self, order: int, line: int, product: int, cents: int) -> None:
        note = self._site.register.notes.add(order=order, line=line, product=product, value_cents=cents)
        self._site.log.one(_RETURNED, self._site.finance.actor, 0, note)


def _terms(channel: Channel) -> tuple[int, int] | None:
    """What is taken of a sale and given back of that, in basis points; None where nothing ever is."""
    if not channel.commission_bp or channel.commission_kept_on_refund_bp >= BASIS_POINTS:
        return None
    return channel.commission_bp, BASIS_POINTS - channel.commission_kept_on_refund_bp
