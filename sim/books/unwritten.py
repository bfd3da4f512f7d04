"""A writer for who wants no books, in a house where somebody reads them while the clock runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.books.amounts import Amounts
from sim.books.documents import Postings
from sim.books.expand import expand
from sim.books.log import Log
from sim.books.recorder import journal_lines
from sim.network import Network


class Unwritten:
    """Works the journal out, tells of its lines, and forgets them.

    Parameters
    ----------
    hear_postings
        Who are told, as `sim.books.recorder.Recorder` would tell them.
    """

    def __init__(self, log: Log, network: Network, hear_postings: Sequence[Callable[[Postings], None]]) -> None:
        self._log, self._hear_postings = log, hear_postings
        self._amounts = Amounts(log.register, network)
        self._events = 0

    def flush(self) -> None:
        """Tell what all facts noted so far post."""
        log, register = self._log, self._log.register
        if not log.ids:
            return
        facts = expand(log, register, self._amounts, self._events)
        _, time_ms, kind, record, order, _, _, account, amount_cents = journal_lines(facts, self._amounts, register)
        if len(kind):
            for hear in self._hear_postings:
                hear(Postings(time_ms, kind, order, record, account, amount_cents))
        self._amounts.forget()
        self._events += len(facts)
        del facts
        log.forget()
        register.leaving.look(log.clock.now_ms)
