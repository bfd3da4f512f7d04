"""What happens at a customer's door: nobody is at home, a parcel is refused, or what is in it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.orders import RETURNED_TO_SENDER
from sim.streams import keys_of, uniforms
from sim.units import HOUR_MS

if TYPE_CHECKING:
    from sim.agents.carriers.carrier import Carrier
    from sim.agents.site import Site

_FAILED, _SENT_BACK, _WAY_BACK, _DAMAGED = (
    NUMBER[k] for k in ("delivery_failed", "returned_to_sender", "way_back_charged", "damaged")
)
_NOBODY_HOME, _UNDELIVERABLE, _WRONG_ADDRESS, _REFUSED, _DAMAGED_IN_TRANSIT = (
    REASON_NUMBER[r] for r in ("nobody_home", "undeliverable", "wrong_address", "refused_at_door", "damaged_in_transit")
)

NEXT_DAY_MS = 18 * HOUR_MS
"""From an attempt in vain to the delivery day after it: rounds are in the daytime."""


class Doorstep:
    """Where one carrier hands its parcels over; what nobody takes is brought once more, or goes back."""

    def __init__(self, carrier: Carrier, site: Site) -> None:
        self._carrier, self._site = carrier, site
        channels = site.world.network.channels
        shares = [channel.absent_share for channel in channels]
        self._absent = np.array(shares if any(shares) and site.world.trace is None else [])
        """By channel: share of attempts at which nobody takes a parcel; empty where that does not happen."""
        segments = [site.world.network.segments[c.segment] for c in channels]
        self._refuses = np.array([s.refuse_late_share if site.world.trace is None else 0.0 for s in segments])
        """By channel: share of customers who do not take a parcel that is late."""
        self._picky = bool(self._refuses.any())
        self._attempts: dict[int, int] = {}
        """Parcels that nobody took so far, and how often."""
        self._refusal_luck, self._absence_luck, self._damage_luck = (
            [site.streams.counter(purpose, channel.name) for channel in channels]
            for purpose in ("refusals", "absence", "damage")
        )

    @property
    def may_refuse(self) -> bool:
        """Whether it can happen here that nobody takes a parcel."""
        return len(self._absent) > 0 or self._picky or self._site.wrong_addresses is not None

    def hand_over(self, shipments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those that somebody takes; the others are brought once more on the next delivery day, or go back."""
        site, back = self._site, list[int]()
        attempts = np.zeros(len(shipments), dtype=np.int64)
        if self._attempts:
            before = self._attempts.pop
            attempts[:] = [before(shipment, 0) for shipment in shipments.tolist()]
        why = self._why_not_taken(shipments, attempts)
        failed = np.flatnonzero(why)
        for shipment, reason, attempt in zip(
            shipments[failed].tolist(), why[failed].tolist(), attempts[failed].tolist(), strict=True
        ):
            site.log.one(_FAILED, self._carrier.actor, reason, shipment)
            if reason == _NOBODY_HOME and attempt + 1 < self._carrier.spec.delivery_attempts:
                self._attempts[shipment] = attempt + 1
                self._carrier.bring(shipment, site.clock.now_ms + NEXT_DAY_MS)
            else:
                back.append(shipment)
        self.take_back(np.array(back, dtype=np.int64))
        return shipments[why == 0]

    def _why_not_taken(self, shipments: NDArray[np.int64], attempts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The reason for which nobody takes each parcel at its next attempt; 0 where somebody does."""
        register, wrong = self._site.register, self._site.wrong_addresses
        order = as_numpy(register.shipments.order)[shipments]
        channel, at_ms = as_numpy(register.orders.channel)[order], as_numpy(register.orders.at_ms)[order]
        why = np.zeros(len(shipments), dtype=np.int64)
        if len(self._absent):
            number = ((at_ms << 4) + as_numpy(register.shipments.sequence)[shipments]) * 8 + attempts % 8
            why[uniforms(keys_of(self._absence_luck)[channel], number) < self._absent[channel]] = _NOBODY_HOME
        if self._picky:  # who does not want any more what comes late
            late = self._site.clock.now_ms > as_numpy(register.orders.deliver_by_ms)[order]
            why[late & (uniforms(keys_of(self._refusal_luck)[channel], at_ms) < self._refuses[channel])] = _REFUSED
        if wrong is not None:
            why[[wrong.leads_nowhere(each) for each in order.tolist()]] = _WRONG_ADDRESS
        return why

    def take_back(self, shipments: NDArray[np.int64], reason: int = _UNDELIVERABLE) -> None:
        """Parcels go back to where they came from."""
        if len(shipments):
            self._site.shipment_states.advance(shipments, RETURNED_TO_SENDER)
            self._site.log.add(_SENT_BACK, self._carrier.actor, reason, shipments)
            if self._carrier.spec.way_back_share:
                self._charge_way_back(shipments.tolist())
            self._site.completion.brought_back(shipments)

    def _charge_way_back(self, shipments: list[int]) -> None:
        register = self._site.register
        for shipment in shipments:
            cents = round(self._carrier.spec.way_back_share * register.shipments.freight_cents[shipment])
            order = register.shipments.order[shipment]
            note = register.notes.add(order=order, value_cents=cents)
            self._site.log.one(_WAY_BACK, self._carrier.actor, _UNDELIVERABLE, note)
            if self._site.carrier_bills is not None:
                self._site.carrier_bills.charged_after(self._carrier.index, order, cents)

    def unpack(self, shipments: NDArray[np.int64]) -> None:
        """Some arrive broken: their customers send all of it back, and the carrier is asked for its cost."""
        site = self._site
        orders, columns = site.register.orders, site.register.shipments
        order = as_numpy(columns.order)[shipments]
        number = (as_numpy(orders.at_ms)[order] << 4) + as_numpy(columns.sequence)[shipments]
        luck = uniforms(keys_of(self._damage_luck)[as_numpy(orders.channel)[order]], number)
        for row in np.flatnonzero(luck < self._carrier.spec.damaged_share).tolist():
            shipment, of = int(shipments[row]), int(order[row])
            site.log.one(_DAMAGED, self._carrier.actor, _DAMAGED_IN_TRANSIT, shipment)
            site.claims.file(self._carrier.index, shipment, _DAMAGED_IN_TRANSIT)
            if site.marketplaces is not None:
                site.marketplaces.defect(of, "damaged", _DAMAGED_IN_TRANSIT)
            site.returns.broken(shipment, of)
