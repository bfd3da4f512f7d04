"""Regret in comparisons: a column, the worst replication of each policy, and how to open it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import peakproof
from peakproof.api import compare
from reports.regret import regret_grid
from scenarios.experiments.comparison import Comparison
from scenarios.experiments.regret import REGRET, command_to_open, worst_regrets
from sim.errors import RunError
from sim.run import Run

TINY = Path(__file__).parents[1] / "cli" / "tiny.yaml"
KPIS = ("cost_to_serve_per_order_cents", "otif")


def test_the_worst_replication_can_be_opened(tmp_path: Path):
    scenario = TINY
    result = compare(scenario, ["closest", "exact"], replications=2, kpis=KPIS, criterion=KPIS[0], regret=True, jobs=1)
    worst = worst_regrets(result)

    assert ["closest", "exact"] == [outcome.variant for outcome in worst]
    for outcome in worst:
        assert max(result.values(REGRET)[outcome.variant]) == outcome.kpis[REGRET]
    assert f"peakproof run {scenario} --seed {worst[0].seed} --policy allocation=closest" == command_to_open(
        result, worst[0]
    )
    result.save(tmp_path / "comparison.json")
    assert worst == worst_regrets(Comparison.read(tmp_path / "comparison.json"))


def test_a_run_is_judged_from_its_folder(tmp_path: Path):
    scenario = TINY
    run = peakproof.run(scenario, out=tmp_path / "run", report=False)
    with pytest.raises(RunError, match="peakproof hindsight"):
        run.regret()
    found = peakproof.hindsight(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())

    assert 0 <= found.regret_share < 1
    assert found.regret_share == Run.open(tmp_path / "run").regret()
    assert "hindsight.json" in manifest["files"]


def test_the_causes_of_regret_add_up(tmp_path: Path):
    peakproof.run(TINY, out=tmp_path / "run", report=False)
    found = peakproof.regret_causes(tmp_path / "run")
    orders = found.orders
    causes = orders["waiting_cents"].sum() + orders["place_cents"].sum() + found.idle_cents

    assert orders["cost_cents"].sum() - found.bound_cents == pytest.approx(causes)
    assert (orders["waiting_cents"] >= 0).all()
    assert found.idle_cents > -1e-6
    grid = regret_grid(found, "USD")
    numbers = {row[0]: int(row[1].replace(",", "")) for row in grid.rows if row[1]}
    assert numbers["all"] == len(orders) == numbers["tendered in time"] + numbers["tendered late"]


def test_without_regret_nothing_is_named():
    result = compare(TINY, ["closest"], replications=1, kpis=KPIS, criterion=KPIS[0], jobs=1)

    assert [] == worst_regrets(result)
    assert REGRET not in {measure.name for measure in result.measures}
