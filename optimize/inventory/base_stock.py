"""Base stock: one for one under continuous review, order up to S under periodic review; unmet demand waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimize.inventory.demand_chances import (
    cost_by_level,
    critical_level,
    left_and_short,
    mean_of,
    of_periods,
    poisson,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Standing:
    """Long-run averages under one policy: share of units served at once, units on hand and owed, cost of a period or
    of a unit of time (0 where nothing is charged)."""

    fill_rate: float
    on_hand: float
    owed: float
    cost: float = 0.0


def continuous_base_stock(rate: float, lead_time: float, level: int) -> Standing:
    """Continuous review of Poisson demand: outstanding orders are Poisson for any lead times of that mean (Palm 1938;
    Feeney and Sherbrooke 1966)."""
    demand = poisson(rate * lead_time)
    left, short = left_and_short(np.array([level]), demand)
    return Standing(float(demand[: max(level, 0)].sum()), float(left[0]), float(short[0]))


def periodic_base_stock(demand: Floats, lead_periods: int, level: int, holding: float, penalty: float) -> Standing:
    """Order, receipt, demand, cost: the end of a period has S less the demand of L + 1 periods.

    ``demand`` are chances of one period's units.
    """
    levels = np.array([level])
    left, short = left_and_short(levels, of_periods(demand, lead_periods + 1))
    begun_short = left_and_short(levels, of_periods(demand, lead_periods))[1]
    on_hand, owed = float(left[0]), float(short[0])
    fill_rate = 1 - (owed - float(begun_short[0])) / mean_of(demand)
    return Standing(fill_rate, on_hand, owed, holding * on_hand + penalty * owed)


def best_periodic_base_stock(demand: Floats, lead_periods: int, holding: float, penalty: float) -> tuple[int, float]:
    """The best level and its cost a period: the newsvendor of L + 1 periods."""
    protected = of_periods(demand, lead_periods + 1)
    level = critical_level(protected, holding, penalty)
    return level, float(cost_by_level(np.array([level]), protected, holding, penalty)[0])
