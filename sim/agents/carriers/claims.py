"""Claims: what a carrier loses or damages leaves the books as its loss, and what it owes for it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP

if TYPE_CHECKING:
    from sim.agents.site import Site

_CARRIER_LOST, _FILED, _SETTLED, _REFUSED = (
    NUMBER[k] for k in ("carrier_lost", "claim_filed", "claim_settled", "claim_refused")
)
_LOST_IN_TRANSIT = REASON_NUMBER["lost_in_transit"]


class Claims:
    """All claims on the carrier services of one run."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: dict[int, int] = {}
        """By note of a claim that has no answer yet: its order."""
        site.register.leaving.ask(self._open.values)
        site.register.leaving.hold(site.register.notes, self._open.keys)
        self._luck = [site.streams.counter("claims", service.name) for service in site.world.network.services]

    def lost(self, service: int, actor: int, shipments: NDArray[np.int64]) -> None:
        """Parcels were searched for in vain: their units are the carrier's loss."""
        self._site.log.add_pieces(_CARRIER_LOST, actor, _LOST_IN_TRANSIT, shipments)
        for shipment in shipments.tolist():
            self.file(service, shipment, _LOST_IN_TRANSIT)

    def file(self, service: int, shipment: int, reason: int) -> None:
        """Claim the cost of a shipment's goods, up to what the carrier is liable for, if it is for anything."""
        site, register = self._site, self._site.register
        spec = site.world.network.services[service]
        if not spec.claim_limit_cents:
            return
        cost = sum([register.pieces.cost_cents[p] for p in register.pieces_of(shipment)])
        value = min(cost, spec.claim_limit_cents)
        if not value:
            return
        note = register.notes.add(order=register.shipments.order[shipment], value_cents=value)
        self._open[note] = register.shipments.order[shipment]
        site.log.one(_FILED, site.finance.actor, reason, note)
        due_ms = site.clock.now_ms + round(spec.claim_settlement_ms.at(self._luck[service].at(2 * shipment)))
        site.clock.at(due_ms, SWEEP, self._answer, (service, shipment, note), rank=5)

    def _answer(self, what: tuple[int, int, int]) -> None:
        """The carrier pays, or does not."""
        service, shipment, note = what
        del self._open[note]
        refused_share = self._site.world.network.services[service].claim_refused_share
        refused = self._luck[service].at(2 * shipment + 1) < refused_share
        self._site.log.one(_REFUSED if refused else _SETTLED, self._site.carriers[service].actor, 0, note)
