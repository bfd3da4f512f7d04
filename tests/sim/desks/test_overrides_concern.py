"""Overrides find the orders that they are about by columns; one by one, the same are found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.agents.desks.manual_overrides import ManualOverrides
from sim.distributions import Fixed
from sim.model import Model
from sim.orders import HELD, VALIDATED
from sim.rules import ManualOverride
from sim.units import HOUR_MS
from sim.world import DeskPlan
from tests.sim.telling import at
from tests.sim.test_invariants import scarce


@pytest.mark.parametrize("action", ["hold", "release", "expedite", "cancel", "force_node"])
def test_the_orders_that_columns_find_are_those_to_which_it_applies(
    action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    node = 0 if action == "force_node" else None
    plan = ManualOverride("by hand", at(0, 10), "units > 1", action, node, 2 * HOUR_MS, at(3, 0))
    found: list[int] = []
    concerned = ManualOverrides._concerned

    def compared(self: ManualOverrides, plan: ManualOverride) -> list[int]:
        own, orders = concerned(self, plan), self._site.register.orders
        is_open = [o for o in orders.present().tolist() if orders.state[o] in (HELD, VALIDATED)]
        assert [o for o in is_open if self._applies(plan, o)] == own
        found.extend(own)
        return own

    monkeypatch.setattr(ManualOverrides, "_concerned", compared)
    world = replace(scarce(), manual_overrides=(plan,), desks=(DeskPlan(handling_ms=Fixed(3 * HOUR_MS)),))
    Model(world, 3).run(tmp_path)

    assert found
