"""What each unit is worth that a node sells until a horizon, and by when it must be there: in compiled code."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables_kernel import chances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Slots(NamedTuple):
    """Pieces of demand: of a product at a node (as `cell` = product x nodes + node), by the end of a period, so many
    units, each of which is asked for with a chance."""

    cell: Ints
    period: Ints
    units: Ints
    chance: Floats


@njit(cache=True, nogil=True)
def slots_of(demand: Floats, dispersion: float, least: Floats, most_pieces: int) -> Slots:
    """The m-th unit that a node sells is asked for with the chance that demand until the horizon is m or more, in the
    period in which m - 1/2 are expected, or in the last one.

    Parameters
    ----------
    demand
        Expected in each period, shape (cells, periods).
    dispersion
        Variance of demand over its mean.
    least
        By cell: units of no more chance are left out.
    most_pieces
        Into how many pieces the units of a period are put together, at most.
    """
    cells, periods = demand.shape
    size = 1024
    cell, period, units = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    chance, count = np.empty(size), 0
    for c in range(cells):
        mean = demand[c].sum()
        if mean <= 0.0:
            continue
        reach = int(mean + 8.0 * math.sqrt(mean * dispersion)) + 16
        above = np.empty(reach + 2)
        chances(mean, dispersion, reach + 1, above)
        upto = 0
        while upto < reach and above[upto + 1] > least[c]:
            upto += 1
        begin, total = 0, 0.0
        for t in range(periods):
            total += demand[c, t]
            end = upto if t == periods - 1 else min(upto, int(total + 0.5))
            width = max(1, -(-(end - begin) // most_pieces))
            while begin < end:
                n = min(width, end - begin)
                if count == size:
                    size *= 2
                    cell, period = _longer(cell, size), _longer(period, size)
                    units, chance = _longer(units, size), _longer(chance, size)
                cell[count], period[count], units[count] = c, t, n
                chance[count] = above[begin + 1 : begin + n + 1].mean()
                count += 1
                begin += n
    return Slots(cell[:count].copy(), period[:count].copy(), units[:count].copy(), chance[:count].copy())


@njit(cache=True, nogil=True)
def _longer(values: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    found = np.empty(size, values.dtype)
    found[: len(values)] = values
    return found
