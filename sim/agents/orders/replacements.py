"""What is sent for nothing, in place of goods that were paid for: lost parcels, exchanges."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.rates import rounded_share

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.signedinteger]

_INVOICED, _REFUNDED, _TAX_REFUNDED = (
    NUMBER[kind] for kind in ("replacement_invoiced", "replacement_refunded", "replacement_tax_refunded")
)


class Replacements:
    """Keeps what customers are owed for which they have paid already.

    Its units are allocated, picked and shipped like any others, at the price of nothing. If they cannot be had after
    all and are cancelled, the customer gets the money for them back.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._owed: dict[int, int] = defaultdict(int)
        """By line: units that were paid for and have not left."""
        site.register.leaving.forget(site.register.lines, self._owed)

    def owe(self, line: int, units: int) -> None:
        """So many units of a line are to be sent for nothing."""
        self._owed[line] += units

    def are_there(self, order: int, goods: list[tuple[int, int]]) -> bool:
        """Whether an order's open nodes have these (product, units) between them, beyond what others count on."""
        site = self._site
        pool = site.pool_of_channel[site.register.orders.channel[order]]
        wanted: dict[int, int] = {}
        for product, units in goods:
            wanted[product] = wanted.get(product, 0) + units
        nodes = [n for n in site.pools[pool] if site.open_nodes[n]]
        return all(
            site.inventory.ats[pool][p] >= units and sum(site.inventory.available[n][p] for n in nodes) >= units
            for p, units in wanted.items()
        )

    def unprice(self, shipments: Ints) -> None:
        """Shipments leave: what is owed of their lines has been paid for."""
        if self._owed:
            for shipment in shipments.tolist():
                self._unprice(shipment)

    def _unprice(self, shipment: int) -> None:
        register = self._site.register
        pieces, given = register.pieces, register.given
        own = register.pieces_of(shipment)
        for piece in own:
            line = pieces.line[piece]
            units = min(pieces.units[piece], self._owed.get(line, 0))
            if units:
                given[piece] = units
                self._pay_off(line, units)
        if any(piece in given for piece in own):
            channel = register.orders.channel[register.shipments.order[shipment]]
            nets = [(pieces.units[p] - given.get(p, 0)) * register.lines.price_cents[pieces.line[p]] for p in own]
            tax = rounded_share(np.array(nets, dtype=np.int64), np.array([self._site.finance.tax_bp[channel]]))
            register.shipments.net_cents[shipment], register.shipments.tax_cents[shipment] = sum(nets), int(tax.sum())

    def _pay_off(self, line: int, units: int) -> None:
        self._owed[line] -= units
        if not self._owed[line]:
            del self._owed[line]

    def charged(self, shipments: Ints) -> Ints:
        """Those for which there is something to pay; of the others, nothing is to be settled."""
        register = self._site.register
        if not register.given:
            return shipments
        free = self._site.finance.gross_cents(shipments) == 0
        free &= np.array([register.shipments.first_piece[s] in register.given for s in shipments.tolist()], dtype=bool)
        for shipment in shipments[free].tolist():
            self._invoice(shipment)
        return shipments[~free]

    def _invoice(self, shipment: int) -> None:
        """Nothing is charged for it, and the accountants see why."""
        register = self._site.register
        order, lines, pieces = register.shipments.order[shipment], register.lines, register.pieces
        value = sum(pieces.units[p] * lines.price_cents[pieces.line[p]] for p in register.pieces_of(shipment))
        note = register.notes.add(order=order, value_cents=value)
        self._site.log.one(_INVOICED, self._site.finance.actor, 0, note)
        self._site.completion.settle_piece(order)

    def cancelled(self, line: int, units: int, reason: int) -> int:
        """Open units of a line are not wanted any more: those that were paid for are refunded; how many they are."""
        owed = self._owed.get(line, 0)
        lines = self._site.register.lines
        given_up = min(units, owed, max(0, units - (lines.open_units[line] - owed)))
        if given_up:
            self._pay_off(line, given_up)
            self._refund(line, given_up, reason)
        return given_up

    def _refund(self, line: int, units: int, reason: int) -> None:
        site, lines = self._site, self._site.register.lines
        order, product = lines.order[line], lines.product[line]
        net, tax = site.finance.charged(line, units)
        for kind, cents in ((_REFUNDED, net), (_TAX_REFUNDED, tax)):
            note = site.register.notes.add(order=order, line=line, product=product, units=units, value_cents=cents)
            if cents:
                site.log.one(kind, site.finance.actor, reason, note)
        if site.commissions is not None:
            site.commissions.not_replaced(line, net + tax)
        site.completion.open_window(np.array([order]))
