"""Sales that count when goods are delivered: until then they are ours still, and what was invoiced is deferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.signedinteger]

_REVENUE_DEFERRED, _REVENUE_RECOGNISED, _COST_DEFERRED, _COST_RECOGNISED = (
    NUMBER[k] for k in ("revenue_deferred", "revenue_recognised", "cost_deferred", "cost_recognised")
)


class Deferral:
    """Takes revenue and cost of goods back at departure, and gives them at delivery (DOMAIN rule 15).

    Control passes with a parcel that arrives. One that is lost or comes back is recognised in the moment in which that
    is known, and its write-off or return follows as ever. What is fetched at a store counts when it is fetched.

    Goods that one entity ships for another are the sender's until then, and both sales are of that moment (IFRS 15,
    paragraphs 31 and 38): the sender's to the channel's entity, and that entity's to its customer. What never gets
    there was never sold between them.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._carried: set[int] = set()
        """Shipments with carriers."""
        self._deferred: set[int] = set()
        """Of these, the ones that were invoiced."""

    def left(self, shipments: Ints) -> None:
        """Parcels were collected."""
        self._carried.update(shipments.tolist())
        self._site.log.add_pieces(_COST_DEFERRED, self._site.finance.actor, 0, shipments)

    def invoiced(self, shipments: Ints) -> None:
        """Invoices were written; what has arrived by then counts at once."""
        on_the_way = [s for s in shipments.tolist() if s in self._carried]
        self._deferred.update(on_the_way)
        self._site.log.add(_REVENUE_DEFERRED, self._site.finance.actor, 0, on_the_way)

    def delivered(self, shipments: Ints) -> None:
        """Customers have their parcels, and control of what is in them."""
        if self._site.intercompany is not None:
            self._site.intercompany.delivered(self._on_the_road(shipments))
        self.ended(shipments)

    def brought_back(self, shipments: Ints) -> None:
        """Nobody took them."""
        if self._site.intercompany is not None:
            self._site.intercompany.brought_back(self._on_the_road(shipments))
        self.ended(shipments)

    def _on_the_road(self, shipments: Ints) -> NDArray[np.int64]:
        return np.array([s for s in shipments.tolist() if s in self._carried], dtype=np.int64)

    def ended(self, shipments: Ints) -> None:
        """Parcels are where they are going to be, or nowhere."""
        carried = [s for s in shipments.tolist() if s in self._carried]
        deferred = [s for s in carried if s in self._deferred]
        self._carried.difference_update(carried)
        self._deferred.difference_update(deferred)
        self._site.log.add_pieces(_COST_RECOGNISED, self._site.finance.actor, 0, carried)
        self._site.log.add(_REVENUE_RECOGNISED, self._site.finance.actor, 0, deferred)
