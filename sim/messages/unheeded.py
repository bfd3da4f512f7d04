"""Messages of a kind that nobody acts on: they are on their way until a moment that is known when they leave.

Nothing happens when one arrives but that both systems say the same from then on, and that the books say so. So none is
an event of the clock; where a million parcels are tracked, that would be every second event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.books.foreseen import Foreseen


@dataclass(frozen=True, slots=True)
class _Sent:
    """What left at one moment."""

    sent_ms: int
    all_there_ms: int
    records: list[int]


class Unheeded:
    """Those of one kind.

    Parameters
    ----------
    foreseen
        The log's facts to come.
    received, reason
        Kind and reason of the fact that one arrived.
    """

    def __init__(self, foreseen: Foreseen, received: int, reason: int) -> None:
        self._foreseen, self._received, self._reason = foreseen, received, reason
        self._arrives_ms: dict[int, int] = {}
        """By record, also for some time after it has arrived."""
        self._sent: deque[_Sent] = deque()

    def send(self, actor: int, records: NDArray[np.int32], arrives_ms: NDArray[np.int64], now_ms: int) -> None:
        """Messages leave, each of which will arrive at its moment."""
        self._drop_arrived(now_ms)
        self._foreseen.add(self._received, actor, self._reason, records, arrives_ms)
        numbers = records.tolist()
        self._arrives_ms.update(zip(numbers, arrives_ms.tolist(), strict=True))
        self._sent.append(_Sent(now_ms, int(arrives_ms.max()), numbers))

    def is_open(self, record: int, now_ms: int) -> bool:
        """Whether one about this record was sent and has not arrived."""
        return self._arrives_ms.get(record, -1) > now_ms

    def since(self, until_ms: int, now_ms: int) -> Iterator[tuple[int, int]]:
        """(sent, record) of what was sent by a moment and has not arrived."""
        for sent in self._sent:
            if sent.sent_ms > until_ms:
                break
            yield from ((sent.sent_ms, record) for record in sent.records if self.is_open(record, now_ms))

    def any_open(self, now_ms: int) -> bool:
        """Whether any is on its way."""
        return any(sent.all_there_ms > now_ms for sent in self._sent)

    def unwritten(self, now_ms: int) -> list[int]:
        """Records about which something has not arrived, or arrives now: the books do not say so yet."""
        self._drop_arrived(now_ms)
        return [record for record, arrives_ms in self._arrives_ms.items() if arrives_ms >= now_ms]

    def take_out(self, record: int) -> int:
        """Somebody was quicker: what arrives then is known by now. When that will be."""
        arrives_ms = self._arrives_ms.pop(record)
        self._foreseen.withdraw(self._received, record, arrives_ms)
        return arrives_ms

    def _drop_arrived(self, now_ms: int) -> None:
        while self._sent and self._sent[0].all_there_ms < now_ms:
            for record in self._sent.popleft().records:
                self._arrives_ms.pop(record, None)
