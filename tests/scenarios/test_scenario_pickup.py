"""What a scenario file says of pickups and quiet hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.distributions import Fixed
from sim.plans.labour import QuietHours
from sim.plans.pickup import Pickup
from sim.units import DAY_MS, HOUR_MS
from tests.scenarios.shops import shop


def test_the_pickups_of_a_channel(tmp_path: Path):
    text = "channels: {web: {pickup: {share: 30%, unavailable: refuse, collect: 6h, no_show_share: 4%, hold: 3d}}}"

    assert (
        Pickup(0.3, "refuse", Fixed(6 * HOUR_MS), 0.04, 3 * DAY_MS) == shop(tmp_path, text).network.channels[0].pickup
    )


def test_the_quiet_hours_of_a_node(tmp_path: Path):
    nodes = shop(tmp_path, "nodes: {East: {quiet_hours: {start: '07:00', end: '10:00', otherwise: 25%}}}").network.nodes

    assert (QuietHours(420, 600, 2_500), None) == (nodes[0].quiet_hours, nodes[1].quiet_hours)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("channels: {web: {pickup: {}, checkout: 10min}}", "either pickup, or a checkout"),
        ("nodes: {East: {quiet_hours: {start: '10:00', end: '07:00'}}}", "a start before the end"),
        (
            "nodes: {East: {quiet_hours: {start: '07:00', end: '10:00'}, overtime: {backlog: 5}}}",
            "either overtime or quiet_hours",
        ),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, text: str, fault: str):
    with pytest.raises(ScenarioError, match=fault):
        shop(tmp_path, text)
