"""The frozen instances, read from the published file, and small random ones for brute force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimize.fulfilment.generator import SHIPMENT
from optimize.fulfilment.instance import Instance, Ints

BENCH = Path(__file__).resolve().parents[4] / "shared" / "bench"
FILE = BENCH / "fulfillment_fixed_instances.json"

needs_bench = pytest.mark.skipif(not FILE.is_file(), reason=f"the published instances are not here: {FILE}")


def frozen(number: int) -> tuple[Instance, Ints, dict[str, Any]]:
    """An instance, its arrivals, and what is known of it."""
    file = json.loads(FILE.read_text(encoding="utf-8"))
    known = file["instances"][number]
    miles = np.array(file["dist_miles_fc_by_city"])
    unit = 0.423 + 0.000541 * miles
    instance = Instance(
        slots=known["T"],
        orders=tuple(tuple(order) for order in known["order_types"][1:]),
        phases=np.outer(known["q_prob"][1:], known["city_share"])[None],
        fixed=np.array([SHIPMENT] * len(miles) + [2 * SHIPMENT]),
        unit=np.vstack([unit, 2 * (0.423 + 0.000541 * miles.max(axis=0))]),
        stock=np.array(known["inventory_fc_by_item"]),
        nearest=np.array(known["closest_item_by_city"]),
    )
    kind, city = np.array(known["arrivals_q_j"]).T
    return instance, np.where(kind == 0, -1, (kind - 1) * instance.cities + city), known


def tiny(seed: int, *, slots: int = 5, centres: int = 2, items: int = 3) -> Instance:
    """Two cities, orders of up to three items, a stock that runs out."""
    rng = np.random.default_rng(seed)
    orders = ((0,), (1,), (0, 1), tuple(range(items)))
    unit = rng.uniform(0.5, 2.0, (centres, 2))
    return Instance(
        slots=slots,
        orders=orders,
        phases=rng.dirichlet(np.ones(len(orders) * 2 + 1))[:-1].reshape(1, len(orders), 2),
        fixed=np.array([3.0] * centres + [6.0]),
        unit=np.vstack([unit, 2 * unit.max(axis=0)]),
        stock=rng.integers(0, 3, (centres, items)),
        nearest=rng.integers(0, centres, (items, 2)),
    )
