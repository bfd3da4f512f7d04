"""What opening or closing a lane is worth at prices of units: compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables_kernel import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def worth_of_change(
    gains: Cells, losses: Cells, lead: Ints, weight: Floats, may_run: Bools, price: Floats, unit: Floats
) -> tuple[Floats, Floats]:
    """What is lost if a lane of finite ``price`` of weight closes, and gained if one of infinite price opens for
    nothing, both shape (nodes, nodes), if units keep their prices and no other lane changes."""
    lost, won = np.zeros(may_run.shape), np.zeros(may_run.shape)
    for product in range(len(weight)):
        begin, end = losses.first[product], losses.first[product + 1]
        for to in range(gains.first[product], gains.first[product + 1]):
            j = gains.node[to]
            for k in range(gains.at[to], gains.at[to + 1]):
                best, second, who, most = 0.0, 0.0, -1, 0.0
                for source in range(begin, end):
                    i = losses.node[source]
                    if not may_run[i, j]:
                        continue
                    left = gains.value[lead[i, j], k] - unit[source]
                    most = max(most, left)
                    if price[i, j] < np.inf:
                        left -= price[i, j] * weight[product]
                        if left > best:
                            second, best, who = best, left, i
                        else:
                            second = max(second, left)
                if most <= 0.0:
                    break
                if who >= 0:
                    lost[who, j] += best - second
                for source in range(begin, end):
                    i = losses.node[source]
                    if may_run[i, j] and not price[i, j] < np.inf:
                        won[i, j] += max(0.0, gains.value[lead[i, j], k] - unit[source] - best)
    return lost, won
