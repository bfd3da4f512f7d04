"""Sales in a foreign currency: what comes and goes is exchanged day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.finance.exchange_differences import REALISED
from sim.agents.finance.foreign_money import ForeignMoney, Ints, Party
from sim.books.columns import as_numpy
from sim.books.documents import Postings
from sim.books.kinds import ACCOUNT_NUMBER
from sim.network import Network

if TYPE_CHECKING:
    from sim.agents.site import Site

_CASH = ACCOUNT_NUMBER["cash"]
_CLAIMS = (ACCOUNT_NUMBER["receivables"], ACCOUNT_NUMBER["card_clearing"])


class ForeignSales:
    """All channels whose customers pay in another currency than the group's, or than that of the channel's entity.

    An order is booked at the rate of its own moment, throughout: its invoice, fees and credits too. Money that comes or
    goes for it is worth what the currency is worth then. At the end of each day what that differs is posted to cash.
    """

    def __init__(self, site: Site, money: ForeignMoney, channels: dict[int, Party]) -> None:
        self._site, self._money, self._channels = site, money, channels
        self._gained = dict.fromkeys(channels, (0, 0))
        """By channel, since the end of the last day: in the group's books and in its entity's own."""

    @staticmethod
    def channels_of(network: Network) -> dict[int, str]:
        """The currency of each such channel."""
        group, found = network.entities[0].currency, {}
        for number, channel in enumerate(network.channels):
            own = network.entities[channel.entity].currency
            if channel.currency is not None and {channel.currency, own} != {group}:
                found[number] = channel.currency
        return found

    def hear(self, lines: Postings) -> None:
        """The journal was written on."""
        orders, rates = self._site.register.orders, self._money.rates
        mine = np.flatnonzero((lines.order >= 0) & np.isin(lines.account, (_CASH, *_CLAIMS)))
        channel = as_numpy(orders.channel)[lines.order[mine]]
        for number in self._channels:
            own = mine[channel == number]
            booked = rates.numbers(as_numpy(orders.at_ms)[lines.order[own]])
            is_cash = lines.account[own] == _CASH
            cents, now = lines.amount_cents[own], rates.numbers(lines.time_ms[own])
            self._moved(number, cents[is_cash], booked[is_cash], now[is_cash])
            for rate in np.unique(booked[~is_cash]).tolist():
                self._money.owe(self._channels[number], rate, int(cents[~is_cash & (booked == rate)].sum()))

    def _moved(self, number: int, cents: Ints, booked: Ints, now: Ints) -> None:
        more, more_own = self._money.gained(self._channels[number], cents, booked, now)
        group, own = self._gained[number]
        self._gained[number] = group + more, own + more_own

    def end_day(self) -> None:
        """Exchange what has come and gone; what was valued and is not open any more, is valued no more."""
        if self._site.log.recorder is not None:
            self._site.log.recorder.flush()  # only what is in the books is heard
        for number, party in self._channels.items():
            group, own = self._gained[number]
            self._money.differences.post(REALISED, party.actor, party.own, "cash", group, own)
            self._gained[number] = 0, 0
            self._money.adjust(party)

    def revalue(self) -> None:
        """Value what is open at the rates of now; after `end_day`."""
        for party in self._channels.values():
            self._money.revalue(party, self._site.clock.now_ms)
