"""``compare`` and ``demo``, and the same from Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import peakproof as front_door
from scenarios.experiments.comparison import Variant
from scenarios.experiments.experiment import ExperimentError

TINY = Path(__file__).parent / "tiny.yaml"


def test_a_comparison_writes_its_runs_and_its_report(comparison_folder: Path):
    expected = {"comparison.json", "replications.csv", "report.html", "manifest.json"}

    assert expected == {path.name for path in comparison_folder.iterdir()}
    rows = (comparison_folder / "replications.csv").read_text(encoding="utf-8").splitlines()
    assert 1 + 2 * 3 == len(rows)


def test_two_workers_give_the_same_bytes_as_one(comparison_folder: Path, tmp_path: Path, peakproof):
    arguments = (
        "--policies",
        "closest,cheapest",
        "--replications",
        3,
        "--jobs",
        2,
        "--out",
        tmp_path / "two",
    )
    result = peakproof("compare", TINY, *arguments)

    assert result.exit_code == 0, result.output
    for path in comparison_folder.iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_all_policies_see_the_same_demand(comparison_folder: Path):
    outcomes = json.loads((comparison_folder / "comparison.json").read_text(encoding="utf-8"))["outcomes"]
    offered = {(outcome["replication"], outcome["offered"]) for outcome in outcomes}

    assert 3 == len(offered)


def test_settings_that_change_demand_cannot_be_compared():
    variants = [Variant("as it is"), Variant("twice", sets=("channels.web.orders_per_day=120",))]

    with pytest.raises(ExperimentError, match="were not offered the same orders"):
        front_door.compare(TINY, variants=variants, replications=1, jobs=1)


def test_an_unknown_policy_is_told_before_anything_runs(tmp_path: Path, peakproof):
    result = peakproof("compare", TINY, "--policies", "closest,cheapst", "--out", tmp_path / "out")

    assert 2 == result.exit_code
    assert "did you mean 'cheapest'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_criterion_is_told(peakproof):
    result = peakproof("compare", TINY, "--policies", "closest,cheapest", "--criterion", "ottif")

    assert 2 == result.exit_code
    assert "did you mean 'otif'" in result.stderr


def test_a_comparison_report_can_be_made_anew(comparison_folder: Path, tmp_path: Path, peakproof):
    result = peakproof("report", comparison_folder, "--out", tmp_path / "page.html")

    assert result.exit_code == 0, result.output
    assert (comparison_folder / "report.html").read_bytes() == (tmp_path / "page.html").read_bytes()


def test_the_demo_answers_its_question(tmp_path: Path, monkeypatch, peakproof):
    from peakproof.commands import demo

    monkeypatch.setattr(demo, "SCENARIO", str(TINY))
    result = peakproof("demo", "--replications", 2, "--jobs", 1, "--out", tmp_path / "demo")

    assert result.exit_code == 0, result.output
    assert "Deploy " in result.output or "No clear winner" in result.output
    assert (tmp_path / "demo" / "report.html").is_file()


def test_three_lines_of_python(tmp_path: Path):
    result = front_door.compare(TINY, policies=["closest", "cheapest"], replications=2, jobs=1)

    assert "cheapest" in result.summary()
    assert 4 == len(result.frame)
    assert (tmp_path / "page.html") == front_door.report(result, tmp_path / "page.html")


def test_a_run_from_python_is_open_to_questions(tmp_path: Path):
    run = front_door.run(TINY, seed=2, out=tmp_path / "run", report=False)

    assert run.kpis(["orders_captured"])["orders_captured"] > 50
    assert "captured" in set(run.timeline(5)["kind"])
