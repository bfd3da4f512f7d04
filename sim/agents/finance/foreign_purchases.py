"""Purchases in a foreign currency: goods cost what it is worth when they come, and are paid at the rate of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.exchange_differences import REALISED
from sim.agents.finance.foreign_money import ForeignMoney, Party
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.network import Network
from sim.units import half_away

if TYPE_CHECKING:
    from sim.agents.site import Site

_TRANSLATED = NUMBER["payables_translated"]


class ForeignPurchases:
    """All suppliers that are paid in another currency than the group's, or than that of an entity they deliver to.

    Their prices, freight and duties are fixed in it when the scenario starts. Goods are booked, and owed for, at the
    rate of their arrival (IAS 21, paragraphs 21 and 22); what the payment differs from that is a gain or a loss.

    Parameters
    ----------
    parties
        By supplier and entity.
    """

    def __init__(self, site: Site, money: ForeignMoney, parties: dict[tuple[int, int], Party]) -> None:
        self._site, self._money, self._parties = site, money, parties
        self._currency = dict(self.suppliers_of(site.world.network))

    @staticmethod
    def suppliers_of(network: Network) -> dict[int, str]:
        """The currency of each such supplier."""
        group = network.entities[0].currency
        kept = {network.entities[node.entity].currency for node in network.nodes}
        return {
            number: supplier.currency
            for number, supplier in enumerate(network.suppliers)
            if supplier.currency is not None and {supplier.currency, *kept} != {group}
        }

    def worth(self, supplier: int, cents: int, booked_ms: int) -> int:
        """What a supplier asks, told in the group's currency at one moment's rate, at that of now."""
        currency, rates = self._currency.get(supplier), self._money.rates
        if currency is None:
            return cents
        abroad = half_away(cents / rates.at(currency, booked_ms))
        return half_away(abroad * rates.at(currency, self._site.clock.now_ms))

    def invoiced(self, supplier: int, node: int, goods: list[int]) -> None:
        """Goods are owed for from now on."""
        party = self._party(supplier, node)
        if party is not None:
            cents = int(as_numpy(self._site.register.goods.value_cents)[goods].sum())
            self._money.owe(party, self._money.number(self._site.clock.now_ms), -cents)

    def paid(self, supplier: int, node: int, goods: list[int], booked_ms: int) -> None:
        """Goods are paid for that were invoiced at ``booked_ms``."""
        party = self._party(supplier, node)
        if party is None:
            return
        money, now_ms = self._money, self._site.clock.now_ms
        cents = as_numpy(self._site.register.goods.value_cents)[goods].astype(np.int64)
        booked, now = (np.full(len(cents), money.number(t)) for t in (booked_ms, now_ms))
        more, more_own = money.gained(party, -cents, booked, now)
        money.differences.post(REALISED, party.actor, party.own, "cash", more, more_own, _TRANSLATED)
        money.owe(party, int(booked[0]), int(cents.sum()))
        money.adjust(party)

    def _party(self, supplier: int, node: int) -> Party | None:
        return self._parties.get((supplier, self._site.world.network.nodes[node].entity))

    def revalue(self) -> None:
        """Value what is open at the rates of now."""
        for party in self._parties.values():
            self._money.revalue(party, self._site.clock.now_ms)
