"""The clock: SimPy's environment in integer milliseconds, with a stated order for what happens at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

import simpy
from simpy.events import Event

from sim.errors import InvariantError
from sim.units import MINUTE_MS

# At one instant: what ends, then what arrives, then what is told, then what is decided, then what leaves.
BOUNDARY = 0
"""Shifts, outages and swaps of policy."""
COMPLETION = 1
DELIVERY = 2
RETURN = 3
SYNC = 4
CAPTURE = 5
DECISION = 6
DEPARTURE = 7
SWEEP = 8
"""Housekeeping: limits, settlement, closing."""

_RANKS = 1 << 32
_FIRST = -1
_SPAN_MS = 20 * MINUTE_MS
_LONG = 4_096
_FOREVER = (1 << 63) - 1

Handler = Callable[[Any], None]


def _fire(event: Event) -> None:
    event.handler(event.what)  # type: ignore[attr-defined]


class Occurrence(Event):
    """A SimPy event that is data: when it fires, ``handler(what)`` is called; all else is the same for each."""

    __slots__ = ("handler", "what")

    callbacks = [_fire]  # noqa: RUF012  # SimPy replaces the list, and does not change it
    _value = None
    _ok = True
    _defused = False

    def __init__(self, handler: Handler, what: Any) -> None:
        self.handler = handler
        self.what = what


_NOTHING = (_FOREVER, 0)


def _nobody(_: None) -> None:
    """Nothing is expected."""


class Clock(simpy.Environment):
    """A SimPy environment that counts integer milliseconds.

    All pending work is (time, priority, rank, handler, what). ``rank`` is the id of the entity that acts, so that
    two things of one priority at one instant never depend on which was scheduled first.
    """

    now_ms = property(attrgetter("_now"), doc="Milliseconds since the scenario's start.")

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self._buckets: dict[tuple[int, int, Handler], list[Any]] = {}
        self._expected = _NOTHING
        self._meet: Handler = _nobody
        self.events = 0
        self._far_ms = 0
        self._far: dict[int, list[tuple[int, int, int, Event]]] = {}
        """What is due from `_far_ms` on, by span, where the heap is so long that it would be slow."""

    def at(self, time_ms: int, priority: int, handler: Handler, what: Any = None, rank: int = 0) -> None:
        """Call ``handler(what)`` when the clock shows ``time_ms``.

        Raises
        ------
        InvariantError
            If that moment has passed.
        """
        if time_ms < self._now:
            raise InvariantError(f"{handler!r} was asked for {time_ms} ms, {self._now - time_ms} ms ago")
        self.events += 1
        # What `simpy.Environment.schedule` does.
        entry = (time_ms, priority * _RANKS + rank, next(self._eid), Occurrence(handler, what))
        if len(self._queue) < _LONG or time_ms < self._far_ms:
            heappush(self._queue, entry)  # type: ignore[misc]
        else:
            self._put_off(entry)

    def _put_off(self, entry: tuple[int, int, int, Event]) -> None:
        span = entry[0] // _SPAN_MS
        if span not in self._far:
            if not self._far or span < min(self._far):
                self._call(span)
            self._far[span] = []
        self._far[span].append(entry)

    def _call(self, span: int) -> None:
        """Fetch what is due in a span at its beginning, before anything else that is due then."""
        begin = max(span * _SPAN_MS, self._now)
        heappush(self._queue, (begin, _FIRST, next(self._eid), Occurrence(self._fetch, span)))  # type: ignore[misc]

    def _fetch(self, span: int) -> None:
        due = self._far.pop(span, None)
        if due is None:
            return
        self._far_ms = (span + 1) * _SPAN_MS
        for entry in due:
            heappush(self._queue, entry)  # type: ignore[misc]
        if self._far:
            self._call(min(self._far))

    def expect(self, time_ms: int, priority: int, handler: Handler) -> None:
        """Like `at` with rank 0, for the one who always has one next moment, and no other: it is kept beside the heap
        of all that is due, and comes before what else is of its priority and rank then."""
        self.events += 1
        self._expected, self._meet = (time_ms, priority * _RANKS), handler

    def _meet_expected(self) -> None:
        self._now, meet = self._expected[0], self._meet
        self._expected = _NOTHING
        meet(None)

    def gather(self, time_ms: int, priority: int, handler: Handler, items: Iterable[Any], rank: int = 0) -> None:
        """Like `at`, but all items for one moment and handler come as one list, in the order of asking."""
        key = (time_ms, priority, handler)
        bucket = self._buckets.get(key)
        if bucket is None:
            self._buckets[key] = list(items)
            self.at(time_ms, priority, self._deliver_bucket, key, rank)
        else:
            bucket.extend(items)

    def _deliver_bucket(self, key: tuple[int, int, Handler]) -> None:
        key[2](self._buckets.pop(key))

    def run_until(self, end_ms: int) -> None:
        """Step through everything due before ``end_ms`` and leave the clock there; `simpy.Environment.step` in a loop,
        but that an occurrence is called without the detour over its callbacks."""
        queue = self._queue
        while True:
            if not queue or self._expected < queue[0]:
                if self._expected[0] >= end_ms:
                    break
                self._meet_expected()
                continue
            if queue[0][0] >= end_ms:
                break
            self._now, _, _, event = heappop(queue)
            if type(event) is Occurrence:
                event.handler(event.what)
                continue
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        self._now = end_ms

    def pause_before(self, end_ms: int, asked: Callable[[Handler, Any], bool]) -> bool:
        """Step until what is due next is something ``asked`` for, and show its moment; the rest is for `advance`.

        Returns
        -------
        bool
            False, with the clock at ``end_ms``, if there is no such thing before then.
        """
        queue = self._queue
        while min(self._expected[0], queue[0][0] if queue else _FOREVER) < end_ms:
            event = queue[0][3] if queue and queue[0] < self._expected else None
            if isinstance(event, Occurrence) and asked(event.handler, event.what):
                self._now = queue[0][0]
                return True
            self.advance()
        self._now = end_ms
        return False

    def advance(self) -> None:
        """Let what is due next happen."""
        if not self._queue or self._expected < self._queue[0]:
            self._meet_expected()
        else:
            self.step()

    def pending(self) -> tuple[Handler, Any]:
        """Who will do what next, after `pause_before`."""
        event = self._queue[0][3]
        assert isinstance(event, Occurrence)
        return event.handler, event.what

    def free_until(self, priority: int) -> int:
        """The last moment at which something of ``priority`` (rank 0) comes before all else that is due."""
        if not self._queue:
            return _FOREVER
        time_ms, ranked = self._queue[0][:2]
        return time_ms - 1 if ranked < priority * _RANKS else time_ms  # type: ignore[return-value]

    def stands(self, time_ms: int, priority: int) -> bool:
        """Whether something of ``priority`` is what is due next, at that moment."""
        if not self._queue or self._queue[0][0] != time_ms:
            return False
        ranked: int = self._queue[0][1]
        return priority * _RANKS <= ranked < (priority + 1) * _RANKS

    def move_to(self, time_ms: int) -> None:
        """Let the clock show a moment up to which nothing else is due."""
        self._now = time_ms
