"""Addresses that do not exist: found by people, mended by rules, or found out at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site

_MENDED, _DATA_FAULT = NUMBER["address_mended"], REASON_NUMBER["data_fault"]
_FAULTY, _MENDABLE, _STRUCK = range(3)
"""What an order's own draws are for: is its address wrong, could a rule mend it, does a disruption spoil it."""


class WrongAddresses:
    """Which orders bear a wrong address, and what becomes of them.

    Attributes
    ----------
    struck : list of float
        For each disruption in force that nobody notices: the share of orders whose address it spoils.
    """

    def __init__(self, site: Site, actor: int) -> None:
        self._site, self._actor = site, actor
        plan = site.world.master_data
        self._plan = None if plan is None else plan.addresses
        self._luck = [site.streams.counter("wrong address", c.name) for c in site.world.network.channels]
        self.struck: list[float] = []
        self._nowhere: set[int] = set()
        """Orders that were let through to an address that does not exist."""
        site.register.leaving.forget(site.register.orders, self._nowhere)

    def many(self, offer: Offer) -> NDArray[np.bool_]:
        """Which arrivals bear a wrong address on an ordinary day."""
        if self._plan is None:
            return np.zeros(len(offer), dtype=np.bool_)
        uniform = np.ones(len(offer))
        for channel in np.unique(offer.channel).tolist():
            rows = np.flatnonzero(offer.channel == channel)
            uniform[rows] = self._luck[channel].many((offer.at_ms[rows] << 2) + _FAULTY)
        return np.asarray(uniform < self._plan.share)

    def stops(self, order: int) -> bool:
        """One of the house's checks: whether somebody has to look at an order's address first."""
        if any(self._uniform(order, _STRUCK) < share for share in self.struck):
            self._nowhere.add(order)
        plan = self._plan
        if plan is None or self._uniform(order, _FAULTY) >= plan.share:
            return False
        if plan.check == "nobody":
            self._nowhere.add(order)
            return False
        if plan.check == "rules" and self._uniform(order, _MENDABLE) < plan.mended_share:
            self._site.log.one(_MENDED, self._actor, 0, order)
            return False
        self._site.holds.hold_for_desk(order, _DATA_FAULT, "data_fault")
        return True

    def leads_nowhere(self, order: int) -> bool:
        """Whether nobody is at the order's address, however often one comes."""
        return order in self._nowhere

    def _uniform(self, order: int, purpose: int) -> float:
        orders = self._site.register.orders
        return self._luck[orders.channel[order]].at((orders.at_ms[order] << 2) + purpose)
