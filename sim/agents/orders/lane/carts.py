"""Carts on their way to the till, as a heap: what comes first, by moment and order."""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import int_at, long_at
from sim.agents.orders.lane import columns as at


@njit
def _comes_before(memory: Any, order: int, other: int) -> bool:
    till_ms = long_at(memory[at.ORDER_TILL_MS])
    return bool(till_ms[order] < till_ms[other] or (till_ms[order] == till_ms[other] and order < other))


@njit
def push(memory: Any, values: Any, order: int) -> None:
    """Another cart."""
    heap, place = int_at(memory[at.CARTS]), values[at.IN_CARTS]
    while place and _comes_before(memory, order, heap[(place - 1) // 2]):
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = order
    values[at.IN_CARTS] += 1
    values[at.NEXT_TILL_MS] = long_at(memory[at.ORDER_TILL_MS])[heap[0]]


@njit
def pop_first(memory: Any, values: Any) -> int:
    """The cart that comes first."""
    heap, place = int_at(memory[at.CARTS]), 0
    first, values[at.IN_CARTS] = heap[0], values[at.IN_CARTS] - 1
    last, count = heap[values[at.IN_CARTS]], values[at.IN_CARTS]
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count and _comes_before(memory, heap[child + 1], heap[child]):
            child += 1
        if not _comes_before(memory, heap[child], last):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = last
    values[at.NEXT_TILL_MS] = long_at(memory[at.ORDER_TILL_MS])[heap[0]] if count else at.NEVER
    return int(first)


@njit("int64(int64, int64)", cache=True)
def pop(memory_at: int, values_at: int) -> int:
    """Take the cart that comes to the till first out of the lane's hands."""
    return int(pop_first(long_at(memory_at), long_at(values_at)))
