"""A day with whole pallets in the shadow: what is ordered by the pallet was not the policy's alone to decide."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from peakproof.service.recorded import Decision, from_run
from peakproof.service.shadow import shadow
from scenarios.load import load
from sim.measures.books import Books
from sim.model import Model

SHOP = Path(__file__).resolve().parents[1] / "contracts" / "effects_shop.yaml"


@pytest.mark.parametrize("kept", [0, 2])
def test_a_policy_in_its_own_shadow_changes_nothing_beside_pallets(kept: int, tmp_path: Path):
    source = tmp_path / "shop.yaml"
    source.write_text(
        f"""extends: {SHOP}
name: pallets
channels: {{trade: {{quantity: {{discrete: {{6: 0.4, 24: 0.3, 72: 0.3}}}}}}}}
carriers: {{Northway: {{services: {{ground: {{pallets: {{above: 150lb, rate: 65}}}}}}}}}}
handling_units: {{case: 12, pallet: 72, channels: [trade], kept_pallets: {kept}}}
""",
        encoding="utf-8",
    )
    folder = tmp_path / "run"
    folder.mkdir()
    Model(load(source).world, seed=1).run(folder)
    shutil.copy(source, folder / "scenario.yaml")
    record = from_run(folder)
    decisions = [moment for moment in record.moments if isinstance(moment, Decision)]
    by_pallet = set(Books(folder).frame("SELECT \"order\" FROM events WHERE kind = 'picked_by_pallet'")["order"])

    assert 30 < len(by_pallet)
    assert by_pallet <= {d.order for d in decisions if d.forced}
    assert {d.forced for d in decisions} == ({True} if kept else {True, False})
    assert [] == shadow(record, "closest").changes
