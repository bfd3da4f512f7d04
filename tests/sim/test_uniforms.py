"""Uniforms by number are the same one by one, many at once, and in compiled code."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim.streams import CounterStream
from sim.uniforms import uniform_at


@njit
def compiled(key: int, number: int) -> float:
    return uniform_at(key, number)


def split_mix(key: int, number: int) -> float:
    """SplitMix64 as its authors print it, in whole numbers without end."""
    z = (key + (number + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return ((z ^ (z >> 31)) >> 11) / 2**53


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**62))
def test_a_uniform_is_the_same_however_it_is_asked_for(key: int, number: int):
    stream = CounterStream(key)

    found = [stream.at(number), compiled(np.uint64(key), number), stream.many(np.array([number]))[0]]

    assert found == [split_mix(key, number)] * 3
