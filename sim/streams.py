"""Random numbers by purpose and entity, so that no policy shifts another agent's luck.

A stream is named by what it is for and whom it belongs to: ``("arrivals", "web")``. Its uniforms come in
blocks keyed by (seed, purpose, entity, chunk) and are indexed inside a block by the arrival's own
number; what lies beyond a block (a second payment attempt, a purchase order's lead time) uses a counter
hash. Neither depends on the order of calls, on other entities, or on Python's salted ``hash``.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from sim.uniforms import uniform_of

_TO_UNIT = 2.0**-53


def key_of(*parts: str | int) -> int:
    """A stable 64-bit key of names and numbers."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


class Streams:
    """All random streams of one run.

    Parameters
    ----------
    seed
        The replication's seed; two seeds share nothing.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def generator(self, purpose: str, entity: str, chunk: int = 0) -> np.random.Generator:
        """A NumPy generator of its own for (purpose, entity, chunk)."""
        return np.random.Generator(np.random.PCG64(key_of(self.seed, purpose, entity, chunk)))

    def block(self, purpose: str, entity: str, chunk: int, size: int) -> NDArray[np.float64]:
        """``size`` uniforms in [0, 1); a longer block begins with the shorter one."""
        return self.generator(purpose, entity, chunk).random(size)

    def counter(self, purpose: str, entity: str) -> CounterStream:
        """Uniforms by number, for what no block foresees."""
        return CounterStream(key_of(self.seed, purpose, entity))


class CounterStream:
    """Uniforms addressed by number: ``stream.at(n)`` is the same whenever and however often it is asked.

    The hash is SplitMix64 (Steele, Lea and Flood 2014, figure 17) over key and counter.
    """

    __slots__ = ("_signed", "key")

    def __init__(self, key: int) -> None:
        self.key = key
        self._signed = key - (1 << 64) if key >> 63 else key

    def at(self, number: int) -> float:
        """The uniform in [0, 1) of ``number``."""
        return uniform_of(self._signed, number)

    def many(self, numbers: NDArray[np.signedinteger]) -> NDArray[np.float64]:
        """The uniforms of all ``numbers`` at once, each as `at` gives it."""
        return uniforms(np.uint64(self.key), numbers)


def keys_of(streams: Sequence[CounterStream]) -> NDArray[np.uint64]:
    """The keys of several counter streams, for `uniforms` and compiled code."""
    return np.array([stream.key for stream in streams], dtype=np.uint64)


def uniforms(keys: NDArray[np.uint64] | np.uint64, numbers: NDArray[np.signedinteger]) -> NDArray[np.float64]:
    """What the counter streams of ``keys``, one or one for each, have at ``numbers``."""
    z = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + keys
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.float64] = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * _TO_UNIT
    return found
