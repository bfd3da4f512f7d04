"""Every pair of disruption kinds on a small peak: it runs to the end with every invariant checked at each event."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from scenarios.load import load
from sim.books.reconcile import reconcile
from sim.disruptions import DISRUPTIONS, Disruption
from sim.model import Model
from sim.units import HOUR_MS
from sim.world import World

FIRST = frozenset(range(5))
"""The best-sellers, which are in most baskets."""

OWN: dict[str, dict[str, Any]] = {
    "node_outage": {"node": 0},
    "labour_shortage": {"node": 0},
    "stock_record_error": {"node": 0},
    "carrier_outage": {"carrier": "Northway"},
    "carrier_delay": {"carrier": "Northway"},
    "carrier_capacity": {"carrier": "Northway", "parcels": 1},
    "hub_jam": {"carrier": "Northway", "room_share_bp": 1_000},
    "supplier_shutdown": {"supplier": 0},
    "supplier_delay": {"supplier": 0},
    "short_delivery": {"supplier": 0},
    "bad_master_data": {"products": FIRST},
    "recall": {"products": FIRST},
    "region_closure": {"regions": FIRST},
    "road_closure": {"nodes": frozenset({0})},
}
"""Where each kind strikes; the others need not be told."""

PAIRS = list(combinations_with_replacement(sorted(DISRUPTIONS), 2))


@pytest.fixture(scope="module")
def small_peak() -> World:
    """A day of peak: some 250 orders, 100 SKUs, stock for a few days, so that suppliers matter."""
    channels = ("web", "marketplace", "b2b", "app")
    sets = [f"channels.{name}.orders_per_day={n}" for name, n in zip(channels, (150, 60, 8, 40), strict=True)]
    sets += ["horizon.warm_up=0h", "horizon.end=1d", "horizon.drain=45d", "products.generate.count=100"]
    sets += [
        "stock.days_of_cover=6d",
        "disruptions.flash sale=null",
        "carriers.Northway.services.ground.hub.parcels=100",
    ]
    return load("peak", sets=sets).world


def struck(kind: str, at_ms: int, duration_ms: int) -> Disruption:
    cls: Any = DISRUPTIONS[kind]
    made: Disruption = cls(at_ms=at_ms, duration_ms=duration_ms, **OWN.get(kind, {}))
    return made


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{a} and {b}" for a, b in PAIRS])
def test_a_pair_runs_to_the_end_under_check(first: str, second: str, small_peak: World, tmp_path: Path):
    """The second begins inside the first and outlasts it."""
    both = (struck(first, 10 * HOUR_MS, 12 * HOUR_MS), struck(second, 16 * HOUR_MS, 30 * HOUR_MS))
    manifest = Model(replace(small_peak, disruptions=both), 1, check=True).run(tmp_path)
    census = manifest["census"]
    ended = census.get("closed", 0) + census.get("cancelled", 0) + census.get("refused", 0)

    assert [] == reconcile(tmp_path)
    assert sum(census.values()) == manifest["counters"]["orders_offered"] > 200
    assert ended >= 0.95 * sum(census.values())
