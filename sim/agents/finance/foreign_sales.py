"""Sales in a foreign currency: what comes and goes is exchanged day by day, and open claims are valued at the close."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.finance.exchange_differences import REALISED, UNREALISED, ExchangeDifferences
from sim.agents.finance.exchange_rates import half_away, halves_away
from sim.books.documents import Postings
from sim.books.kinds import ACCOUNT_NUMBER
from sim.books.register import as_numpy
from sim.network import Network

if TYPE_CHECKING:
    from sim.agents.site import Site

Ints = NDArray[np.int64]

_CASH = ACCOUNT_NUMBER["cash"]
_CLAIMS = (ACCOUNT_NUMBER["receivables"], ACCOUNT_NUMBER["card_clearing"])


@dataclass(slots=True)
class Claims:
    """What customers who ordered at one time's rates owe, in the group's currency at those rates.

    Attributes
    ----------
    valued_cents
        What they owed when it was valued last.
    adjusted_cents, adjusted_own_cents
        By how much otherwise, in the group's books and in the entity's own.
    """

    open_cents: int = 0
    valued_cents: int = 0
    adjusted_cents: int = 0
    adjusted_own_cents: int = 0

    def still(self) -> tuple[int, int]:
        """The adjustment of what was valued and is still open, in proportion."""
        left = max(0, min(self.open_cents, self.valued_cents)) if self.valued_cents > 0 else 0
        share = left / self.valued_cents if left else 0.0
        return half_away(self.adjusted_cents * share), half_away(self.adjusted_own_cents * share)


@dataclass(slots=True)
class ForeignChannel:
    """One channel's money: ``currency`` is its customers', ``own`` that of its entity.

    Attributes
    ----------
    gained_cents, gained_own_cents
        What today's money was worth more than it was booked at, in the group's books and in the entity's own.
    claims
        By the number of the rates at the order (`ExchangeRates.number`).
    posted_cents, posted_own_cents
        The adjustment that stands in the books.
    """

    number: int
    currency: str
    own: str
    actor: int
    gained_cents: int = 0
    gained_own_cents: int = 0
    claims: dict[int, Claims] = field(default_factory=dict)
    posted_cents: int = 0
    posted_own_cents: int = 0


class ForeignSales:
    """All channels whose customers pay in another currency than the group's, or than that of the channel's entity.

    An order is booked at the rate of its own moment, throughout: its invoice, fees and credits too. Money that comes or
    goes for it is worth what the currency is worth then. At the end of each day what that differs is posted to cash.
    """

    def __init__(self, site: Site, differences: ExchangeDifferences, channels: list[ForeignChannel]) -> None:
        self._site, self._differences, self._channels = site, differences, channels

    @staticmethod
    def channels_of(network: Network) -> list[int]:
        """Numbers of the channels."""
        group = network.entities[0].currency
        return [
            i
            for i, channel in enumerate(network.channels)
            if channel.currency is not None and {channel.currency, network.entities[channel.entity].currency} != {group}
        ]

    def hear(self, lines: Postings) -> None:
        """The journal was written on."""
        orders, rates = self._site.register.orders, self._differences.rates
        mine = np.flatnonzero((lines.order >= 0) & np.isin(lines.account, (_CASH, *_CLAIMS)))
        channel = as_numpy(orders.channel)[lines.order[mine]]
        for foreign in self._channels:
            own = mine[channel == foreign.number]
            if len(own):
                booked = rates.numbers(as_numpy(orders.at_ms)[lines.order[own]])
                is_cash = lines.account[own] == _CASH
                cents, now = lines.amount_cents[own], rates.numbers(lines.time_ms[own])
                self._money(foreign, cents[is_cash], booked[is_cash], now[is_cash])
                for number in np.unique(booked[~is_cash]).tolist():
                    claims = foreign.claims.setdefault(number, Claims())
                    claims.open_cents += int(cents[~is_cash & (booked == number)].sum())

    def _money(self, foreign: ForeignChannel, cents: Ints, booked: Ints, now: Ints) -> None:
        worth, own = self._worth(foreign, cents, booked, now)
        foreign.gained_cents += int((worth - cents).sum())
        foreign.gained_own_cents += int(own.sum())

    def _worth(self, foreign: ForeignChannel, cents: Ints, booked: Ints, now: Ints) -> tuple[Ints, Ints]:
        """Amounts booked at some rates: what they are worth at others, and what of that the entity itself gains."""
        rates = self._differences.rates
        abroad, at_home = rates.table(foreign.currency), rates.table(foreign.own)
        worth = halves_away(halves_away(cents / abroad[booked]) * abroad[now])
        if foreign.currency == foreign.own:
            return worth, np.zeros_like(worth)
        return worth, halves_away(worth / at_home[now]) - halves_away(cents / at_home[booked])

    def end_day(self) -> None:
        """Exchange what has come and gone; what was valued and is not open any more, is valued no more."""
        if self._site.log.recorder is not None:
            self._site.log.recorder.flush()  # only what is in the books is heard
        for foreign in self._channels:
            post = self._differences.post
            post(REALISED, foreign.actor, foreign.own, "cash", foreign.gained_cents, foreign.gained_own_cents)
            foreign.gained_cents = foreign.gained_own_cents = 0
            self._adjust(foreign)

    def revalue(self) -> None:
        """Value what is open at the rates of now; after `end_day`."""
        now = self._differences.rates.numbers(np.array([self._site.clock.now_ms]))
        for foreign in self._channels:
            foreign.claims = {n: claims for n, claims in sorted(foreign.claims.items()) if claims.open_cents}
            for number, claims in foreign.claims.items():
                cents = np.array([claims.open_cents])
                worth, own = self._worth(foreign, cents, np.array([number]), now)
                claims.valued_cents = claims.open_cents
                claims.adjusted_cents, claims.adjusted_own_cents = int(worth[0] - cents[0]), int(own[0])
            self._adjust(foreign)

    def _adjust(self, foreign: ForeignChannel) -> None:
        """Let the adjustment in the books be that of all claims."""
        stand = [claims.still() for claims in foreign.claims.values()]
        cents, own = sum(c for c, _ in stand), sum(o for _, o in stand)
        more, more_own = cents - foreign.posted_cents, own - foreign.posted_own_cents
        post = self._differences.post
        posted = post(UNREALISED, foreign.actor, foreign.own, "exchange_adjustments", more, more_own)
        foreign.posted_cents, foreign.posted_own_cents = cents, foreign.posted_own_cents + posted
