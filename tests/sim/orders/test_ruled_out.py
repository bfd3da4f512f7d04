"""Rules that cannot hold for what was offered are not asked of it, unless something of it was dropped or cancelled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.agents.orders.workflow import Workflow
from sim.disruptions.wrong_rule import WrongRule
from sim.model import Model
from sim.rules import Condition, Rule
from sim.units import HOUR_MS
from sim.world import World
from tests.sim.telling import at
from tests.sim.test_invariants import scarce

RULES = (
    Rule("small", "units < 3", "expedite"),
    Rule("one line", "lines == 1 and value_cents > 900", "hold", "approval"),
    Rule("light", "weight_kg < 0.5 and not one_node", "hold", "approval"),
    Rule("never", "units > 1000", "cancel"),
)
WRONG = WrongRule(at(0, 11), 4 * HOUR_MS, rule="never", when="units > 1")


def worlds() -> dict[str, World]:
    """Next to nothing in stock: lines are dropped, orders are held for faults and cancelled in part."""
    ruled = replace(scarce(), workflow=RULES)
    return {"ruled": ruled, "wrong": replace(ruled, disruptions=(WRONG,)), "many": replace(ruled, workflow=RULES * 17)}


def run(world: World, folder: Path) -> tuple[dict[str, Any], int]:
    """The files of a run, and how often a condition was asked."""
    asked = 0
    holds = Condition.holds

    def counted(self: Condition, look_up: Any) -> bool:
        nonlocal asked
        asked += 1
        return holds(self, look_up)

    folder.mkdir()
    model = Model(world, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Condition, "holds", counted)
        return model.run(folder)["files"], asked


@pytest.mark.parametrize("name", worlds())
def test_nobody_can_tell_that_rules_were_not_asked(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with_it, asked = run(worlds()[name], tmp_path / "with")

    def never(self: Workflow, number: int, order: int) -> bool:
        return False

    monkeypatch.setattr(Workflow, "_is_ruled_out", never)
    without, all_asked = run(worlds()[name], tmp_path / "without")

    assert with_it == without
    assert asked < 0.8 * all_asked


def test_lines_that_are_dropped_count_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a look at what is left of them, orders of which lines were dropped would escape the rules."""
    with_it, _ = run(worlds()["ruled"], tmp_path / "with")

    def whole(self: Workflow, number: int, order: int) -> bool:
        return bool(self._site.register.orders.ruled_out[order] >> number & 1)

    monkeypatch.setattr(Workflow, "_is_ruled_out", whole)

    assert with_it != run(worlds()["ruled"], tmp_path / "without")[0]
