"""Changes of what can be sold, in the order in which they happened, for those who hear of them later."""

from __future__ import annotations

from sim.books.register import Line
from sim.clock import Clock

Told = tuple[int, int, int, list[Line]]
"""(time, seller or -1, sign, lines): the units of all lines were added to, or taken from, what can be sold."""


class StockNews:
    """A tape of changes that each reader follows with a cursor of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: list[NewsReader] = []
        self._only_reader = -2
        """The one channel that listens, which need not hear of its own sales; -2 where several do."""
        self.tape: list[Told] = []

    def tell(self, sign: int, lines: list[Line], seller: int = -1) -> None:
        """Write down a change that happens now; ``seller`` is the channel that caused it."""
        if seller != self._only_reader:
            self.tape.append((self._clock.now_ms, seller, sign, lines))

    def reader(self, channel: int) -> NewsReader:
        """A new cursor at the tape's end, for ``channel``."""
        reader = NewsReader(self, len(self.tape))
        self._readers.append(reader)
        self._only_reader = channel if len(self._readers) == 1 else -2
        return reader

    def trim(self) -> None:
        """Forget what every reader has read."""
        read = min([r.cursor for r in self._readers])
        del self.tape[:read]
        for r in self._readers:
            r.cursor -= read


_NO_NEWS: list[Told] = []
_TRIM_AT = 1_000


class NewsReader:
    """One reader's place on the tape."""

    __slots__ = ("_news", "cursor")

    def __init__(self, news: StockNews, cursor: int) -> None:
        self._news = news
        self.cursor = cursor

    def until(self, time_ms: int) -> list[Told]:
        """What was told up to ``time_ms`` and not yet read."""
        tape = self._news.tape
        first = stop = self.cursor
        end = len(tape)
        while stop < end and tape[stop][0] <= time_ms:
            stop += 1
        if stop == first:
            return _NO_NEWS
        self.cursor = stop
        fresh = tape[first:stop]
        if stop > _TRIM_AT:
            self._news.trim()
        return fresh
