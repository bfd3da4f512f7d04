"""Freight in a foreign currency: weighed and booked at the rate of the day, paid at that of the payment's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.exchange_differences import REALISED
from sim.agents.finance.foreign_money import ForeignMoney, Ints, Party
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.network import Network
from sim.policies.carrier import Offer
from sim.units import half_away

if TYPE_CHECKING:
    from sim.agents.site import Site

_TRANSLATED = NUMBER["freight_translated"]


class ForeignFreight:
    """All carriers that are paid in another currency than the group's, or than that of an entity that owes them.

    Their rates and surcharges are fixed in it when the scenario starts. Who hands parcels over weighs what each service
    asks at the rate of the day; freight is booked, and owed, at the rate of the collection (IAS 21, paragraph 21).

    Parameters
    ----------
    parties
        By carrier and entity.
    """

    def __init__(self, site: Site, money: ForeignMoney, parties: dict[tuple[str, int], Party]) -> None:
        self._site, self._money, self._parties = site, money, parties
        network = site.world.network
        abroad = self.carriers_of(network)
        self._currency = {n: abroad[s.carrier] for n, s in enumerate(network.services) if s.carrier in abroad}
        self.changes_ms = money.rates.changes_ms

    @staticmethod
    def owners_of(network: Network) -> list[int]:
        """Entities that may owe a carrier: those of nodes and of channels."""
        return sorted({node.entity for node in network.nodes} | {channel.entity for channel in network.channels})

    @staticmethod
    def carriers_of(network: Network) -> dict[str, str]:
        """The currency of each such carrier."""
        group = network.entities[0].currency
        owners = {network.entities[entity].currency for entity in ForeignFreight.owners_of(network)}
        return {
            service.carrier: service.currency
            for service in network.services
            if service.currency is not None and {service.currency, *owners} != {group}
        }

    def worth(self, service: int, cents: int, booked_ms: int = 0) -> int:
        """What a service asks, told in the group's currency at one moment's rate, at that of now."""
        currency, rates = self._currency.get(service), self._money.rates
        if currency is None:
            return cents
        abroad = half_away(cents / rates.at(currency, booked_ms))
        return half_away(abroad * rates.at(currency, self._site.clock.now_ms))

    def today(self, offers: list[Offer]) -> list[Offer]:
        """Offers at the prices of the start, at those of now, the cheapest first."""
        return sorted((self.worth(service, cents), service) for cents, service in offers)

    def left(self, service: int, shipments: Ints) -> None:
        """Parcels that were labelled at the prices of the start are collected, and cost what these are worth now."""
        if service in self._currency:
            freight = as_numpy(self._site.register.shipments.freight_cents)
            freight[shipments] = [self.worth(service, cents) for cents in freight[shipments].tolist()]

    def owe(self, carrier: str, entity: int, cents: int) -> int:
        """Freight is owed for from now on; the number of the rates at which it is."""
        number, party = self._money.number(self._site.clock.now_ms), self._parties.get((carrier, entity))
        if party is not None:
            self._money.owe(party, number, -cents)
        return number

    def paid(self, carrier: str, entity: int, booked: dict[int, int]) -> None:
        """Amounts that were owed for at some rates are paid."""
        party, money = self._parties.get((carrier, entity)), self._money
        if party is None:
            return
        cents, numbers = (np.array(column, dtype=np.int64) for column in (list(booked.values()), list(booked)))
        now = np.full(len(numbers), money.number(self._site.clock.now_ms))
        more, more_own = money.gained(party, -cents, numbers, now)
        money.differences.post(REALISED, party.actor, party.own, "cash", more, more_own, _TRANSLATED)
        for number, amount in booked.items():
            money.owe(party, number, amount)
        money.adjust(party)

    def revalue(self) -> None:
        """Value what is open at the rates of now."""
        for party in self._parties.values():
            self._money.revalue(party, self._site.clock.now_ms)
