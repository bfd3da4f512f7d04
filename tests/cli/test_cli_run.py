"""``run``, ``timeline`` and ``report``, end to end on a small scenario."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sim.run import Run

TINY = Path(__file__).parent / "tiny.yaml"

BOOKS = {"events.parquet", "ledger.parquet", "journal.parquet", "decisions.parquet"}


def test_a_run_writes_everything_into_one_folder(run_folder: Path):
    expected = BOOKS | {"scenario.yaml", "kpis.json", "manifest.json", "report.html"}

    assert expected <= {path.name for path in run_folder.iterdir()}


def test_the_manifest_signs_every_file(run_folder: Path):
    manifest = json.loads((run_folder / "manifest.json").read_text(encoding="utf-8"))

    assert 3 == manifest["seed"]
    assert "tiny" == manifest["scenario"]
    assert ["flash sale", "AVP down"] == [entry["name"] for entry in manifest["disruptions"]]
    files = {path.name for path in run_folder.iterdir() if path.is_file()} - {"manifest.json"}
    assert files <= set(manifest["files"])
    for name in files:
        assert manifest["files"][name] == hashlib.sha256((run_folder / name).read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bytes(run_folder: Path, tmp_path: Path, peakproof):
    peakproof("run", TINY, "--seed", 3, "--out", tmp_path / "again")

    for path in sorted(run_folder.iterdir()):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_the_resolved_scenario_runs_to_the_same_result(run_folder: Path, tmp_path: Path, peakproof):
    result = peakproof("run", run_folder / "scenario.yaml", "--seed", 3, "--out", tmp_path / "again", "--no-report")

    assert result.exit_code == 0, result.output
    assert (run_folder / "kpis.json").read_bytes() == (tmp_path / "again" / "kpis.json").read_bytes()
    assert not (tmp_path / "again" / "report.html").exists()


def test_a_run_says_what_a_planner_wants_to_know_and_what_to_do_next(tmp_path: Path, peakproof):
    result = peakproof("run", TINY, "--out", tmp_path / "run", "--no-report")

    assert "arrived whole and on time" in result.output
    assert "Contribution an order" in result.output
    assert f"peakproof timeline {tmp_path / 'run'} ORDER" in result.output.replace("\n", "")


def test_by_default_a_run_goes_under_runs_and_never_over_another(tmp_path: Path, monkeypatch, peakproof):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert peakproof("run", TINY, "--no-report").exit_code == 0

    assert ["tiny-1", "tiny-1-2"] == sorted(path.name for path in (tmp_path / "runs").iterdir())


def test_a_folder_that_is_no_run_is_left_as_it_is(tmp_path: Path, peakproof):
    (tmp_path / "holiday.jpg").write_text("a photograph", encoding="utf-8")

    result = peakproof("run", TINY, "--out", tmp_path)

    assert 2 == result.exit_code
    assert "no run of Peakproof" in result.stderr
    assert ["holiday.jpg"] == [path.name for path in tmp_path.iterdir()]


def test_a_run_may_replace_a_run(tmp_path: Path, peakproof):
    for seed in (1, 2):
        assert peakproof("run", TINY, "--seed", seed, "--out", tmp_path / "run", "--no-report").exit_code == 0

    assert 2 == json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["seed"]
    assert ["run"] == [path.name for path in tmp_path.iterdir()]


def test_all_that_is_wrong_with_a_scenario_is_told_at_once_and_nothing_is_written(tmp_path: Path, peakproof):
    scenario = tmp_path / "wrong.yaml"
    text = f"extends: {TINY}\nname: wrong\nhorizon: {{end: soon}}\nchanels: {{}}\n"
    scenario.write_text(text, encoding="utf-8")

    result = peakproof("run", scenario, "--out", tmp_path / "out")

    assert 2 == result.exit_code
    assert "wrong.yaml:3" in result.stderr
    assert "wrong.yaml:4" in result.stderr
    assert "did you mean 'channels'" in result.stderr
    assert "Traceback" not in result.output + result.stderr
    assert ["wrong.yaml"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("outtage",), "'outage'"),
        (("outage", "--policy", "allocation=cheapst"), "'cheapest'"),
        (("outage", "--policy", "alocation=cheapest"), "'allocation'"),
        (("outage", "--set", "horizn.end=2d"), "'horizon'"),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest(arguments, suggestion, tmp_path: Path, peakproof):
    result = peakproof("run", *arguments, "--out", tmp_path / "out")

    assert 2 == result.exit_code
    assert f"did you mean {suggestion}" in result.stderr
    assert [] == list(tmp_path.iterdir())


def test_what_breaks_in_mid_run_leaves_nothing(tmp_path: Path, monkeypatch, peakproof):
    from sim.errors import InvariantError
    from sim.model import Model

    def broken(self, folder, progress=None):
        (folder / "events.parquet").write_bytes(b"half a file")
        raise InvariantError("a position fell below zero at event 7")

    monkeypatch.setattr(Model, "run", broken)

    result = peakproof("run", TINY, "--out", tmp_path / "out")

    assert 1 == result.exit_code
    assert "below zero at event 7" in result.stderr
    assert [] == list(tmp_path.iterdir())


def test_the_timeline_tells_an_order_from_capture_on(run_folder: Path, peakproof):
    result = peakproof("timeline", run_folder, 5)

    assert result.exit_code == 0, result.output
    assert "captured" in result.output
    assert "validated" in result.output


def test_the_timeline_names_desks_and_rules(tmp_path: Path, peakproof):
    """Every order is held by a rule for approval, and a desk lets it pass."""
    path = tmp_path / "strict.yaml"
    rule = "{when: units >= 1, then: {hold: approval}}"
    path.write_text(f"extends: {TINY}\nname: strict\nworkflow: {{all: {rule}}}\n")
    assert 0 == peakproof("run", path, "--seed", 3, "--out", tmp_path / "run").exit_code
    events = Run.open(tmp_path / "run").events(kind="hold_cleared")
    order = int(events.loc[events["reason"] == "approved", "order"].iloc[0])

    result = peakproof("timeline", tmp_path / "run", order)

    assert result.exit_code == 0, result.output
    assert ["rule all", "desk order"] == [name for name in ("rule all", "desk order") if name in result.output]


def test_the_timeline_tells_who_overrode_what(tmp_path: Path, peakproof):
    """Every open order is expedited by hand, every hour."""
    path = tmp_path / "hurried.yaml"
    plan = "{at: 1h, every: 1h, orders: units >= 1, then: expedite}"
    path.write_text(f"extends: {TINY}\nname: hurried\nmanual_overrides: {{storm: {plan}}}\n")
    assert 0 == peakproof("run", path, "--seed", 3, "--out", tmp_path / "run").exit_code
    order = int(Run.open(tmp_path / "run").events(kind="overridden")["order"].iloc[0])

    result = peakproof("timeline", tmp_path / "run", order)

    assert result.exit_code == 0, result.output
    told = ("override storm", "override asked", "desk order", "overridden")
    assert list(told) == [name for name in told if name in result.output]


@pytest.mark.parametrize("arguments", [("run_folder", "999999"), ("nowhere", "1")])
def test_an_order_or_a_run_that_is_not_there_is_said_so(arguments, run_folder: Path, peakproof):
    folder = run_folder if arguments[0] == "run_folder" else Path(arguments[0])

    result = peakproof("timeline", folder, arguments[1])

    assert 2 == result.exit_code
    assert "has no order" in result.stderr or "no finished run" in result.stderr


def test_a_report_can_be_made_anew(run_folder: Path, tmp_path: Path, peakproof):
    result = peakproof("report", run_folder, "--out", tmp_path / "page.html")

    assert result.exit_code == 0, result.output
    assert (run_folder / "report.html").read_bytes() == (tmp_path / "page.html").read_bytes()
