"""What those who look every hour count in long columns, in one pass each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit("Tuple((int64[::1], int64))(uint8[::1], int64, uint8, uint8)", cache=True)
def captured_since(state: Any, first: int, captured: int, offered: int) -> Any:
    """Captured orders from number ``first`` on, and the first of those that are captured or still to come (one past all
    orders, where none is)."""
    found, count, first_to_come = np.empty(len(state) - first, dtype=np.int64), 0, len(state)
    for order in range(first, len(state)):
        if state[order] == captured:
            found[count] = order
            count += 1
        elif state[order] != offered:
            continue
        first_to_come = min(first_to_come, order)
    return found[:count].copy(), first_to_come


@njit("int64(int64[::1], uint8[::1], uint8, int64[::1], int64)", cache=True)
def late_on_the_road(shipments: Any, state: Any, shipped: int, quoted_ms: Any, now_ms: int) -> int:
    """How many of some shipments have left and are past the carrier's own date."""
    late = 0
    for shipment in shipments:
        if state[shipment] == shipped and quoted_ms[shipment] < now_ms:
            late += 1
    return late
