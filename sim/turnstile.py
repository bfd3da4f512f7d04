"""Something that lets so many through in a minute, one after the other."""

from __future__ import annotations

from sim.units import MINUTE_MS


class Turnstile:
    """A queue before a fixed pace, in the sequence of asking: what comes while it is busy waits its turn."""

    def __init__(self, per_minute: int) -> None:
        self._pace = per_minute
        self._free_at = 0
        """When all that asked will be through, in parts of a millisecond, ``per_minute`` to each."""

    def through_ms(self, from_ms: int, count: int = 1) -> int:
        """When the last of ``count`` that come at a moment is through."""
        self._free_at = max(self._free_at, from_ms * self._pace) + count * MINUTE_MS
        return -(-self._free_at // self._pace)

    def clear(self) -> None:
        """Nobody is in it any more."""
        self._free_at = 0
