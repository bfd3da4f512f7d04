"""Which shipments may leave their node's queue for another one, in one pass of compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.orders import PLANNED, VALIDATED


@njit("boolean[::1](int64[::1], uint8[::1], int32[::1], uint8[::1], int32[::1], int32[::1])", cache=True)
def movable(
    shipments: Any, shipment_state: Any, shipment_order: Any, order_state: Any, first_line: Any, open_units: Any
) -> Any:
    """Those that wait for a wave, of validated orders that wait for nothing else."""
    found = np.zeros(len(shipments), dtype=np.bool_)
    for place in range(len(shipments)):
        order = shipment_order[shipments[place]]
        if shipment_state[shipments[place]] == PLANNED and order_state[order] == VALIDATED:
            waits = False
            for line in range(first_line[order], first_line[order + 1]):
                waits |= open_units[line] > 0
            found[place] = not waits
    return found
