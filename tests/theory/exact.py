"""Exact answers of queueing and inventory theory, by the names of what the books of a run say.

Stock is `optimize`'s, whose algorithms look for best policies by the same formulas; queues are closed forms, birth
and death.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from optimize.inventory.base_stock import Standing, continuous_base_stock
from optimize.inventory.base_stock import periodic_base_stock as periodic
from optimize.inventory.demand_chances import left_and_short, poisson
from optimize.inventory.lost_sales import LostSales, lost_sales_base_stock
from optimize.inventory.min_max import min_max as renewal
from optimize.inventory.reorder_quantity import reorder_quantity as uniform_position
from optimize.inventory.serial_system import serial_base_stock as stages_in_series

Answers = dict[str, float]


def base_stock(rate: float, lead_time: float, level: int) -> Answers:
    """Continuous review, one for one, backorders."""
    found = continuous_base_stock(rate, lead_time, level)
    return {"fill_rate": found.fill_rate, "on_hand": found.on_hand, "owed": found.owed}


def reorder_quantity(
    rate: float, lead_time: float, point: int, quantity: int, holding: float, penalty: float, fixed: float
) -> Answers:
    """(r, Q)."""
    found = uniform_position(rate, lead_time, point, quantity, holding, penalty, fixed)
    return {name: getattr(found, name) for name in ("fill_rate", "on_hand", "owed", "orders", "cost")}


def periodic_base_stock(mean: float, lead_periods: int, level: int, holding: float, penalty: float) -> Answers:
    """Order up to S at each review, backorders."""
    found: Standing = periodic(poisson(mean), lead_periods, level, holding, penalty)
    return {
        "fill_rate": found.fill_rate,
        "end_on_hand": found.on_hand,
        "end_owed": found.owed,
        "period_cost": found.cost,
    }


def newsvendor(mean: float, level: int, holding: float, penalty: float) -> Answers:
    """One period: what is left costs, and what is short is lost."""
    left, short = (float(units[0]) for units in left_and_short(np.array([level]), poisson(mean)))
    return {"lost_share": short / mean, "end_on_hand": left, "lost_cost": holding * left + penalty * short}


def serial_base_stock(rate: float, lead_time: float, levels: Sequence[int]) -> Answers:
    """Stages in series, first the one that customers see, each one for one, by local levels."""
    stages = stages_in_series(rate, [lead_time] * len(levels), levels)
    answers = {f"on_hand Stage {number}": stage.on_hand for number, stage in enumerate(stages, start=1)}
    return answers | {"owed": stages[0].owed}


def min_max(mean: float, point: int, level: int, holding: float, penalty: float, fixed: float) -> Answers:
    """(s, S), zero lead time."""
    found = renewal(poisson(mean), point, level, holding, penalty, fixed)
    return {
        "orders": found.orders,
        "end_on_hand": found.on_hand,
        "end_owed": found.owed,
        "period_cost": found.cost,
    }


def lost_sales(
    mean: float, lead_periods: int, level: int, holding: float, penalty: float, at_most: int | None = None
) -> Answers:
    """Base stock, capped or not, with lost sales."""
    found: LostSales = lost_sales_base_stock(poisson(mean), lead_periods, level, holding, penalty, at_most)
    return {"lost_share": found.lost_share, "end_on_hand": found.on_hand, "lost_cost": found.cost}


def erlang_c_wait(load: float, servers: int) -> float:
    """Mean wait in M/M/c, in units of the mean service; ``load`` in Erlangs (Erlang 1917)."""
    term = load**servers / math.factorial(servers) / (1 - load / servers)
    waiting = term / (sum(load**k / math.factorial(k) for k in range(servers)) + term)
    return waiting / (servers - load)


def pollaczek_khinchine_wait(load: float, squared_cv: float) -> float:
    """Mean wait in M/G/1, in units of the mean service; ``squared_cv`` of the service (Khinchine 1932)."""
    return load * (1 + squared_cv) / (2 * (1 - load))


def erlang_a(load: float, servers: int, patience: float) -> Answers:
    """M/M/c+M by birth and death: share that gives up, mean time in the system in units of the mean service.

    ``load`` in Erlangs, ``patience`` its mean in units of the mean service (Palm 1957; Garnett, Mandelbaum and Reiman
    2002). Everyone counts in the time: who gives up until then, the others until they are served.
    """
    weight, weights = 1.0, [1.0]
    while weight > 1e-16 * max(weights) or len(weights) < 2 * servers + 2:
        waiting = max(0, len(weights) - servers)
        weight *= load / (min(len(weights), servers) + waiting / patience)
        weights.append(weight)
    shares = np.array(weights) / sum(weights)
    number = np.arange(len(shares))
    queue = float(shares @ np.maximum(number - servers, 0))
    return {"abandoned": queue / patience / load, "system": float(shares @ number) / load}
