"""A route at work: when messages leave, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.distributions import Fixed, at_many
from sim.messages.plan import MessageRoute
from sim.streams import CounterStream, Streams

Fate = tuple[int | None, int | None]
"""How long after it left a message arrives (None: never), and its copy."""

NEVER = -1
_FEW = 6
"""So many are quicker one by one."""
_LATENCY, _LOSS, _REPEAT, _REPEAT_LATENCY = range(4)


class Way:
    """One route at work for one channel or node: its luck is its own."""

    def __init__(self, streams: Streams, route: MessageRoute, actor: int, owner: int, name: str) -> None:
        self.route, self.actor, self.owner = route, actor, owner
        self._luck: dict[str, CounterStream] = {
            kind: streams.counter(f"message {kind}", f"{route.name}/{name}") for kind in route.kinds
        }

    @property
    def is_batch(self) -> bool:
        """Whether messages are collected in files, which are lost or repeated as a whole."""
        return self.route.mode == "batch"

    def leaves_ms(self, now_ms: int) -> int:
        """When a message written now leaves."""
        every = self.route.interval_ms
        return -(-now_ms // every) * every if self.is_batch else now_ms

    def fate(self, kind: str, number: int, attempt: int) -> Fate:
        """What becomes of one attempt at a message, or of a file, by its number."""
        route = self.route
        is_lost = bool(route.loss_share) and self._luck_of(kind, number, attempt, _LOSS) < route.loss_share
        takes_ms = None if is_lost else self._takes_ms(kind, number, attempt, _LATENCY)
        if not self.repeats(kind, number, attempt):
            return takes_ms, None
        return takes_ms, self._takes_ms(kind, number, attempt, _REPEAT_LATENCY)

    def fates(self, kind: str, numbers: Sequence[int], attempt: int) -> list[Fate]:
        """`fate` of several messages at once."""
        if len(numbers) < _FEW:
            return [self.fate(kind, number, attempt) for number in numbers]
        takes_ms, copy_takes_ms = self.fates_of_many(kind, np.array(numbers, dtype=np.int64), attempt)
        return [(None if first == NEVER else first, None if copy == NEVER else copy)
                for first, copy in zip(takes_ms.tolist(), copy_takes_ms.tolist(), strict=True)]  # fmt: skip

    def fates_of_many(
        self, kind: str, numbers: NDArray[np.int64], attempt: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`fate` of many messages: how long after it left each arrives, and its copy; `NEVER` where it does not."""
        route, luck = self.route, self._luck[kind].many
        first = (numbers << 12) + (attempt << 4)
        takes_ms = self._take_ms(kind, first + _LATENCY)
        if route.loss_share:
            takes_ms[luck(first + _LOSS) < route.loss_share] = NEVER
        copy_takes_ms = np.full(len(numbers), NEVER)
        if route.duplicate_share:
            copies = np.flatnonzero(luck(first + _REPEAT) < route.duplicate_share)
            copy_takes_ms[copies] = self._take_ms(kind, first[copies] + _REPEAT_LATENCY)
        return takes_ms, copy_takes_ms

    def _take_ms(self, kind: str, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        latency_ms = self.route.latency_ms
        if isinstance(latency_ms, Fixed):
            return np.full(len(numbers), round(latency_ms.value))
        return np.rint(at_many(latency_ms, self._luck[kind].many(numbers))).astype(np.int64)

    def repeats(self, kind: str, number: int, attempt: int) -> bool:
        """Whether an attempt at a message, or at a file, comes twice."""
        share = self.route.duplicate_share
        return bool(share) and self._luck_of(kind, number, attempt, _REPEAT) < share

    def _takes_ms(self, kind: str, number: int, attempt: int, purpose: int) -> int:
        latency_ms = self.route.latency_ms
        luck = 0.0 if isinstance(latency_ms, Fixed) else self._luck_of(kind, number, attempt, purpose)
        return round(latency_ms.at(luck))

    def _luck_of(self, kind: str, number: int, attempt: int, purpose: int) -> float:
        return self._luck[kind].at((number << 12) + (attempt << 4) + purpose)
