"""Carts that the fast lane keeps come to the till by their moment, then by their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.addresses import Addresses
from sim.agents.orders.lane import carts, columns

CARTS = st.lists(st.tuples(st.integers(0, 20), st.integers(-20, 20)), min_size=1, max_size=60)


@settings(deadline=None)  # it is compiled first
@given(arrivals=CARTS, takes=st.lists(st.booleans(), min_size=120, max_size=120))
def test_they_come_in_sequence_whatever_comes_between(arrivals: list[tuple[int, int]], takes: list[bool]):
    """Each has an arrival and a time in the cart (negative: it is left after that, less one)."""
    at_ms = np.array([at for at, _ in arrivals], dtype=np.int64)
    checkout_ms = np.array([takes_ms for _, takes_ms in arrivals], dtype=np.int32)
    memory, values = np.zeros(columns.COLUMNS, dtype=np.int64), np.zeros(columns.VALUES, dtype=np.int64)
    heap, addresses = np.zeros(len(arrivals), dtype=np.int32), Addresses()
    named = ((columns.ORDER_AT_MS, at_ms), (columns.ORDER_CHECKOUT_MS, checkout_ms), (columns.CARTS, heap))
    for number, column in named:
        memory[number] = addresses.of(column)
    till_ms = [at + (t if t >= 0 else ~t) for at, t in arrivals]
    inside, waiting = set[int](), list(range(len(arrivals)))

    for take in takes:
        if take and waiting:
            carts.push(memory, values, waiting[0])
            inside.add(waiting.pop(0))
        elif inside:
            first = min(inside, key=lambda order: (till_ms[order], order))
            assert till_ms[first] == values[columns.NEXT_TILL_MS]
            assert first == carts.pop_first(memory, values)
            inside.remove(first)
        assert len(inside) == values[columns.IN_CARTS]
