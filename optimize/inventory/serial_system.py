"""Stages in series under continuous review, the first of which customers see; unmet demand waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import left_and_short, poisson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SerialSystem:
    """Echelon base stocks and what they cost by unit of time; the first stage is the one that customers see."""

    echelon_levels: tuple[int, ...]
    cost: float

    @property
    def local_levels(self) -> tuple[int, ...]:
        """The same policy by what each stage keeps itself, where a later stage's level is no lower."""
        below = [0, *self.echelon_levels[:-1]]
        return tuple(level - other for level, other in zip(self.echelon_levels, below, strict=True))


def best_serial_system(
    rate: float, lead_times: Sequence[float], echelon_holding: Sequence[float], penalty: float
) -> SerialSystem:
    """The best echelon base stocks for Poisson demand (Clark and Scarf 1960; Chen and Zheng 1994, section 3).

    Stage by stage upwards: the best level of a stage, and the cost that it imposes on the next when that one's stock
    falls short of it. Holding is charged on stock at a stage and on its way to the next one down.
    """
    demands = [poisson(rate * lead_time) for lead_time in lead_times]
    top = sum(len(demand) for demand in demands)
    levels = np.arange(-top, top + 1)
    backorder = penalty + sum(echelon_holding)
    imposed: Floats = backorder * np.maximum(-levels, 0)
    best: list[int] = []
    cost = 0.0
    for demand, holding in zip(demands, echelon_holding, strict=True):
        expected = _after(levels, holding * levels + imposed, demand)
        place = int(np.argmin(expected))
        cost = float(expected[place])
        imposed = np.where(levels < levels[place], expected, cost)
        best.append(int(levels[place]))
    return SerialSystem(tuple(np.minimum.accumulate(best[::-1])[::-1].tolist()), cost)


def _after(levels: Ints, costs: Floats, demand: Floats) -> Floats:
    """Expected ``costs`` of each level less demand; below the table they go on as a straight line."""
    slope = costs[1] - costs[0]
    below = costs[0] - slope * np.arange(len(demand) - 1, 0, -1)
    return np.convolve(np.concatenate([below, costs]), demand)[len(demand) - 1 : len(demand) - 1 + len(levels)]


@dataclass(frozen=True, slots=True)
class StageStock:
    """Units on hand at a stage, and units that it owes to the next one, on average."""

    on_hand: float
    owed: float


def serial_base_stock(rate: float, lead_times: Sequence[float], local_levels: Sequence[int]) -> list[StageStock]:
    """Stock of each stage, one for one: the shortage of a stage is the delay of the next (Shang and Song 2003)."""
    short, found = np.array([1.0]), []
    for lead_time, level in zip(reversed(lead_times), reversed(local_levels), strict=True):
        total = np.convolve(short, poisson(rate * lead_time))
        left, owed = left_and_short(np.array([level]), total)
        found.append(StageStock(float(left[0]), float(owed[0])))
        short = np.concatenate([[total[: level + 1].sum()], total[level + 1 :]])
    return found[::-1]
