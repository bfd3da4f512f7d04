"""Payouts that wait for delivery: a marketplace holds the money until the parcel has arrived, and then for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.orders import SHIPPED

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.signedinteger]


class HeldPayouts:
    """What channels with ``settlement_from`` delivery owe for parcels that are on the road (DOMAIN rule 16).

    Their settlement delay runs from the moment in which a parcel arrives, comes back or is given up; where its invoice
    is written later, or its payment authorised later, from then.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._holds = [c.settlement_from == "delivery" for c in site.world.network.channels]
        self._held: set[int] = set()
        """Shipments that were invoiced and are on the road."""

    def hold(self, channel: int, shipments: Ints) -> Ints:
        """Shipments were invoiced: those whose settlement delay begins now; the others are on the road."""
        if not self._holds[channel]:
            return shipments
        on_the_road = as_numpy(self._site.register.shipments.state)[shipments] == SHIPPED
        self._held.update(shipments[on_the_road].tolist())
        return shipments[~on_the_road]

    def arrived(self, shipments: Ints) -> None:
        """Parcels are where they are going to be, or nowhere."""
        own = [s for s in shipments.tolist() if s in self._held]
        if not own:
            return
        self._held.difference_update(own)
        ids = np.array(own, dtype=np.int64)
        channel = as_numpy(self._site.register.orders.channel)[as_numpy(self._site.register.shipments.order)[ids]]
        for number in np.unique(channel).tolist():
            self._site.finance.begin_terms(number, ids[channel == number])
