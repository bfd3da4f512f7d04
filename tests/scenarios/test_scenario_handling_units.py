"""What a scenario file says of cases and pallets."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.plans.handling_units import HandlingPlan
from sim.units import MINUTE_MS, SECOND_MS
from tests.scenarios.shops import shop

FREIGHT = "carriers: {Northway: {services: {ground: {pallets: {above: 150lb, rate: 65}}}}}\n"


def test_sizes_by_product_then_category_then_section(tmp_path: Path):
    """Mugs and cups are of one category, whose pallets are smaller; mugs come in nothing."""
    text = """handling_units:
  case: 12
  pallet: 96
  channels: [web]
  categories: {cups: {pallet: 48}}
  products: {MUG: {case: 0, pallet: 0}}
  pallet_move: 5min
  kept_pallets: 2
  break_kept: never
  short_pallets: wait
  pallet_put_away: 3min
"""
    plan = HandlingPlan(
        (0, 12, 12), (0, 48, 96), frozenset({0}), 30 * SECOND_MS, 5 * MINUTE_MS, 600, kept_pallets=2, breaks_kept=False,
        waits_for_pallets=True, pallet_put_away_ms=3 * MINUTE_MS,
    )  # fmt: skip

    assert plan == shop(tmp_path, FREIGHT + text).network.handling_units
    assert shop(tmp_path, "").network.handling_units is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("handling_units: {case: 12, channels: [wholesale]}", "there is no channel 'wholesale'"),
        (FREIGHT + "handling_units: {case: 12, pallet: 100, channels: [web]}", "a multiple of 12 units"),
        ("handling_units: {pallet: 96, channels: [web]}", "no carrier takes pallets"),
        ("handling_units: {case: 12, channels: [web], pallet_put_away: 3min}", "no product comes by the pallet"),
        ("handling_units: {case: 12, channels: [web], case_put_away: 0s}", "case_put_away: '0s' does not fit"),
        ("handling_units: {channels: [web]}", "no product comes in cases or on pallets"),
        (FREIGHT + "handling_units: {pallet: 96, channels: [web], short_pallets: refuse}", "loose or wait"),
        (FREIGHT + "handling_units: {pallet: 96, channels: [web], products: {NOPE: {case: 2}}}", "no product 'NOPE'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, fault: str):
    with pytest.raises(ScenarioError, match=fault):
        shop(tmp_path, text)
