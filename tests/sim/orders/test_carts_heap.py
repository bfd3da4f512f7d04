"""Carts that the fast lane keeps come to the till by their moment, then by their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.addresses import Addresses
from sim.agents.orders.lane import carts, columns

TILLS = st.lists(st.integers(0, 20), min_size=1, max_size=60)


@settings(deadline=None)  # it is compiled first
@given(tills=TILLS, takes=st.lists(st.booleans(), min_size=120, max_size=120))
def test_they_come_in_sequence_whatever_comes_between(tills: list[int], takes: list[bool]):
    till_ms = np.array(tills, dtype=np.int64)
    memory, values = np.zeros(columns.COLUMNS, dtype=np.int64), np.zeros(columns.VALUES, dtype=np.int64)
    heap, addresses = np.zeros(len(tills), dtype=np.int32), Addresses()
    for number, column in ((columns.ORDER_TILL_MS, till_ms), (columns.CARTS, heap)):
        memory[number] = addresses.of(column)
    inside, waiting = set[int](), list(range(len(tills)))

    for take in takes:
        if take and waiting:
            carts.push(memory, values, waiting[0])
            inside.add(waiting.pop(0))
        elif inside:
            first = min(inside, key=lambda order: (tills[order], order))
            assert tills[first] == values[columns.NEXT_TILL_MS]
            assert first == carts.pop_first(memory, values)
            inside.remove(first)
        assert len(inside) == values[columns.IN_CARTS]
