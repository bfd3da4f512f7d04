"""What is owed in a foreign currency, to the house or by it, and what that is worth at another rate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.agents.finance.exchange_differences import UNREALISED, ExchangeDifferences
from sim.agents.finance.exchange_rates import halves_away
from sim.units import half_away

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Claims:
    """What is owed from one time's rates, in the group's currency at those rates; below 0 where the house owes it.

    Attributes
    ----------
    valued_cents
        What was owed when it was valued last.
    adjusted_cents, adjusted_own_cents
        By how much otherwise, in the group's books and in the entity's own.
    """

    open_cents: int = 0
    valued_cents: int = 0
    adjusted_cents: int = 0
    adjusted_own_cents: int = 0

    def still(self) -> tuple[int, int]:
        """The adjustment of what was valued and is still open, in proportion."""
        if self.open_cents * self.valued_cents <= 0:
            return 0, 0
        share = min(1.0, self.open_cents / self.valued_cents)
        return half_away(self.adjusted_cents * share), half_away(self.adjusted_own_cents * share)


@dataclass(slots=True)
class Party:
    """Who pays, or is paid, in ``currency`` by an entity that counts in ``own``; ``actor`` is that entity's treasurer.

    Attributes
    ----------
    claims
        By the number of the rates at which they were booked (`ExchangeRates.numbers`).
    posted_cents, posted_own_cents
        The adjustment that stands in the books.
    """

    currency: str
    own: str
    actor: int
    claims: dict[int, Claims] = field(default_factory=dict)
    posted_cents: int = 0
    posted_own_cents: int = 0


class ForeignMoney:
    """Values amounts in foreign currencies, and keeps what the books say of those that are open."""

    def __init__(self, differences: ExchangeDifferences) -> None:
        self.differences, self.rates = differences, differences.rates

    def number(self, time_ms: int) -> int:
        """The number of a moment's rates."""
        return int(self.rates.numbers(np.array([time_ms]))[0])

    def gained(self, party: Party, cents: Ints, booked: Ints, now: Ints) -> tuple[int, int]:
        """What amounts that were booked at some rates are worth more at others: in the group's books, and in the own
        ones of the entity, which gains nothing in its own currency."""
        abroad, at_home = self.rates.table(party.currency), self.rates.table(party.own)
        worth = halves_away(halves_away(cents / abroad[booked]) * abroad[now])
        more = int((worth - cents).sum())
        if party.currency == party.own:
            return more, 0
        return more, int((halves_away(worth / at_home[now]) - halves_away(cents / at_home[booked])).sum())

    def owe(self, party: Party, number: int, cents: int) -> None:
        """So much more is owed at some rates."""
        party.claims.setdefault(number, Claims()).open_cents += cents

    def revalue(self, party: Party, time_ms: int) -> None:
        """Value what is open at a moment's rates."""
        now = np.array([self.number(time_ms)])
        party.claims = {n: claims for n, claims in sorted(party.claims.items()) if claims.open_cents}
        for number, claims in party.claims.items():
            claims.valued_cents = claims.open_cents
            open_cents, booked = np.array([claims.open_cents]), np.array([number])
            claims.adjusted_cents, claims.adjusted_own_cents = self.gained(party, open_cents, booked, now)
        self.adjust(party)

    def adjust(self, party: Party) -> None:
        """Let the adjustment in the books be that of what was valued and is still open."""
        stand = [claims.still() for claims in party.claims.values()]
        cents, own = sum(c for c, _ in stand), sum(o for _, o in stand)
        more, more_own = cents - party.posted_cents, own - party.posted_own_cents
        post = self.differences.post
        posted = post(UNREALISED, party.actor, party.own, "exchange_adjustments", more, more_own)
        party.posted_cents, party.posted_own_cents = cents, party.posted_own_cents + posted
