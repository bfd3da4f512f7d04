"""Manual overrides in a scenario file: how they are read, and what is said of those that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.rules import ManualOverride
from sim.units import HOUR_MS
from tests.scenarios.shops import shop


def test_overrides_are_read_in_their_order(tmp_path: Path):
    world = shop(
        tmp_path,
        """
manual_overrides:
  storm: {at: 10h, every: 2h, until: 20h, orders: region == 'Chicago' and not held, then: hold}
  from the west: {at: 12h, orders: age_hours > 24, then: {force_node: West}}
""",
    )

    assert (
        ManualOverride(
            "storm", 10 * HOUR_MS, "region == 'Chicago' and not held", "hold", None, 2 * HOUR_MS, 20 * HOUR_MS
        ),
        ManualOverride("from the west", 12 * HOUR_MS, "age_hours > 24", "force_node", 1, None, world.horizon.end_ms),
    ) == world.manual_overrides


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("{at: 1h, orders: held, then: explode}", "force_node"),
        ("{at: 1h, orders: age > 5, then: hold}", "there is no 'age'"),
        ("{at: 1h, orders: age_hours, then: hold}", "neither true nor false"),
        ("{at: 1h, orders: region == 'Chicgo', then: hold}", "did you mean 'Chicago'"),
        ("{at: 1h, orders: held, then: {force_node: Nowhere}}", "there is no node 'Nowhere'"),
    ],
)
def test_what_is_wrong_with_an_override(tmp_path: Path, override: str, said: str):
    with pytest.raises(ScenarioError) as error:
        shop(tmp_path, f"manual_overrides:\n  mine: {override}\n")

    assert said in str(error.value)
    assert "manual_overrides.mine" in str(error.value)
    assert "shop.yaml:4" in str(error.value)
