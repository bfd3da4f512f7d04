"""One kind of message: what is on its way, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sim.books.reasons import REASON_NUMBER
from sim.messages.plan import MESSAGES
from sim.messages.unheeded import Unheeded
from sim.messages.way import Way

if TYPE_CHECKING:
    from sim.messages.exchange import Exchange

Act = Callable[[list[int]], None]
"""What a receiver does with the records of one kind of message that came at one instant."""

TRAVELS = 1 << 24
"""Rank of what travels in files: at one instant, kind after kind."""
_LEAVES, _SENDERS = 1 << 23, 1 << 16
_RECORDS = 28
"""Bits of a record's number."""


@dataclass(eq=False, slots=True)
class File:
    """Messages of one kind and sender that leave together."""

    kind: Traffic
    way: Way
    leaves_ms: int
    records: list[int] = field(default_factory=list)


class Traffic:
    """One kind of message: what is on its way, and who hears of it."""

    def __init__(self, name: str, ways: list[Way | None], exchange: Exchange) -> None:
        self.name, self.ways = name, ways
        self.reason, self.rank = REASON_NUMBER[name], TRAVELS + MESSAGES.index(name)
        self.rank_of_lost = self.rank + len(MESSAGES)
        """Rank of what is lost, and of what is tried again: after what arrives."""
        self.sent_ms: dict[int, int] = {}
        """By record: when the message that has not arrived was sent."""
        self.lost: set[int] = set()
        """Those of them that were lost, as far as they were sent."""
        self.files: dict[Way, File] = {}
        """By sender: the file that leaves next."""
        self.attempts: dict[int, int] = {}
        """By record: how often it was tried before, where that is more than once."""
        self.act: Act | None = None
        self.act_again: Act | None = None
        self.unheeded: Unheeded | None = None
        """Where nobody acts on this kind: those of them that will arrive at a known moment, and once."""
        self.arrive: Act = partial(exchange.arrive, self)
        self.arrive_alone: Callable[[int], None] = partial(exchange.arrive_alone, self)
        self.rank_of_files = _LEAVES + MESSAGES.index(name) * _SENDERS
        """Rank of files that leave, before their sender is added: ahead of what arrives."""
        self.rank_alone = (MESSAGES.index(name) + 1) << _RECORDS
        """Rank of what travels alone, before its record is added: at one instant, record after record."""
        actors = {way.actor for way in ways if way is not None}
        self.only_actor: int | None = actors.pop() if len(actors) == 1 else None
        """The interface of all of them; None where there are several."""

    def is_open(self, record: int, now_ms: int) -> bool:
        """Whether a message was sent and has not arrived."""
        return record in self.sent_ms or (self.unheeded is not None and self.unheeded.is_open(record, now_ms))

    def since(self, until_ms: int, now_ms: int) -> list[tuple[int, int]]:
        """(sent, record) of what was sent by a moment and has not arrived."""
        found = [(sent_ms, record) for record, sent_ms in self.sent_ms.items() if sent_ms <= until_ms]
        return found if self.unheeded is None else [*found, *self.unheeded.since(until_ms, now_ms)]

    def any_open(self, now_ms: int) -> bool:
        """Whether any is on its way."""
        return bool(self.sent_ms) or (self.unheeded is not None and self.unheeded.any_open(now_ms))

    def unwritten(self, now_ms: int) -> list[int]:
        """Records about which something has not arrived, or is not in the books yet."""
        return [*self.sent_ms, *(() if self.unheeded is None else self.unheeded.unwritten(now_ms))]


def copies_among(records: list[int], first: list[int]) -> list[int]:
    """What is left of some records where one mention of each of ``first`` is taken out, its earliest."""
    expected, left = set(first), list[int]()
    for record in records:
        if record in expected:
            expected.discard(record)
        else:
            left.append(record)
    return left
