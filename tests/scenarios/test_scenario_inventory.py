"""What a scenario file says of stock that is wrong, withheld, reserved or received."""

from __future__ import annotations

from pathlib import Path

from scenarios.load import load
from sim.network import CycleCounts
from sim.units import DAY_MS, HOUR_MS
from sim.world import World

SHOP = Path(__file__).parent / "small_shop.yaml"


def shop(tmp_path: Path, text: str) -> World:
    path = tmp_path / "shop.yaml"
    path.write_text(f"extends: {SHOP}\nname: shop\n{text}", encoding="utf-8")
    return load(path).world


def test_the_shelf_of_a_node(tmp_path: Path):
    east, west = shop(
        tmp_path,
        """
nodes:
  East:
    shrinkage_share: 1%
    mispick_share: 0.5%
    receiving_error_share: 2%
    cycle_counts: {a: 30d, c: 180d, after_short_pick: false, staff: 2, per_hour: 30}
""",
    ).network.nodes[:2]

    assert (0.01, 0.005, 0.02) == (east.shrinkage_share, east.mispick_share, east.receiving_error_share)
    assert CycleCounts((30 * DAY_MS, None, 180 * DAY_MS), False, 2, HOUR_MS / 30) == east.cycle_counts
    assert (True, False) == (east.keeps_shelf, west.keeps_shelf)
