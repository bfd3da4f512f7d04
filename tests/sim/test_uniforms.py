"""Uniforms by number are the same one by one, many at once, and in compiled code."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from sim.streams import CounterStream
from sim.uniforms import uniform_at


@njit
def compiled(key: int, number: int) -> float:
    return uniform_at(key, number)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**62))
def test_a_uniform_is_the_same_however_it_is_asked_for(key: int, number: int):
    stream = CounterStream(key)

    assert [stream.at(number)] * 2 == [compiled(np.uint64(key), number), stream.many(np.array([number]))[0]]
