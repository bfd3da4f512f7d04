"""A channel that hears of stock by an interface with a pace: news waits in its queue, which grows in peaks."""

from __future__ import annotations

from array import array
from heapq import heappop, heappush
from typing import Any

import numpy as np

from sim.agents.channels.channel import Channel
from sim.books.columns import as_numpy
from sim.clock import SYNC
from sim.turnstile import Turnstile


class PacedChannel(Channel):
    """Publishes ``sync.per_minute`` changes a minute, and lost ones again where ``sync.retries`` says so.

    A change of several products is one message. A snapshot is as many as products whose figure differs from the one
    before, and is applied when the last of them is through.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        per_minute = self.spec.sync.per_minute
        self._turns = None if per_minute is None else Turnstile(per_minute)
        self._coming: list[tuple[int, int, int, int]] = []
        """When each change is through, its place in the sequence, product and units; the next one first."""
        self._told = 0
        self._sent = self._view[:]
        """What the last snapshot said."""

    @property
    def is_usual(self) -> bool:
        """Never: it has more to work out than what is on the tape."""
        return False

    def refresh(self) -> None:
        """As `Channel.refresh`; what was on its way is in it."""
        super().refresh()
        self._coming.clear()

    def _hear(self) -> None:
        """Queue what has happened by now, and apply what is through."""
        news, me, now_ms = self._news, self.index, self._clock.now_ms
        due_ms, copies = -1, 0
        for entry in self._heard.until(now_ms):
            if news.begins[entry]:
                due_ms = -1 if news.seller[entry] == me else self._arrives_ms(news.at_ms[entry])
                copies = self._copies() if due_ms >= 0 else 0
            for _ in range(copies):
                self._told += 1
                heappush(self._coming, (due_ms, self._told, news.product[entry], news.units[entry]))
        while self._coming and self._coming[0][0] <= now_ms - self.spec.sync.latency_ms:
            _, _, product, units = heappop(self._coming)
            self._belief[product] += units
            if not self._whole:
                self._view[product] = self._show(self._belief[product])

    def _arrives_ms(self, at_ms: int) -> int:
        """When a message of a moment is through, attempts included; -1 where it never is."""
        if not self.online:
            return -1
        through_ms = at_ms if self._turns is None else self._turns.through_ms(at_ms)
        for attempt in range(self.spec.sync.retries + 1):
            if not self._is_lost():
                return through_ms + attempt * self.spec.sync.retry_ms
        return -1

    def _snapshot(self, _: None) -> None:
        sync, now_ms = self.spec.sync, self._clock.now_ms
        self._send_snapshot(0)
        if now_ms + sync.interval_ms < self._closes_ms:
            self._clock.at(now_ms + sync.interval_ms, SYNC, self._snapshot, rank=self.index)

    def _send_snapshot(self, attempt: int) -> None:
        """Take a snapshot of this moment; one that is lost is noticed, and taken anew."""
        sync, now_ms = self.spec.sync, self._clock.now_ms
        if self.online and not self._is_lost():
            snapshot = self._published(self._ats)
            through_ms = now_ms if self._turns is None else self._turns.through_ms(now_ms, self._changed(snapshot))
            self._sent = snapshot
            self._clock.at(through_ms + sync.latency_ms, SYNC, self._apply, snapshot, rank=self.index)
        elif attempt < sync.retries:
            self._clock.at(now_ms + sync.retry_ms, SYNC, self._send_snapshot, attempt + 1, rank=self.index)

    def _changed(self, snapshot: array[int]) -> int:
        return int(np.count_nonzero(as_numpy(snapshot) != as_numpy(self._sent)))


def pacing(kind: type[Channel]) -> type[Channel]:
    """A channel of that kind whose interface has a pace, or tries again."""
    return type(kind.__name__, (PacedChannel, kind), {})
