"""Lost parcels that are sent again: a loss ends a shipment, not an order (DOMAIN rule 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import RESENT, VALIDATED

if TYPE_CHECKING:
    from sim.agents.orders.replacements import Replacements
    from sim.agents.site import Site

Ints = NDArray[np.signedinteger]

_RESENT, _RESENT_UNITS = NUMBER["resent"], NUMBER["resent_units"]
_LOST_IN_TRANSIT = REASON_NUMBER["lost_in_transit"]


class Resending:
    """Opens the lines of lost parcels again where there is stock for all of them; their customers have paid already."""

    def __init__(self, site: Site, replacements: Replacements) -> None:
        self._site, self._replacements = site, replacements

    def send_again(self, shipments: Ints) -> Ints:
        """What can be sent again is; the lost shipments that are left to be refunded."""
        refunded = [s for s in shipments.tolist() if not self._send(s)]
        return np.array(refunded, dtype=shipments.dtype)

    def _send(self, shipment: int) -> bool:
        site, register = self._site, self._site.register
        order = register.shipments.order[shipment]
        if register.orders.state[order] != VALIDATED:
            return False
        if not self._replacements.are_there(order, register.contents((shipment,))):
            return False
        if site.unsecured is not None and site.unsecured.owes(order):  # nobody has paid for it
            return False
        actor = site.orchestrator.actor
        site.shipment_states.move(shipment, RESENT)
        site.log.add(_RESENT_UNITS, actor, _LOST_IN_TRANSIT, register.pieces_of(shipment))
        site.log.one(_RESENT, actor, _LOST_IN_TRANSIT, shipment)
        for piece in register.pieces_of(shipment):
            self._replacements.owe(register.pieces.line[piece], register.pieces.units[piece])
        site.orchestrator.want_again(shipment)
        return True
