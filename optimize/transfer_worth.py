"""What lanes are worth at prices of units, and how prices of slots fall until lanes earn their trucks: compiled code.

Without other lanes, a lane takes every slot at which a unit gains more than the slot and the unit cost. Slots and
units are priced so that no lane earns more than its trucks: then the prices bound what any transfers save, as in the
dual of the uncapacitated facility location problem (Bilde and Krarup 1977; Erlenkotter 1978).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfer_tables import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def lane_worth(
    gains: Cells,
    losses: Cells,
    lead: Ints,
    weight: Floats,
    may_run: Bools,
    unit: Floats,
    slot: Floats,
    by_weight: Floats,
) -> Floats:
    """What each lane earns at prices of units (sending cells,) and slots (gain units,) and of its weight, shape (nodes,
    nodes)."""
    worth = np.zeros(may_run.shape)
    for product in range(len(weight)):
        for to in range(gains.first[product], gains.first[product + 1]):
            j = gains.node[to]
            for source in range(losses.first[product], losses.first[product + 1]):
                i = losses.node[source]
                if not may_run[i, j]:
                    continue
                one, costs = lead[i, j], unit[source] + by_weight[i, j] * weight[product]
                for k in range(gains.at[to], gains.at[to + 1]):
                    left = gains.value[one, k] - costs
                    if left <= 0.0:
                        break
                    worth[i, j] += max(0.0, left - slot[k])
    return worth


@njit(cache=True, nogil=True)
def lower_slots(
    gains: Cells,
    losses: Cells,
    lead: Ints,
    weight: Floats,
    may_run: Bools,
    unit: Floats,
    slot: Floats,
    by_weight: Floats,
    slack: Floats,
    share: float,
) -> float:
    """Lower ``slot`` as far as every lane earns at most ``share`` of its ``slack`` more by one; the sum of it.

    ``slack`` is lessened by what lanes earn more.
    """
    total, nodes = 0.0, len(may_run)
    lane, left = np.empty(nodes, np.int64), np.empty(nodes)
    for product in range(len(weight)):
        for to in range(gains.first[product], gains.first[product + 1]):
            j = gains.node[to]
            for k in range(gains.at[to], gains.at[to + 1]):
                price, lowest, count = slot[k], 0.0, 0
                if price <= 0.0:
                    continue
                for source in range(losses.first[product], losses.first[product + 1]):
                    i = losses.node[source]
                    if not may_run[i, j]:
                        continue
                    gain = gains.value[lead[i, j], k] - unit[source] - by_weight[i, j] * weight[product]
                    if gain > 0.0:
                        lane[count], left[count] = i, gain
                        count += 1
                        lowest = max(lowest, min(gain, price) - share * max(0.0, slack[i, j]))
                if lowest < price:
                    for n in range(count):
                        slack[lane[n], j] -= max(0.0, left[n] - lowest) - max(0.0, left[n] - price)
                    total += price - lowest
                    slot[k] = lowest
    return total


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


@njit(cache=True, nogil=True)
def taken_beyond(
    gains: Cells,
    losses: Cells,
    lead: Ints,
    weight: Floats,
    by_weight: Floats,
    opens: Bools,
    unit: Floats,
    slot: Floats,
    by_unit: Floats,
    by_slot: Floats,
) -> float:
    """What units and slots are worth at their prices, and how often lanes that open take each beyond what there is.

    Parameters
    ----------
    by_weight, opens
        Of lanes, shape (nodes, nodes).
    unit, slot
        Prices, shapes (sending cells,) and (slots,).
    by_unit, by_slot
        Of the same shapes, written: units or slots that lanes take, less those that are given.
    """
    total = slot.sum()
    by_slot[:] = -1.0
    for source in range(len(unit)):
        by_unit[source] = 0.0
        for m in range(losses.at[source], losses.at[source + 1]):
            if losses.value[0, m] >= unit[source]:
                break
            by_unit[source] -= 1.0
            total += unit[source] - losses.value[0, m]
    for product in range(len(weight)):
        for to in range(gains.first[product], gains.first[product + 1]):
            j = gains.node[to]
            for source in range(losses.first[product], losses.first[product + 1]):
                i = losses.node[source]
                if not opens[i, j]:
                    continue
                one, costs = lead[i, j], unit[source] + by_weight[i, j] * weight[product]
                for k in range(gains.at[to], gains.at[to + 1]):
                    left = gains.value[one, k] - costs
                    if left <= 0.0:
                        break
                    if left > slot[k]:
                        by_slot[k] += 1.0
                        by_unit[source] += 1.0
    return float(total)
