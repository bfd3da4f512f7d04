"""Changes of what can be sold, in the order in which they happened, for those who hear of them later."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from sim.books.moves import Moves
from sim.books.register import Line
from sim.clock import Clock

_ROOM = 4_096
_TRIM_AT = 2_048


class StockNews:
    """A tape of changes that each reader follows with a cursor of its own; one entry a line.

    Attributes
    ----------
    at_ms, seller, product, units, begins
        By entry: when, which channel caused it (-1: none), what can be sold more or less of (``units`` is signed), and
        whether a message begins with it (1) or goes on (0).
    counters
        How many entries there are and for how many there is room.
    """

    def __init__(self, clock: Clock, moves: Moves) -> None:
        self._clock, self._moves = clock, moves
        self.only_reader = -2
        """The one channel that listens, which need not hear of its own sales; -2 where several do."""
        self.at_ms = array("q", bytes(8 * _ROOM))
        self.seller = array("h", bytes(2 * _ROOM))
        self.product = array("i", bytes(4 * _ROOM))
        self.units = array("i", bytes(4 * _ROOM))
        self.begins = bytearray(_ROOM)
        self.counters = array("q", [0, _ROOM])
        self._readers: list[NewsReader] = []

    def tell(self, sign: int, lines: Sequence[Line], seller: int = -1) -> None:
        """Write down one message about a change that happens now; ``seller`` is the channel that caused it."""
        if seller == self.only_reader:
            return
        count, room = self.counters
        if count + len(lines) > room:
            self.make_room(len(lines))
            count = self.counters[0]
        self.begins[count] = 1
        for _, product, units in lines:
            self.at_ms[count] = self._clock.now_ms
            self.seller[count] = seller
            self.product[count] = product
            self.units[count] = sign * units
            count += 1
        self.counters[0] = count

    def reader(self, channel: int) -> NewsReader:
        """A new cursor at the tape's end, for ``channel``."""
        reader = NewsReader(self)
        self._readers.append(reader)
        self.only_reader = channel if len(self._readers) == 1 else -2
        return reader

    def make_room(self, wanted: int) -> None:
        """Forget what every reader has read; if that is not enough for ``wanted`` entries, make the tape longer."""
        count, room = self.counters
        read = min([reader.cursor[0] for reader in self._readers])
        if read < count:
            for column in (self.at_ms, self.seller, self.product, self.units):
                column[: count - read] = column[read:count]
            self.begins[: count - read] = self.begins[read:count]
        self.begins[count - read : count] = bytes(read)
        for reader in self._readers:
            reader.cursor[0] -= read
        self.counters[0] = count - read
        while self.counters[0] + max(wanted, _TRIM_AT) > room:
            self._moves.announce()
            for column in (self.at_ms, self.seller, self.product, self.units):
                column.extend(array(column.typecode, bytes(column.itemsize * room)))
            self.begins.extend(bytes(room))
            room *= 2
            self.counters[1] = room


class NewsReader:
    """One reader's place on the tape."""

    __slots__ = ("_news", "cursor")

    def __init__(self, news: StockNews) -> None:
        self._news = news
        self.cursor = array("q", [news.counters[0]])
        """The first entry that it has not read; one number."""

    def until(self, time_ms: int) -> range:
        """Entries that were told up to ``time_ms`` and not yet read."""
        first = stop = self.cursor[0]
        end, at_ms = self._news.counters[0], self._news.at_ms
        while stop < end and at_ms[stop] <= time_ms:
            stop += 1
        self.cursor[0] = stop
        return range(first, stop)
