"""Every allocation policy is asked for whole pallets and for the rest, and the books hold together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.books.reconcile import reconcile
from sim.model import Model
from sim.policies.registry import announce, policies
from sim.units import MINUTE_MS
from sim.world import PolicyChoice, Rules
from tests.sim.floor.test_handling_units import plan_of, shop

announce("optimize")


@pytest.mark.parametrize("name", sorted(policies()["allocation"]))
def test_whole_pallets_leave_whatever_the_policy(name: str, tmp_path: Path):
    world = shop(plan_of(kept_pallets=1), rules=Rules(allocate_every_ms=30 * MINUTE_MS))
    model = Model(replace(world, policies={**world.policies, "allocation": PolicyChoice(name)}), 2, check=True)
    model.run(tmp_path)

    assert [] == reconcile(tmp_path)
    assert 50 < sum(handled.pallets for handled in model.site.register.handled.values())
