"""Postings of exchange differences: what is gained in an entity's own currency, and what is mere translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.agents.finance.exchange_rates import ExchangeRates
from sim.books.kinds import ACCOUNT_NUMBER, NUMBER
from sim.units import half_away

if TYPE_CHECKING:
    from sim.agents.site import Site

REALISED, UNREALISED = NUMBER["exchange_realised"], NUMBER["exchange_unrealised"]
TRANSLATED = NUMBER["exchange_translated"]


class ExchangeDifferences:
    """Writes down that something in an entity's books is worth more or less than it was.

    The journal is in the group's currency, an entity counts in its own. A gain is what its own books gain, at the rate
    of the day; the rest of the change is the group's translation of a balance that did not change in the entity's own
    currency, and no profit (IAS 21, paragraphs 28, 39 and 45).
    """

    def __init__(self, site: Site, rates: ExchangeRates) -> None:
        self._site, self.rates = site, rates

    def own_cents(self, group_cents: int, currency: str) -> int:
        """An entry of now in an entity's own currency, as `sim.measures.entities` has it."""
        if currency == self.rates.group:
            return group_cents
        return half_away(group_cents / self.rates.at(currency, self._site.clock.now_ms))

    def post(
        self,
        kind: int,
        actor: int,
        currency: str,
        account: str,
        group_cents: int,
        own_cents: int,
        translated: int = TRANSLATED,
    ) -> int:
        """Debit an account of an entity that counts in ``currency`` with ``group_cents`` in the group's books, and
        ``own_cents`` in its own; ``translated`` is the kind of what is the group's translation.

        Returns
        -------
        int
            What its own books have of it: ``own_cents``, but for the rounding of the group's entry.
        """
        gain = own_cents
        if currency != self.rates.group:
            gain = half_away(own_cents * self.rates.at(currency, self._site.clock.now_ms))
        self._log(kind, actor, account, gain)
        self._log(translated, actor, account, group_cents - gain)
        return self.own_cents(gain, currency)

    def _log(self, kind: int, actor: int, account: str, cents: int) -> None:
        if cents:
            note = self._site.register.notes.add(value_cents=cents, account=ACCOUNT_NUMBER[account])
            self._site.log.one(kind, actor, 0, note)
