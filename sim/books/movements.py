"""The two movements that every unit sold makes, in compiled code: from committed to picked, and out of the house."""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import int_at, long_at

# Columns by shipment and piece; rows of units by node.
FIRST_PIECE, PRODUCT, UNITS, COMMITTED, PICKED, COLUMNS = range(6)


@njit("int64(int64[::1], int64, int64, int64)", cache=True)
def pick(memory: Any, node: int, jobs: int, count: int) -> int:
    """Move every piece of ``count`` shipments, whose numbers stand at the address ``jobs``, from committed to picked.

    Returns
    -------
    int
        The first piece of which too few units are committed, and nothing from it on has moved; -1 if there is none.
    """
    shipments, first_piece = int_at(jobs), int_at(memory[FIRST_PIECE])
    product, units = int_at(memory[PRODUCT]), int_at(memory[UNITS])
    committed, picked = long_at(long_at(memory[COMMITTED])[node]), long_at(long_at(memory[PICKED])[node])
    for place in range(count):
        shipment = shipments[place]
        for piece in range(first_piece[shipment], first_piece[shipment + 1]):
            left = committed[product[piece]] - units[piece]
            if left < 0:
                return piece
            committed[product[piece]] = left
            picked[product[piece]] += units[piece]
    return -1


@njit("int64(int32[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1])", cache=True)
def ship(product: Any, units: Any, picked: Any, on_hand: Any, value_cents: Any, cost_cents: Any) -> int:
    """Let pieces leave, and write the value that goes with each into ``cost_cents``.

    Returns
    -------
    int
        The first piece of which too few units are picked; -1 if there is none.
    """
    for piece in range(len(product)):
        row = product[piece]
        left = picked[row] - units[piece]
        if left < 0:
            return piece
        picked[row] = left
        # Half up; the last unit takes the rest because the fraction is then exactly one.
        cost = (2 * value_cents[row] * units[piece] + on_hand[row]) // (2 * on_hand[row])
        on_hand[row] -= units[piece]
        value_cents[row] -= cost
        cost_cents[piece] = cost
    return -1
