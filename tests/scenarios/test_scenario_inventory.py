"""What a scenario file says of stock that is wrong, withheld, reserved or received."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.distributions import Fixed
from sim.network import CycleCounts, Dock, Reservation
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from tests.scenarios.shops import shop


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


def test_the_reservation_of_a_channel(tmp_path: Path):
    channel = shop(
        tmp_path,
        """
channels:
  web:
    checkout: 10min
    abandoned_share: 40%
    reservation: {at: cart, level: node, expires: 20min}
""",
    ).network.channels[0]

    assert Reservation("cart", "node", 20 * MINUTE_MS) == channel.reservation
    assert (Fixed(10 * MINUTE_MS), 0.4) == (channel.checkout_ms, channel.abandoned_share)


def test_a_cart_reserves_only_where_there_is_one(tmp_path: Path):
    with pytest.raises(ScenarioError, match="a checkout, where a cart reserves"):
        shop(tmp_path, "channels: {web: {reservation: {at: cart}}}")


def test_what_is_withheld_and_what_is_promised(tmp_path: Path):
    network = shop(
        tmp_path,
        """
channels: {web: {protected_units: 3, promise: {inbound_within: 10d}}}
suppliers: {maker: {quality_hold: 2d, sampled_share: 20%, rejected_share: 5%, lead_time: 5d}}
""",
    ).network
    supplier = network.suppliers[-1]

    assert (3, 10 * DAY_MS) == (network.channels[0].protected_units, network.channels[0].promise.inbound_within_ms)
    assert (2 * DAY_MS, 0.2, 0.05) == (supplier.quality_hold_ms, supplier.sampled_share, supplier.rejected_share)


def test_how_goods_are_received(tmp_path: Path):
    east = shop(
        tmp_path, "nodes: {East: {cross_dock: 30min, dock: {doors: 2, unload: 45min, open: '06:00', close: '16:00'}}}"
    ).network.nodes[0]

    assert (30 * MINUTE_MS, Dock(2, 45 * MINUTE_MS, 360, 960)) == (east.cross_dock_ms, east.dock)


def test_a_dock_is_open_for_long_enough(tmp_path: Path):
    with pytest.raises(ScenarioError, match="hours in which a truck can be unloaded"):
        shop(tmp_path, "nodes: {East: {dock: {unload: 2h, open: '06:00', close: '07:00'}}}")
